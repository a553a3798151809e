"""Runs graphs node by node in NumPy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.engine import Phase, ProgramMemory
from yeoul.core.graph import Graph, topological
from yeoul.core.tensor import Op, Tensor
from yeoul.ops.random_bits import permutation


class ReferenceEngine:
    """NumPy, one op at a time."""

    name = "reference"

    def execute(self, op: Op, arrays: list[np.ndarray], attributes: dict[str, Any]) -> Any:
        result = op.reference(*arrays, **attributes)
        return tuple(np.asarray(r) for r in result) if isinstance(result, (tuple, list)) else np.asarray(result)

    def compile(self, graph: Graph) -> ReferenceProgram:
        return ReferenceProgram(graph)

    def compile_loop(self, phases: list[Phase]) -> ReferenceLoop:
        return ReferenceLoop(phases)

    def memory_of(self, graph: Graph) -> ProgramMemory:
        raise ValueError(
            "The reference engine plans no memory: NumPy makes an array for the result of every op. Use the native engine: "
            "yeoul.config.set_engine('native')."
        )


class ReferenceProgram:
    """A graph evaluated in topological order; variables change after all values are computed."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.order: list[Tensor] = [
            tensor for tensor in topological(graph.outputs + [v for _, v in graph.updates]) if tensor.array is None
        ]

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        values: dict[int, np.ndarray] = {id(tensor): variable.array for variable, tensor in self.graph.variables}
        for tensor, array in zip(self.graph.inputs, arrays, strict=True):
            values[id(tensor)] = np.asarray(array, dtypes.to_numpy(tensor.dtype))
        results: dict[int, Any] = {}

        def value_of(x: Tensor) -> np.ndarray:
            return x.array if x.array is not None else values[id(x)]

        for tensor in self.order:
            node = tensor.node
            if node is None:
                continue
            if node.siblings is None:
                result = node.op.reference(*(value_of(x) for x in node.inputs), **node.attributes)
            else:
                if id(node) not in results:
                    results[id(node)] = node.op.reference(*(value_of(x) for x in node.inputs), **node.attributes)
                result = results[id(node)][tensor.index]
            values[id(tensor)] = np.asarray(result, dtypes.to_numpy(tensor.dtype))
        outputs = [np.array(value_of(tensor)) for tensor in self.graph.outputs]
        updates = [(variable, np.array(value_of(tensor))) for variable, tensor in self.graph.updates]
        for variable, array in updates:
            variable.array[...] = array
        return outputs


class ReferenceLoop:
    """Epochs step by step."""

    def __init__(self, phases: list[Phase]):
        self.phases = phases
        self.programs = [
            tuple(
                ReferenceProgram(graph) if graph is not None else None for graph in (p.step, p.tail, p.result, p.reset)
            )
            for p in phases
        ]
        self.phase = 0
        self.step = 0
        self.row: list[np.ndarray] = []
        self.finished: list[np.ndarray] = []
        self.order: np.ndarray | None = None
        self.last: list[np.ndarray] = []

    def run(self, max_epochs: int, max_steps: int, time_slice: float) -> tuple[int, int, int]:
        end = time.monotonic() + time_slice if time_slice >= 0 else None
        epochs = steps = 0
        while max_epochs < 0 or epochs < max_epochs:
            phase = self.phases[self.phase]
            feed = phase.feed
            step, tail, _, reset = self.programs[self.phase]
            if self.step == 0:
                if reset is not None:
                    reset.run([])
                if feed.shuffle is not None:
                    self.order = permutation(feed.shuffle, feed.samples)
                    feed.shuffle[1] += np.uint32(1)
                else:
                    self.order = None
            start = self.step * feed.batch_size
            stop = min(start + feed.batch_size, feed.samples)
            rows = slice(start, stop) if self.order is None else self.order[start:stop]
            program = step if stop - start == feed.batch_size else tail
            assert program is not None
            self.last = program.run([array[rows] for array in feed.arrays])
            self.step += 1
            total = feed.steps if feed.steps is not None else -(-feed.samples // feed.batch_size)
            if self.phase == 0:
                steps += 1
            if self.step >= total:
                self.row.append(self.peek())
                self.step = 0
                self.phase += 1
                if self.phase == len(self.phases):
                    self.finished.append(np.concatenate(self.row))
                    self.row, self.phase = [], 0
                    epochs += 1
            if (max_steps >= 0 and steps >= max_steps) or (end is not None and time.monotonic() >= end):
                break
        return epochs, self.step, self.phase

    def rows(self) -> np.ndarray:
        rows, self.finished = self.finished, []
        width = sum(phase.n_logs for phase in self.phases)
        return np.array(rows, np.float64).reshape(len(rows), width)

    def peek(self) -> np.ndarray:
        result = self.programs[self.phase][2]
        values = result.run([]) if result is not None else self.last
        if not self.phases[self.phase].n_logs:
            return np.empty(0)
        return np.concatenate([np.asarray(value, np.float64).reshape(-1) for value in values])
