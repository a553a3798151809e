"""Random numbers, by their distribution: moments, ranges, exact probabilities, and what errors say."""

import math

import numpy as np
import pytest

import yeoul
from yeoul import random

N = 100_000


def draws(call):
    return np.asarray(call(random.SeedGenerator(5)), np.float64)


@pytest.mark.parametrize(
    ("call", "mean", "variance"),
    [
        (lambda s: random.uniform((N,), 2.0, 4.0, seed=s), 3, 4 / 12),
        (lambda s: random.uniform((N,), dtype="float64", seed=s), 0.5, 1 / 12),
        (lambda s: random.normal((N,), 1.0, 2.0, seed=s), 1, 4),
        (lambda s: random.normal((N,), dtype="float64", seed=s), 0, 1),
        (lambda s: random.truncated_normal((N,), seed=s), 0, 0.7737),
        (lambda s: random.truncated_normal((N,), 3.0, 2.0, dtype="float64", seed=s), 3, 4 * 0.7737),
        *[(lambda s, a=a: random.gamma((N,), a, seed=s), a, a) for a in (0.05, 0.7, 1.0, 4.5, 300.0)],
        (lambda s: random.gamma((N,), 0.3, dtype="float64", seed=s), 0.3, 0.3),
        *[(lambda s, a=a, b=b: random.beta((N,), a, b, seed=s), a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1))) for a, b in ((1, 3.0), (0.02, 0.01), (50, 20))],
        *[(lambda s, n=n, p=p: random.binomial((N,), n, p, seed=s), n * p, n * p * (1 - p)) for n, p in ((1, 0.3), (10, 0.5), (40, 0.97), (5000, 0.4), (10**6, 1e-5))],
        (lambda s: random.randint((N,), -3, 4, seed=s), 0, 4),
    ],
)  # fmt: skip
def test_moments(call, mean, variance):
    x = draws(call)
    assert abs(x.mean() - mean) < 5 * math.sqrt(variance / N)
    spread = np.std((x - mean) ** 2)
    assert abs(np.mean((x - mean) ** 2) - variance) < 5 * spread / math.sqrt(N) + 1e-6


def test_binomial_has_its_probabilities():
    x = draws(lambda s: random.binomial((N,), 5, 0.7, seed=s))
    expected = [math.comb(5, k) * 0.7**k * 0.3 ** (5 - k) for k in range(6)]
    counted = np.bincount(x.astype(int), minlength=6) / N
    np.testing.assert_allclose(counted, expected, atol=5 * math.sqrt(0.25 / N))


def test_binomial_at_the_edges():
    x = random.binomial((3, 5), [[0.0], [4.0], [9.0]], [0.0, 1.0, -1.0, 2.0, 1.0], dtype="int32").numpy()
    np.testing.assert_array_equal(x, [[0] * 5, [0, 4, 0, 4, 4], [0, 9, 0, 9, 9]])


def test_gamma_has_its_distribution():
    # Gamma(1) is exponential, and a quarter of the beta(1/2, 1/2) lies below sin(pi / 8)^2.
    x = draws(lambda s: random.gamma((N,), 1.0, seed=s))
    np.testing.assert_allclose([(x < t).mean() for t in (0.1, 1, 3)], 1 - np.exp([-0.1, -1, -3]), atol=0.008)
    y = draws(lambda s: random.beta((N,), 0.5, 0.5, seed=s))
    assert abs((y < math.sin(math.pi / 8) ** 2).mean() - 0.25) < 0.008


def test_parameters_broadcast_to_the_shape():
    x = random.gamma((2000, 2), [0.5, 50.0]).numpy()
    assert x.shape == (2000, 2) and x[:, 0].mean() < 1 < 40 < x[:, 1].mean()
    assert random.beta((4, 3), np.ones((4, 1)), [1.0, 2.0, 3.0], dtype="float16").dtype == "float16"


@pytest.mark.parametrize("call", [random.uniform, random.normal, random.truncated_normal])
def test_double_precision_has_more_than_24_bits(call):
    x = call((4000,), dtype="float64", seed=1).numpy()
    assert len(np.unique(x)) == 4000 and (x != x.astype(np.float32)).mean() > 0.99
    if call is random.uniform:
        scaled = x * 2.0**53
        assert (scaled == np.floor(scaled)).all() and (np.floor(scaled) % 2 == 1).mean() > 0.4
        assert x.min() >= 0 and x.max() < 1


@pytest.mark.parametrize(
    "call",
    [
        lambda s: random.gamma((5,), 0.5, seed=s),
        lambda s: random.beta((5,), 2.0, 3.0, seed=s),
        lambda s: random.binomial((5,), 20, 0.3, seed=s),
        lambda s: random.uniform((5,), dtype="float64", seed=s),
        lambda s: random.normal((5,), dtype="float64", seed=s),
        lambda s: random.shuffle(np.arange(5), seed=s),
        lambda s: random.categorical(np.zeros((2, 3), np.float32), 5, seed=s),
    ],
)
def test_compiled_functions_draw_the_same(call):
    eager, compiled = random.SeedGenerator(3), random.SeedGenerator(3)
    run = yeoul.function(lambda: call(compiled))
    for _ in range(2):
        np.testing.assert_allclose(np.asarray(run()), np.asarray(call(eager)), rtol=2e-5)
    assert not np.array_equal(np.asarray(call(eager)), np.asarray(call(eager)))


def test_an_integer_seed_repeats():
    for call in (lambda: random.gamma((4,), 2.0, seed=7), lambda: random.binomial((4,), 9, 0.5, seed=7)):
        np.testing.assert_array_equal(call().numpy(), call().numpy())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random.uniform((2,), 0, 5, dtype="int32"), "`random.uniform` requires a floating point `dtype`. Received: dtype=int32"),
        (lambda: random.gamma((2,), 1.0, dtype="int32"), "`random.gamma` requires a floating point"),
        (lambda: random.randint((2,), 0, 5, dtype="float32"), "`random.randint` requires an integer `dtype`. Received: dtype=float32"),
        (lambda: random.randint((2,), 5, 5), "maxval must be greater than minval, and got 5 and 5"),
        (lambda: random.normal((2,), seed="a"), "must be either an integer or an instance of `SeedGenerator`. Received: seed=a"),
        (lambda: random.categorical(np.ones(3), 4), "`logits` should be a 2-D tensor"),
        (lambda: random.dropout(np.ones(3), 1.5), r"in the range \[0, 1\). Received: rate=1.5"),
    ],
)  # fmt: skip
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
