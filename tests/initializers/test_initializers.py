"""Initializers: recorded values, distributions, configurations, errors."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import yeoul
from yeoul import initializers, layers, random

GOLDEN = json.loads(Path(__file__).with_name("golden_initializers.json").read_text())
SHAPE = (120, 150)
FAN_IN, FAN_OUT = SHAPE
CUT = 0.87962566103423978  # standard deviation of a unit normal within two


def cut_normal(stddev):
    return stats.truncnorm(-2, 2, scale=stddev)


def uniform(limit):
    return stats.uniform(-limit, 2 * limit)


DISTRIBUTIONS = [
    ("RandomNormal", {}, stats.norm(0, 0.05)),
    ("RandomNormal", {"mean": 2.0, "stddev": 3.0}, stats.norm(2, 3)),
    ("RandomUniform", {}, uniform(0.05)),
    ("RandomUniform", {"minval": 1.0, "maxval": 4.0}, stats.uniform(1, 3)),
    ("TruncatedNormal", {}, cut_normal(0.05)),
    ("TruncatedNormal", {"mean": 1.0, "stddev": 2.0}, stats.truncnorm(-2, 2, loc=1, scale=2)),
    ("GlorotUniform", {}, uniform(math.sqrt(6 / (FAN_IN + FAN_OUT)))),
    ("GlorotNormal", {}, cut_normal(math.sqrt(2 / (FAN_IN + FAN_OUT)) / CUT)),
    ("HeUniform", {}, uniform(math.sqrt(6 / FAN_IN))),
    ("HeNormal", {}, cut_normal(math.sqrt(2 / FAN_IN) / CUT)),
    ("LecunUniform", {}, uniform(math.sqrt(3 / FAN_IN))),
    ("LecunNormal", {}, cut_normal(math.sqrt(1 / FAN_IN) / CUT)),
    ("LecunNormal", {"input_axes": [1], "output_axes": [0]}, cut_normal(math.sqrt(1 / FAN_OUT) / CUT)),
    ("VarianceScaling", {}, cut_normal(math.sqrt(1 / FAN_IN) / CUT)),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"}, uniform(math.sqrt(9 / FAN_OUT))),
    ("VarianceScaling", {"distribution": "untruncated_normal"}, stats.norm(0, math.sqrt(1 / FAN_IN))),
    ("VarianceScaling", {"distribution": "Normal", "mode": "fan_avg"}, cut_normal(math.sqrt(2 / (FAN_IN + FAN_OUT)) / CUT)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "expected"), DISTRIBUTIONS)
@pytest.mark.parametrize("seed", [0, 1])
def test_distribution(name, options, expected, seed):
    values = getattr(initializers, name)(seed=seed, **options)(SHAPE).numpy().ravel().astype(np.float64)
    assert stats.kstest(values, expected.cdf).pvalue > 1e-3
    spread = math.sqrt(expected.var() / values.size)
    assert abs(values.mean() - expected.mean()) < 5 * spread
    assert values.var() == pytest.approx(expected.var(), rel=0.06)
    low, high = expected.support()
    slack = 1e-5 * expected.std()
    assert values.min() >= low - slack
    assert values.max() <= high + slack


@pytest.mark.parametrize("shape", [(40, 40), (30, 50), (50, 30), (3, 3, 8, 16), (2, 2, 2, 64)])
def test_orthogonal(shape):
    w = initializers.Orthogonal(gain=2.0, seed=0)(shape).numpy().reshape(-1, shape[-1])
    gram = w @ w.T if w.shape[0] < w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=2e-5)


def test_orthogonal_has_no_preferred_direction():
    corners = [float(initializers.Orthogonal(seed=i)((2, 2)).numpy()[0, 0]) for i in range(400)]
    # The first element of a random rotation or reflection is a cosine of a uniform angle.
    assert stats.kstest(corners, stats.arcsine(-1, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("name", "options", "shape", "expected"), GOLDEN["fixed"])
def test_fixed_values(name, options, shape, expected):
    found = getattr(initializers, name)(**options)(tuple(shape)).numpy()
    assert found.shape == tuple(shape)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "options", "expected"), GOLDEN["configured"])
def test_configuration(name, options, expected):
    made = getattr(initializers, name)(**options)
    assert initializers.serialize(made) == expected
    again = initializers.deserialize(expected)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
    assert type(made.clone()) is type(made)


def test_every_initializer_is_tested():
    tested = {name for name, *_ in DISTRIBUTIONS} | {name for name, *_ in GOLDEN["fixed"]} | {"Orthogonal"}
    assert {cls.__name__ for cls in initializers.ALL.values()} == tested


@pytest.mark.parametrize("name", sorted(initializers.ALL))
def test_names(name):
    cls = initializers.ALL[name]
    if cls is not initializers.VarianceScaling:
        assert type(initializers.get(name)) is cls
    assert type(initializers.get(cls.__name__)) is cls
    assert getattr(initializers, cls.__name__) is cls


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", sorted({cls.__name__ for cls in initializers.ALL.values()} - {"STFT"}))
def test_dtype(name, dtype):
    values = getattr(initializers, name)()((4, 4), dtype=dtype)
    assert values.dtype == dtype
    assert values.shape == (4, 4)


def test_seeds():
    same = initializers.GlorotUniform(seed=1)
    np.testing.assert_array_equal(same((3, 3)), same((3, 3)))
    np.testing.assert_array_equal(same((3, 3)), initializers.GlorotUniform(seed=1)((3, 3)))
    assert (same((3, 3)).numpy() != initializers.GlorotUniform(seed=2)((3, 3)).numpy()).any()
    stream = initializers.GlorotUniform(seed=random.SeedGenerator(1))
    assert (stream((3, 3)).numpy() != stream((3, 3)).numpy()).any()
    again = initializers.deserialize(initializers.serialize(stream))
    assert again((3, 3)).shape == (3, 3)
    unseeded = initializers.GlorotUniform()
    assert unseeded.get_config()["seed"] is None
    assert (unseeded((3, 3)).numpy() != initializers.GlorotUniform()((3, 3)).numpy()).any()


def test_arrays_and_functions():
    values = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(initializers.get(values)((2, 3)), values)
    with pytest.raises(ValueError, match=r"an array of shape \(2, 3\), and the weight has shape \(3, 3\)"):
        initializers.get(values)((3, 3))
    np.testing.assert_array_equal(initializers.Constant([1.0, 2.0])((3, 2)), [[1, 2]] * 3)

    def own(shape, dtype=None):
        return np.full(shape, 7.0, dtype)

    layer = layers.Dense(2, kernel_initializer=own, bias_initializer=initializers.Ones)
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.kernel, np.full((3, 2), 7))
    np.testing.assert_array_equal(layer.bias, [1, 1])
    assert initializers.get(None) is None


def test_fans_of_kernels():
    assert initializers.compute_fans(()) == (1, 1)
    assert initializers.compute_fans((5,)) == (5, 5)
    assert initializers.compute_fans((3, 3, 8, 16)) == (72, 144)
    assert initializers.compute_fans((4, 5, 6), [0, 1], [2]) == (20, 6)


def test_window_of_values():
    given = initializers.STFT(window=[0.0, 1.0, 1.0, 0.0], scaling=None)((4, 1, 3)).numpy()
    named = initializers.STFT(window=None)((4, 1, 3)).numpy()
    np.testing.assert_allclose(given[1:3], named[1:3], atol=1e-6)
    np.testing.assert_array_equal(given[0], np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.get("glorot_unifor"), r"Unknown initializer 'glorot_unifor'\. Did you mean 'glorot_uniform'\?"),
        (lambda: initializers.get(3), "Cannot use 3 as initializer"),
        (lambda: initializers.VarianceScaling(scale=0), "VarianceScaling: scale must be positive, and got 0"),
        (lambda: initializers.VarianceScaling(distribution="x"), "distribution must be 'truncated_normal'"),
        (lambda: initializers.GlorotUniform(seed="x"), "GlorotUniform: seed must be an integer, a SeedGenerator or None, and got 'x'"),
        (lambda: initializers.Identity()((2, 2, 2)), r"Identity makes matrices, and got shape \(2, 2, 2\)"),
        (lambda: initializers.Orthogonal()((2,)), r"Orthogonal needs a shape of rank 2 or more, and got \(2,\)"),
        (lambda: initializers.STFT(side="x"), "STFT: side must be 'real' or 'imag', and got 'x'"),
        (lambda: initializers.STFT(scaling="x"), "STFT: scaling must be 'density', 'spectrum' or None, and got 'x'"),
        (lambda: initializers.STFT(window="x")((4, 1, 3)), "STFT: there is no window 'x'. Use one of: boxcar, hann"),
        (lambda: initializers.STFT(window=[1.0])((4, 1, 3)), r"the window must have shape \(4,\), and has \(1,\)"),
        (lambda: initializers.STFT()((4, 2, 3)), r"STFT makes kernels of shape \(frame, 1, frequencies\), and got shape \(4, 2, 3\)"),
    ],
)  # fmt: skip
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_global_seed_repeats_weights():
    yeoul.random.set_random_seed(5)
    first = initializers.HeNormal()((4, 4)).numpy()
    yeoul.random.set_random_seed(5)
    np.testing.assert_array_equal(first, initializers.HeNormal()((4, 4)))
