"""fit: from data to a loop or a stream of steps, from its rows to logs, callbacks and history."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.callbacks.callback_list import CallbackList
from yeoul.callbacks.history import History
from yeoul.callbacks.terminate_on_nan import TerminateOnNaN
from yeoul.core import engine
from yeoul.ops.random_bits import permutation
from yeoul.training import adapters, checks, step_graph
from yeoul.training.adapters import ArrayData, Stream, array_data, pack_x_y_sample_weight
from yeoul.training.evaluating import Evaluation, NoBatches
from yeoul.training.phases import TIME_SLICE, checked_batch_size, phase_of, shuffle_state, source_of
from yeoul.training.sparse_rows import SparseRows


def fit(
    model: Any,
    x: Any,
    y: Any,
    *,
    batch_size: int | None,
    epochs: int,
    verbose: Any,
    callbacks: Any,
    validation_split: float,
    validation_data: Any,
    shuffle: bool,
    class_weight: dict[int, float] | None,
    sample_weight: Any,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_steps: int | None,
    validation_batch_size: int | None,
    validation_freq: Any,
) -> History:
    """See `Trainer.fit`."""
    batch_size = checked_batch_size(batch_size)
    _check_frequency(validation_freq)
    if steps_per_epoch is not None and steps_per_epoch < 1:
        raise ValueError(f"steps_per_epoch must be at least 1, and is {steps_per_epoch}.")
    validation: ArrayData | Stream | None = None
    source: ArrayData | Stream
    if adapters.is_stream(x):
        if validation_split and validation_data is None:
            raise ValueError(
                f"`validation_split` is only supported for arrays, and x is a {type(x).__name__}. Pass "
                f"validation_data instead."
            )
        total = steps_per_epoch * max(epochs - initial_epoch, 0) if steps_per_epoch is not None else None
        source = adapters.stream(x, y, sample_weight, shuffle=shuffle, total_steps=total)
    else:
        source = array_data(x, y, sample_weight)
        if class_weight is not None and sample_weight is not None:
            raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
        if validation_split and validation_data is None:
            source, validation = adapters.train_validation_split(source, validation_split)
        if class_weight is not None:  # they are for training only
            source = array_data(source.x, source.y, adapters.class_weights(source.y, class_weight))
            class_weight = None
        checks.warn_of_nan(_named_arrays(source))
    if validation_data is not None:
        validation = source_of(*adapters.unpack_x_y_sample_weight(validation_data))
    run = _Fit(model, source, validation, batch_size, validation_batch_size or batch_size)
    run.shuffle = bool(shuffle)
    run.class_weight = class_weight
    run.steps_per_epoch = steps_per_epoch
    run.validation_steps = validation_steps
    run.validation_freq = validation_freq
    return run.run(callbacks, verbose, initial_epoch, epochs)


def _check_frequency(validation_freq: Any) -> None:
    if isinstance(validation_freq, (list, tuple, set)):
        return
    if not isinstance(validation_freq, (int, np.integer)) or validation_freq < 1:
        raise ValueError(f"Expected `validation_freq` to be a list or int. Received: validation_freq={validation_freq}")


def _named_arrays(data: ArrayData) -> Iterator[tuple[str, np.ndarray]]:
    for name, part in (("x", data.x), ("y", data.y)):
        if part is not None:
            yield from ((label, a) for label, a in adapters.labelled(name, part) if not isinstance(a, SparseRows))


# -- fit -------------------------------------------------------------------------------------------------------------
class _Fit:
    """One call of `fit`."""

    shuffle = True
    class_weight: dict[int, float] | None = None
    steps_per_epoch: int | None = None
    validation_steps: int | None = None
    validation_freq: Any = 1

    def __init__(
        self,
        model: Any,
        source: ArrayData | Stream,
        validation: ArrayData | Stream | None,
        batch_size: int,
        validation_batch_size: int,
    ):
        self.model = model
        self.source = source
        self.validation = validation
        self.batch_size = batch_size
        self.validation_batch_size = validation_batch_size
        self._evaluation: Evaluation | None = None
        self._warns_of_nan = True
        self._has_validated = False

    def run(self, user_callbacks: Any, verbose: Any, initial_epoch: int, epochs: int) -> History:
        model = self.model
        if isinstance(user_callbacks, CallbackList):
            callbacks = user_callbacks
            callbacks.set_model(model)
        else:
            callbacks = CallbackList(user_callbacks, add_history=True, add_progbar=verbose != 0)
            callbacks.set_model(model)
            callbacks.set_params({"verbose": verbose, "epochs": epochs, "steps": self._steps()})
        self.callbacks = callbacks
        self._warns_of_nan = not any(isinstance(c, TerminateOnNaN) for c in callbacks.callbacks)
        model.stop_training = False
        is_apart = self.validation is not None and (
            isinstance(self.validation, Stream)
            or not self.validation.is_dense
            or self.validation_freq != 1
            or callbacks.needs_validation_hooks()
        )
        loop = self._loop(with_validation=not is_apart) if epochs > initial_epoch else None
        callbacks.on_train_begin()
        self.last_logs: dict[str, Any] = {}
        try:
            if epochs <= initial_epoch:
                pass
            elif loop is None:
                self._run_steps(initial_epoch, epochs)
            else:
                self._run_loop(loop, initial_epoch, epochs, validates_apart=is_apart)
        finally:
            if isinstance(self.source, Stream):
                self.source.close()
        finalize = getattr(model.optimizer, "finalize_variable_values", None)
        if finalize is not None and epochs > 0:
            finalize(model.trainable_variables)
        callbacks.on_train_end(self.last_logs)
        return model.history

    def _steps(self) -> int | None:
        if self.steps_per_epoch is not None:
            return self.steps_per_epoch
        if isinstance(self.source, Stream):
            return self.source.length
        return -(-self.source.samples // self.batch_size)

    # -- validation --------------------------------------------------------------------------------------------------
    def _should_validate(self, epoch: int) -> bool:
        if self.validation is None:
            return False
        if isinstance(self.validation_freq, (int, np.integer)):
            return (epoch + 1) % self.validation_freq == 0
        return (epoch + 1) in self.validation_freq

    def _validate(self) -> dict[str, Any]:
        if self._evaluation is None:
            assert self.validation is not None
            self._evaluation = Evaluation(
                self.model, self.validation, self.validation_batch_size, self.validation_steps
            )
        try:
            logs = self._evaluation.run(self.callbacks)
        except NoBatches:
            if not isinstance(self.validation, Stream) or not self._has_validated:
                raise
            checks.warn_of_missing_batches()  # a generator that ended
            return {}
        self._has_validated = True
        return {f"val_{name}": value for name, value in logs.items()}

    # -- arrays: epochs run inside the engine ------------------------------------------------------------------------
    def _loop(self, with_validation: bool) -> Any:
        """The compiled epochs; None if steps must be done one by one."""
        model, source = self.model, self.source
        if not isinstance(source, ArrayData) or not source.is_dense or model.run_eagerly:
            return None
        batches = -(-source.samples // self.batch_size)
        steps = self.steps_per_epoch
        if steps is not None and (steps > batches or (steps < batches and not self.shuffle)):
            # The next epoch goes on where this one stopped, or data run out: that is a stream.
            return None
        training = phase_of(
            model, "train", source, self.batch_size, steps, shuffle_state(model) if self.shuffle else None
        )
        if training is None:
            return None
        model._check_labels(source.y)
        phases, layout = [training[0]], training[1]
        self.training_layout = training[1]
        if with_validation and self.validation is not None:
            assert isinstance(self.validation, ArrayData)
            validation = phase_of(
                model, "test", self.validation, self.validation_batch_size, self.validation_steps, None
            )
            if validation is None:
                return None
            model._check_labels(self.validation.y)
            if (self.validation_steps or 0) > -(-self.validation.samples // self.validation_batch_size):
                checks.warn_of_missing_batches()
            phases.append(validation[0])
            layout += validation[1].prefixed("val_")
        self.steps = batches if steps is None else steps
        self.layout = layout
        return engine.current().compile_loop(phases)

    def _rows(self, loop: Any) -> np.ndarray:
        return np.asarray(loop.rows())

    def _peek(self, loop: Any) -> dict[str, Any]:
        """Logs of the epoch as it stands, while it trains."""
        return self.training_layout.read(np.asarray(loop.peek()))

    def _run_loop(self, loop: Any, epoch: int, epochs: int, validates_apart: bool) -> None:
        need = self.callbacks.needs()
        if need == "batch":
            self._run_batches(loop, epoch, epochs, validates_apart)
        elif need == "epoch" or validates_apart or not self.layout.is_scalar:
            self._run_epochs(loop, epoch, epochs, validates_apart)
        else:
            self._run_freely(loop, epoch, epochs)

    def _run_freely(self, loop: Any, epoch: int, epochs: int) -> None:
        """As many epochs in one call as a time slice holds; the callbacks are told afterwards."""
        callbacks = self.callbacks
        is_shown = False
        while epoch < epochs and not self.model.stop_training:
            start = time.perf_counter()
            done, step, phase = loop.run(epochs - epoch, -1, TIME_SLICE)
            seconds = time.perf_counter() - start
            if done:
                rows = self._rows(loop)
                self._look_for_nan(epoch, rows)
                first = 0
                if is_shown:
                    callbacks.on_epoch_end(epoch, self.layout.read(rows[0]))
                    first = 1
                if len(rows) > first:
                    callbacks.replay(epoch + first, *self.layout.scalars(rows[first:]), seconds / done)
                self.last_logs = self.layout.read(rows[-1])
                epoch += done
                is_shown = False
            if epoch < epochs and step > 0 and not done:
                if not is_shown:
                    callbacks.on_epoch_begin(epoch)
                    is_shown = True
                if callbacks.shows_progress and phase == 0:
                    callbacks.show_progress(step, self._peek(loop))

    def _run_epochs(self, loop: Any, epoch: int, epochs: int, validates_apart: bool) -> None:
        """One epoch at a time."""
        callbacks = self.callbacks
        while epoch < epochs and not self.model.stop_training:
            callbacks.on_epoch_begin(epoch)
            while True:
                done, step, phase = loop.run(1, -1, TIME_SLICE)
                if done:
                    break
                if phase == 0 and callbacks.shows_progress:
                    callbacks.show_progress(step, self._peek(loop))
            rows = self._rows(loop)
            self._look_for_nan(epoch, rows)
            self._end_epoch(epoch, self.layout.read(rows[-1]), validates_apart)
            epoch += 1

    def _run_batches(self, loop: Any, epoch: int, epochs: int, validates_apart: bool) -> None:
        """One batch (or `steps_per_execution` of them) at a time."""
        callbacks, model = self.callbacks, self.model
        stride = model.steps_per_execution
        while epoch < epochs and not model.stop_training:
            callbacks.on_epoch_begin(epoch)
            done = 0
            logs: dict[str, Any] | None = None
            for step in range(0, self.steps, stride):
                last = min(step + stride, self.steps) - 1
                callbacks.on_train_batch_begin(step)
                done = loop.run(1, last - step + 1, -1.0)[0]
                if done:
                    logs = self.layout.read(self._rows(loop)[-1])
                    names = self.training_layout.names
                    callbacks.on_train_batch_end(last, {k: v for k, v in logs.items() if k in names})
                else:
                    callbacks.on_train_batch_end(last, self._peek(loop))
                if model.stop_training:
                    break
            if not done and model.stop_training and last < self.steps - 1:
                # Cut short: the loop stays where it is, and what is left of the epoch is done without it.
                logs = self._peek(loop)
                self._end_epoch(epoch, logs, self.validation is not None)
                return
            while not done:
                done = loop.run(1, -1, TIME_SLICE)[0]
            if logs is None:
                rows = self._rows(loop)
                self._look_for_nan(epoch, rows)
                logs = self.layout.read(rows[-1])
            self._end_epoch(epoch, logs, validates_apart)
            epoch += 1

    def _end_epoch(self, epoch: int, logs: dict[str, Any], validates_apart: bool) -> None:
        if validates_apart and self._should_validate(epoch):
            logs.update(self._validate())
        self.callbacks.on_epoch_end(epoch, logs)
        self.last_logs = logs

    def _look_for_nan(self, epoch: int, rows: np.ndarray) -> None:
        loss = self.layout.column("loss")
        if self._warns_of_nan and loss is not None:
            is_nan = np.isnan(rows[:, loss])
            if is_nan.any():
                self._warns_of_nan = False
                checks.warn_of_nan_loss(epoch + int(is_nan.argmax()))

    # -- streams and run_eagerly: steps come from Python -------------------------------------------------------------
    def _run_steps(self, epoch: int, epochs: int) -> None:
        model, callbacks, source = self.model, self.callbacks, self.source
        if isinstance(source, ArrayData):
            order = self._next_order if self.shuffle else None
            source = adapters.stream_of_arrays(source, self.batch_size, order)
        stepper = step_graph.Stepper(model, "train")
        is_watched = callbacks.needs() == "batch"
        stride = model.steps_per_execution
        is_checked = False
        first = True
        while epoch < epochs and not model.stop_training:
            callbacks.on_epoch_begin(epoch)
            source.on_epoch_begin()
            if not first:
                stepper.reset()
            step, drawn = 0, 0.0
            for x, y, weight in source.batches(self.steps_per_epoch):
                if self.class_weight is not None:
                    weight = adapters.class_weights(y, self.class_weight)
                data = pack_x_y_sample_weight(x, y, weight)
                if first:
                    model.reset_metrics()
                    first = False
                if is_watched and step % stride == 0:
                    callbacks.on_train_batch_begin(step)
                stepper.step(data)
                if not is_checked:
                    model._check_labels(y)
                    is_checked = True
                step += 1
                if is_watched and (step % stride == 0 or step == self._steps()):
                    callbacks.on_train_batch_end(step - 1, stepper.logs())
                elif callbacks.shows_progress and time.perf_counter() - drawn > TIME_SLICE:
                    callbacks.show_progress(step, stepper.logs())
                    drawn = time.perf_counter()
                if model.stop_training:
                    break
            if not step:
                if first and epoch == 0:
                    raise ValueError("`x` gave no batches: there is nothing to train on.")
                checks.warn_of_missing_batches()
                return
            if self.steps_per_epoch is not None and step < self.steps_per_epoch and not model.stop_training:
                checks.warn_of_missing_batches()
                if source.is_endless:
                    model.stop_training = True
            source.on_epoch_end()
            if callbacks._progbar is not None:
                callbacks._progbar.seen = step
            logs = stepper.logs()
            if self._warns_of_nan and np.isnan(logs.get("loss", 0.0)).any():
                self._warns_of_nan = False
                checks.warn_of_nan_loss(epoch)
            self._end_epoch(epoch, logs, True)
            epoch += 1

    def _next_order(self, samples: int) -> np.ndarray:
        state = shuffle_state(self.model)
        order = permutation(state, samples)
        state[1] += 1
        return order
