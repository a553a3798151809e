"""Walks the registry: every primitive's shape rule, its gradient, and the native engine against the reference."""

import zlib

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
SEGMENTS = np.array([2, 0, 1, 0, 2], np.int32)
ZEROS = np.array([[0, 1], [0, 0], [1, 0], [1, 0], [1, 1.0]])
LABELS = np.array([[1, 1], [1, 2]], np.int32)
INDICES = np.array([[0, 2], [1, 1]], np.int32)
GEOMETRY_1 = {"strides": (2,), "padding": ((1, 2),), "dilation": (2,), "groups": 1}
GEOMETRY_2 = {"strides": (2, 2), "padding": ((1, 2), (0, 1)), "dilation": (1, 2), "groups": 2}
GEOMETRY_3 = {"strides": (1, 2, 1), "padding": ((0, 0), (0, 1), (0, 0)), "dilation": (1, 1, 1), "groups": 1}
POOLING = {"window": (3, 2), "strides": (2, 2), "padding": ((1, 1), (0, 1))}
POOLING_1 = {"window": (2,), "strides": (2,), "padding": ((0, 1),)}
POOLING_3 = {"window": (2, 2, 1), "strides": (1, 2, 2), "padding": ((0, 0), (0, 0), (0, 0))}
POOLED = RNG.permutation(100).reshape(2, 5, 5, 2) / 10.0
LARGEST = PRIMITIVES["max_pool"].reference(POOLED.astype(np.float32), **POOLING)


def regular(*shape):
    return normal(*shape) + 3 * np.eye(shape[-1])


def definite(*shape):
    x = normal(*shape)
    return x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])


