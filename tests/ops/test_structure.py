"""Scattering, slices, scans, patterns, saturating casts: limits, gradients, and what errors say."""

import numpy as np
import pytest

import yeoul
from yeoul import ops
from yeoul.graph.tape import GradientTape

X = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (np.array([-1e30, np.nan, 2.0**63, np.inf]), "int64", [-(2**63), 0, 2**63 - 1, 2**63 - 1]),
        (np.array([-5.0, 2.0**32, 7.9], np.float32), "uint32", [0, 2**32 - 1, 7]),
        (np.array([5, 2**31 + 5], np.uint32), "int32", [5, 2**31 - 1]),
        (np.array([0, 2**64 - 1], np.uint64), "int64", [0, 2**63 - 1]),
        (np.array([-5, 5], np.int64), "uint64", [0, 5]),
        (np.array([np.inf, -1e10]), "float16", [65504.0, -65504.0]),
        (np.array([0, -1, 5]), "bool", [False, False, True]),
    ],
)
def test_saturate_cast(values, dtype, expected):
    found = ops.saturate_cast(values, dtype)
    assert found.dtype == dtype and found.tolist() == expected


def test_gradients_of_scattering():
    x, rows = ops.convert_to_tensor(X), ops.ones((3, 3))
    with GradientTape() as tape:
        y = ops.sum(ops.scatter_update(x, [[0], [1], [0]], rows) * np.arange(12.0).reshape(4, 3))
    grad_x, grad_rows = tape.gradient(y, [x, rows])
    np.testing.assert_array_equal(np.asarray(grad_x)[:, 0], [0, 0, 6, 9])
    np.testing.assert_array_equal(np.asarray(grad_rows)[:, 0], [0, 3, 0])  # the first row is overwritten by the third


@pytest.mark.parametrize("n", range(1, 10))
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan_of_any_length(n, reverse):
    x = np.random.default_rng(n).normal(size=(n, 2, 2))
    found = np.asarray(ops.associative_scan(lambda a, b: ops.matmul(a, b), x, reverse=reverse))
    expected = [x[-1 if reverse else 0]]
    for part in x[-2::-1] if reverse else x[1:]:
        expected.append(expected[-1] @ part)
    np.testing.assert_allclose(found, expected[::-1] if reverse else expected, rtol=1e-9)


def test_rearrange_with_an_unknown_batch():
    x = yeoul.Input((4, 6))
    assert ops.rearrange(x, "b (h s) c -> b h (s c)", s=2).shape == (None, 2, 12)
    assert ops.rearrange(X, "a b -> b 1 a").shape == (3, 1, 4)


def test_dtype_is_a_name():
    assert ops.dtype(X) == "float32" and ops.dtype(ops.ones((), "int8")) == "int8"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.scatter([[5]], np.ones(1), (3,)), ValueError, r"scatter: index \[5\] does not index into shape \(3,\)"),
        (lambda: ops.scatter_update(X, [[-1, 0]], [1.0]), ValueError, r"scatter_update: index \[-1, 0\] does not index"),
        (lambda: ops.scatter_update(X, [[0, 0, 0]], [1.0]), ValueError, r"indices of shape \(1, 3\) do not index"),
        (lambda: ops.scatter_update(X, [[0, 0]], [1.0], reduction="mean"), ValueError, "Invalid reduction: mean. Supported values are"),
        (lambda: ops.slice_update(X, [0, 0], np.ones((5, 1))), ValueError, r"a block of shape \(5, 1\) does not fit"),
        (lambda: ops.slice_update(X, [0], np.ones((1, 1))), ValueError, "one start index per axis"),
        (lambda: ops.slice(X, [3, 0], [2, 1]), ValueError, r"a block of shape \(2, 1\) at \(3, 0\) does not lie within"),
        (lambda: ops.associative_scan(3, X), TypeError, "`f` should be a callable. Received: f=3"),
        (lambda: ops.associative_scan(ops.add, (X, X[:2])), ValueError, r"the same known size along axis 0, and got \[2, 4\]"),
        (lambda: ops.rearrange(X, "a b"), ValueError, "needs an arrow"),
        (lambda: ops.rearrange(X, "a b -> a"), ValueError, "must name the same axes"),
        (lambda: ops.rearrange(X, "a b c -> a b c"), ValueError, "names 3 axes, and the tensor has shape"),
        (lambda: ops.rearrange(X, "(a c) b -> a b c"), ValueError, "give the sizes of all but one of"),
        (lambda: ops.rearrange(X, "(a c) b -> a b c", c=3), ValueError, "an axis of size 4 cannot be split into"),
        (lambda: ops.rearrange(X, "a ... -> ... a"), ValueError, "may hold names, 1 and parentheses"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
