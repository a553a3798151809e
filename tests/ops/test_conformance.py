"""Walks the registry: every primitive's shape rule, its gradient, and the native engine against the reference."""

import numpy as np
import pytest

from yeoul.core import engine
from yeoul.core.graph import Graph
from yeoul.core.tensor import Spec, apply, from_array, placeholder
from yeoul.engines.reference.engine import ReferenceProgram
from yeoul.graph.gradients import gradients
from yeoul.ops.registry import PRIMITIVES, Elementwise

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape)


def positive(*shape):
    return RNG.uniform(0.2, 1.5, shape)


def small(*shape):
    return RNG.uniform(-0.8, 0.8, shape)


STATE = np.array([7, 3], np.uint32)
INDICES = np.array([[0, 2], [1, 1]], np.int32)
GEOMETRY_1 = {"strides": (2,), "padding": ((1, 2),), "dilation": (2,), "groups": 1}
GEOMETRY_2 = {"strides": (2, 2), "padding": ((1, 2), (0, 1)), "dilation": (1, 2), "groups": 2}
GEOMETRY_3 = {"strides": (1, 2, 1), "padding": ((0, 0), (0, 1), (0, 0)), "dilation": (1, 1, 1), "groups": 1}
POOLING = {"window": (3, 2), "strides": (2, 2), "padding": ((1, 1), (0, 1))}
POOLING_1 = {"window": (2,), "strides": (2,), "padding": ((0, 1),)}
POOLING_3 = {"window": (2, 2, 1), "strides": (1, 2, 2), "padding": ((0, 0), (0, 0), (0, 0))}
POOLED = RNG.permutation(100).reshape(2, 5, 5, 2) / 10.0
LARGEST = PRIMITIVES["max_pool"].reference(POOLED.astype(np.float32), **POOLING)

