"""What is measured on a model: its layers' outputs, the gradients that reach them, losses, and what a few steps of training do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import engine, tree
from yeoul.core.graph import Graph
from yeoul.core.tensor import Tensor, placeholder
from yeoul.core.trace import tracing
from yeoul.graph.gradients import gradients
from yeoul.training.adapters import ArrayData, unpack_x_y_sample_weight

#: Ops that change only the form of data.
_FORMS = frozenset(("cast", "reshape", "transpose"))


@dataclass(eq=False)
class LayerCall:
    """A call of a layer without parts, while all of the model was called on a sample of the data."""

    layer: Any
    activation: str  # "" if it has none, or is not known
    inputs: list[int]  # the model's inputs that it sees as they are
    is_output: bool
    largest: np.ndarray | None = None  # of each unit's absolute outputs
    saturated: float | None = None  # share of outputs at the flat ends of a sigmoid or tanh
    gradient: float | None = None  # root of the mean square of d loss / d output


@dataclass(eq=False)
class Measured:
    """Calls in their order; the outputs without dropout; the loss."""

    calls: list[LayerCall] = field(default_factory=list)
    outputs: list[np.ndarray] = field(default_factory=list)
    output_activations: list[str] = field(default_factory=list)
    loss: float = float("nan")


def activation_of(layer: Any) -> str:
    """Name of the function that gives a layer's output."""
    if hasattr(layer, "recurrent_activation"):
        return ""
    kind = type(layer).__name__
    if kind == "ReLU":
        return "relu" if not getattr(layer, "negative_slope", 0) else ""
    if kind == "Softmax":
        return "softmax"
    return getattr(getattr(layer, "activation", None), "__name__", "")


def _symbols(data: ArrayData) -> list[Tensor]:
    return [placeholder(shape, dtype, f"data_{i}") for i, (shape, dtype) in enumerate(data.specs(data.samples))]


def _run(graph: Graph, data: ArrayData) -> list[np.ndarray]:
    return [np.asarray(a) for a in engine.current().compile(graph).run(data.arrays)]


@contextmanager
def _overheard(model: Any, calls: list[tuple[Any, list[Tensor], list[Tensor]]]) -> Iterator[None]:
    """Writes down (layer, tensors in, tensors out) of every call of a layer without parts."""
    leaves = [layer for layer in model._flatten_layers() if not layer.layers and layer is not model]

    def listening(layer: Any, call: Callable) -> Callable:
        def overheard(*args: Any, **kwargs: Any) -> Any:
            y = call(*args, **kwargs)
            given = [x for x in tree.flatten((args, kwargs)) if isinstance(x, Tensor)]
            calls.append((layer, given, [t for t in tree.flatten(y) if isinstance(t, Tensor)]))
            return y

        return overheard

    changed = [layer for layer in leaves if "call" not in layer.__dict__]
    for layer in changed:
        object.__setattr__(layer, "call", listening(layer, layer.call))
    try:
        yield
    finally:
        for layer in changed:
            object.__delattr__(layer, "call")


def _origin(tensor: Tensor) -> Tensor:
    """The tensor that this one is another form of."""
    while tensor.node is not None and tensor.node.op.name in _FORMS and len(tensor.node.inputs) == 1:
        tensor = tensor.node.inputs[0]
    return tensor


