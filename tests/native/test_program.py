"""Each instruction against NumPy, and programs that must be refused."""

from __future__ import annotations

import os
import re
import signal
import threading
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from assembler import (
    ARENA,
    CONVOLUTIONS,
    DTYPES,
    MAP_OPS,
    OPCODES,
    POOLINGS,
    REDUCTIONS,
    SLOT,
    Assembler,
    byte_code,
    strides,
)

from yeoul import _native

f32 = np.float32


def normal(*shape: int, dtype: Any = f32) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(dtype)


# -- map ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows, columns", [(1, 1), (3, 5), (64, 7), (500, 513)])
def test_map_broadcasts_a_row_and_a_scalar(rows: int, columns: int) -> None:
    a = Assembler()
    x, bias, scale, y = a.slot(rows * columns), a.slot(columns), a.slot(1), a.slot(rows * columns, writable=True)
    inputs = [(x, strides(rows, columns)), (bias, (0, 1)), (scale, (0, 0))]
    a.emit(
        "map", *byte_code((rows, columns), inputs, [(y, 3)], 4, [("add", f32, 3, 0, 1, 0), ("mul", f32, 3, 3, 2, 0)])
    )
    xs, b, s, out = normal(rows, columns), normal(columns), normal(1), np.empty((rows, columns), f32)
    a.run(xs, b, s, out)
    np.testing.assert_allclose(out, (xs + b) * s, rtol=1e-6)


#: Byte code of several operands, and what it computes.
FORMULAS = {
    "add": lambda x, m: x + m,
    "sub": lambda x, m: x - m,
    "mul": lambda x, m: x * m,
    "fma": lambda x, m, a: x * m + a,
    "sub_mul": lambda x, m, a: (x - m) * a,
    "sub_fma": lambda x, m, a, b: (x - m) * a + b,
    "sub_fma_add": lambda x, m, a, b, c: (x - m) * a + b + c,
    "fma_add": lambda x, m, a, b: x * m + a + b,
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(40, 31), (50, 32), (33, 45), (7, 600), (3, 1100)])
def test_ops_read_columns_row_by_row(name: str, dtype: Any, shape: tuple[int, int]) -> None:
    """Operands in turn with one element for each row, for each column, for all, and the whole array."""
    rows, columns = shape
    arity = FORMULAS[name].__code__.co_argcount
    kinds = [
        ((rows, columns), (columns, 1)),
        ((rows, 1), (1, 0)),
        ((rows, 1), (1, 0)),
        ((1, columns), (0, 1)),
        ((1, 1), (0, 0)),
    ]
    for turn in range(arity):
        chosen = [kinds[(k + turn) % arity] for k in range(arity)]
        xs = [normal(*own, dtype=dtype) + dtype(k) for k, (own, _) in enumerate(chosen)]
        a = Assembler()
        slots = [a.slot(x.size, dtype) for x in xs]
        # The op's result, and what another op, which goes element by element, makes of the second operand.
        y, z = a.slot(rows * columns, dtype, writable=True), a.slot(rows * columns, dtype, writable=True)
        inputs = [(slot, steps) for slot, (_, steps) in zip(slots, chosen, strict=True)]
        ops = [(name, dtype, arity, *range(arity)), ("exp", dtype, arity + 1, 1)]
        a.emit("map", *byte_code(shape, inputs, [(y, arity), (z, arity + 1)], arity + 2, ops))
        ys, zs = np.empty(shape, dtype), np.empty(shape, dtype)
        a.run(*xs, ys, zs)
        np.testing.assert_allclose(ys, np.broadcast_to(FORMULAS[name](*xs), shape), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(zs, np.broadcast_to(np.exp(xs[1]), shape), rtol=1e-5)


@pytest.mark.parametrize("length", [2, 3])
def test_columns_of_three_axes(length: int) -> None:
    """A column may lie along several axes, or skip one, which makes it none."""
    shape = (5, 6, 40)
    a = Assembler()
    x, m, s, y = a.slot(1200), a.slot(30), a.slot(5), a.slot(1200, writable=True)
    inputs = [(x, strides(*shape)), (m, (6, 1, 0)), (s, (1, 0, 0))]
    a.emit(
        "map", *byte_code(shape, inputs, [(y, 3)], 4, [("sub_mul", f32, 3, 0, *((1, 2) if length == 2 else (2, 1)))])
    )
    xs, ms, ss, ys = normal(*shape), normal(5, 6, 1), normal(5, 1, 1), np.empty(shape, f32)
    a.run(xs, ms, ss, ys)
    expected = (xs - ms) * ss if length == 2 else (xs - ss) * ms
    np.testing.assert_allclose(ys, expected, rtol=1e-5, atol=1e-6)


def test_map_updates_in_place() -> None:
    a = Assembler()
    w, g = a.slot(1000, writable=True), a.slot(1000)
    ops = [("const", f32, 2, a.number(0.5), 0, 0), ("mul", f32, 3, 1, 2, 0), ("sub", f32, 3, 0, 3, 0)]
    a.emit("map", *byte_code((1000,), [(w, (1,)), (g, (1,))], [(w, 3)], 4, ops))
    ws, gs = normal(1000), normal(1000)
    expected = ws - f32(0.5) * gs
    a.run(ws, gs)
    np.testing.assert_allclose(ws, expected, rtol=1e-6)


def test_map_swaps_two_arrays_in_place() -> None:
    a = Assembler()
    x, y = a.slot(2000, writable=True), a.slot(2000, writable=True)
    ops = [("copy", f32, 2, 1, 0, 0), ("copy", f32, 3, 0, 0, 0)]
    a.emit("map", *byte_code((2000,), [(x, (1,)), (y, (1,))], [(x, 2), (y, 3)], 4, ops))
    xs, ys = normal(2000), -normal(2000)
    old = xs.copy(), ys.copy()
    a.run(xs, ys)
    np.testing.assert_array_equal(xs, old[1])
    np.testing.assert_array_equal(ys, old[0])


@pytest.mark.parametrize("source", sorted(DTYPES))
@pytest.mark.parametrize("target", sorted(DTYPES))
def test_map_casts_between_all_dtypes(source: str, target: str) -> None:
    a = Assembler()
    x, y = a.slot(5, source), a.slot(5, target, writable=True)
    a.emit("map", *byte_code((5,), [(x, (1,))], [(y, 1)], 2, [("cast", source, 1, 0, DTYPES[target], 0)]))
    xs, ys = np.array([0, 1, 2, 3, 100]).astype(source), np.zeros(5, target)
    a.run(xs, ys)
    np.testing.assert_array_equal(ys.astype(np.float64), xs.astype(target).astype(np.float64))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["exp", "expm1", "log", "log1p", "sqrt", "tanh"])