#: Inputs and attributes for each primitive that the general rules below do not cover.
SAMPLES = {
    "cast": [([normal(3, 4)], {"dtype": "float32"}), ([normal(5) * 10], {"dtype": "int32"}), ([normal(5)], {"dtype": "bool"})],
    "select": [([normal(3, 4) > 0, normal(3, 4), normal(3, 4)], {}), ([normal(4) > 0, normal(3, 1), normal()], {})],
    "stop_gradient": [([normal(3)], {})],
    "custom_gradient": [([normal(3), normal(3)], {"function": lambda g: g})],
    "sum": [([normal(3, 4)], {"axes": (0,)}), ([normal(3, 4, 5)], {"axes": (0, 2)}), ([normal(700)], {"axes": (0,)})],
    "prod": [([positive(3, 4)], {"axes": (1,)}), ([positive(2, 3, 2)], {"axes": (0, 2)})],
    "reduce_max": [([normal(3, 4)], {"axes": (1,)}), ([normal(2, 3, 4)], {"axes": (1,)})],
    "reduce_min": [([normal(3, 4)], {"axes": (0,)})],
    "argmax": [([normal(3, 9)], {"axis": 1}), ([normal(3, 9)], {"axis": 0})],
    "argmin": [([normal(3, 9)], {"axis": 1})],
    "cumsum": [([normal(3, 4)], {"axis": 1})],
    "cumprod": [([positive(3, 4)], {"axis": 0})],
    "reshape": [([normal(3, 4)], {"shape": (2, -1)})],
    "transpose": [([normal(3, 4)], {"permutation": (1, 0)}), ([normal(2, 3, 4)], {"permutation": (2, 0, 1)})],
    "broadcast_to": [([normal(3, 1)], {"shape": (2, 3, 4)}), ([normal()], {"shape": (3,)})],
    "slice": [([normal(5, 6)], {"starts": (1, 0), "stops": (5, 6), "steps": (2, 3)})],
    "unslice": [([normal(2, 2)], {"shape": (5, 6), "starts": (1, 0), "steps": (2, 3)})],
    "flip": [([normal(3, 4)], {"axes": (0, 1)})],
    "pad": [([normal(2, 3)], {"widths": ((1, 0), (2, 1)), "value": 1.5})],
    "concatenate": [([normal(2, 3), normal(2, 1)], {"axis": 1}), ([normal(2, 3), normal(4, 3)], {"axis": 0})],
    "gather": [([normal(3, 4), INDICES], {"axis": 0}), ([normal(2, 3), INDICES], {"axis": 1})],
    "scatter_add": [([normal(2, 2, 4), INDICES], {"axis": 0, "size": 3, "rank": 2})],
    "sort": [([normal(3, 5)], {})],
    "matmul": [([normal(3, 4), normal(4, 5)], {}), ([normal(2, 3, 4), normal(2, 4, 5)], {}), ([normal(2, 3, 4), normal(4, 5)], {}), ([normal(1, 3, 4), normal(2, 4, 5)], {})],
    "conv": [
        ([normal(2, 7, 2), normal(3, 2, 3)], GEOMETRY_1),
        ([normal(1, 5, 6, 2), normal(3, 2, 1, 4)], GEOMETRY_2),
        ([normal(1, 3, 4, 3, 2), normal(2, 2, 2, 2, 2)], GEOMETRY_3),
    ],
    "conv_input_grad": [
        ([normal(2, 3, 3), normal(3, 2, 3)], {"input_shape": (2, 7, 2), **GEOMETRY_1}),
        ([normal(1, 3, 3, 4), normal(3, 2, 1, 4)], {"input_shape": (None, 5, 6, 2), **GEOMETRY_2}),
        ([normal(1, 2, 2, 2, 2), normal(2, 2, 2, 2, 2)], {"input_shape": (1, 3, 4, 3, 2), **GEOMETRY_3}),
    ],
    "conv_kernel_grad": [
        ([normal(2, 7, 2), normal(2, 3, 3)], {"kernel_shape": (3, 2, 3), **GEOMETRY_1}),
        ([normal(1, 5, 6, 2), normal(1, 3, 3, 4)], {"kernel_shape": (3, 2, 1, 4), **GEOMETRY_2}),
        ([normal(1, 3, 4, 3, 2), normal(1, 2, 2, 2, 2)], {"kernel_shape": (2, 2, 2, 2, 2), **GEOMETRY_3}),
    ],
    "max_pool": [([POOLED], POOLING), ([normal(2, 7, 2)], POOLING_1), ([normal(1, 3, 4, 3, 2)], POOLING_3)],
    "max_pool_grad": [([POOLED.astype(np.float32), LARGEST, normal(2, 3, 3, 2)], POOLING)],
    "max_pool_pick": [([POOLED.astype(np.float32), LARGEST, normal(2, 5, 5, 2)], POOLING)],
    "sum_pool": [([normal(2, 5, 5, 2)], POOLING), ([normal(2, 7, 2)], POOLING_1), ([normal(1, 3, 4, 3, 2)], POOLING_3)],
    "sum_pool_grad": [
        ([normal(2, 3, 3, 2)], {"input_shape": (None, 5, 5, 2), **POOLING}),
        ([normal(2, 4, 2)], {"input_shape": (2, 7, 2), **POOLING_1}),
    ],
    "random_bits": [([STATE], {"shape": (3, 7)})],
}  # fmt: skip
DOMAINS = {
    **dict.fromkeys(("log", "sqrt", "rsqrt", "log1p", "reciprocal"), positive),
    **dict.fromkeys(("asin", "acos", "atanh"), small),
    "acosh": lambda *shape: 1.5 + positive(*shape),
    "pow": positive,
}
ON_INTEGERS = ("bitwise_not", "bitwise_and", "bitwise_or", "bitwise_xor", "shl", "shr")