def measure(model: Any, data: ArrayData, has_targets: bool) -> Measured:
    """Calls the lent `model` on `data`, in training mode for what layers do, and without for its outputs."""
    symbols = _symbols(data)
    heard: list[tuple[Any, list[Tensor], list[Tensor]]] = []
    found = Measured()
    with tracing() as active, _overheard(model, heard):
        x, y, _ = unpack_x_y_sample_weight(tree.assemble(data.structure, symbols))
        y_pred = model(x, training=True)
        ends = [id(t) for t in tree.flatten(y_pred)]
        given = {id(t): i for i, t in enumerate(tree.flatten(x))}
        wanted: list[Tensor] = []
        asked: list[tuple[LayerCall, str]] = []

        def ask(call: LayerCall, what: str, value: Any) -> None:
            wanted.append(value)
            asked.append((call, what))

        outputs: list[Tensor] = []
        for layer, inputs, results in heard:
            if not results:
                continue
            out = results[0]
            seen = [given[id(_origin(t))] for t in inputs if id(_origin(t)) in given]
            call = LayerCall(
                layer, activation_of(layer), seen if id(_origin(out)) not in given else [], id(out) in ends
            )
            found.calls.append(call)
            outputs.append(out)
            axes = tuple(range(len(out.shape) - 1))
            if call.activation in ("relu", "relu6"):
                ask(call, "largest", ops.max(ops.abs(out), axis=axes))
            if call.activation in ("sigmoid", "tanh"):
                middle, reach = (0.5, 0.48) if call.activation == "sigmoid" else (0.0, 0.98)
                is_flat = ops.cast(ops.abs(out - middle) > reach, "float32")
                ask(call, "saturated", ops.mean(is_flat))
        if has_targets:
            loss = model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=None, training=True)
            for call, grad in zip(found.calls, gradients([loss], outputs), strict=True):
                if grad is not None:
                    ask(call, "gradient", ops.sqrt(ops.mean(ops.square(grad))))
    arrays = _run(Graph(symbols, wanted, active.variables, []), data)
    for (call, what), array in zip(asked, arrays, strict=True):
        setattr(call, what, array if what == "largest" else float(array))
    activations = {e: c.activation for e, (_, _, r), c in _ended(ends, heard, found.calls)}
    found.output_activations = [activations.get(e, "") for e in ends]
    found.outputs, found.loss = evaluate(model, data, has_targets)
    return found


def _ended(ends: list[int], heard: list[Any], calls: list[LayerCall]) -> Iterator[Any]:
    kept = [entry for entry in heard if entry[2]]
    for entry, call in zip(kept, calls, strict=True):
        for e in ends:
            if any(id(t) == e for t in entry[2]):
                yield e, entry, call


def evaluate(model: Any, data: ArrayData, has_targets: bool) -> tuple[list[np.ndarray], float]:
    """The outputs and the loss of the lent `model`, as in evaluation."""
    evaluator = Evaluator(model, data, has_targets)
    return evaluator.outputs()


class Evaluator:
    """Outputs and loss on the same data, as often as asked."""

    def __init__(self, model: Any, data: ArrayData, has_targets: bool = True):
        symbols = _symbols(data)
        with tracing() as active:
            x, y, _ = unpack_x_y_sample_weight(tree.assemble(data.structure, symbols))
            y_pred = model(x, training=False)
            found = list(tree.flatten(y_pred))
            if has_targets:
                found.append(model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=None, training=False))
        self._data, self._has_targets = data, has_targets
        self._program = engine.current().compile(Graph(symbols, found, active.variables, []))

    def outputs(self) -> tuple[list[np.ndarray], float]:
        arrays = [np.array(a) for a in self._program.run(self._data.arrays)]
        return (arrays[:-1], float(arrays[-1])) if self._has_targets else (arrays, float("nan"))


class TrialSteps:
    """A few steps of training of the lent `model`, from where it stands, at any learning rate.

    Args:
        optimizer: a fresh one, built for nothing yet.
        data: what the steps take their batches from, in a fixed random order.
        batch_size: samples a step.
    """

    def __init__(self, model: Any, optimizer: Any, data: ArrayData, batch_size: int):
        self._data, self._optimizer = data, optimizer
        self._batch = min(batch_size, data.samples)
        symbols = _symbols(data.slice(0, self._batch))
        with tracing() as active:
            x, y, _ = unpack_x_y_sample_weight(tree.assemble(data.structure, symbols))
            loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=True), sample_weight=None, training=True)
            variables = model.trainable_variables
            optimizer.apply(gradients([loss], [v.value for v in variables]), variables)
        self._start = [(v, np.array(v.array)) for v in optimizer.variables]
        self._program = engine.current().compile(Graph(symbols, [loss], active.variables, active.updates))

    def run(self, learning_rate: float, steps: int, evaluator: Evaluator) -> float:
        """The loss afterwards: the median of those after the last three steps; infinite if it was lost."""
        for v, value in self._start:
            v.assign(value)
        self._optimizer.learning_rate = learning_rate
        rng = np.random.default_rng(0)
        order = np.concatenate(
            [rng.permutation(self._data.samples) for _ in range(self._batch * steps // self._data.samples + 1)]
        )
        losses = []
        for step in range(steps):
            rows = order[step * self._batch : (step + 1) * self._batch]
            loss = self._program.run([np.ascontiguousarray(a[rows]) for a in self._data.arrays])[0]
            if not np.isfinite(loss):
                return float("inf")
            if step >= steps - 3:
                losses.append(evaluator.outputs()[1])
        middle = float(np.median(losses))
        return middle if np.isfinite(middle) else float("inf")