def test_functions_at_the_ends_of_their_domain(name: str, dtype: Any) -> None:
    ends = np.array([0, np.finfo(dtype).tiny, 1e-9, 0.5, 1, 2, 1e5, np.finfo(dtype).max, np.inf, np.nan])
    xs = np.concatenate([ends, -ends]).astype(dtype)
    a = Assembler()
    x, y = a.slot(len(xs), dtype), a.slot(len(xs), dtype, writable=True)
    a.emit("map", *byte_code((len(xs),), [(x, (1,))], [(y, 1)], 2, [(name, dtype, 1, 0, 0, 0)]))
    ys = np.empty_like(xs)
    a.run(xs, ys)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ys, getattr(np, name)(xs), rtol=1e-6)


@pytest.mark.parametrize("count", [5, 1 << 20], ids=["one thread", "all threads"])
def test_subnormal_numbers_are_zero_for_programs_and_only_for_them(count: int) -> None:
    tiny = np.finfo(f32).tiny
    a = Assembler()
    x, y = a.slot(count), a.slot(count, writable=True)
    a.emit("map", *byte_code((count,), [(x, (1,))], [(y, 1)], 2, [("mul", f32, 1, 0, 0, 0)]))
    ys = np.ones(count, f32)
    a.run(np.full(count, np.sqrt(tiny) / 2, f32), ys)
    np.testing.assert_array_equal(ys, 0)
    a = Assembler()
    x, y = a.slot(count), a.slot(count, writable=True)
    a.emit("map", *byte_code((count,), [(x, (1,))], [(y, 1)], 2, [("sqrt", f32, 1, 0, 0, 0)]))
    a.run(np.full(count, tiny / 2, f32), ys)
    np.testing.assert_array_equal(ys, 0)
    assert np.full(1, tiny, f32)[0] * f32(0.5) > 0


def test_map_of_nothing_does_nothing() -> None:
    a = Assembler()
    x, y = a.slot(0), a.slot(0, writable=True)
    a.emit("map", *byte_code((0, 3), [(x, (3, 1))], [(y, 1)], 2, [("neg", f32, 1, 0, 0, 0)]))
    a.run(np.zeros(0, f32), np.zeros(0, f32))


# -- products ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m, k, n", [(1, 1, 1), (1, 30, 10), (5, 0, 3), (17, 33, 9), (64, 128, 100), (300, 70, 130)])
@pytest.mark.parametrize("transposed", ["", "a", "b", "ab"])
def test_gemm(dtype: Any, m: int, k: int, n: int, transposed: str) -> None:
    a = Assembler()
    x, y, z = a.slot(m * k, dtype), a.slot(k * n, dtype), a.slot(m * n, dtype, writable=True)
    a_strides = (1, m) if "a" in transposed else (k, 1)
    b_strides = (1, k) if "b" in transposed else (n, 1)
    a.emit("gemm", DTYPES[np.dtype(dtype).name], 1, m, n, k, x, 0, *a_strides, y, 0, *b_strides, z, 0)
    left, right, out = normal(m, k, dtype=dtype), normal(k, n, dtype=dtype), np.full((m, n), 9, dtype)
    a.run(
        np.ascontiguousarray(left.T) if "a" in transposed else left,
        np.ascontiguousarray(right.T) if "b" in transposed else right,
        out,
    )
    np.testing.assert_allclose(out, left @ right, rtol=1e-4, atol=1e-4)


