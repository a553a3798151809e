"""diagnose: what a good teacher would notice about a model and its data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.core import tree
from yeoul.diagnosis import curves, flow, numbers_in_data, targets
from yeoul.diagnosis.finding import Diagnosis, Finding
from yeoul.diagnosis.learning_rate import check_learning_rate
from yeoul.diagnosis.lending import lent
from yeoul.diagnosis.measuring import Evaluator, Measured, TrialSteps, measure
from yeoul.training.adapters import ArrayData, array_data, is_stream, labelled, to_arrays
from yeoul.training.output_losses import resolve_loss
from yeoul.training.outputs import per_output
from yeoul.training.trainer import Trainer

#: Samples that layers are looked at with, that trial steps learn from, and that they are judged by.
_LOOKED_AT, _LEARNED_FROM, _JUDGED_BY = 512, 4096, 256
_STEPS = 50


def diagnose(
    model: Any, x: Any, y: Any = None, history: Any = None, validation_data: Any = None, batch_size: int = 32
) -> Diagnosis:
    """See `Model.diagnose`."""
    model._require_compiled("diagnose")
    if is_stream(x):
        raise ValueError("diagnose takes arrays, and x is a source of batches. Pass the arrays of one or some batches.")
    return _Doctor(model, array_data(x, y), history, validation_data, batch_size).diagnose()


class _Doctor:
    def __init__(self, model: Any, data: ArrayData, history: Any, validation_data: Any, batch_size: int):
        self.model, self.data, self.history, self.batch_size = model, data, history, batch_size
        self.validation_data = validation_data
        self.findings: list[Finding] = []
        self.looked_at: list[str] = []
        self.skipped: dict[str, str] = {}
        self.constant: float | None = None

    def diagnose(self) -> Diagnosis:
        self._look("NaN", numbers_in_data.check_finite(self._named()))
        if self.validation_data is not None:
            held_out = [array for _, array in labelled("x", to_arrays(self.validation_data[0], "validation_data"))]
            given = [array for _, array in labelled("x", self.data.x)]
            if len(given) == len(held_out) == 1:
                self._look("shared rows", numbers_in_data.check_leak(given[0], held_out[0]))
        sample = self._finite_sample(_LEARNED_FROM)
        if not self.model.built:
            self.model(sample.slice(0, 1).x)
        lost = list(numbers_in_data.check_weights(self.model))
        self._look("weights", iter(lost))
        if lost or not sample.samples:
            why = "its weights are lost" if lost else "no row of the data is finite"
            self.skipped["layers, loss and learning rate"] = why
        else:
            with lent(self.model) as restore:
                self._examine(sample, restore)
        if self.history is not None:
            self._look("history", curves.check_curves(self.history, self.constant))
        return Diagnosis(self.findings, self.model.name, self.looked_at, self.skipped)

    def _look(self, what: str, found: Iterator[Finding]) -> bool:
        """Notes what was looked at; whether an error was found."""
        findings = list(found)
        self.findings += findings
        if what not in self.looked_at:
            self.looked_at.append(what)
        return any(f.severity == "error" for f in findings)

    def _named(self) -> Iterator[tuple[str, np.ndarray]]:
        yield from labelled("x", self.data.x)
        yield from labelled("y", self.data.y)

    def _finite_sample(self, count: int) -> ArrayData:
        """Rows without NaN, in an order that does not depend on how the data are sorted."""
        is_finite = np.ones(self.data.samples, bool)
        for _, array in self._named():
            if array.dtype.kind == "f":
                is_finite &= np.isfinite(array.reshape(len(array), -1)).all(axis=1)
        rows = np.random.default_rng(0).permutation(np.flatnonzero(is_finite))[:count]
        if not len(rows):
            return self.data.slice(0, 0)
        return array_data(*(_rows(part, rows) for part in (self.data.x, self.data.y)))

    # -- the lent model --------------------------------------------------------------------------------------------------
    def _examine(self, sample: ArrayData, restore: Any) -> None:
        few = sample.slice(0, min(_LOOKED_AT, sample.samples))
        has_targets = sample.y is not None and self.model._compile_loss is not None
        measured = measure(self.model, few, has_targets=False)
        self._look("scale of features", self._scales(measured, sample))
        is_sick = False
        if has_targets:
            is_sick = self._look("targets, loss and last activation", self._outputs(measured, sample))
        if has_targets and not is_sick:
            try:
                measured = measure(self.model, few, has_targets=True)
            except ValueError as error:
                self._look("targets, loss and last activation", iter([_refused(error)]))
                is_sick = True
        self._look("dead units", flow.check_dead(measured, few.samples))
        self._look("saturation", flow.check_saturated(measured))
        if not has_targets:
            self.skipped["gradients and learning rate"] = "there are no targets or no loss"
        elif is_sick:
            self.skipped["gradients and learning rate"] = "the loss can not be computed as it stands"
        else:
            self._look("gradients", flow.check_gradients(measured))
            self._try_steps(sample, few, restore)

    def _scales(self, measured: Measured, sample: ArrayData) -> Iterator[Finding]:
        for i, (name, array) in enumerate(labelled("x", sample.x)):
            readers = [call.layer for call in measured.calls if i in call.inputs]
            yield from numbers_in_data.check_scale(name, array, readers)

    def _outputs(self, measured: Measured, sample: ArrayData) -> Iterator[Finding]:
        compiled = self.model._compile_loss
        names = list(compiled.output_names or [None] * len(measured.outputs))
        losses = self._losses(measured, names)
        try:
            found = compiled.align_targets(self.data.y, names)
            some = compiled.align_targets(sample.y, names)
        except ValueError as error:
            yield _refused(error)
            return
        total, is_known = 0.0, True
        weights = per_output(compiled.user_weights, names, "loss_weights", is_shared=True)
        ends = zip(losses, found, some, measured.outputs, measured.output_activations, weights, strict=True)
        for loss, target, few, output, activation, weight in ends:
            if loss is None or target is None:
                continue
            yield from targets.check_single_softmax(output, activation)
            wrong = list(targets.check_fit(loss, target, output))
            yield from wrong
            if any(f.severity == "error" for f in wrong) or not output.ndim:
                is_known = False
                continue
            yield from targets.check_activation(loss, few, output, activation)
            yield from targets.check_balance(loss, target, output.shape[-1])
            if self._is_split():
                yield from targets.check_order(loss, target, output.shape[-1])
            constant = targets.constant_loss(loss, few, output)
            is_known &= constant is not None
            total += (constant or 0.0) * (1.0 if weight is None else float(weight))
        self.constant = total if is_known else None

    def _is_split(self) -> bool:
        """Whether the history has validation values of unknown data: then the data themselves were split."""
        values = getattr(self.history, "history", self.history) or {}
        return self.validation_data is None and "val_loss" in values

    def _losses(self, measured: Measured, names: list[Any]) -> list[Any]:
        """The loss object of every output."""
        compiled = self.model._compile_loss
        chosen = per_output(compiled.user_loss, names, "loss", is_shared=True)
        given = compiled.align_targets(self.data.y, names)
        return [
            None if loss is None or target is None else resolve_loss(loss, target, output)
            for loss, target, output in zip(chosen, given, measured.outputs, strict=True)
        ]

    def _try_steps(self, sample: ArrayData, few: ArrayData, restore: Any) -> None:
        model, what = self.model, "learning rate"
        reason = ""
        if type(model).train_step is not Trainer.train_step:
            reason = "the model has a train_step of its own"
        elif not model.trainable_variables:
            reason = "no weight is trained"
        elif hasattr(model.optimizer, "scale_loss"):
            reason = "the optimizer scales the loss"
        if reason:
            self.skipped[what] = reason
            return
        rate = float(np.asarray(model.optimizer.learning_rate))
        fresh = type(model.optimizer).from_config({**model.optimizer.get_config(), "learning_rate": rate})
        evaluator = Evaluator(model, few.slice(0, min(_JUDGED_BY, few.samples)))
        before = evaluator.outputs()[1]
        trial = TrialSteps(model, fresh, sample, self.batch_size)

        def after(rate: float, steps: int) -> float:
            restore()
            return trial.run(rate, steps, evaluator)

        with np.errstate(all="ignore"):
            self._look(what, check_learning_rate(rate, before, self.constant, after, _STEPS))


def _rows(part: Any, rows: np.ndarray) -> Any:
    return None if part is None else tree.map_structure(lambda a: a[rows], part)


def _refused(error: ValueError) -> Finding:
    return Finding(
        "Targets, loss and output do not match", "error", "The loss can not be computed.", str(error).replace("\n", " ")
    )
