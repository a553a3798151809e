"""NumPy-named ops against numbers recorded from Keras: eagerly, compiled, and their gradients against differences."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.ops.numpy_cases import BOOL, CASES, CUBE, EAGER_ONLY, F, G, I, V, W
from yeoul import GradientTape, Input, Model, ops
from yeoul.core import engine
from yeoul.core.graph import Graph
from yeoul.core.tensor import Tensor, placeholder
from yeoul.engines.reference.engine import ReferenceProgram
from yeoul.graph.gradients import gradients

GOLDEN = json.loads((Path(__file__).parent / "golden_numpy_ops.json").read_text())
LIMITS = {"float16": 2e-3, "float32": 3e-6, "float64": 2e-7}


def numbered(cases):
    return [pytest.param(i, id=f"{i}-{cases[i][0]}") for i in range(len(cases))]


def flat(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


def is_operand(x):
    return isinstance(x, np.ndarray)


def call(name, args, kwargs, operands=None):
    """The op on `args`, its arrays replaced by `operands`."""
    given = iter(operands) if operands is not None else None

    def swap(x):
        if isinstance(x, list) and x and is_operand(x[0]):
            return [swap(part) for part in x]
        return next(given) if given is not None and is_operand(x) else x

    return flat(getattr(ops, name)(*[swap(a) for a in args], **kwargs))


def operands_of(args):
    return [x for a in args for x in (a if isinstance(a, list) else [a]) if is_operand(x)]


def assert_close(found, expected, dtype):
    limit = LIMITS.get(dtype, 0)
    np.testing.assert_allclose(
        np.asarray(found, np.float64), np.asarray(expected, np.float64), rtol=limit, atol=limit if limit else 0
    )


@pytest.mark.parametrize("i", numbered(CASES))
def test_gives_what_keras_gives(i):
    name, args, kwargs = CASES[i]
    recorded = GOLDEN[i]
    found = call(name, args, kwargs)
    if recorded is None:
        pytest.skip("Keras on TensorFlow cannot do it; compared with NumPy below")
    assert len(found) == len(recorded)
    for y, (dtype, shape, values) in zip(found, recorded, strict=True):
        assert (y.dtype, list(y.shape)) == (dtype, shape)
        assert_close(np.asarray(y).astype(np.float64), np.array(values, np.float64).reshape(shape), dtype)


TRACED = [case for case in CASES if case[0] not in EAGER_ONLY or "size" in case[2]]
TRACED = [case for case in TRACED if operands_of(case[1])]


@pytest.mark.parametrize("i", numbered(TRACED))
def test_compiled_equals_eager(i):
    name, args, kwargs = TRACED[i]
    arrays = operands_of(args)
    inputs = [placeholder(a.shape, str(a.dtype)) for a in arrays]
    outputs = call(name, args, kwargs, inputs)
    expected = call(name, args, kwargs)
    for y in outputs:
        assert isinstance(y, Tensor)
    found = engine.use("native").compile(Graph(inputs, outputs)).run([np.ascontiguousarray(a) for a in arrays])
    for a, b, symbolic in zip(found, expected, outputs, strict=True):
        assert (a.dtype, a.shape) == (np.asarray(b).dtype, b.shape) == (np.dtype(symbolic.dtype), symbolic.shape)
        assert_close(a, b, b.dtype)


#: Not differentiable where the data lie, or at all.
FLAT = ("angle", "imag", "heaviside", "nextafter", "view", "saturate_cast", "digitize", "histogram", "scatter_update")
SMOOTH = [
    (name, tuple(a.astype(np.float64) if is_operand(a) and a.dtype.kind == "f" else a for a in args), kwargs)
    for name, args, kwargs in TRACED
    if name not in FLAT
    and not any(is_operand(a) and (a.dtype.kind != "f" or a.dtype == np.float16 or np.isinf(a).any()) for a in args)
    and not any(isinstance(a, list) and a and is_operand(a[0]) for a in args)
    and not (name in ("cbrt", "divide_no_nan", "fmod") and len(args[0].shape) == 1)
]


@pytest.mark.parametrize("i", numbered(SMOOTH))
def test_gradient_equals_central_differences(i):
    name, args, kwargs = SMOOTH[i]
    arrays = operands_of(args)
    inputs = [placeholder(a.shape, "float64") for a in arrays]
    y = call(name, args, kwargs, inputs)[0]
    if y.dtype != "float64":
        return
    weights = np.random.default_rng(0).normal(size=y.shape)
    program = ReferenceProgram(Graph(inputs, [y]))
    found = gradients([y], inputs, [ops.convert_to_tensor(weights)])
    for at, x in enumerate(arrays):
        if found[at] is None:
            value = np.zeros(x.shape)
        else:
            value = ReferenceProgram(Graph(inputs, [found[at]])).run(arrays)[0]
        for place in np.ndindex(*x.shape):
            if np.isnan(x[place]):
                continue
            moved = [a.copy() for a in arrays]
            moved[at][place] += 1e-6
            high = program.run(moved)[0]
            moved[at][place] -= 2e-6
            low = program.run(moved)[0]
            with np.errstate(invalid="ignore"):
                slope = np.nansum((high - low) * weights) / 2e-6
            if not np.isnan(value[place]):
                np.testing.assert_allclose(value[place], slope, rtol=1e-4, atol=1e-5)
            else:
                assert np.isnan(high).any()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: ops.fmod(BOOL, BOOL), [0, 0, 0, 0]),
        (lambda: ops.nanmedian(I, axis=1), np.median(I, axis=1)),
        (lambda: ops.searchsorted(np.array([1, 3, 5], np.int32), I), np.searchsorted([1, 3, 5], I)),
        (lambda: ops.trace(CUBE, -1, 2, 0), np.trace(CUBE, -1, 2, 0)),
        (lambda: ops.rot90(F, k=2), np.rot90(F, 2)),
        (lambda: ops.histogram(V * 0 + 2, 4)[0], np.histogram(V * 0 + 2, 4)[0]),
        (lambda: ops.histogram(I, 5)[0], np.histogram(I, 5)[0]),
        (lambda: ops.histogram(I, 5)[1], np.histogram(I, 5)[1]),
        (lambda: ops.correlate(W, V), np.correlate(V, W)[::-1]),
        (lambda: ops.corrcoef(V), 1.0),
        (lambda: ops.vander(V, 4), np.vander(V, 4)),
        (lambda: ops.argpartition(F, 1, axis=0), np.argsort(F, axis=0)),
        (lambda: ops.i0([np.inf, 700.0 / 8]), [np.inf, np.i0(700.0 / 8)]),
        (lambda: ops.fmod([5.0, -5.0, np.inf], [np.inf, np.inf, 2.0]), [5, -5, np.nan]),
        (lambda: ops.ldexp([2.0**-100], [160]), [2.0**60]),
        (lambda: ops.heaviside([np.nan, 0.0], 0.5), [np.nan, 0.5]),
        (lambda: ops.nextafter(np.array([1, 0, -1, 2], "bfloat16"), 2.0), [1.0078125, 9.18355e-41, -0.99609375, 2]),
        (lambda: ops.saturate_cast([np.nan, np.inf, -np.inf, 3e9], "int32"), [0, 2**31 - 1, -(2**31), 2**31 - 1]),
        (lambda: ops.unique(np.array([2, 2, 5]), size=4, return_index=True)[1], [0, 2, 0, 0]),
        (lambda: ops.isin(I, np.zeros((0,), np.int32)), np.zeros_like(I, bool)),
        (lambda: ops.slice_update(F, [ops.convert_to_tensor(1), 0], G[:1]), np.stack([F[0], G[0], F[2]])),
        (lambda: ops.scatter_update(F, [[-1]], G[:1]), np.stack([F[0], F[1], G[0]])),
    ],
)
def test_agrees_with_numpy_where_keras_does_not_answer(found, expected):
    np.testing.assert_allclose(np.asarray(found()).astype(np.float64), expected, rtol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan_combines_running(n, reverse):
    x = np.random.default_rng(n).normal(size=(2, n)).astype(np.float32)
    found = ops.associative_scan(lambda a, b: a + b, x, reverse=reverse, axis=1)
    expected = np.cumsum(x[:, ::-1], 1)[:, ::-1] if reverse else np.cumsum(x, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    # A recurrence h = a h + b, whose pairs (a, b) combine associatively but not commutatively.
    a, b = ops.associative_scan(lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), (x, x + 1), axis=1)
    h = np.zeros(2, np.float32)
    for i in range(n):
        h = x[:, i] * h + x[:, i] + 1
    np.testing.assert_allclose(b[:, -1], h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(a[:, -1], x.prod(1), rtol=1e-5, atol=1e-7)


def test_vectorize_by_element_and_by_signature():
    larger = ops.vectorize(lambda a, b: ops.where(a > b, a, b))
    np.testing.assert_array_equal(larger(F, G[0]), np.maximum(F, G[0]))
    product = ops.vectorize(ops.matmul, signature="(m,n),(n)->(m)")
    np.testing.assert_allclose(product(CUBE, F[0]), CUBE @ F[0], rtol=1e-5)
    both = ops.vectorize(lambda x: (ops.sum(x), x * 2), signature="(n)->(),(n)")
    total, twice = both(F)
    np.testing.assert_allclose(total, F.sum(1), rtol=1e-6)
    np.testing.assert_array_equal(twice, F * 2)
    power = ops.vectorize(lambda x, n: x**n, excluded={1})
    np.testing.assert_allclose(power(V, 2), V**2, rtol=1e-6)


def test_scatter_rows_passes_the_gradient_to_who_won():
    x, updates = ops.convert_to_tensor([[1.0], [2.0]]), ops.convert_to_tensor([[5.0], [2.0], [6.0]])
    indices = [[0], [1], [0]]
    for reduction, at_x, at_updates in (
        (None, [[0], [0]], [[0], [1], [1]]),
        ("add", [[1], [1]], [[1], [1], [1]]),
        ("max", [[0], [0.5]], [[0], [0.5], [1]]),
        ("mul", [[30], [2]], [[6], [2], [5]]),
    ):
        with GradientTape() as tape:
            tape.watch([x, updates])
            y = ops.scatter_update(x, indices, updates, reduction)
        found = tape.gradient(y, [x, updates])
        assert [g.tolist() for g in found] == [at_x, at_updates]


def test_sort_alone_has_a_gradient():
    x = ops.convert_to_tensor(F)
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(ops.sort(x)[:, -1])
    np.testing.assert_array_equal(tape.gradient(y, x), F.max(1, keepdims=True) == F)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ops.nonzero(x), r"nonzero: the size of the result depends on the values"),
        (lambda x: ops.where(x > 0), r"where: the size of the result depends on the values"),
        (lambda x: ops.unique(x), r"Give `size`, how many distinct values"),
        (lambda x: ops.quantile(x, 0.5, method="cubic"), "methods linear, lower, higher, midpoint, nearest"),
        (lambda x: ops.correlate(x, x), r"two vectors, and got shapes \(3, 4\)"),
        (lambda x: ops.gcd(x, 2), "gcd takes integers, and got float32 and int32"),
        (lambda x: ops.ldexp(x, x), "integer exponent, and got float32"),
        (lambda x: ops.searchsorted(x, x), r"sorted vector, and got shape \(3, 4\)"),
        (lambda x: ops.scatter_update(x, [[0]], x[:1], "mean"), "None, add, max, min and mul, and got 'mean'"),
        (lambda x: ops.slice_update(x, [0, 0], ops.ones((4, 4))), r"block of shape \(4, 4\) does not fit"),
        (lambda x: ops.view(x[:, :3], "float64"), "no whole number of float64 elements"),
        (lambda x: ops.rot90(x, axes=(1, -1)), r"two different axes, and got \(1, -1\)"),
        (lambda x: ops.cross(x, x), "2 or 3 elements, and got sizes 4 and 4"),
        (lambda x: ops.histogram(x, 0), "positive number of bins, and got 0"),
        (lambda x: ops.argpartition(x, 4), "kth=4 is out of range for axis 1 of size 4"),
        (lambda x: ops.average(x, weights=[1.0, 2.0]), r"a vector along one axis, and got weights of shape \(2,\)"),
        (lambda x: ops.slice(x, [0], [1]), r"slice needs a start and a size for each axis of \(3, 4\)"),
        (lambda x: ops.vectorize(ops.matmul, signature="(n->n)")(x, x), "cannot read the signature"),
        (lambda x: ops.hsplit(ops.ones(()), 2), "hsplit needs a tensor of rank 1 or more"),
    ],
)
def test_errors_say_what_came_and_what_to_do(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(placeholder((3, 4), "float32"))


def test_quantiles_over_an_axis_of_unknown_size():
    inputs = Input((None, 3))
    outputs = [ops.median(inputs, axis=1), ops.quantile(inputs, [0.2, 0.9], axis=1), ops.nanmedian(inputs, axis=1)]
    model = Model(inputs, outputs)
    x = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    for y, expected in zip(model(x), [np.median(x, 1), np.quantile(x, [0.2, 0.9], 1), np.median(x, 1)], strict=True):
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
