"""Step graphs: a model's train, test or predict step, traced for concrete shapes and compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yeoul.core import engine, trace, tree
from yeoul.core.graph import Graph
from yeoul.core.tensor import Tensor, placeholder
from yeoul.ops.registry import convert
from yeoul.training.log_layout import LogLayout

Specs = tuple[tuple[tuple[int, ...], str], ...]


@dataclass(eq=False)
class StepGraph:
    """A traced step.

    `names` are the logs that its outputs hold, in this order; empty if the logs are the results of the model's metrics.
    """

    graph: Graph
    names: list[str]
    outputs: tree.Structure = tree.NONE


@dataclass(eq=False)
class Results:
    """Graphs that read and clear the model's metrics."""

    layout: LogLayout
    graph: Graph
    reset: Graph


def flat_logs(logs: dict[str, Any]) -> dict[str, Any]:
    """`logs` without nested dicts, sorted by name."""
    flat: dict[str, Any] = {}
    for name, value in logs.items():
        if isinstance(value, dict):
            flat.update(value)
        else:
            flat[name] = value
    return dict(sorted(flat.items()))


def python_value(array: Any) -> Any:
    """A Python float from a scalar array; other arrays as they are."""
    array = np.asarray(array)
    return float(array) if array.ndim == 0 else array


def _placeholders(specs: Specs) -> list[Tensor]:
    return [placeholder(shape, dtype, f"data_{i}") for i, (shape, dtype) in enumerate(specs)]


def _traced(function: Callable[[], Any], inputs: list[Tensor]) -> tuple[Any, trace.Trace]:
    with trace.tracing() as active:
        result = function()
    return result, active


def trace_step(model: Any, kind: str, structure: tree.Structure, specs: Specs) -> StepGraph:
    """The graph of `model.train_step` or `model.test_step` for batches of these shapes."""
    inputs = _placeholders(specs)
    step = getattr(model, f"{kind}_step")
    logs, active = _traced(lambda: step(tree.assemble(structure, inputs)), inputs)
    if not isinstance(logs, dict):
        raise ValueError(
            f"{type(model).__name__}.{kind}_step must return a dict of logs, and returned {type(logs).__name__}."
        )
    logs = flat_logs(logs)
    if set(logs) == set(results_of(model).layout.names):
        return StepGraph(Graph(inputs, [], active.variables, active.updates), [])
    outputs = [convert(value) for value in logs.values()]
    return StepGraph(Graph(inputs, outputs, active.variables, active.updates), list(logs))


def trace_on_batch(model: Any, kind: str, structure: tree.Structure, specs: Specs) -> StepGraph:
    """The graph of: clear the metrics, do one step, give its logs."""
    inputs = _placeholders(specs)
    step = getattr(model, f"{kind}_step")

    def whole() -> Any:
        model.reset_metrics()
        return step(tree.assemble(structure, inputs))

    logs, active = _traced(whole, inputs)
    logs = flat_logs(logs)
    outputs = [convert(value) for value in logs.values()]
    return StepGraph(Graph(inputs, outputs, active.variables, active.updates), list(logs))


def trace_predict(model: Any, structure: tree.Structure, specs: Specs) -> StepGraph:
    """The graph of `model.predict_step`."""
    inputs = _placeholders(specs)
    result, active = _traced(lambda: model.predict_step(tree.assemble(structure, inputs)), inputs)
    leaves, outputs = tree.disassemble(result)
    return StepGraph(Graph(inputs, [convert(leaf) for leaf in leaves], active.variables, active.updates), [], outputs)


def results_of(model: Any) -> Results:
    """Graphs of the model's metrics as they are now: call it after the step was traced, which builds them."""
    metrics = model.metrics
    key = tuple(id(metric) for metric in metrics), tuple(id(v) for metric in metrics for v in metric.variables)
    cached = model._cache.results
    if cached is not None and cached[0] == key:
        return cached[1]
    logs, active = _traced(lambda: flat_logs(model.get_metrics_result()), [])
    outputs = [convert(value) for value in logs.values()]
    _, clearing = _traced(model.reset_metrics, [])
    results = Results(
        LogLayout(list(logs), [output.shape for output in outputs]),
        Graph([], outputs, active.variables, active.updates),
        Graph([], [], clearing.variables, clearing.updates),
    )
    model._cache.results = (key, results)
    return results


class Stepper:
    """Does steps one at a time: compiled by shapes, or op by op.

    Args:
        model: the model.
        kind: "train" or "test".
    """

    def __init__(self, model: Any, kind: str):
        self._model = model
        self._kind = kind
        self._is_eager = model.run_eagerly
        self._names: list[str] = []
        self._outputs: Sequence[np.ndarray] = ()
        self._eager_logs: dict[str, Any] = {}
        self._readers: dict[int, tuple[Results, Any, Any]] = {}

    def step(self, data: Any) -> None:
        """One step on `data`, nested arrays as `train_step` takes them."""
        if self._is_eager:
            step = getattr(self._model, f"{self._kind}_step")
            self._eager_logs = flat_logs(step(tree.map_structure(lambda a: None if a is None else convert(a), data)))
            return
        leaves, structure = tree.disassemble(data)
        traced, program = self._model._step_program(self._kind, structure, leaves)
        self._names = traced.names
        self._outputs = program.run(leaves)

    def _reader(self) -> tuple[Results, Any, Any]:
        results = results_of(self._model)
        held = self._readers.get(id(results))
        if held is None:
            current = engine.current()
            held = (results, current.compile(results.graph), current.compile(results.reset))
            self._readers[id(results)] = held
        return held

    def reset(self) -> None:
        """Clears the metrics."""
        if self._is_eager:
            self._model.reset_metrics()
        else:
            self._reader()[2].run([])

    def logs(self) -> dict[str, Any]:
        """The logs as they stand now."""
        if self._is_eager:
            return {name: python_value(value) for name, value in self._eager_logs.items()}
        if self._names:
            return {name: python_value(value) for name, value in zip(self._names, self._outputs, strict=True)}
        results, program, _ = self._reader()
        return {name: python_value(value) for name, value in zip(results.layout.names, program.run([]), strict=True)}
