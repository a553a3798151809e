"""Reductions that run row by row behind the product whose result they read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from assembler import ARENA, CONVOLUTIONS, DTYPES, REDUCTIONS, Assembler, byte_code

from yeoul import _native

f32 = np.float32


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(f32)


class Product:
    """y = x w, 900 x 30 times 30 x columns, stored in the arena, and what may come behind it."""

    def __init__(self, columns: int = 20):
        self.m, self.k, self.n = 900, 30, columns
        self.a = Assembler()
        self.x, self.w = self.a.slot(self.m * self.k, writable=True), self.a.slot(self.k * self.n)
        self.y = self.a.arena(self.m * self.n)
        words = [DTYPES["float32"], 1, self.m, self.n, self.k, self.x, 0, self.k, 1, self.w, 0, self.n, 1]
        self.a.emit("gemm", *words, self.y, 0)

    def reduce(self, kinds: list[str], source: int, outs: list[int], outer: int = 1, prologue: Any = None) -> None:
        head = [len(kinds), *[REDUCTIONS[kind] for kind in kinds], DTYPES["float32"], outer, self.m // outer, self.n]
        self.a.emit("reduce", *head, -1 if prologue else source, *outs, *([1, *prologue] if prologue else [0]))

    def run(self, threads: int = 2) -> tuple[int, list[np.ndarray]]:
        """The number of instructions and the arrays of all slots afterwards."""
        _native.set_num_threads(threads)
        program = self.a.program()
        arrays = [normal(self.m, self.k), normal(self.k, self.n)]
        arrays += [np.zeros(size // 4, f32) for size, _ in self.a.slots[2:]]
        _native.Instance(program, [None] * len(self.a.slots)).run(arrays)
        return len(program), arrays


@pytest.mark.parametrize("columns", [1, 3, 16, 20, 100, 700])
@pytest.mark.parametrize("kinds", [["sum"], ["max"], ["sum", "variance"], ["variance", "min"]])
def test_reductions_of_columns_follow_their_product(columns: int, kinds: list[str]) -> None:
    results = []
    for threads in (1, 2, 4):
        p = Product(columns)
        outs = [p.a.slot(columns, writable=True) for _ in kinds]
        p.reduce(kinds, p.y, outs)
        length, (x, w, *found) = p.run(threads)
        assert length == 1
        y = x.astype(float) @ w
        for kind, array in zip(kinds, found, strict=True):
            expected = {"sum": y.sum, "max": y.max, "min": y.min, "variance": y.var}[kind](0)
            np.testing.assert_allclose(array, expected, rtol=1e-4, atol=1e-4)
        results.append([array.tobytes() for array in found])
    assert results[0] == results[1] == results[2]


def test_byte_code_in_front_may_write_over_the_product() -> None:
    p = Product()
    n = p.n
    bias, out = p.a.slot(n), p.a.slot(n, writable=True)
    space = [(p.y, (n, 1)), (bias, (0, 1))]
    code = byte_code((p.m, n), space, [(p.y, 2), (-1, 2)], 3, [("sub", f32, 2, 0, 1, 0), ("square", f32, 2, 2, 0, 0)])
    p.reduce(["sum"], -1, [out], prologue=code)
    kept = p.a.slot(p.m * n, writable=True)
    p.a.emit("copy", 4, 1, p.m * n, p.y, 0, 1, kept, 0, 1)
    length, (x, w, _, total, squares) = p.run()
    assert length == 2
    expected = (x.astype(float) @ w) ** 2
    np.testing.assert_allclose(squares.reshape(p.m, n), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(total, expected.sum(0), rtol=1e-4)


def test_rows_that_are_not_written_yet_are_waited_for() -> None:
    p = Product()
    n, rows = p.n, p.m - 1
    shifted = p.a.value(ARENA, 0, n * 4, rows * n * 4, f32)  # from the second row on
    out = p.a.slot(n, writable=True)
    p.m = rows
    p.reduce(["sum"], shifted, [out])
    p.m = rows + 1
    length, (x, w, total) = p.run()
    assert length == 2
    np.testing.assert_allclose(total, (x.astype(float) @ w)[1:].sum(0), rtol=1e-4, atol=1e-3)


def test_what_reads_the_product_in_another_order_waits() -> None:
    p = Product(columns=900)
    out = p.a.slot(900, writable=True)
    code = byte_code((900, 900), [(p.y, (900, 1)), (p.y, (1, 900))], [(-1, 2)], 3, [("mul", f32, 2, 0, 1, 0)])
    p.reduce(["sum"], -1, [out], prologue=code)
    length, (x, w, total) = p.run()
    assert length == 2
    y = x.astype(float) @ w
    np.testing.assert_allclose(total, (y * y.T).sum(0), rtol=1e-3, atol=1e-2)


def test_byte_code_that_writes_what_the_product_reads_waits() -> None:
    p = Product(columns=30)
    out = p.a.slot(30, writable=True)
    code = byte_code((p.m, 30), [(p.y, (30, 1))], [(p.x, 1), (-1, 1)], 2, [("neg", f32, 1, 0, 0, 0)])
    p.reduce(["sum"], -1, [out], prologue=code)
    before = normal(p.m, p.k)
    length, (x, w, total) = p.run()
    assert length == 2
    y = before.astype(float) @ w
    np.testing.assert_allclose(x, -y, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(total, -y.sum(0), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("change", ["outer", "other", "between"])
def test_other_reductions_are_instructions_of_their_own(change: str) -> None:
    p = Product()
    parts = 2 if change == "outer" else 1
    source = p.a.slot(p.m * p.n) if change == "other" else p.y
    if change == "between":
        p.a.emit("fill", p.a.slot(4, writable=True), DTYPES["float32"], p.a.number(1.0))
    out = p.a.slot(p.n * parts, writable=True)
    p.reduce(["sum"], source, [out], outer=parts)
    length, (x, w, *_, total) = p.run()
    assert length == (3 if change == "between" else 2)
    y = np.zeros((p.m, p.n)) if change == "other" else x.astype(float) @ w
    np.testing.assert_allclose(total, y.reshape(parts, -1, p.n).sum(1).ravel(), rtol=1e-4, atol=1e-3)


def spatial(size: int, window: int, stride: int) -> tuple[int, ...]:
    """One axis with windows at every `stride`th element, padded to keep the size at stride 1."""
    low = (window - 1) // 2
    return size, (size + 2 * low - window) // stride + 1, window, stride, low, 1


@pytest.mark.parametrize("kind", ["forward", "input_grad"])
@pytest.mark.parametrize(
    ("groups", "channels", "filters", "window", "stride", "follows"),
    [(1, 16, 32, 3, 1, True), (1, 3, 5, 3, 2, True), (1, 16, 16, 3, 2, True), (24, 1, 1, 3, 1, True), (24, 1, 1, 3, 2, True),
     (2, 8, 8, 1, 1, True), (1, 512, 512, 3, 1, False)],
)  # fmt: skip
def test_convolutions_are_followed_where_pieces_are_rows(
    kind: str, groups: int, channels: int, filters: int, window: int, stride: int, follows: bool
) -> None:
    size, batch = (4, 8) if channels == 512 else (21, 6)
    axis = spatial(size, window, stride)
    inputs, outputs = batch * size**2 * groups * channels, batch * axis[1] ** 2 * groups * filters
    columns = groups * (filters if kind == "forward" else channels)
    count = outputs if kind == "forward" else inputs
    totals = []
    for threads in (1, 2, 4):
        _native.set_num_threads(threads)
        a = Assembler()
        x = a.slot(inputs if kind == "forward" else outputs)
        kernel = a.slot(window**2 * channels * groups * filters)
        y, mean, variance = a.slot(count, writable=True), a.slot(columns, writable=True), a.slot(columns, writable=True)
        code = byte_code((count,), [(-1, (1,))], [(y, 1)], 2, [("relu", f32, 1, 0, 0, 0)])
        axes = [1, 1, 1, 1, 0, 1, *axis, *axis]
        a.emit(
            "conv",
            CONVOLUTIONS[kind],
            DTYPES["float32"],
            batch,
            groups,
            channels,
            filters,
            *axes,
            x,
            kernel,
            -1,
            1,
            *code,
        )
        rows = count // columns
        kinds = [REDUCTIONS["sum"], REDUCTIONS["variance"]]
        a.emit("reduce", 2, *kinds, DTYPES["float32"], 1, rows, columns, y, mean, variance, 0)
        program = a.program()
        assert len(program) == (1 if follows else 2)
        arrays = [normal(n // 4) if not writable else np.zeros(n // 4, f32) for n, writable in a.slots]
        _native.Instance(program, [None] * len(a.slots)).run(arrays)
        made = arrays[2].reshape(rows, columns).astype(float)
        assert made.any()
        np.testing.assert_allclose(arrays[3], made.sum(0), rtol=1e-4)
        np.testing.assert_allclose(arrays[4], made.var(0), rtol=1e-4)
        totals.append((arrays[3].tobytes(), arrays[4].tobytes()))
    assert totals[0] == totals[1] == totals[2]
