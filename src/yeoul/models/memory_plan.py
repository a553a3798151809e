"""MemoryPlan: what `model.memory_plan()` returns, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from yeoul.core import dtypes
from yeoul.core.engine import LargeValue, ProgramMemory
from yeoul.models.table import draw_table, readable_size
from yeoul.training.phases import checked_batch_size
from yeoul.training.planning import steps_memory


def bytes_of(variables: Iterable[Any]) -> int:
    """Bytes of distinct variables."""
    distinct = {id(v): v for v in variables}.values()
    return sum(v.size * dtypes.to_numpy(v.dtype).itemsize for v in distinct)


@dataclass(frozen=True)
class StepMemory:
    """What one kind of step takes beside the variables, in bytes.

    Args:
        batch: inputs and targets that go in, and outputs that come out.
        activations: the arena, memory that all values of the step share by when they live.
        workspace: what threads need while an instruction runs.
        constants: numbers that are part of the program.
        unshared: what the values in the arena would take if each had memory of its own.
        largest: the largest values that live where the arena is fullest, largest first.
    """

    batch: int
    activations: int
    workspace: int
    constants: int
    unshared: int
    largest: tuple[LargeValue, ...]

    @property
    def saved(self) -> int:
        """Bytes that sharing the arena saves."""
        return self.unshared - self.activations

    @property
    def total(self) -> int:
        return self.batch + self.activations + self.workspace + self.constants


@dataclass(frozen=True)
class MemoryPlan:
    """What a model needs in memory, in bytes. Prints itself as a table.

    Args:
        model: its name.
        batch_size: samples of a step.
        trainable, non_trainable: parameters.
        optimizer: the optimizer's slots; 0 if the model is not compiled.
        metrics: the metrics' variables; 0 if the model is not compiled.
        training: what a step of training takes beside that; None if the model is not compiled.
        predict: what a step of `predict` takes beside the parameters.
    """

    model: str
    batch_size: int
    trainable: int
    non_trainable: int
    optimizer: int
    metrics: int
    training: StepMemory | None
    predict: StepMemory

    @property
    def parameters(self) -> int:
        return self.trainable + self.non_trainable

    @property
    def total(self) -> int:
        """What training needs; what `predict` needs if the model is not compiled."""
        if self.training is None:
            return self.predict_total
        return self.parameters + self.optimizer + self.metrics + self.training.total

    @property
    def predict_total(self) -> int:
        """What `predict` alone needs."""
        return self.parameters + self.predict.total

    def __str__(self) -> str:
        steps = {"Training": self.training, "Predict": self.predict}
        shown = {name: step for name, step in steps.items() if step is not None}
        rows = [
            ["Trainable parameters", *[self.trainable] * len(shown)],
            ["Non-trainable parameters", *[self.non_trainable] * len(shown)],
        ]
        if self.training is not None:
            rows += [["Optimizer", self.optimizer, None], ["Metrics", self.metrics, None]]
        for title, field in (
            ("Batch: inputs, targets, outputs", "batch"),
            ("Activations", "activations"),
            ("Workspace of threads", "workspace"),
            ("Constants", "constants"),
        ):
            rows.append([title, *[getattr(step, field) for step in shown.values()]])
        rows.append(["Total", *([self.total] if self.training is not None else []), self.predict_total])
        cells = [[str(row[0]), *["" if b is None else readable_size(b) for b in row[1:]]] for row in rows]  # type: ignore[arg-type]
        header = ["Memory", *shown]
        lines = [f'Memory of model "{self.model}", batches of {self.batch_size}', *_table(header, cells, "<>>")]
        for name, step in shown.items():
            if step.activations:
                lines.append(
                    f" {name}: without sharing, activations would take {readable_size(step.unshared)}, "
                    f"{step.unshared / step.activations:.1f} times as much."
                )
        name, step = next(iter(shown.items()))
        if step.largest:
            lines.append(f" {name}: the largest values where the arena is fullest")
            values = [
                [value.layer or "-", value.op, str(value.shape), value.dtype, readable_size(value.bytes)]
                for value in step.largest
            ]
            lines += _table(["At or after layer", "Op", "Shape", "Type", "Size"], values, "<<<<>")
        return "\n".join(lines)

    __repr__ = __str__


def _table(header: list[str], rows: list[list[str]], alignment: str) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    return draw_table(header, rows, widths, list(alignment[: len(header)]))


def memory_plan(model: Any, batch_size: int | None = None) -> MemoryPlan:
    """See `Model.memory_plan`."""
    size = checked_batch_size(batch_size)
    training, predict = steps_memory(model, size)
    is_trained = training is not None and model.optimizer is not None
    return MemoryPlan(
        model=model.name,
        batch_size=size,
        trainable=bytes_of(model.trainable_variables),
        non_trainable=bytes_of(model.non_trainable_variables),
        optimizer=bytes_of(model.optimizer.variables) if is_trained else 0,
        metrics=bytes_of(model.metrics_variables) if training is not None else 0,
        training=_step(training, model) if training is not None else None,
        predict=_step(predict, model),
    )


def _step(memory: ProgramMemory, model: Any) -> StepMemory:
    largest = tuple(replace(value, layer=value.layer.removeprefix(f"{model.name}/")) for value in memory.largest)
    return StepMemory(memory.batch, memory.arena, memory.workspace, memory.constants, memory.unshared, largest)
