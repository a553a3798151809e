"""Activations against values and gradients recorded from real Keras."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.activations.record_golden import inputs, weights_of
from yeoul import GradientTape, activations, function, layers, ops

GOLDEN = json.loads(Path(__file__).with_name("golden_activations.json").read_text())["cases"]


def value_and_gradient(name, options):
    x = ops.convert_to_tensor(inputs()[0])
    with GradientTape() as tape:
        tape.watch(x)
        y = getattr(activations, name)(x, **options)
        total = ops.sum(y * weights_of(y.numpy()))
    return y.numpy(), tape.gradient(total, x).numpy()


@pytest.mark.parametrize(("name", "options", "expected", "gradient"), GOLDEN)
def test_value_and_gradient(name, options, expected, gradient):
    y, g = value_and_gradient(name, options)
    np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(g, gradient, rtol=5e-5, atol=5e-6)


@pytest.mark.parametrize(("name", "options", "expected", "gradient"), GOLDEN)
def test_compiled_value(name, options, expected, gradient):
    compiled = function(lambda x: getattr(activations, name)(x, **options))
    np.testing.assert_allclose(compiled(inputs()[0]).numpy(), expected, rtol=2e-5, atol=2e-6)


def test_every_activation_is_recorded():
    # Keras' sparsemax does not sum to 1; ours is tested by its definition.
    assert {name for name, *_ in GOLDEN} == set(activations.ALL) - {"sparsemax"}


@pytest.mark.parametrize("name", sorted(activations.ALL))
def test_names_are_found_and_given(name):
    found = activations.get(name)
    same = {"swish": "silu", "hard_swish": "hard_silu"}
    assert activations.serialize(found) == same.get(name, name)
    assert activations.deserialize(activations.serialize(found)) is found
    assert getattr(activations, name) is found


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("name", sorted(set(activations.ALL) - {"threshold"}))
def test_dtype_is_kept(name, dtype):
    x = ops.convert_to_tensor([[0.5, -1.0], [2.0, 0.0]], dtype)
    y = activations.get(name)(x)
    assert y.dtype == dtype
    expected = activations.get(name)(ops.cast(x, "float32"))
    np.testing.assert_allclose(ops.cast(y, "float32"), expected, rtol=2e-2, atol=1e-2)


def nearest_in_simplex(row):
    """Sparsemax by bisection on its threshold."""
    low, high = row.min() - 1, row.max()
    for _ in range(100):
        t = (low + high) / 2
        low, high = (t, high) if np.maximum(row - t, 0).sum() > 1 else (low, t)
    return np.maximum(row - (low + high) / 2, 0)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_sparsemax(axis):
    x = np.random.default_rng(0).normal(size=(5, 4, 7)).astype(np.float32) * 2
    y = activations.sparsemax(x, axis).numpy()
    np.testing.assert_allclose(y, np.apply_along_axis(nearest_in_simplex, axis, x.astype(np.float64)), atol=1e-5)
    np.testing.assert_allclose(y.sum(axis), 1, rtol=1e-5)
    np.testing.assert_allclose(activations.sparsemax(np.ones((1, 4), np.float32)).numpy(), np.full((1, 4), 0.25))
    np.testing.assert_allclose(function(lambda a: activations.sparsemax(a, axis))(x).numpy(), y, atol=1e-6)


def test_gradient_of_sparsemax():
    rng = np.random.default_rng(1)
    x, c = rng.normal(size=(3, 6)), rng.normal(size=(3, 6))
    tensor = ops.convert_to_tensor(x)
    with GradientTape() as tape:
        tape.watch(tensor)
        total = ops.sum(activations.sparsemax(tensor) * c)
    found = tape.gradient(total, tensor).numpy()
    h = 1e-6
    for i in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[i] = h
        above, below = (np.apply_along_axis(nearest_in_simplex, -1, x + s) for s in (step, -step))
        assert found[i] == pytest.approx(((above - below) * c).sum() / (2 * h), abs=1e-4)


def test_none_a_function_and_a_layer():
    assert activations.get(None) is activations.linear
    assert activations.get(np.tanh) is np.tanh
    relu = layers.ReLU()
    assert activations.get(relu) is relu
    assert activations.serialize(relu)["class_name"] == "ReLU"


def test_custom_objects():
    def twice(x):
        return x * 2

    assert activations.deserialize("twice", {"twice": twice}) is twice


def test_errors():
    with pytest.raises(ValueError, match=r"Unknown activation 'rel'\. Did you mean 'relu'\?"):
        activations.get("rel")
    with pytest.raises(ValueError, match="Cannot use 3 as activation"):
        activations.get(3)
