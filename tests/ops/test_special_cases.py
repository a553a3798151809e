"""Values, offsets and dtypes at the edges of ops, with Keras' answers."""

import inspect

import numpy as np
import pytest

from yeoul import GradientTape, Input, Model, function, ops

INF = np.inf
CUBE = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
A = np.array([[1, 2, 3], [4, 5, 6]], np.float32)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: ops.erfinv([1.0, -1.0, 0.0, 0.5]), [INF, -INF, 0, 0.47693628]),
        (lambda: ops.erfinv(np.float64(0.3)), 0.2724627147267543),
        (lambda: ops.logaddexp([-INF, INF, -INF, 1.0], [-INF, INF, 2.0, 2.0]), [-INF, INF, 2, 2.3132617]),
        (lambda: ops.logaddexp(np.array([True, False]), np.array([1, 3], np.uint8)), [1.6931472, 3.0485873]),
        (lambda: ops.logaddexp2([1.0, 2.0, -INF], [3.0, -INF, -INF]), [3.321928, 2, -INF]),
        (lambda: ops.hypot([3e30, 0.0, INF], [4e30, 0.0, 1.0]), [5e30, 0, INF]),
        (lambda: ops.exp2([100.0, -3.0]), [2.0**100, 0.125]),
        (lambda: ops.clip(A, None, 2), np.minimum(A, 2)),
        (lambda: ops.clip(A, 2, None), np.maximum(A, 2)),
        (lambda: ops.diag([1.0, 2.0], k=1), [[0, 1, 0], [0, 0, 2], [0, 0, 0]]),
        (lambda: ops.diag([1.0, INF], k=-1), [[0, 0, 0], [1, 0, 0], [0, INF, 0]]),
        (lambda: ops.diag(A, k=1), [2, 6]),
        (lambda: ops.diag(A, k=-1), [4]),
        (lambda: ops.diagonal(A[None], 1, 1, 2), [[2, 6]]),
        (lambda: ops.trace(A, offset=1), 8),
        (lambda: ops.trace(np.stack([A, A * 2], -1), axis1=1, axis2=0), [6, 12]),
        (lambda: ops.select([A > 4, A > 2], [A, A * 2], -1.0), [[-1, -1, 6], [8, 5, 6]]),
        (lambda: ops.average(A, axis=0, weights=[1.0, 3.0]), [3.25, 4.25, 5.25]),
        (lambda: ops.average(A, axis=-1, weights=[1, 2, 3]), [2.3333333, 5.3333333]),
        (lambda: ops.average(A, weights=A), 91 / 21),
        (lambda: ops.min(np.zeros((0, 2), np.float32), axis=0, initial=2.0), [2, 2]),
        (lambda: ops.max(A, axis=1, keepdims=True, initial=5.0), [[5], [6]]),
        (lambda: ops.round(np.array([14, 15, -26]), -1), [10, 20, -30]),
        (lambda: ops.bincount([[0, 1], [2, 2]]), [[1, 1, 0], [0, 0, 2]]),
        (lambda: ops.bincount([3, 1, 1], weights=np.array([1, 2, 3])), [0, 5, 0, 1]),
        (lambda: ops.slice(A, [0, 1], [2, -1]), A[:, 1:]),
        (lambda: ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * 2), (0, 1))[1], 8),
        (lambda: ops.nan_to_num(np.array([INF, np.nan], np.float16)), [65504, 0]),
        (lambda: ops.take_along_axis(A, np.array([[-1, 0]]), 1), [[3, 1], [6, 4]]),
        (lambda: ops.layer_normalization([[0.0, 1e-3]]), [[-0.84515423, 0.84515423]]),
        (lambda: ops.rms_normalization([[0.0, 1e-3]]), [[0, 1.2909944]]),
    ],
)
def test_values(found, expected):
    np.testing.assert_allclose(found(), expected, rtol=2e-6)


def test_sections_of_an_uneven_split():
    assert [part.tolist() for part in ops.array_split(np.arange(7), 3)] == [[0, 1, 2], [3, 4], [5, 6]]
    assert [part.shape for part in ops.array_split(A, 2, axis=1)] == [(2, 2), (2, 1)]
    assert [part.shape for part in ops.array_split(A, 4, axis=1)] == [(2, 1), (2, 1), (2, 1), (2, 0)]
    with pytest.raises(ValueError, match="Use array_split"):
        ops.split(A, 2, axis=1)


@pytest.mark.parametrize(
    ("name", "dtype", "expected"),
    [
        ("floor", "int32", "float32"),
        ("ceil", "int64", "float32"),
        ("trunc", "int32", "int32"),
        ("round", "int32", "int32"),
        ("square", "bool", "int32"),
        ("cumsum", "uint8", "uint8"),
        ("cumprod", "bool", "int32"),
        ("nan_to_num", "int32", "int32"),
        ("nan_to_num", "bfloat16", "bfloat16"),
        ("sign", "int8", "int8"),
    ],
)
def test_dtype_of_one_operand(name, dtype, expected):
    assert getattr(ops, name)(ops.ones((2, 2), dtype)).dtype == expected


@pytest.mark.parametrize(
    ("name", "dtypes", "expected"),
    [
        ("mod", ("bool", "bool"), "int32"),
        ("matmul", ("uint8", "uint8"), "uint8"),
        ("matmul", ("bool", "bool"), "bool"),
        ("matmul", ("int8", "int8"), "int32"),
        ("isclose", ("bool", "bool"), "bool"),
    ],
)
def test_dtype_of_two_operands(name, dtypes, expected):
    assert getattr(ops, name)(*(ops.ones((2, 2), d) for d in dtypes)).dtype == expected


