"""The counter-based generator, word for word."""

from __future__ import annotations

import numpy as np
import pytest
from assembler import Assembler

M0, M1, W0, W1, LOW = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85, 0xFFFFFFFF


def philox(key: tuple[int, int], counter: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011)."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & LOW, (p0 >> 32) ^ c3 ^ k1, p0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return c0, c1, c2, c3


def words(seed: int, counter: int, count: int, lane: int = 0) -> np.ndarray:
    blocks = [philox((seed, 0), (i & LOW, i >> 32, counter, lane)) for i in range(-(-count // 4))]
    return np.array(blocks, np.uint32).reshape(-1)[:count]


def draw(seed: int, counter: int, count: int) -> np.ndarray:
    a = Assembler()
    key, out = a.slot(2, np.uint32), a.slot(count, np.uint32, writable=True)
    a.emit("random", key, out)
    result = np.zeros(count, np.uint32)
    a.run(np.array([seed, counter], np.uint32), result)
    return result


def test_published_vectors() -> None:
    # known_answer tests of Random123, kat_vectors: philox4x32 10
    assert philox((0, 0), (0, 0, 0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    assert philox((LOW, LOW), (LOW, LOW, LOW, LOW)) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)


@pytest.mark.parametrize("seed, counter", [(0, 0), (1, 2), (LOW, LOW)])
@pytest.mark.parametrize("count", [1, 3, 4, 5, 1000])
def test_draws_are_philox(seed: int, counter: int, count: int) -> None:
    np.testing.assert_array_equal(draw(seed, counter, count), words(seed, counter, count))


def test_long_draws_begin_like_short_ones() -> None:
    many = draw(9, 4, 300_001)
    np.testing.assert_array_equal(many[:1000], words(9, 4, 1000))
    # Uniform words: mean and variance within five standard errors.
    unit = many / 2.0**32
    assert abs(unit.mean() - 0.5) < 5 * np.sqrt(1 / 12 / many.size)
    assert abs(unit.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / many.size)
    assert np.unique(many).size > 0.999 * many.size


def test_counters_and_seeds_give_other_words() -> None:
    assert not np.array_equal(draw(1, 0, 8), draw(1, 1, 8))
    assert not np.array_equal(draw(1, 0, 8), draw(2, 0, 8))