#: Inputs and attributes for each primitive that the general rules below do not cover.
SAMPLES = {
    "cast": [([normal(3, 4)], {"dtype": "float32"}), ([normal(5) * 10], {"dtype": "int32"}), ([normal(5)], {"dtype": "bool"})],
    "select": [([normal(3, 4) > 0, normal(3, 4), normal(3, 4)], {}), ([normal(4) > 0, normal(3, 1), normal()], {})],
    "stop_gradient": [([normal(3)], {})],
    "custom_gradient": [([normal(3), normal(3)], {"function": lambda g: g})],
    "sum": [([normal(3, 4)], {"axes": (0,)}), ([normal(3, 4, 5)], {"axes": (0, 2)}), ([normal(700)], {"axes": (0,)})],
    "prod": [([positive(3, 4)], {"axes": (1,)}), ([positive(2, 3, 2)], {"axes": (0, 2)})],
    "variance": [([normal(3, 4)], {"axes": (1,)}), ([normal(2, 3, 4)], {"axes": (0, 2)}), ([normal(70, 5)], {"axes": (0,)})],
    "reduce_max": [([normal(3, 4)], {"axes": (1,)}), ([normal(2, 3, 4)], {"axes": (1,)})],
    "reduce_min": [([normal(3, 4)], {"axes": (0,)})],
    "argmax": [([normal(3, 9)], {"axis": 1}), ([normal(3, 9)], {"axis": 0})],
    "argmin": [([normal(3, 9)], {"axis": 1})],
    "cumsum": [([normal(3, 4)], {"axis": 1})],
    "cumprod": [([positive(3, 4)], {"axis": 0}), ([np.array([[2.0, 0, 3, -1, 0, 5], [0, 1, 2, 3, 4, 5], [1, -2, 3, 4, 5, 0]])], {"axis": 1})],
    "reshape": [([normal(3, 4)], {"shape": (2, -1)})],
    "transpose": [([normal(3, 4)], {"permutation": (1, 0)}), ([normal(2, 3, 4)], {"permutation": (2, 0, 1)})],
    "broadcast_to": [([normal(3, 1)], {"shape": (2, 3, 4)}), ([normal()], {"shape": (3,)})],
    "slice": [([normal(5, 6)], {"starts": (1, 0), "stops": (5, 6), "steps": (2, 3)}), ([normal(5, 6)], {"starts": (-3, 2), "stops": (None, 9), "steps": (1, 2), "limited": (1,)})],
    "reshape_like": [([normal(3, 4), normal(2, 6)], {"shape": (-2, -3)}), ([normal(3, 4), normal(6)], {"shape": (-1, 1, -2)})],
    "positions": [([normal(3, 4)], {"axis": 1})],
    "count": [([normal(3, 4)], {"axes": (0, 1), "dtype": "float32"})],
    "unslice": [([normal(2, 2)], {"shape": (5, 6), "starts": (1, 0), "steps": (2, 3)})],
    "flip": [([normal(3, 4)], {"axes": (0, 1)})],
    "pad": [([normal(2, 3)], {"widths": ((1, 0), (2, 1)), "value": 1.5})],
    "concatenate": [([normal(2, 3), normal(2, 1)], {"axis": 1}), ([normal(2, 3), normal(4, 3)], {"axis": 0})],
    "gather": [([normal(3, 4), INDICES], {"axis": 0}), ([normal(2, 3), INDICES], {"axis": 1})],
    "scatter_add": [([normal(2, 2, 4), INDICES], {"axis": 0, "size": 3, "rank": 2})],
    "searchsorted": [([np.sort(normal(5)), normal(3, 4)], {"side": "left"}), ([np.arange(4.0), INDICES * 1.0], {"side": "right"})],
    "unique": [([INDICES], {"size": size, "fill_value": 7, "axis": None, "is_sorted": True}) for size in (2, 5)] + [([INDICES], {"size": 3, "fill_value": None, "axis": 1, "is_sorted": False})],
    "scatter_rows": [([normal(4, 2), np.array([2, 0, 2], np.int32), normal(3, 2)], {"reduction": r}) for r in (None, "add", "max", "min", "mul")],
    "view": [([normal(2, 4).astype(np.float32)], {"dtype": d}) for d in ("int32", "float64", "uint8")],
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
    "complex": [([normal(3, 2), normal(2)], {})],
    "real_part": [([normal(3) + 1j * normal(3)], {})],
    "imaginary_part": [([normal(3) + 1j * normal(3)], {})],
    "fourier": [([normal(2, 5), normal(2, 5)], {"rank": 1, "is_inverse": False}), ([normal(3, 4), normal(3, 4)], {"rank": 2, "is_inverse": True})],
    "segment_max": [([normal(5, 2), SEGMENTS], {"size": 3})],
    "segment_min": [([normal(5, 2), SEGMENTS], {"size": 3})],
    "segment_prod": [([normal(5, 2) * ZEROS, SEGMENTS], {"size": 3})],
    "ctc": [([np.log(positive(2, 5, 3)), LABELS, np.array([2, 1], np.int32), np.array([5, 3], np.int32)], {"blank": 0})],
    "ctc_occupancy": [([np.log(positive(2, 5, 3)), LABELS, np.array([2, 1], np.int32), np.array([5, 3], np.int32)], {"blank": 2})],
    "ctc_decode": [
        ([normal(2, 5, 3), np.array([5, 3], np.int32)], {"beam_width": width, "top_paths": paths, "merge_repeated": True, "blank": 0})
        for width, paths in ((0, 1), (4, 2))
    ],
    "binomial": [([STATE, np.array(9.0), np.array([0.1, 0.5, 0.9])], {"shape": (4, 3)})],
    "cholesky": [([definite(3, 3)], {}), ([definite(2, 1, 4, 4)], {})],
    "lu": [([normal(4, 4)], {}), ([normal(2, 3, 3)], {})],
    "qr": [([normal(4, 3)], {"mode": "reduced"}), ([normal(2, 3, 3)], {"mode": "complete"}), ([normal(2, 4)], {"mode": "reduced"})],
    "eigh": [([definite(3, 3)], {}), ([definite(2, 3, 3)], {})],
    "svd": [([normal(4, 3)], {"full": False}), ([normal(2, 2, 4)], {"full": False}), ([normal(3, 3)], {"full": True})],
    "singular_values": [([normal(4, 3)], {}), ([normal(2, 2, 4)], {})],
    "eig": [([normal(3, 3)], {}), ([normal(2, 2, 2)], {})],
    "inv": [([regular(3, 3)], {}), ([regular(2, 2, 2)], {})],
    "det": [([regular(3, 3)], {}), ([regular(2, 2, 2)], {})],
    "slogdet": [([regular(3, 3)], {}), ([-regular(2, 3, 3)], {})],
    "solve": [([regular(3, 3), normal(3, 2)], {}), ([regular(2, 3, 3), normal(3, 2)], {}), ([regular(3, 3), normal(2, 3, 1)], {})],
    "solve_triangular": [([regular(3, 3), normal(3, 2)], {"lower": True}), ([regular(2, 3, 3), normal(3, 2)], {"lower": False})],
    "pinv": [([normal(4, 2)], {"rcond": 1e-9}), ([normal(2, 2, 3)], {"rcond": 1e-9}), ([regular(3, 3)], {"rcond": 1e-9})],
}  # fmt: skip
DOMAINS = {
    **dict.fromkeys(("log", "sqrt", "rsqrt", "log1p", "reciprocal"), positive),
    **dict.fromkeys(("asin", "acos", "atanh"), small),
    "acosh": lambda *shape: 1.5 + positive(*shape),
    "pow": positive,
}
ON_INTEGERS = ("gcd", "lcm", "bitwise_not", "bitwise_and", "bitwise_or", "bitwise_xor", "shl", "shr")


