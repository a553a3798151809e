"""OutputLosses: the losses that `compile` was given, one for each output, and their weighted sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yeoul import losses, metrics
from yeoul.core import tree
from yeoul.ops.registry import as_float
from yeoul.training.checks import check_loss_fits
from yeoul.training.outputs import per_output, split_outputs


def is_sparse_target(y_true: Any, y_pred: Any) -> bool:
    """Whether targets are class numbers rather than one-hot rows."""
    if len(y_true.shape) < len(y_pred.shape):
        return True
    return len(y_true.shape) > 0 and y_true.shape[-1] == 1 and (y_pred.shape[-1] or 0) > 1


def is_binary_output(y_pred: Any) -> bool:
    return len(y_pred.shape) > 0 and y_pred.shape[-1] == 1


def resolve_loss(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """A `Loss` from a name, function or object; "crossentropy" is chosen by the shapes of targets and output."""
    if identifier is None:
        return None
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        if is_binary_output(y_pred):
            chosen = "binary_crossentropy"
        else:
            chosen = (
                "sparse_categorical_crossentropy" if is_sparse_target(y_true, y_pred) else "categorical_crossentropy"
            )
        loss = losses.get(chosen)
    else:
        loss = losses.get(identifier)
    if isinstance(loss, losses.Loss):
        return loss
    name = identifier if isinstance(identifier, str) else getattr(loss, "__name__", type(loss).__name__)
    return losses.LossFunctionWrapper(loss, name=name)


@dataclass(eq=False)
class OutputLoss:
    """The loss of one output."""

    index: int
    output_name: str | None
    loss: Any
    weight: float | None
    tracker: Any = None


class OutputLosses:
    """Sum over outputs of weight x loss. Built at the first call, when the shapes of outputs and targets are known.

    Args:
        loss: one loss for all outputs, a list, or a dict by output name.
        loss_weights: None, a list, or a dict by output name.
        output_names: names of the model's outputs, if it has them.
    """

    def __init__(self, loss: Any, loss_weights: Any = None, output_names: Sequence[str] | None = None):
        self.name = "compile_loss"
        self.user_loss = loss
        self.user_weights = loss_weights
        self.output_names = list(output_names) if output_names else None
        self.parts: list[OutputLoss] = []
        self.names: list[str | None] = []
        self.output_shapes: list[tuple] = []
        self.built = False

    @property
    def metrics(self) -> list[Any]:
        """The mean of each output's loss, if there are several."""
        return [part.tracker for part in self.parts if part.tracker is not None]

    @property
    def variables(self) -> list[Any]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def align_targets(self, y_true: Any, names: Sequence[str | None]) -> list[Any]:
        """The target of every output; None for an output without a loss."""
        chosen = per_output(self.user_loss, names, "loss", is_shared=True)
        wanted = [i for i, loss in enumerate(chosen) if loss is not None]
        flat = tree.flatten(y_true) if tree.is_nested(y_true) else [y_true]
        if not isinstance(y_true, dict) and len(flat) == len(wanted) < len(names):
            aligned: list[Any] = [None] * len(names)
            for i, target in zip(wanted, flat, strict=True):
                aligned[i] = target
            return aligned
        if isinstance(y_true, dict) and len(names) == 1 and len(flat) == 1:
            return flat
        return per_output(y_true, names, "y")

    def build(self, y_true: Any, y_pred: Any) -> None:
        outputs, self.names = split_outputs(y_pred, self.output_names)
        if isinstance(self.user_loss, (list, tuple)) and len(outputs) == 1 and len(tree.flatten(self.user_loss)) > 1:
            raise ValueError(
                f"`loss` has {len(tree.flatten(self.user_loss))} entries, and the model has 1 output. "
                "Pass one loss; several are added up in a function of your own."
            )
        chosen = per_output(self.user_loss, self.names, "loss", is_shared=True)
        weights = per_output(self.user_weights, self.names, "loss_weights", is_shared=True)
        targets = self.align_targets(y_true, self.names)
        self.output_shapes = [tuple(output.shape) for output in outputs]
        self.parts = []
        for i, (identifier, weight, target, output) in enumerate(zip(chosen, weights, targets, outputs, strict=True)):
            if identifier is None:
                continue
            if target is None:
                raise ValueError(
                    f"The loss {_describe(identifier)} of output {self.names[i] or i!r} has no targets. Pass y for it."
                )
            loss = resolve_loss(identifier, target, output)
            check_loss_fits(loss, target.shape, output.shape, self.names[i] if len(outputs) > 1 else None)
            self.parts.append(OutputLoss(i, self.names[i], loss, weight))
        if isinstance(y_pred, dict):
            as_given = list(y_pred)
            self.parts.sort(key=lambda part: as_given.index(part.output_name) if part.output_name in y_pred else 0)
        if len(self.parts) > 1:
            for part in self.parts:
                part.tracker = metrics.Mean(name=f"{part.output_name or part.loss.name}_loss")
        self.built = True

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if not self.built:
            self.build(y_true, y_pred)
        outputs, _ = split_outputs(y_pred, self.output_names)
        targets = self.align_targets(y_true, self.names)
        weights = per_output(sample_weight, self.names, "sample_weight", is_shared=True)
        total: Any = None
        for part in self.parts:
            output = outputs[part.index]
            value: Any = as_float(part.loss(targets[part.index], output, weights[part.index]))
            if part.tracker is not None:
                part.tracker.update_state(value, sample_weight=float(output.shape[0]))
            if part.weight is not None:
                value = value * part.weight
            total = value if total is None else total + value
        return total


def _describe(identifier: Any) -> str:
    return (
        repr(identifier)
        if isinstance(identifier, str)
        else getattr(identifier, "name", getattr(identifier, "__name__", str(identifier)))
    )
