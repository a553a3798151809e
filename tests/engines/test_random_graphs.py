"""Random graphs with updates: the native engine must agree with the reference, whatever fuses with whatever."""

import numpy as np
import pytest

from yeoul.core import engine, trace
from yeoul.core.graph import Graph
from yeoul.core.tensor import Tensor, placeholder
from yeoul.core.variable import Variable
from yeoul.engines.reference.engine import ReferenceEngine
from yeoul.ops import elementwise, layout, product, reduction
from yeoul.ops.registry import cast, convert

UNARY = [elementwise.negative, elementwise.tanh, elementwise.sigmoid, elementwise.square, elementwise.absolute]
BINARY = [elementwise.add, elementwise.subtract, elementwise.multiply, elementwise.maximum, elementwise.minimum]


class _Writer:
    """Builds the same random graph for a given seed, over variables of its own."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.inputs: list[Tensor] = []
        self.variables: list[Variable] = []

    def shape(self) -> tuple[int, ...]:
        return tuple(int(s) for s in self.rng.choice([1, 2, 3, 5, 17], self.rng.integers(0, 4)))

    def pick(self, pool: list[Tensor]) -> Tensor:
        return pool[int(self.rng.integers(len(pool)))]

    def grow(self, pool: list[Tensor]) -> Tensor:
        kind = int(self.rng.integers(11))
        x = self.pick(pool)
        if kind == 0:
            return UNARY[int(self.rng.integers(len(UNARY)))](x)
        if kind in (1, 2, 3):
            same = [t for t in pool if t.shape == x.shape or t.shape == () or x.shape[-1:] == t.shape]
            return BINARY[int(self.rng.integers(len(BINARY)))](x, self.pick(same))
        if kind == 4 and x.shape:
            axes = tuple(sorted({int(a) for a in self.rng.integers(0, x.ndim, 2)}))
            return [reduction.sum_, reduction.max_, reduction.min_][int(self.rng.integers(3))](x, axes=axes)
        if kind == 5 and x.ndim >= 2:
            return layout.transpose_primitive(x, permutation=tuple(int(i) for i in self.rng.permutation(x.ndim)))
        if kind in (6, 7) and x.ndim >= 2:
            mates = [t for t in pool if t.ndim == 2 and t.shape[0] == x.shape[-1]]
            mates += [
                layout.transpose_primitive(t, permutation=(1, 0))
                for t in pool
                if t.ndim == 2 and t.shape[1] == x.shape[-1]
            ]
            return product.matmul_primitive(x, self.pick(mates)) * 0.1 if mates else x + 1.0
        if kind == 8 and x.shape:
            axis = int(self.rng.integers(x.ndim))
            return layout.concatenate_primitive(x, -x, axis=axis)
        if kind == 9 and x.shape:
            starts = tuple(int(self.rng.integers(0, s)) for s in x.shape)
            return layout.slice_primitive(x, starts=starts, stops=tuple(x.shape), steps=(1,) * x.ndim)
        if kind == 10:
            return elementwise.select(elementwise.greater(x, 0.1), x, x * 0.5)
        return layout.reshape_primitive(x, shape=(-1,))

    def graph(self) -> Graph:
        shapes = [self.shape() for _ in range(3)]
        self.inputs = [placeholder(shape, "float32") for shape in shapes]
        self.variables = [
            Variable(self.rng.normal(size=shape).astype(np.float32))
            for shape in (self.shape(), (5, 3), (3, 17), shapes[0])
        ]
        with trace.tracing() as traced:
            pool = [*self.inputs, *[v.value for v in self.variables], convert(0.5)]
            for _ in range(int(self.rng.integers(5, 40))):
                made = self.grow(pool)
                if made.size is not None and made.size <= 20_000:
                    pool.append(made)
            for variable in self.variables:
                candidates = [t for t in pool if t.shape == variable.shape]
                if self.rng.random() < 0.7:
                    variable.assign(self.pick(candidates) * 0.5 + variable.value * 0.5)
                if self.rng.random() < 0.2:
                    variable.assign(self.pick(candidates))
            outputs = [self.pick(pool) for _ in range(3)]
            outputs.append(cast(reduction.argmax_(layout.reshape_primitive(pool[-1], shape=(-1,)), axis=0), "int32"))
        return Graph(self.inputs, outputs, traced.variables, traced.updates)


@pytest.mark.parametrize("seed", range(300))
def test_native_agrees_with_reference(seed: int) -> None:
    if "native" not in engine.names():
        pytest.skip("the extension module is not built")
    ours, theirs = _Writer(seed), _Writer(seed)
    native = engine.use("native").compile(ours.graph())
    reference = ReferenceEngine().compile(theirs.graph())
    rng = np.random.default_rng(seed)
    for _ in range(3):
        arrays = [rng.normal(size=t.shape).astype(np.float32) for t in ours.inputs]
        with np.errstate(all="ignore"):
            expected = reference.run(arrays)
        found = native.run(arrays)
        for a, b in zip(found[:-1], expected[:-1], strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-4)
        for a, b in zip(ours.variables, theirs.variables, strict=True):
            np.testing.assert_allclose(a.array, b.array, rtol=2e-4, atol=1e-4)
            b.array[...] = a.array  # so that rounding does not grow from run to run