def samples_of(name):
    if name in SAMPLES:
        return SAMPLES[name]
    op = PRIMITIVES[name]
    assert isinstance(op, Elementwise), f"{name} has no sample inputs: add some, so that it is tested"
    if name in ON_INTEGERS:
        draw = lambda *shape: RNG.integers(0, 9, shape).astype(np.int32)  # noqa: E731
    elif op.operands == "bool":
        draw = lambda *shape: RNG.integers(0, 2, shape).astype(bool)  # noqa: E731
    else:
        draw = DOMAINS.get(name, normal)
    shapes = (
        [((3, 4),), ((),), ((2, 1, 5),), ((0, 3),), ((1100,),)]
        if op.arity == 1
        else [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (5,)), ((600, 3), (3,))]
    )
    return [([draw(*shape) for shape in group], {}) for group in shapes]


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_shape_rule_is_that_of_the_reference(name):
    op = PRIMITIVES[name]
    for arrays, attributes in samples_of(name):
        arrays = [np.asarray(a) for a in arrays]
        specs = op.infer(*[from_array(a) for a in arrays], **attributes)
        results = op.reference(*arrays, **attributes)
        pairs = [(specs, results)] if isinstance(specs, Spec) else list(zip(specs, results, strict=True))
        for spec, result in pairs:
            assert tuple(spec.shape) == np.shape(result)
            assert spec.dtype == str(np.asarray(result).dtype)


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_gradient_equals_central_differences(name):
    op = PRIMITIVES[name]
    if name in ("stop_gradient", "custom_gradient"):
        pytest.skip("its gradient is no derivative, by design")
    for arrays, attributes in samples_of(name):
        arrays = [np.asarray(a) for a in arrays]
        if max(a.size for a in arrays) > 100 or (name == "cast" and attributes["dtype"] != "float32"):
            continue
        inputs = [placeholder(a.shape, str(a.dtype)) for a in arrays]
        outputs = apply(op, tuple(inputs), attributes)
        output = outputs[0] if isinstance(outputs, list) else outputs
        if output.dtype not in ("float64", "float32"):
            continue
        weights = RNG.normal(size=output.shape)
        found = gradients([output], inputs, [from_array(weights.astype(output.dtype))])
        program = ReferenceProgram(Graph(inputs, [output]))
        for i, (x, grad) in enumerate(zip(arrays, found, strict=True)):
            if x.dtype != np.float64:
                assert grad is None
                continue
            value = np.zeros(x.shape) if grad is None else ReferenceProgram(Graph(inputs, [grad])).run(arrays)[0]
            step = 1e-2 if name == "cast" else 1e-6
            for place in np.ndindex(*x.shape):
                moved = [a.copy() for a in arrays]
                moved[i][place] += step
                high = program.run(moved)[0]
                moved[i][place] -= 2 * step
                low = program.run(moved)[0]
                expected = np.sum((np.asarray(high, np.float64) - low) * weights) / (2 * step)
                np.testing.assert_allclose(value[place], expected, rtol=2e-3 if name == "cast" else 1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_native_engine_agrees_with_the_reference(name, dtype):
    op = PRIMITIVES[name]
    for arrays, attributes in samples_of(name):
        arrays = [np.asarray(a).astype(dtype) if np.asarray(a).dtype == np.float64 else np.asarray(a) for a in arrays]
        inputs = [placeholder(a.shape, str(a.dtype)) for a in arrays]
        outputs = apply(op, tuple(inputs), attributes)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        with np.errstate(all="ignore"):
            expected = ReferenceProgram(Graph(inputs, outputs)).run(arrays)
        found = engine.use("native").compile(Graph(inputs, outputs)).run(arrays)
        for a, b in zip(found, expected, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(
                a, b, rtol=3e-6 if dtype == "float32" else 1e-13, atol=1e-6 if dtype == "float32" else 1e-13
            )


SPECIALS = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-42, 3e38, -3e38, 88.8, -104.0, 1.0, -1.0, 0.5], np.float32)


@pytest.mark.parametrize(
    "name",
    sorted(
        n
        for n, op in PRIMITIVES.items()
        if isinstance(op, Elementwise) and op.operands == "any" and n not in ON_INTEGERS
    ),
)
def test_special_values(name):
    op = PRIMITIVES[name]
    arrays = [SPECIALS] if op.arity == 1 else [np.repeat(SPECIALS, len(SPECIALS)), np.tile(SPECIALS, len(SPECIALS))]
    inputs = [placeholder(a.shape, "float32") for a in arrays]
    output = apply(op, tuple(inputs), {})
    expected = ReferenceProgram(Graph(inputs, [output])).run(arrays)[0]
    found = engine.use("native").compile(Graph(inputs, [output])).run(arrays)[0]
    np.testing.assert_allclose(found, expected, rtol=5e-6, atol=1e-38)


DTYPES = [
    "bool",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
]


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_cast_between_all_dtypes(source, target):
    from yeoul.core import dtypes
    from yeoul.ops import cast

    values = np.array([0, 1, 2, 3, 100, 7], np.float64).astype(dtypes.to_numpy(source))
    x = placeholder(values.shape, source)
    found = (
        engine.use("native")
        .compile(Graph([x], [cast(x, target) if source != target else cast(cast(x, "float64"), target)]))
        .run([values])[0]
    )
    np.testing.assert_array_equal(found.astype(np.float64), values.astype(dtypes.to_numpy(target)).astype(np.float64))
