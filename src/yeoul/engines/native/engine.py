"""The native engine: programs run by the extension module, state shared with NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from yeoul import _native
from yeoul.core import dtypes
from yeoul.core.engine import Phase, ProgramMemory
from yeoul.core.graph import Graph
from yeoul.core.tensor import Op, apply, placeholder
from yeoul.engines.native.accounting import memory_of
from yeoul.engines.native.fusion import COMPUTED, MAP_NAMES
from yeoul.engines.native.lowering import Lowered, lower
from yeoul.engines.native.windows import CONVOLUTIONS, POOLINGS
from yeoul.ops.layout import concatenate_primitive, reshape_primitive
from yeoul.ops.registry import cast

_EAGER = frozenset({*MAP_NAMES, *CONVOLUTIONS, *POOLINGS}) | {
    "matmul",
    "sum",
    "reduce_max",
    "reduce_min",
    "variance",
    "argmax",
    "argmin",
    "gather",
    "random_bits",
}
_WORTH_A_PROGRAM = 16384  # elements; below, NumPy answers sooner than a program could be looked up


class NativeEngine:
    """Compiled programs on the CPU."""

    name = "native"

    def __init__(self) -> None:
        self.one_op: dict[Any, NativeProgram] = {}

    def execute(self, op: Op, arrays: list[np.ndarray], attributes: dict[str, Any]) -> Any:
        """One op at once: through a cached program of one node where that pays."""
        if op.name in _EAGER and _size(op, arrays, attributes) >= _WORTH_A_PROGRAM:
            program = self._program_of(op, arrays, attributes)
            if program is not None:
                return program.run([np.ascontiguousarray(a) for a in arrays])[0]
        result = op.reference(*arrays, **attributes)
        return tuple(np.asarray(r) for r in result) if isinstance(result, (tuple, list)) else np.asarray(result)

    def _program_of(self, op: Op, arrays: list[np.ndarray], attributes: dict[str, Any]) -> NativeProgram | None:
        if any(dtypes.name_of(a.dtype) not in COMPUTED for a in arrays):
            return None
        key = (op.name, tuple(attributes.items()), tuple([(a.shape, a.dtype) for a in arrays]))
        found = self.one_op.get(key)
        if found is None:
            inputs = [placeholder(a.shape, dtypes.name_of(a.dtype)) for a in arrays]
            found = self.compile(Graph(inputs, [apply(op, tuple(inputs), attributes)]))
            if len(self.one_op) >= 512:
                self.one_op.clear()
            self.one_op[key] = found
        return found

    def compile(self, graph: Graph) -> NativeProgram:
        return NativeProgram(lower(graph))

    def compile_loop(self, phases: list[Phase]) -> NativeLoop:
        return NativeLoop(phases)

    def memory_of(self, graph: Graph) -> ProgramMemory:
        return memory_of(graph)


def _size(op: Op, arrays: list[np.ndarray], attributes: dict[str, Any]) -> int:
    """Elements that an op has to do with: those it reads, or draws."""
    if op.name == "random_bits":
        return math.prod(attributes["shape"])
    return max([a.size for a in arrays], default=0)


class NativeProgram:
    """A compiled graph: arrays in, new arrays out, variables updated in place."""

    def __init__(self, lowered: Lowered):
        self.lowered = lowered
        self.outputs = lowered.outputs
        self._run = lowered.instance().run

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        outputs = [np.empty(shape, dtype) for shape, dtype in self.outputs]
        self._run([*arrays, *outputs])
        return outputs


class NativeLoop:
    """Epochs that run without coming back to Python."""

    def __init__(self, phases: list[Phase]):
        self.keep: list[Any] = []  # what the running loop reads
        self._loop = _native.Loop([self._phase(phase) for phase in phases])
        self.run = self._loop.run
        self.rows = self._loop.rows
        self.peek = self._loop.peek

    def _phase(self, phase: Phase) -> Any:
        feed = phase.feed
        logs = np.zeros(phase.n_logs, np.float64)
        per_step = phase.result is None and phase.n_logs > 0
        step, slots = self._step(phase.step, logs if per_step else None)
        tail, tail_slots = self._step(phase.tail, logs if per_step else None)
        result = self._step(phase.result, logs)[0] if phase.result is not None else None
        reset = self._step(phase.reset, None)[0] if phase.reset is not None else None
        data = [
            (np.ascontiguousarray(array), slots[i] if slots else -1, tail_slots[i] if tail_slots else -1)
            for i, array in enumerate(feed.arrays)
        ]
        whole = feed.samples // feed.batch_size
        steps = whole if feed.steps is None else min(feed.steps, whole)
        has_tail = tail is not None and feed.steps is None and feed.samples % feed.batch_size
        return _native.Phase(
            samples=feed.samples,
            batch=feed.batch_size,
            steps=steps + (1 if has_tail else 0),
            step=step,
            tail=tail,
            result=result,
            reset=reset,
            logs=logs if phase.n_logs else None,
            data=data,
            shuffle=feed.shuffle,
        )

    def _step(self, graph: Graph | None, logs: np.ndarray | None) -> tuple[Any, list[int]]:
        """An instance of `graph` whose outputs go to `logs`, and the slots of its inputs."""
        if graph is None:
            return None, []
        key = "with_logs" if logs is not None else "step"
        lowered = graph.programs.get(key)
        if lowered is None:
            lowered = lower(
                as_logs(graph) if logs is not None else Graph(graph.inputs, [], graph.variables, graph.updates)
            )
            graph.programs[key] = lowered  # for the next loop over the same graph
        self.keep.append(lowered)
        first = len(lowered.variables)
        outputs = [logs] if logs is not None else []
        return lowered.bound_instance(outputs), list(range(first, first + lowered.n_inputs))


def as_logs(graph: Graph) -> Graph:
    """`graph` with its outputs joined to one float64 vector."""
    parts = [reshape_primitive(cast(x, "float64"), shape=(x.size,)) for x in graph.outputs]
    joined = concatenate_primitive(*parts, axis=0) if parts else None
    return Graph(graph.inputs, [joined] if joined is not None else [], graph.variables, graph.updates)
