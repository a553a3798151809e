"""Convolution and pooling give the numbers of Keras."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.recorded import arrays_of
from yeoul import ops

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from convolution_cases import cases, operands  # noqa: E402

CASES = cases()


@pytest.fixture(scope="module")
def golden():
    return arrays_of(HERE, "golden_convolutions.npz", "golden_pooling.npz")


@pytest.mark.parametrize("function", sorted({function for function, _, _ in CASES}))
def test_numbers_are_those_of_keras(function, golden):
    for number, (name, shapes, kwargs) in enumerate(CASES):
        if name != function:
            continue
        found = getattr(ops, function)(*operands(number, shapes), **kwargs)
        expected = golden[str(number)]
        assert found.shape == expected.shape, (function, shapes, kwargs)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6, err_msg=f"{function} {shapes} {kwargs}")


def test_causal_convolution_sees_no_future():
    x = np.arange(1.0, 5.0).reshape(1, 4, 1)
    y = ops.conv(x, np.array([1.0, 10.0]).reshape(2, 1, 1), padding="causal", dilation_rate=2)
    np.testing.assert_array_equal(np.asarray(y).ravel(), [10, 20, 31, 42])


def test_integers_are_averaged_as_floats():
    y = ops.average_pool(np.arange(4, dtype=np.int32).reshape(1, 4, 1), 2)
    assert y.dtype == "float32"
    np.testing.assert_array_equal(np.asarray(y).ravel(), [0.5, 2.5])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.conv(np.ones((1, 5, 3)), np.ones((2, 2, 4))), "3 channels are no multiple of the kernel's 2"),
        (lambda: ops.conv(np.ones((1, 5, 3)), np.ones((2, 2, 3, 4))), "the kernel the same rank"),
        (
            lambda: ops.conv(np.ones((1, 5, 3)), np.ones((2, 3, 4)), strides=(1, 1)),
            "strides must be a positive integer",
        ),
        (
            lambda: ops.conv(np.ones((1, 5, 3)), np.ones((2, 3, 4)), padding="full"),
            "'valid', 'same' or 'causal', and got",
        ),
        (lambda: ops.max_pool(np.ones((1, 5, 3)), 2, padding="causal"), "'valid' or 'same', and got 'causal'"),
        (lambda: ops.max_pool(np.ones((1, 5, 3)), 6), "does not fit into an input of spatial size"),
        (lambda: ops.depthwise_conv(np.ones((1, 5, 3)), np.ones((2, 2, 1))), "has 3 channels, and the kernel"),
        (lambda: ops.conv_transpose(np.ones((1, 5, 3)), np.ones((2, 3, 1))), "has 3 channels, and the kernel"),
        (lambda: ops.conv(np.ones((5, 3)), np.ones((2, 3, 4))), r"Expected \(batch, \*spatial, channels\)"),
        (lambda: ops.conv(np.ones((1, 5, 3)), np.ones((2, 3, 4)), data_format="last"), "data_format must be"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