@pytest.mark.parametrize(
    ("op", "corners", "expected"),
    [
        (ops.relu, [0], [0]),
        (ops.relu6, [0, 6], [0, 0]),
        (ops.leaky_relu, [0], [0.2]),
        (ops.elu, [0], [1]),
        (ops.selu, [0], [1.0507010]),
        (ops.celu, [0], [2]),
        (ops.hard_sigmoid, [-3, 3], [0, 0]),
        (ops.hard_silu, [-3, 3], [0, 1]),
        (ops.hard_tanh, [-1, 1], [1, 1]),
        (ops.sparse_sigmoid, [-1, 1], [0, 0]),
        (ops.abs, [0], [0]),
        (lambda x: ops.maximum(x, 0.0), [0], [1]),
        (lambda x: ops.maximum(0.0, x), [0], [0]),
        (lambda x: ops.minimum(x, 1.0), [1], [1]),
        (lambda x: ops.clip(x, -1.0, 1.0), [-1, 1], [1, 1]),
        (lambda x: ops.logaddexp(x, 1.0), [1, -INF], [1, 0]),
        (lambda x: ops.hypot(x, 1.0), [1, 0], [0.70710678, 0]),
        (ops.erfinv, [0, 0.5], [0.88622693, 1.1125846]),
        (ops.cumprod, [2, 0, 3], [1, 8, 0]),
    ],
)
def test_gradients_at_corners(op, corners, expected):
    x = ops.convert_to_tensor(corners, "float32")
    with GradientTape() as tape:
        tape.watch(x)
        y = op(x)
    np.testing.assert_allclose(tape.gradient(y, x), expected, rtol=1e-5)


def test_operands_can_be_named():
    assert ops.subtract(x2=1, x1=3).item() == 2
    assert ops.bitwise_and(x=6, y=3).item() == 2
    assert str(inspect.signature(ops.add)) == "(x1, x2)"
    with pytest.raises(TypeError, match=r"sub.*missing a required argument: .x2"):
        ops.subtract(1, x3=2)


def test_select_says_what_it_needs():
    with pytest.raises(ValueError, match=r"3 choice\(s\). For a single condition use where"):
        ops.select([A > 0], [A, A, A])


def test_layer_normalization_lays_gamma_along_its_axis():
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4) ** 1.5
    gamma = np.array([1, 2, 3], np.float32)
    expected = ops.moveaxis(ops.layer_normalization(ops.moveaxis(x, 1, -1), gamma, gamma), -1, 1)
    np.testing.assert_allclose(ops.layer_normalization(x, gamma, gamma, axis=1), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "key",
    [
        CUBE > 0,
        CUBE[:, :, 0] > 0,
        np.array([True, False]),
        CUBE > 99,
        ([0, 1], [2, -1]),
        ([0, 1], slice(None), [1, -4]),
        (slice(None), [0, 2], [1, 3]),
        (slice(None), [[0], [2]], [1, 3]),
        (slice(0, 1), slice(None, None, -1), [3, 0]),
        (..., [0, 1], [2, 2]),
        (0, CUBE[0, :, 0] > 0),
    ],
)
def test_indexing_is_that_of_numpy(key):
    np.testing.assert_array_equal(ops.convert_to_tensor(CUBE)[key], CUBE[key])


def test_gradient_flows_through_a_mask():
    x = ops.convert_to_tensor(CUBE)
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(x[CUBE > 0] * 2)
    np.testing.assert_array_equal(tape.gradient(y, x), (CUBE > 0) * 2)


def test_indices_out_of_range_are_refused():
    with pytest.raises(IndexError, match="Index 4 is out of range for axis 2 of size 4"):
        ops.convert_to_tensor(CUBE)[0:1, [0], [4]]
    with pytest.raises(IndexError, match=r"mask of shape \(3,\) does not fit a tensor of shape \(2, 3, 4\)"):
        ops.convert_to_tensor(CUBE)[np.array([True, False, True])]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parts_of_complex_numbers(dtype):
    pairs = np.array([[3, 4], [-1, 0], [0, -2]], dtype)
    z, x = pairs[:, 0] + 1j * pairs[:, 1], ops.view_as_complex(pairs)
    for name in ("real", "imag", "conj", "conjugate", "angle", "isreal", "abs"):
        found, expected = getattr(ops, name)(x), getattr(np, name)(z)
        assert found.dtype == str(expected.dtype)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize(
    "lines",
    [[], [[0.0, 1.0]], [[0.0, 1.0], [5, 6, 7]], [[1, 2], [3, 4, 5], [6, 7]], [3.0, [1, 2]], [[True, False], [1, 2, 3]], [[[1, 2], [3, 4]], [np.nan]]],
)  # fmt: skip
def test_meshgrid_is_that_of_numpy_eager_and_compiled(lines, indexing):
    lines = [np.asarray(line) for line in lines]
    wanted = np.meshgrid(*lines, indexing=indexing)
    for grid in (ops.meshgrid, function(ops.meshgrid)):
        found = grid(*lines, indexing=indexing)
        assert len(found) == len(wanted)
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_meshgrid_of_sizes_that_are_not_known_yet():
    x = Input((3,))
    a, b = ops.meshgrid(ops.sum(x, axis=1), ops.max(x, axis=1))
    assert a.shape == (None, None)
    data = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_allclose(Model(x, a - b)(data), [[1, 10], [-2, 7]])
    with pytest.raises(ValueError, match='indexing must be "xy" or "ij", and is \'yx\''):
        ops.meshgrid(x, indexing="yx")


def test_normalizations_keep_the_dtype_of_x():
    x = np.ones((2, 3), np.float32)
    assert ops.layer_normalization(x, np.ones(3), np.zeros(3)).dtype == "float32"
    assert ops.rms_normalization(x, np.ones(3)).dtype == "float32"