# Few rows and a narrow right side: parts of k, the last columns in panels of every width.
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m, n", [(1, 120), (7, 64), (13, 37), (32, 100), (33, 3), (50, 9), (63, 23), (63, 128)])
@pytest.mark.parametrize("transposed", ["", "a"])
@pytest.mark.parametrize("has_epilogue", [False, True])
def test_gemm_in_parts(dtype: Any, m: int, n: int, transposed: str, has_epilogue: bool) -> None:
    k = max(3_000_000 // (m * n), 300) + 1
    a = Assembler()
    x, y, z = a.slot(m * k, dtype), a.slot(k * n, dtype), a.slot(m * n, dtype, writable=True)
    strides = (1, m) if transposed else (k, 1)
    epilogue = byte_code((m * n,), [(-1, (1,))], [(z, 1)], 2, [("neg", dtype, 1, 0, 0, 0)]) if has_epilogue else []
    out = [-1 if has_epilogue else z, int(has_epilogue), *epilogue]
    a.emit("gemm", DTYPES[np.dtype(dtype).name], 1, m, n, k, x, 0, *strides, y, 0, n, 1, *out)
    left, right = normal(m, k, dtype=dtype), normal(k, n, dtype=dtype)
    results = []
    for threads in (1, 2, 4):
        _native.set_num_threads(threads)
        results.append(np.full((m, n), 9, dtype))
        a.run(np.ascontiguousarray(left.T) if transposed else left, right, results[-1])
        np.testing.assert_array_equal(results[-1], results[0])
    expected = left.astype(np.float64) @ right
    np.testing.assert_allclose(results[0], -expected if has_epilogue else expected, rtol=1e-4, atol=3e-4)


def test_gemm_batches_and_broadcasts() -> None:
    a = Assembler()
    x, y, z = a.slot(3 * 4 * 5), a.slot(5 * 6), a.slot(3 * 4 * 6, writable=True)
    a.emit("gemm", DTYPES["float32"], 3, 4, 6, 5, x, 20, 5, 1, y, 0, 6, 1, z, 0)
    left, right, out = normal(3, 4, 5), normal(5, 6), np.empty((3, 4, 6), f32)
    a.run(left, right, out)
    np.testing.assert_allclose(out, left @ right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("m, k, n", [(2, 3, 4), (100, 60, 70)])
def test_gemm_epilogue_takes_the_product_as_input_0(m: int, k: int, n: int) -> None:
    a = Assembler()
    x, y, bias, z = a.slot(m * k), a.slot(k * n), a.slot(n), a.slot(m * n, writable=True)
    epilogue = byte_code(
        (m, n), [(-1, (n, 1)), (bias, (0, 1))], [(z, 2)], 3, [("add", f32, 2, 0, 1, 0), ("tanh", f32, 2, 2, 0, 0)]
    )
    a.emit("gemm", DTYPES["float32"], 1, m, n, k, x, 0, k, 1, y, 0, n, 1, -1, 1, *epilogue)
    left, right, b, out = normal(m, k), normal(k, n), normal(n), np.empty((m, n), f32)
    a.run(left, right, b, out)
    np.testing.assert_allclose(out, np.tanh(left @ right + b), rtol=1e-4, atol=1e-5)


# -- reductions --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", sorted(REDUCTIONS))
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint32"])
@pytest.mark.parametrize(
    "shape",
    [
        (1, 1, 1),
        (3, 7, 1),
        (37, 10, 1),
        (50, 64, 1),
        (40, 65, 1),
        (2, 5, 4),
        (1, 40000, 1),
        (2, 300, 70),
        (1, 9000, 24),
        (1, 900, 600),
    ],
)
def test_reduce(kind: str, dtype: str, shape: tuple[int, int, int]) -> None:
    if kind == "variance" and not dtype.startswith("float"):
        pytest.skip("integers have no variance of their dtype")
    outer, reduced, inner = shape
    a = Assembler()
    out_dtype = "int64" if kind.startswith("arg") else dtype
    x, y = a.slot(outer * reduced * inner, dtype), a.slot(outer * inner, out_dtype, writable=True)
    a.emit("reduce", 1, REDUCTIONS[kind], DTYPES[dtype], outer, reduced, inner, x, y, 0)
    xs = (
        (normal(*shape, dtype=np.float64) * (1 if kind == "prod" else 10) + 20 * (dtype == "uint32"))
        .clip(0 if dtype == "uint32" else -99)
        .astype(dtype)
    )
    out = np.empty((outer, inner), out_dtype)
    a.run(xs, out)
    with np.errstate(all="ignore"):
        function = getattr(np, "var" if kind == "variance" else kind)
        expected = function(xs, axis=1, **({"dtype": dtype} if kind in ("sum", "prod") else {}))
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-3)


def test_reduce_with_byte_code_in_front() -> None:
    a = Assembler()
    x, y, squares = a.slot(50 * 30), a.slot(50, writable=True), a.slot(50 * 30, writable=True)
    body = byte_code((50, 30), [(x, (30, 1))], [(squares, 1), (-1, 1)], 2, [("square", f32, 1, 0, 0, 0)])
    a.emit("reduce", 1, REDUCTIONS["sum"], DTYPES["float32"], 50, 30, 1, -1, y, 1, *body)
    xs, ys, stored = normal(50, 30), np.empty(50, f32), np.empty((50, 30), f32)
    a.run(xs, ys, stored)
    np.testing.assert_allclose(ys, (xs**2).sum(1), rtol=1e-5)
    np.testing.assert_allclose(stored, xs**2, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape",
    [
        (37, 5, 1),
        (37, 19, 1),
        (45, 96, 1),
        (37, 600, 1),
        (3, 5000, 1),
        (1, 300, 33),
        (1, 700, 600),
        (4, 50, 45),
        (2, 9, 1100),
    ],
)
def test_moments(shape: tuple[int, int, int], dtype: Any) -> None:
    """Sum and variance of what lies in memory are one pass."""
    outer, reduced, inner = shape
    a = Assembler()
    x = a.slot(outer * reduced * inner, dtype)
    results = [a.slot(outer * inner, dtype, writable=True) for _ in range(3)]
    kinds = [REDUCTIONS[name] for name in ("sum", "variance", "min")]
    a.emit("reduce", 3, *kinds, DTYPES[np.dtype(dtype).name], outer, reduced, inner, x, *results, 0)
    xs = normal(*shape, dtype=dtype) + dtype(5)
    sums, variances, least = (np.empty((outer, inner), dtype) for _ in range(3))
    a.run(xs, sums, variances, least)
    np.testing.assert_allclose(sums, xs.astype(np.float64).sum(1), rtol=1e-6)
    np.testing.assert_allclose(variances, xs.astype(np.float64).var(1), rtol=2e-6)
    np.testing.assert_array_equal(least, xs.min(1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(50, 96, 1), (1, 300, 96), (1, 200, 700), (6, 40, 600), (2, 9000, 1)])
@pytest.mark.parametrize("order", [(3, 1, 0), (0, 3, 1), (0, 1, 3)])
def test_reductions_of_what_a_program_reads(shape: tuple[int, int, int], order: tuple[int, ...], dtype: Any) -> None:
    """What byte code hands on as it is, is reduced where it lies: sum and largest of the two inputs beside their product."""
    outer, reduced, inner = shape
    count = outer * reduced * inner
    a = Assembler()
    x, g = a.slot(count, dtype), a.slot(count, dtype)
    results = [a.slot(outer * inner, dtype, writable=True) for _ in range(3)]
    ops = [("sub", dtype, 2, 0, 1), ("mul", dtype, 3, 2, 1)]
    body = byte_code((count,), [(x, (1,)), (g, (1,))], [(-1, register) for register in order], 4, ops)
    kinds = [REDUCTIONS[name] for name in ("sum", "max", "variance")]
    a.emit("reduce", 3, *kinds, DTYPES[np.dtype(dtype).name], outer, reduced, inner, -1, *results, 1, *body)
    xs, gs = normal(*shape, dtype=dtype), normal(*shape, dtype=dtype) + dtype(2)
    found = [np.empty((outer, inner), dtype) for _ in range(3)]
    a.run(xs, gs, *found)
    of = {0: xs, 1: gs, 3: (xs - gs) * gs}
    wide = [of[register].astype(np.float64) for register in order]
    for result, expected in zip(found, (wide[0].sum(1), wide[1].max(1), wide[2].var(1)), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("shape", [(50, 30, 1), (2, 40000, 1), (1, 9000, 24), (1, 300, 700), (9, 20, 6)])
def test_reductions_side_by_side(shape: tuple[int, int, int]) -> None:
    outer, reduced, inner = shape
    count, n = outer * reduced * inner, outer * inner
    a = Assembler()
    x, stored = a.slot(count), a.slot(count, writable=True)
    results = [a.slot(n, writable=True) for _ in range(3)]
    body = byte_code((count,), [(x, (1,))], [(stored, 1), (-1, 1), (-1, 0), (-1, 0)], 2, [("square", f32, 1, 0, 0, 0)])
    kinds = [REDUCTIONS[name] for name in ("sum", "variance", "max")]
    a.emit("reduce", 3, *kinds, DTYPES["float32"], outer, reduced, inner, -1, *results, 1, *body)
    xs, squares = normal(*shape) + np.float32(3), np.empty(shape, np.float32)
    sums, variances, largest = (np.empty((outer, inner), np.float32) for _ in range(3))
    a.run(xs, squares, sums, variances, largest)
    np.testing.assert_allclose(squares, xs**2, rtol=1e-6)
    np.testing.assert_allclose(sums, (xs.astype(np.float64) ** 2).sum(1), rtol=1e-5)
    np.testing.assert_allclose(variances, xs.astype(np.float64).var(1), rtol=1e-5)
    np.testing.assert_array_equal(largest, xs.max(1))


def test_variance_of_values_far_from_zero() -> None:
    a = Assembler()
    x, y = a.slot(20000 * 3), a.slot(3, writable=True)
    a.emit("reduce", 1, REDUCTIONS["variance"], DTYPES["float32"], 1, 20000, 3, x, y, 0)
    xs, out = (normal(20000, 3) + 3000).astype(np.float32), np.empty(3, np.float32)
    a.run(xs, out)
    np.testing.assert_allclose(out, xs.astype(np.float64).var(0), rtol=1e-4)


# -- movement ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "int64"])
def test_copy_transposes(dtype: str) -> None:
    a = Assembler()
    x, y = a.slot(3 * 4 * 5, dtype), a.slot(60, dtype, writable=True)
    a.emit("copy", np.dtype(dtype).itemsize, 3, 5, 3, 4, x, 0, 1, 20, 5, y, 0, 12, 4, 1)
    xs, out = np.arange(60).astype(dtype).reshape(3, 4, 5), np.empty((5, 3, 4), dtype)
    a.run(xs, out)
    np.testing.assert_array_equal(out, xs.transpose(2, 0, 1))


def test_copy_flips_and_pads() -> None:
    a = Assembler()
    x, y = a.slot(4), a.slot(7, writable=True)
    a.emit("fill", y, DTYPES["float32"], a.number(-1.0))
    a.emit("copy", 4, 1, 4, x, 3, -1, y, 2, 1)
    out = np.empty(7, f32)
    a.run(np.arange(4, dtype=f32), out)
    np.testing.assert_array_equal(out, [-1, -1, 3, 2, 1, 0, -1])


@pytest.mark.parametrize("index", ["int32", "int64"])
@pytest.mark.parametrize("count", [1, 6, 20000])
def test_gather_and_scatter_add(index: str, count: int) -> None:
    rng = np.random.default_rng(0)
    a = Assembler()
    x, i, y = a.slot(2 * 9 * 3), a.slot(count, index), a.slot(2 * count * 3, writable=True)
    z = a.slot(2 * 9 * 3, writable=True)
    a.emit("gather", 4, 2, 9, 3, count, DTYPES[index], x, i, y, 0)
    a.emit("scatter_add", DTYPES["float32"], 2, 9, 3, count, DTYPES[index], y, i, z, 1)
    xs, ids = np.round(normal(2, 9, 3) * 8), rng.integers(-9, 9, count).astype(index)
    ys, zs = np.empty((2, count, 3), f32), np.empty((2, 9, 3), f32)
    a.run(xs, ids, ys, zs)
    np.testing.assert_array_equal(ys, xs[:, ids])
    expected = np.zeros((2, 9, 3), f32)
    np.add.at(expected, (slice(None), ids), ys)
    np.testing.assert_array_equal(zs, expected)


def test_gather_clips_where_asked_and_complains_otherwise() -> None:
    for clip in (0, 1):
        a = Assembler()
        x, i, y = a.slot(5), a.slot(3, np.int32), a.slot(3, writable=True)
        a.emit("gather", 4, 1, 5, 1, 3, DTYPES["int32"], x, i, y, clip)
        xs, ids, out = normal(5), np.array([0, 7, -9], np.int32), np.empty(3, f32)
        if clip:
            a.run(xs, ids, out)
            np.testing.assert_array_equal(out, xs[[0, 4, 0]])
        else:
            with pytest.raises(IndexError, match=r"instruction 0 \(gather\): index 7 at position 1 .* axis of size 5"):
                a.run(xs, ids, out)


def test_scatter_add_names_the_wrong_index() -> None:
    a = Assembler()
    x, i, y = a.slot(2), a.slot(2, np.int64), a.slot(3, writable=True)
    a.emit("scatter_add", DTYPES["float32"], 1, 3, 1, 2, DTYPES["int64"], x, i, y, 1)
    with pytest.raises(IndexError, match="index -4 at position 1"):
        a.run(normal(2), np.array([0, -4]), np.empty(3, f32))


# -- host --------------------------------------------------------------------------------------------------------------
def _host_program(call: Any) -> Assembler:
    a = Assembler()
    x, middle, y = a.slot(3), a.arena(3), a.slot(3, writable=True)
    a.host.append(call)
    a.emit("map", *byte_code((3,), [(x, (1,))], [(middle, 1)], 2, [("neg", f32, 1, 0, 0, 0)]))
    a.emit("host", 0, 1, middle, 1, y)
    return a


def test_host_gets_views() -> None:
    def call(inputs: list, outputs: list) -> None:
        assert not inputs[0].flags.writeable
        outputs[0].view(f32)[...] = inputs[0].view(f32) * 2

    xs, out = normal(3), np.empty(3, f32)
    _host_program(call).run(xs, out)
    np.testing.assert_array_equal(out, -2 * xs)


def test_callables_find_subnormal_numbers_kept() -> None:
    halves: list[f32] = []
    a = _host_program(lambda inputs, outputs: halves.append(np.full(1, np.finfo(f32).tiny)[0] * f32(0.5)))
    a.run(np.zeros(3, f32), np.zeros(3, f32))
    assert halves[0] > 0


def test_host_exceptions_come_out_of_run() -> None:
    def call(inputs: list, outputs: list) -> None:
        raise KeyError("from the host")

    with pytest.raises(KeyError, match="from the host"):
        _host_program(call).run(normal(3), np.empty(3, f32))


def test_host_views_outlive_the_instance() -> None:
    kept = []
    _host_program(lambda inputs, outputs: kept.extend((inputs[0], outputs[0]))).run(normal(3), np.empty(3, f32))
    np.testing.assert_array_equal(kept[0].view(f32), -normal(3))
    kept[1][...] = 0


def test_host_may_not_run_its_own_instance() -> None:
    instance = None
    xs, out = normal(3), np.empty(3, f32)
    a = _host_program(lambda inputs, outputs: instance.run([xs, out]))
    instance = _native.Instance(a.program(), [None, None])
    with pytest.raises(RuntimeError, match="tried to run the program that runs it"):
        instance.run([xs, out])


# -- instances ---------------------------------------------------------------------------------------------------------
def _add_one(count: int = 4, dtype: Any = f32) -> Assembler:
    a = Assembler()
    x, y = a.slot(count, dtype), a.slot(count, dtype, writable=True)
    ops = [("const", dtype, 1, a.number(1.0), 0, 0), ("add", dtype, 2, 0, 1, 0)]
    a.emit("map", *byte_code((count,), [(x, (1,))], [(y, 2)], 3, ops))
    return a


def test_instance_keeps_bound_arrays_alive() -> None:
    out = np.zeros(4, f32)
    instance = _native.Instance(_add_one().program(), [np.ones(4, f32), out])
    for _ in range(3):
        instance.run([])
    np.testing.assert_array_equal(out, 2)


@pytest.mark.parametrize(
    "arrays, message",
    [
        ([np.zeros(4, f32)], "expected 2 arrays and got 1"),
        ([np.zeros(4, f32), np.zeros(5, f32)], "slot 1: expected 16 bytes and got an array of 20"),
        ([np.zeros((4, 2), f32)[:, 0], np.zeros(4, f32)], "slot 0: expected a C-contiguous array"),
        ([np.zeros(4, f32), np.frombuffer(bytes(16), f32)], "slot 1: expected a writable C-contiguous array"),
        ([np.zeros(17, np.uint8)[1:].view(f32), np.zeros(4, f32)], "slot 0: the array's memory is not aligned"),
        ([None, np.zeros(4, f32)], "slot 0: expected a C-contiguous array"),
    ],
)
def test_instance_refuses_wrong_arrays(arrays: list, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        _native.Instance(_add_one().program(), [None, None]).run(arrays)


def test_instance_takes_dtypes_that_buffers_can_not_name() -> None:
    a = Assembler()
    x, y = a.slot(3, ml_dtypes.bfloat16), a.slot(3, writable=True)
    a.emit(
        "map", *byte_code((3,), [(x, (1,))], [(y, 1)], 2, [("cast", ml_dtypes.bfloat16, 1, 0, DTYPES["float32"], 0)])
    )
    out = np.empty(3, f32)
    a.run(np.array([1, 2.5, -3], ml_dtypes.bfloat16), out)
    np.testing.assert_array_equal(out, [1, 2.5, -3])


def test_many_python_threads_share_an_instance() -> None:
    a = _add_one(50_000)
    instance = _native.Instance(a.program(), [None, None])
    failures = []

    def work(i: int) -> None:
        x, y = np.full(50_000, i, f32), np.empty(50_000, f32)
        for _ in range(50):
            instance.run([x, y])
            if (y != i + 1).any():
                failures.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# -- threads -----------------------------------------------------------------------------------------------------------
def _large_program() -> Assembler:
    m, k, n = 301, 170, 259
    a = Assembler()
    x, y, bias, z, column, total, bits = (
        a.slot(m * k),
        a.slot(k * n),
        a.slot(n),
        a.slot(m * n, writable=True),
        a.slot(n, writable=True),
        a.slot(1, writable=True),
        a.slot(100_003, np.uint32, writable=True),
    )
    moved, key = a.slot(m * n, writable=True), a.constant(np.array([5, 7], np.uint32))
    epilogue = byte_code(
        (m, n), [(-1, (n, 1)), (bias, (0, 1))], [(z, 2)], 3, [("add", f32, 2, 0, 1, 0), ("sigmoid", f32, 2, 2, 0, 0)]
    )
    a.emit("gemm", DTYPES["float32"], 1, m, n, k, x, 0, k, 1, y, 0, n, 1, -1, 1, *epilogue)
    a.emit(
        "map",
        *byte_code(
            (m, n), [(z, (n, 1)), (bias, (0, 1))], [(z, 2)], 3, [("mul", f32, 2, 0, 1, 0), ("exp", f32, 2, 2, 0, 0)]
        ),
    )
    a.emit("reduce", 1, REDUCTIONS["sum"], DTYPES["float32"], 1, m, n, z, column, 0)
    a.emit("reduce", 1, REDUCTIONS["sum"], DTYPES["float32"], 1, m * n, 1, z, total, 0)
    a.emit("copy", 4, 2, n, m, z, 0, 1, n, moved, 0, m, 1)
    a.emit("random", key, bits)
    return a


def test_results_do_not_depend_on_threads() -> None:
    a = _large_program()
    program = a.program()
    results = []
    for threads in (1, 2, 3, 4):
        _native.set_num_threads(threads)
        assert _native.num_threads() == threads
        arrays = [normal(size // 4).copy() if not writable else np.zeros(size // 4, f32) for size, writable in a.slots]
        instance = _native.Instance(program, [None] * len(a.slots))
        for _ in range(5):
            instance.run(arrays)
        results.append([array.tobytes() for array in arrays])
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("count", [0, -1, 5000])
def test_set_num_threads_refuses(count: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 1024"):
        _native.set_num_threads(count)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_computes_too() -> None:
    _native.set_num_threads(2)
    a = _large_program()
    arrays = [normal(size // 4) for size, _ in a.slots]
    instance = _native.Instance(a.program(), [None] * len(a.slots))
    instance.run(arrays)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        before = arrays[3].copy()
        instance.run(arrays)
        os._exit(0 if np.array_equal(before, arrays[3]) else 1)
    assert os.waitpid(child, 0)[1] == 0
    instance.run(arrays)


# -- programs that must be refused -------------------------------------------------------------------------------------
def _refuse(a: Assembler, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        a.program()


def test_refuses_reads_beyond_a_value() -> None:
    a = Assembler()
    x, y = a.slot(100), a.slot(128, writable=True)
    a.emit("map", *byte_code((128,), [(x, (1,))], [(y, 1)], 2, [("neg", f32, 1, 0, 0, 0)]))
    _refuse(a, "instruction 0 (map): value 0 holds 400 bytes and the instruction reads 512")


def test_refuses_writes_to_what_is_read_only() -> None:
    a = Assembler()
    x = a.slot(4)
    a.emit("fill", x, DTYPES["float32"], a.number(0.0))
    _refuse(a, "instruction 0 (fill): it writes value 0 in slot 0, which is read-only")
    a = Assembler()
    x = a.constant(np.zeros(4, f32))
    a.emit("fill", x, DTYPES["float32"], a.number(0.0))
    _refuse(a, "instruction 0 (fill): it writes value 0, which is a constant")


def test_refuses_partial_overlap() -> None:
    a = Assembler()
    a.arena_bytes = 64
    x, y = a.value(ARENA, 0, 0, 32, f32), a.value(ARENA, 0, 4, 32, f32)
    a.emit("map", *byte_code((8,), [(x, (1,))], [(y, 1)], 2, [("neg", f32, 1, 0, 0, 0)]))
    _refuse(a, "writes value 1 over value 0, which it reads in another layout")


def test_refuses_a_product_over_its_operand() -> None:
    a = Assembler()
    x, y = a.slot(16, writable=True), a.slot(16)
    a.emit("gemm", DTYPES["float32"], 1, 4, 4, 4, x, 0, 4, 1, y, 0, 4, 1, x, 0)
    _refuse(a, "instruction 0 (gemm): it writes value 0 over value 0, which it reads")


@pytest.mark.parametrize(
    "op, message",
    [
        (("add", f32, 1, 0, 1, 0), "op 0 (add): it reads register 1 before it is written"),
        (("neg", np.int32, 1, 0, 0, 0), "op 0 (neg): register 0 is float32 and must be int32"),
        (("neg", f32, 0, 0, 0, 0), "op 0 (neg): it writes register 0, which is an input"),
        (("exp", np.int32, 1, 0, 0, 0), "op 0 (exp): there is no exp of int32"),
        (("gt", f32, 1, 0, 0, 0), "register 1 is bool and value 1, which takes it, is float32"),
    ],
)
def test_refuses_ops_that_have_no_meaning(op: tuple, message: str) -> None:
    a = Assembler()
    x, y = a.slot(4), a.slot(4, writable=True)
    a.emit("map", *byte_code((4,), [(x, (1,))], [(y, 1)], 2, [op]))
    _refuse(a, message)


def test_refuses_sizes_whose_product_overflows() -> None:
    a = Assembler()
    x, y = a.slot(4), a.slot(4, writable=True)
    big = 2**40
    a.emit("map", *byte_code((big, big), [(x, (0, 0))], [(y, 1)], 2, [("neg", f32, 1, 0, 0, 0)]))
    _refuse(a, "instruction 0 (map): its sizes multiply to more than 64 bits")


def test_refuses_copies_that_write_twice() -> None:
    a = Assembler()
    x, y = a.slot(8), a.slot(8, writable=True)
    a.emit("copy", 4, 2, 2, 4, x, 0, 4, 1, y, 0, 2, 1)
    _refuse(a, "instruction 0 (copy): it writes an element more than once")


def test_refuses_words_that_are_missing_or_left_over() -> None:
    a = Assembler()
    a.code = [OPCODES["fill"], 5, 0]
    _refuse(a, "instruction 0 (fill): it claims 5 words and 1 are left")
    a = Assembler()
    y = a.slot(4, writable=True)
    a.emit("fill", y, DTYPES["float32"], a.number(0.0), 0)
    _refuse(a, "instruction 0 (fill): 1 words are left over")
    a = Assembler()
    a.code = [99, 0]
    _refuse(a, "instruction 0: the opcode is 99")


def test_refuses_values_outside_their_place() -> None:
    a = Assembler()
    a.value(SLOT, 0, 0, 4, f32)
    _refuse(a, "value 0: there is no place 0")
    a = Assembler()
    a.value(ARENA, 0, 0, 4, f32)
    _refuse(a, "value 0: bytes 0 to 0 + 4 are not within the 0 bytes of its place")


def _convolution(**changes: int) -> Assembler:
    """A convolution of 3 x 3 windows, one of whose words is another."""
    a = Assembler()
    x, kernel, y = a.slot(2 * 6 * 5 * 3), a.slot(3 * 3 * 3 * 4), a.slot(2 * 4 * 3 * 4, writable=True)
    words = {"kind": CONVOLUTIONS["forward"], "dtype": DTYPES["float32"], "batch": 2, "groups": 1, "channels": 3}
    words |= {"filters": 4} | {f"depth {i}": word for i, word in enumerate((1, 1, 1, 1, 0, 1))}
    words |= {f"height {i}": word for i, word in enumerate((6, 4, 3, 1, 0, 1))}
    words |= {f"width {i}": word for i, word in enumerate((5, 3, 3, 1, 0, 1))}
    words |= {"x": x, "kernel": kernel, "y": y, "has_epilogue": 0}
    a.emit("conv", *(words | changes).values())
    return a


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": 3}, "the kind is 3"),
        ({"dtype": DTYPES["int32"]}, "there is no convolution of int32"),
        ({"batch": 3}, "holds 720 bytes and the instruction reads 1080"),
        ({"groups": 0}, "the number of groups is 0"),
        ({"filters": 5}, "holds 432 bytes and the instruction reads 540"),
        ({"height 1": 5}, "holds 384 bytes and the instruction writes 480"),
        ({"height 2": 0}, "a window is 0"),
        ({"width 3": 0}, "a stride is 0"),
        ({"width 4": -1}, "the padding in front of an axis is -1"),
        ({"width 4": 2**62}, "more than 64 bits"),
        ({"width 5": 2**62}, "more than 64 bits"),
        ({"y": -1}, "neither stored nor handed"),
        ({"y": 0}, "read-only"),
        ({"kind": CONVOLUTIONS["kernel_grad"]}, "holds 384 bytes and the instruction writes 432"),
    ],
)
def test_refuses_convolutions_that_do_not_fit(changes: dict, message: str) -> None:
    _convolution().program()
    _refuse(_convolution(**changes), message)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((5, DTYPES["float32"], 1, 3), "the kind is 5"),
        ((POOLINGS["max"], DTYPES["int32"], 1, 3), "there is no pooling of int32"),
        ((POOLINGS["max"], DTYPES["float32"], 2, 3), "holds 48 bytes and the instruction reads 96"),
    ],
)
def test_refuses_pooling_that_does_not_fit(words: tuple, message: str) -> None:
    a = Assembler()
    x, y = a.slot(12), a.slot(6, writable=True)
    a.emit("pool", *words, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 4, 2, 2, 2, 0, x, y)
    _refuse(a, message)


# -- corrupted programs ------------------------------------------------------------------------------------------------
def _every_instruction() -> Assembler:
    a = Assembler()
    x, w, b, y = a.slot(6), a.slot(12, writable=True), a.slot(4), a.slot(8, writable=True)
    h, total, ids, picked, spread = (
        a.arena(8),
        a.arena(2),
        a.constant(np.array([1, 0, -1], np.int32)),
        a.arena(12),
        a.arena(8),
    )
    key, bits, flag = a.constant(np.array([1, 2], np.uint32)), a.arena(9, np.uint32), a.arena(8, np.bool_)
    f = DTYPES["float32"]
    epilogue = byte_code(
        (2, 4), [(-1, (4, 1)), (b, (0, 1))], [(h, 2)], 3, [("add", f32, 2, 0, 1, 0), ("tanh", f32, 2, 2, 0, 0)]
    )
    a.emit("gemm", f, 1, 2, 4, 3, x, 0, 3, 1, w, 0, 4, 1, -1, 1, *epilogue)
    a.emit("reduce", 1, REDUCTIONS["sum"], f, 1, 2, 4, h, a.arena(4), 0)  # behind its product
    ops = [("const", f32, 1, a.number(0.5), 0, 0), ("gt", f32, 2, 0, 1, 0), ("select", f32, 3, 2, 0, 1)]
    a.emit("map", *byte_code((2, 4), [(h, (4, 1))], [(flag, 2), (y, 3)], 4, ops))
    a.emit("map", *byte_code((3, 4), [(w, (4, 1)), (b, (0, 1))], [(w, 2)], 3, [("sub", f32, 2, 0, 1, 0)]))
    body = byte_code((2, 4), [(y, (4, 1))], [(-1, 1)], 2, [("square", f32, 1, 0, 0, 0)])
    a.emit("reduce", 1, REDUCTIONS["sum"], f, 2, 4, 1, -1, total, 1, *body)
    a.emit("reduce", 1, REDUCTIONS["max"], f, 2, 4, 1, h, total, 0)
    a.emit("copy", 4, 2, 4, 2, h, 0, 1, 4, y, 0, 2, 1)
    a.emit("fill", picked, f, a.number(2.0))
    a.emit("gather", 4, 1, 2, 4, 3, DTYPES["int32"], h, ids, picked, 0)
    a.emit("scatter_add", f, 1, 2, 4, 3, DTYPES["int32"], picked, ids, spread, 1)
    a.emit("random", key, bits)
    a.host.append(lambda inputs, outputs: outputs[0].fill(0))
    a.emit("host", 0, 2, h, total, 1, spread)
    # A strided convolution of an image of 5 x 4 with 2 channels in a window of 3 x 2, pooled in windows of 2 x 1.
    image, kernel, maps = a.arena(40), a.slot(36, writable=True), a.arena(18)
    geometry = (1, 1, 1, 1, 0, 1, 5, 2, 3, 2, 0, 1, 4, 3, 2, 1, 0, 1)  # depth, height, width
    bias = byte_code((6, 3), [(-1, (3, 1)), (b, (0, 1))], [(maps, 2)], 3, [("add", f32, 2, 0, 1, 0)])
    a.emit("conv", CONVOLUTIONS["forward"], f, 1, 1, 2, 3, *geometry, image, kernel, -1, 1, *bias)
    a.emit("conv", CONVOLUTIONS["input_grad"], f, 1, 1, 2, 3, *geometry, maps, kernel, image, 0)
    update = byte_code((36,), [(-1, (1,)), (kernel, (1,))], [(kernel, 2)], 3, [("sub", f32, 2, 1, 0, 0)])
    a.emit("conv", CONVOLUTIONS["kernel_grad"], f, 1, 1, 2, 3, *geometry, image, maps, -1, 1, *update)
    depthwise, filters, slopes = a.arena(8), a.slot(4), a.arena(6)
    line = (1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 4, 3, 2, 1, 0, 1)
    a.emit("conv", CONVOLUTIONS["forward"], f, 1, 2, 1, 1, *line, depthwise, filters, slopes, 0)
    tiled, taps, tiles = a.arena(3 * 8 * 6 * 16), a.slot(9 * 16 * 16, writable=True), a.arena(3 * 8 * 6 * 16)
    plane = (1, 1, 1, 1, 0, 1, 8, 8, 3, 1, 1, 1, 6, 6, 3, 1, 1, 1)
    a.emit("conv", CONVOLUTIONS["input_grad"], f, 2, 1, 16, 16, *plane, tiled, taps, tiles, 0)
    a.emit("conv", CONVOLUTIONS["kernel_grad"], f, 2, 1, 16, 16, *plane, tiled, tiles, taps, 0)
    a.emit("conv", CONVOLUTIONS["forward"], f, 3, 1, 16, 16, *plane, tiled, taps, tiles, 0)
    ops = [("square", f32, 1, 0, 0, 0), ("neg", f32, 2, 1, 0, 0)]
    body = byte_code((144, 16), [(tiles, (16, 1))], [(tiles, 2), (-1, 1), (-1, 2)], 3, ops)
    moments = (REDUCTIONS["sum"], REDUCTIONS["variance"])
    a.emit("reduce", 2, *moments, f, 1, 144, 16, -1, a.arena(16), a.arena(16), 1, *body)
    pooled, back = a.arena(9), a.arena(18)
    windows = (1, 1, 1, 1, 0, 2, 1, 2, 2, 0, 3, 3, 1, 1, 0)
    a.emit("pool", POOLINGS["max"], f, 1, 3, *windows, maps, pooled)
    a.emit("pool", POOLINGS["max_grad"], f, 1, 3, *windows, maps, pooled, pooled, back)
    a.emit("pool", POOLINGS["max_pick"], f, 1, 3, *windows, maps, pooled, back, picked)
    a.emit("pool", POOLINGS["sum"], f, 1, 3, *windows, maps, pooled)
    a.emit("pool", POOLINGS["sum_grad"], f, 1, 3, *windows, pooled, back)
    return a


def _summed(kind: str, a: np.ndarray, b: np.ndarray, low: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    """A convolution of 3 x 3 windows without strides by its definition, tap by tap."""
    out = np.zeros(shape)
    image, kernel = {"forward": (a, b), "input_grad": (out, b), "kernel_grad": (a, out)}[kind]
    y = {"forward": out, "input_grad": a, "kernel_grad": b}[kind]
    for i, j in np.ndindex(3, 3):
        top, left = i - low[0], j - low[1]  # of the image for the first target
        rows = slice(max(-top, 0), min(y.shape[1], image.shape[1] - top))
        columns = slice(max(-left, 0), min(y.shape[2], image.shape[2] - left))
        read = image[:, rows.start + top : rows.stop + top, columns.start + left : columns.stop + left]
        if kind == "forward":
            out[:, rows, columns] += read @ kernel[i, j]
        elif kind == "input_grad":
            read += y[:, rows, columns] @ kernel[i, j].T
        else:
            out[i, j] = np.einsum("nyxc,nyxf->cf", read, y[:, rows, columns])
    return out


@pytest.mark.parametrize("kind", list(CONVOLUTIONS))
@pytest.mark.parametrize(
    ("batch", "size", "low", "high", "channels", "filters"),
    [
        (2, (9, 14), (1, 1), (1, 1), 16, 32),  # rows of tiles, some of them cut
        (3, (13, 11), (0, 2), (3, 0), 48, 16),
        (2, (8, 7), (1, 1), (1, 1), 32, 272),  # few tiles, many filters
        (2, (8, 7), (1, 1), (1, 1), 272, 32),
        (1, (70, 6), (1, 0), (0, 1), 80, 96),  # several pieces of the kernel's gradient
    ],
)
def test_tiled_convolutions_are_sums(
    kind: str, batch: int, size: tuple, low: tuple, high: tuple, channels: int, filters: int
) -> None:
    rng = np.random.default_rng(batch)
    out = tuple(n + a + b - 2 for n, a, b in zip(size, low, high, strict=True))
    x = rng.normal(size=(batch, *size, channels)).astype(f32)
    kernel = rng.normal(size=(3, 3, channels, filters)).astype(f32)
    dy = rng.normal(size=(batch, *out, filters)).astype(f32)
    reads, result = {"forward": ((x, kernel), dy), "input_grad": ((dy, kernel), x), "kernel_grad": ((x, dy), kernel)}[
        kind
    ]
    a = Assembler()
    places = [a.slot(array.size) for array in reads]
    to = a.slot(result.size, writable=True)
    axes = [n for i in range(2) for n in (size[i], out[i], 3, 1, low[i], 1)]
    a.emit(
        "conv",
        CONVOLUTIONS[kind],
        DTYPES["float32"],
        batch,
        1,
        channels,
        filters,
        1,
        1,
        1,
        1,
        0,
        1,
        *axes,
        *places,
        to,
        0,
    )
    found = np.full(result.size, np.nan, f32)
    _native.Instance(a.program(), [*(array.reshape(-1).copy() for array in reads), found]).run([])
    exact = _summed(kind, *(array.astype(np.float64) for array in reads), low, result.shape)
    np.testing.assert_allclose(found.reshape(result.shape), exact, rtol=0, atol=1e-5 * np.abs(exact).max())


def test_every_instruction_runs() -> None:
    a = _every_instruction()
    program = a.program()
    _native.Instance(program, [np.zeros(size // 4, f32) for size, _ in a.slots]).run([])
    opcodes = _opcodes_in(a.code)
    assert set(OPCODES.values()) == set(opcodes)
    assert len(program) == len(opcodes) - 2  # two reductions follow the product before them


def _opcodes_in(code: list[int]) -> list[int]:
    found, at = [], 0
    while at < len(code):
        found.append(code[at])
        at += 2 + code[at + 1]
    return found


@pytest.mark.parametrize("seed", range(20))
def test_corrupted_programs_are_refused_or_run(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = _every_instruction()
    whole = a.arrays()
    strange = np.array(
        [-1, 0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 63, 255, 2**16, 2**31, 2**32, 2**62, 2**63 - 1, -(2**63), -(2**31)],
        np.int64,
    )
    n_run = 0
    for _ in range(400):
        parts = {name: part.copy() if isinstance(part, np.ndarray) else part for name, part in whole.items()}
        for _ in range(int(rng.integers(1, 4))):
            name = ("code", "code", "code", "code", "values", "slots", "numbers")[int(rng.integers(7))]
            flat = parts[name].reshape(-1)
            at = int(rng.integers(flat.size))
            if name == "numbers":
                flat[at] = rng.choice([np.nan, np.inf, -np.inf, 1e300, -1.0])
            elif rng.random() < 0.5:
                flat[at] = rng.choice(strange)
            else:
                with np.errstate(over="ignore"):
                    flat[at] += int(rng.integers(-3, 4))
        if rng.random() < 0.1:
            parts["code"] = parts["code"][: int(rng.integers(parts["code"].size))]
        try:
            program = _native.Program(**parts)
        except ValueError as error:
            assert str(error)
            continue
        if program.work > 1e8:  # valid, and only long
            continue
        try:
            arrays = [np.zeros(size, np.uint8) for size, _ in parts["slots"]]
            _native.Instance(program, arrays).run([])
            n_run += 1
        except (IndexError, MemoryError, ValueError):
            pass
    assert n_run > 0


def test_tables_are_complete() -> None:
    assert list(DTYPES) == (
        [
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
    )
    assert list(REDUCTIONS) == ["sum", "prod", "max", "min", "argmax", "argmin", "variance"]
    assert len(set(MAP_OPS.values())) == len(MAP_OPS) and "fma" in MAP_OPS
    assert _native.isa() in ("baseline", "avx2", "avx512")
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", _native.version())


@pytest.mark.parametrize("name", ["adam_step", "rms_step"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ops_of_five_operands(name, dtype):
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.1, 1.0, 1003).astype(dtype) for _ in range(5)]
    a = Assembler()
    slots = [a.slot(1003, dtype) for _ in range(5)] + [a.slot(1003, dtype, writable=True)]
    a.emit(
        "map",
        *byte_code((1003,), [(s, (1,)) for s in slots[:5]], [(slots[5], 5)], 6, [(name, dtype, 5, 0, 1, 2, 3, 4)]),
    )
    y = np.empty(1003, dtype)
    a.run(*arrays, y)
    x, step, rate, square, epsilon = arrays
    root = np.sqrt(square) + epsilon if name == "adam_step" else np.sqrt(square + epsilon)
    np.testing.assert_allclose(y, x - step * rate / root, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("varying", [None, "mean_share", "square_share", "rate", "epsilon"])
def test_the_update_of_adam(dtype, varying):
    """The three ops are one pass where all but the arrays is scalar, and the same where something is not."""
    count, rng = 1003, np.random.default_rng(0)
    g, x, m = (rng.standard_normal(count).astype(dtype) for _ in range(3))
    v = rng.uniform(0.0, 1.0, count).astype(dtype)
    numbers = {"mean_share": 0.1, "square_share": 0.001, "rate": 0.01, "epsilon": 1e-7}
    scalars = [np.full(count if name == varying else 1, number, dtype) for name, number in numbers.items()]
    a = Assembler()
    slots = [a.slot(count, dtype), *(a.slot(count, dtype, writable=True) for _ in range(3))]
    slots += [a.slot(y.size, dtype) for y in scalars]
    steps = [("lerp", dtype, 8, 2, 0, 4), ("lerp_square", dtype, 9, 3, 0, 5), ("adam_step", dtype, 10, 1, 8, 6, 9, 7)]
    inputs = [(slot, (1,)) for slot in slots[:4]] + [
        (s, (int(y.size > 1),)) for s, y in zip(slots[4:], scalars, strict=True)
    ]
    a.emit("map", *byte_code((count,), inputs, [(slots[1], 10), (slots[2], 8), (slots[3], 9)], 11, steps))
    new_x, new_m, new_v = x.copy(), m.copy(), v.copy()
    a.run(g, new_x, new_m, new_v, *scalars)
    mean_share, square_share, rate, epsilon = scalars
    mean, square = m + (g - m) * mean_share, v + (g * g - v) * square_share
    for found, expected in ((new_m, mean), (new_v, square), (new_x, x - mean * rate / (np.sqrt(square) + epsilon))):
        np.testing.assert_allclose(
            found, expected, rtol=2e-6 if dtype is np.float32 else 1e-13, atol=np.finfo(dtype).eps
        )
