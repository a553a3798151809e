"""Spatial layers give the outputs and gradients of Keras."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.recorded import arrays_of
from yeoul import GradientTape, Variable, layers, ops

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from spatial_cases import cases, numbers  # noqa: E402

CASES = cases()


@pytest.fixture(scope="module")
def golden():
    return arrays_of(HERE, "golden_spatial_convolutions.npz", "golden_spatial_layers.npz")


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CASES}))
def test_outputs_and_gradients_are_those_of_keras(name, golden):
    for case, (kind, kwargs, shape) in enumerate(CASES):
        if kind != name:
            continue
        layer = getattr(layers, name)(**kwargs)
        layer.build(shape)
        out = layer.compute_output_shape(shape)
        *weights, x, g = numbers(case, [*(w.shape for w in layer.weights), shape, out])
        layer.set_weights(weights)
        x = Variable(x)
        with GradientTape() as tape:
            y = layer(x)

            loss = ops.sum(y * g)
        grads = tape.gradient(loss, [x, *layer.trainable_weights])
        for i, found in enumerate([y, *grads]):
            expected = golden[f"{case}.{i}"]
            assert found.shape == expected.shape == ((out, shape)[i] if i < 2 else expected.shape), (kind, kwargs)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=5e-6, err_msg=f"{kind} {kwargs} {shape}: {i}")
        assert golden.get(f"{case}.{i + 1}") is None


@pytest.mark.parametrize("case", range(len(CASES)))
def test_config_makes_the_same_layer(case):
    name, kwargs, shape = CASES[case]
    layer = getattr(layers, name)(**kwargs)
    config = layer.get_config()
    again = type(layer).from_config(config)
    assert again.get_config() == config
    assert again.compute_output_shape(shape) == layer.compute_output_shape(shape)
    assert layer.compute_output_shape((None, *shape[1:]))[1:] == layer.compute_output_shape(shape)[1:]