def samples_of(name):
    RNG.bit_generator.state = np.random.default_rng(
        zlib.crc32(name.encode())
    ).bit_generator.state  # in any order the same
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
    if name in ("stop_gradient", "custom_gradient", "ctc_occupancy", "ctc_decode", "binomial"):
        pytest.skip("its gradient is no derivative, by design")
    for arrays, attributes in samples_of(name):
        arrays = [np.asarray(a) for a in arrays]
        if max(a.size for a in arrays) > 100 or (name == "cast" and attributes["dtype"] != "float32"):
            continue
        inputs = [placeholder(a.shape, str(a.dtype)) for a in arrays]
        outputs = apply(op, tuple(inputs), attributes)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        outputs = [y for y in outputs if y.dtype in ("float64", "float32")]
        # Each output alone, then all of them: a node with several is differentiated once, with everything that flows in.
        for chosen in [[y] for y in outputs] + ([outputs] if len(outputs) > 1 else []):
            check_gradient(inputs, arrays, chosen, 1e-2 if name == "cast" else 1e-6, 2e-3 if name == "cast" else 1e-4)


def check_gradient(inputs, arrays, outputs, step, rtol):
    weights = [RNG.normal(size=y.shape) for y in outputs]
    weighted = [y * w.astype(y.dtype) for y, w in zip(outputs, weights, strict=True)]
    found = gradients(weighted, inputs)
    program = ReferenceProgram(Graph(inputs, outputs))

    def total(values):
        return sum(np.sum(np.asarray(v, np.float64) * w) for v, w in zip(values, weights, strict=True))

    for i, (x, grad) in enumerate(zip(arrays, found, strict=True)):
        if x.dtype != np.float64:
            assert grad is None
            continue
        value = np.zeros(x.shape) if grad is None else ReferenceProgram(Graph(inputs, [grad])).run(arrays)[0]
        for place in np.ndindex(*x.shape):
            moved = [a.copy() for a in arrays]
            moved[i][place] += step
            high = total(program.run(moved))
            moved[i][place] -= 2 * step
            low = total(program.run(moved))
            np.testing.assert_allclose(value[place], (high - low) / (2 * step), rtol=rtol, atol=1e-4)


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
    # The native engine takes subnormal numbers for zero and makes none.
    tiny = np.finfo(np.float32).tiny
    expected = ReferenceProgram(Graph(inputs, [output])).run(
        [np.where(np.abs(a) < tiny, np.copysign(np.float32(0), a), a) for a in arrays]
    )[0]
    found = engine.use("native").compile(Graph(inputs, [output])).run(arrays)[0]
    np.testing.assert_allclose(found, expected, rtol=5e-6, atol=tiny)


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
