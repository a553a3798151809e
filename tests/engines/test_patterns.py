"""Formulas that the byte code has one op for."""

import numpy as np
import pytest

import yeoul
from yeoul import activations, ops

VALUES = np.array([-np.inf, -7.0, -0.0, 0.0, 1e-30, 2.5, 6.0, 6.5, np.inf, np.nan] * 7, np.float32)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (ops.relu, lambda x: np.maximum(x, 0)),
        (lambda x: ops.where(x > 0, x, 0), lambda x: np.where(x > 0, x, 0)),
        (ops.relu6, lambda x: np.minimum(np.maximum(x, 0), 6)),
        (lambda x: activations.relu(x, max_value=6.0), lambda x: np.minimum(np.maximum(x, 0), 6)),
        (lambda x: activations.relu(x, threshold=1.0), lambda x: np.where(x <= 1, 0, x)),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rectifiers_compiled(function, expected, dtype):
    x = VALUES.astype(dtype)
    compiled = yeoul.function(lambda x: function(x * 1.0 + 0.0))
    np.testing.assert_array_equal(np.asarray(compiled(x)), expected(x))
    np.testing.assert_array_equal(np.asarray(function(ops.convert_to_tensor(x))), expected(x))
