"""The one source of randomness: Philox4x32-10.

Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core.shapes import Shape
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.registry import Primitive, primitive

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(seed: int, counter: int, count: int, lane: int = 0) -> np.ndarray:
    """`count` random uint32: word j of block i is element 4 i + j; block i has the counter (i, i >> 32, `counter`, `lane`)."""
    blocks = np.arange(-(-count // 4), dtype=np.uint64)
    c0, c1 = blocks & _LOW, blocks >> _HALF
    c2 = np.full_like(blocks, int(counter) & 0xFFFFFFFF)
    c3 = np.full_like(blocks, lane)
    k0, k1 = int(seed) & 0xFFFFFFFF, 0
    for _ in range(10):
        p0, p1 = c0 * _M0, c2 * _M1
        c0, c1, c2, c3 = (
            (p1 >> _HALF) ^ c1 ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> _HALF) ^ c3 ^ np.uint64(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], 1).astype(np.uint32).reshape(-1)[:count]


@primitive
class _RandomBits(Primitive):
    """Uniform uint32 of `shape` from a state (seed, counter) of dtype uint32 and shape (2,)."""

    name = "random_bits"

    def infer(self, state: Any, *, shape: Shape) -> Spec:
        return Spec(tuple(shape), "uint32")

    def reference(self, state: np.ndarray, *, shape: Shape) -> np.ndarray:
        count = int(np.prod(shape, dtype=np.int64))
        return philox(int(state[0]), int(state[1]), count).reshape(shape)

    def gradient(self, g: Tensor, state: Tensor, y: Tensor, **attributes: Any) -> tuple:
        return (None,)


random_bits: Any = _RandomBits


def permutation(state: np.ndarray, count: int) -> np.ndarray:
    """The order in which an epoch takes its samples: Fisher and Yates' shuffle, drawn from state (seed, counter)."""
    draws = philox(int(state[0]), int(state[1]), count, lane=0x5F5F5F5F).astype(object)
    order = np.arange(count)
    for i in range(count - 1, 0, -1):
        j = (int(draws[i]) * (i + 1)) >> 32
        order[i], order[j] = order[j], order[i]
    return order
