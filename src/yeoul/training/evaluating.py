"""evaluate: one pass over data, and its logs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from yeoul.callbacks.callback_list import CallbackList
from yeoul.core import engine
from yeoul.training import adapters, step_graph
from yeoul.training.adapters import ArrayData, Stream, pack_x_y_sample_weight
from yeoul.training.checks import warn_of_missing_batches
from yeoul.training.phases import TIME_SLICE, checked_batch_size, phase_of, source_of


class NoBatches(ValueError):
    """Data gave nothing to evaluate on."""


class Evaluation:
    """An evaluation that can be run again and again."""

    def __init__(self, model: Any, source: ArrayData | Stream, batch_size: int, steps: int | None):
        self.model = model
        self.source = source
        self.batch_size = batch_size
        self.steps = steps
        self._loop: Any = None
        self._names: list[str] = []
        self._stepper: step_graph.Stepper | None = None

    def count(self) -> int | None:
        if self.steps is not None:
            return self.steps
        if isinstance(self.source, Stream):
            return self.source.length
        return -(-self.source.samples // self.batch_size)

    def run(self, callbacks: CallbackList) -> dict[str, Any]:
        """One pass. Returns the logs, sorted by name."""
        self.model.stop_evaluating = False
        callbacks.on_test_begin()
        logs = None
        is_whole = isinstance(self.source, ArrayData) and self.source.is_dense
        if is_whole and not self.model.run_eagerly and not callbacks.needs_test_batches():
            logs = self._run_loop(callbacks)
        if logs is None:
            logs = self._run_steps(callbacks)
        logs = dict(sorted(logs.items()))
        callbacks.on_test_end(logs)
        return logs

    def _run_loop(self, callbacks: CallbackList) -> dict[str, Any] | None:
        if self._loop is None:
            assert isinstance(self.source, ArrayData)
            held = phase_of(self.model, "test", self.source, self.batch_size, self.steps, None)
            if held is None:
                return None
            self.model._check_labels(self.source.y)
            self._loop, self._layout = engine.current().compile_loop([held[0]]), held[1]
        if (self.steps or 0) > -(-self.source.samples // self.batch_size):  # type: ignore[union-attr]
            warn_of_missing_batches()
        while True:
            done, step, _ = self._loop.run(1, -1, TIME_SLICE)
            if done:
                return self._layout.read(np.asarray(self._loop.rows())[-1])
            if callbacks.shows_progress:
                logs = self._layout.read(np.asarray(self._loop.peek()))
                if not is_in_fit(callbacks):
                    callbacks.show_progress(step, logs)

    def _run_steps(self, callbacks: CallbackList) -> dict[str, Any]:
        source = self.source
        if isinstance(source, ArrayData):
            source = adapters.stream_of_arrays(source, self.batch_size)
        source.restart()
        is_watched = callbacks.needs_test_batches()
        is_shown = callbacks.shows_progress and not is_in_fit(callbacks)
        if self._stepper is None:
            self._stepper = step_graph.Stepper(self.model, "test")
        stepper = self._stepper
        self.model.reset_metrics()
        source.on_epoch_begin()
        step, drawn = 0, 0.0
        for x, y, weight in source.batches(self.steps):
            if is_watched:
                callbacks.on_test_batch_begin(step)
            stepper.step(pack_x_y_sample_weight(x, y, weight))
            if not step:
                self.model._check_labels(y)
            step += 1
            if is_watched:
                callbacks.on_test_batch_end(step - 1, stepper.logs())
            elif is_shown and time.perf_counter() - drawn > TIME_SLICE:
                callbacks.show_progress(step, stepper.logs())
                drawn = time.perf_counter()
            if self.model.stop_evaluating:
                break
        source.on_epoch_end()
        if not step:
            raise NoBatches("`x` gave no batches: there is nothing to evaluate on.")
        if self.steps is not None and step < self.steps and not self.model.stop_evaluating:
            warn_of_missing_batches()
        if callbacks._progbar is not None and not is_in_fit(callbacks):
            callbacks._progbar.seen = step
        return stepper.logs()


def is_in_fit(callbacks: CallbackList) -> bool:
    return callbacks._progbar is not None and callbacks._progbar._is_in_fit


def callback_list(model: Any, callbacks: Any, verbose: Any, steps: int | None) -> CallbackList:
    if isinstance(callbacks, CallbackList):
        return callbacks
    made = CallbackList(callbacks, add_progbar=verbose != 0)
    if made.callbacks:
        for callback in made.callbacks:
            callback.set_model(model)
        made.set_params({"verbose": verbose, "epochs": 1, "steps": steps})
    return made


def evaluate(
    model: Any,
    x: Any,
    y: Any,
    batch_size: int | None,
    verbose: Any,
    sample_weight: Any,
    steps: int | None,
    callbacks: Any,
) -> dict[str, Any]:
    """See `Trainer.evaluate`."""
    evaluation = Evaluation(model, source_of(x, y, sample_weight), checked_batch_size(batch_size), steps)
    return evaluation.run(callback_list(model, callbacks, verbose, evaluation.count()))
