"""fit, evaluate and predict: from data to a loop or a stream of steps, from its rows to logs, callbacks and history."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul import random
from yeoul.callbacks.callback_list import CallbackList
from yeoul.callbacks.history import History
from yeoul.callbacks.terminate_on_nan import TerminateOnNaN
from yeoul.core import engine, tree
from yeoul.core.engine import Feed, Phase
from yeoul.ops.random_bits import permutation
from yeoul.ops.registry import convert
from yeoul.training import adapters, checks, step_graph
from yeoul.training.adapters import ArrayData, Stream, array_data, pack_x_y_sample_weight

#: Seconds after which a loop comes back, so that Python sees the clock, Ctrl-C and the progress bar.
TIME_SLICE = 0.05
DEFAULT_BATCH_SIZE = 32


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
    batch_size = _checked_batch_size(batch_size)
    _check_frequency(validation_freq)
    if steps_per_epoch is not None and steps_per_epoch < 1:
        raise ValueError(f"steps_per_epoch must be at least 1, and is {steps_per_epoch}.")
    validation: ArrayData | Stream | None = None
    source: ArrayData | Stream
    if adapters.is_stream(x):
        if validation_split and validation_data is None:
            raise ValueError(
                f"`validation_split` is only supported for arrays, and x is a {type(x).__name__}. Pass validation_data instead."
            )
        total = steps_per_epoch * max(epochs - initial_epoch, 0) if steps_per_epoch is not None else None
        source = adapters.stream(x, y, sample_weight, shuffle=shuffle, total_steps=total)
    else:
        source = array_data(x, y, sample_weight)
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
            source = array_data(source.x, source.y, adapters.class_weights(source.y, class_weight))
            class_weight = None
        if validation_split and validation_data is None:
            source, validation = adapters.train_validation_split(source, validation_split)
        checks.warn_of_nan(_named_arrays(source))
    if validation_data is not None:
        validation = _source(*adapters.unpack_x_y_sample_weight(validation_data))
    run = _Fit(model, source, validation, batch_size, validation_batch_size or batch_size)
    run.shuffle = bool(shuffle)
    run.class_weight = class_weight
    run.steps_per_epoch = steps_per_epoch
    run.validation_steps = validation_steps
    run.validation_freq = validation_freq
    return run.run(callbacks, verbose, initial_epoch, epochs)


def _checked_batch_size(batch_size: Any) -> int:
    if batch_size is None:
        return DEFAULT_BATCH_SIZE
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be an integer of at least 1, and is {batch_size!r}.")
    return int(batch_size)


def _check_frequency(validation_freq: Any) -> None:
    if isinstance(validation_freq, (list, tuple, set)):
        return
    if not isinstance(validation_freq, (int, np.integer)) or validation_freq < 1:
        raise ValueError(f"Expected `validation_freq` to be a list or int. Received: validation_freq={validation_freq}")


def _source(x: Any, y: Any = None, sample_weight: Any = None) -> ArrayData | Stream:
    return adapters.stream(x, y, sample_weight) if adapters.is_stream(x) else array_data(x, y, sample_weight)


def _named_arrays(data: ArrayData) -> Iterator[tuple[str, np.ndarray]]:
    for name, part in (("x", data.x), ("y", data.y)):
        if part is not None:
            yield from adapters.labelled(name, part)


def shuffle_state(model: Any) -> np.ndarray:
    """(seed, counter) of the orders in which the model has seen its samples; later fits go on from it."""
    if model._shuffle_state is None:
        model._untracked("_shuffle_state", np.array(np.asarray(random.SeedGenerator().state), np.uint32))
    return model._shuffle_state


# -- phases of a loop ---------------------------------------------------------------------------------------------------
def _phase(
    model: Any, kind: str, data: ArrayData, batch_size: int, steps: int | None, shuffle: np.ndarray | None
) -> tuple[Phase, list[str]] | None:
    """One pass over `data` as a phase, and the names of its logs. None if the logs are not scalars."""
    whole, rest = divmod(data.samples, batch_size)
    if steps is not None and steps <= whole:
        whole, rest = steps, 0
        limit: int | None = steps
    else:
        limit = None
    step = model._step_graph(kind, data.structure, data.specs(batch_size)) if whole else None
    tail = model._step_graph(kind, data.structure, data.specs(rest)) if rest else None
    traced = step or tail
    feed = Feed(data.arrays, batch_size, shuffle, limit)
    graphs = (step.graph if step else None, tail.graph if tail else None)
    results = step_graph.results_of(model)
    if not traced.names:
        if not results.is_scalar:
            return None
        return Phase(feed, *graphs, results.graph, results.reset, len(results.names)), results.names
    if any(output.shape for output in traced.graph.outputs):
        return None
    return Phase(feed, *graphs, None, results.reset, len(traced.names)), traced.names


# -- fit ----------------------------------------------------------------------------------------------------------------
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
        self._evaluation: _Evaluation | None = None
        self._warns_of_nan = True

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
            isinstance(self.validation, Stream) or self.validation_freq != 1 or callbacks.needs_validation_hooks()
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

    # -- validation -----------------------------------------------------------------------------------------------------
    def _should_validate(self, epoch: int) -> bool:
        if self.validation is None:
            return False
        if isinstance(self.validation_freq, (int, np.integer)):
            return (epoch + 1) % self.validation_freq == 0
        return (epoch + 1) in self.validation_freq

    def _validate(self) -> dict[str, Any]:
        if self._evaluation is None:
            self._evaluation = _Evaluation(
                self.model, self.validation, self.validation_batch_size, self.validation_steps
            )
        logs = self._evaluation.run(self.callbacks)
        return {f"val_{name}": value for name, value in logs.items()}

    # -- arrays: epochs run inside the engine ---------------------------------------------------------------------------
    def _loop(self, with_validation: bool) -> Any:
        """The compiled epochs; None if steps must be done one by one."""
        model, source = self.model, self.source
        if not isinstance(source, ArrayData) or model.run_eagerly:
            return None
        batches = -(-source.samples // self.batch_size)
        steps = self.steps_per_epoch
        if steps is not None and (steps > batches or (steps < batches and not self.shuffle)):
            # The next epoch goes on where this one stopped, or data run out: that is a stream.
            return None
        training = _phase(
            model, "train", source, self.batch_size, steps, shuffle_state(model) if self.shuffle else None
        )
        if training is None:
            return None
        model._check_labels(source.y)
        phases, names = [training[0]], list(training[1])
        self.training_names = training[1]
        if with_validation and self.validation is not None:
            assert isinstance(self.validation, ArrayData)
            validation = _phase(model, "test", self.validation, self.validation_batch_size, self.validation_steps, None)
            if validation is None:
                return None
            model._check_labels(self.validation.y)
            phases.append(validation[0])
            names += [f"val_{name}" for name in validation[1]]
        self.steps = batches if steps is None else steps
        self.order = sorted(range(len(names)), key=names.__getitem__)
        self.names = [names[i] for i in self.order]
        return engine.current().compile_loop(phases)

    def _rows(self, loop: Any) -> np.ndarray:
        return np.asarray(loop.rows())[:, self.order]

    def _peek(self, loop: Any) -> dict[str, float]:
        """Logs of the epoch as it stands, while it trains."""
        return dict(sorted(zip(self.training_names, np.asarray(loop.peek()).tolist(), strict=False)))

    def _run_loop(self, loop: Any, epoch: int, epochs: int, validates_apart: bool) -> None:
        need = self.callbacks.needs()
        if need == "batch":
            self._run_batches(loop, epoch, epochs, validates_apart)
        elif need == "epoch" or validates_apart:
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
                    callbacks.on_epoch_end(epoch, dict(zip(self.names, rows[0].tolist(), strict=True)))
                    first = 1
                if len(rows) > first:
                    callbacks.replay(epoch + first, self.names, rows[first:], seconds / done)
                self.last_logs = dict(zip(self.names, rows[-1].tolist(), strict=True))
                epoch += done
                is_shown = False
            if epoch < epochs and step > 0 and not done:
                if not is_shown:
                    callbacks.on_epoch_begin(epoch)
                    is_shown = True
                if callbacks.shows_progress:
                    if phase == 0:
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
            self._end_epoch(epoch, dict(zip(self.names, rows[-1].tolist(), strict=True)), validates_apart)
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
                    row = self._rows(loop)[-1].tolist()
                    logs = dict(zip(self.names, row, strict=True))
                    callbacks.on_train_batch_end(last, {k: v for k, v in logs.items() if k in self.training_names})
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
                logs = dict(zip(self.names, rows[-1].tolist(), strict=True))
            self._end_epoch(epoch, logs, validates_apart)
            epoch += 1

    def _end_epoch(self, epoch: int, logs: dict[str, Any], validates_apart: bool) -> None:
        if validates_apart and self._should_validate(epoch):
            logs.update(self._validate())
        self.callbacks.on_epoch_end(epoch, logs)
        self.last_logs = logs

    def _look_for_nan(self, epoch: int, rows: np.ndarray) -> None:
        if self._warns_of_nan and "loss" in self.names:
            is_nan = np.isnan(rows[:, self.names.index("loss")])
            if is_nan.any():
                self._warns_of_nan = False
                checks.warn_of_nan_loss(epoch + int(is_nan.argmax()))

    # -- streams and run_eagerly: steps come from Python ----------------------------------------------------------------
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
                    self._build_eagerly(data)
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
                warnings.warn(_RAN_OUT, stacklevel=4)
                return
            if self.steps_per_epoch is not None and step < self.steps_per_epoch and not model.stop_training:
                warnings.warn(_RAN_OUT, stacklevel=4)
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

    def _build_eagerly(self, data: Any) -> None:
        """Under `run_eagerly`, the model and its metrics are built by a first trace, whose graph nobody runs."""

    def _next_order(self, samples: int) -> np.ndarray:
        state = shuffle_state(self.model)
        order = permutation(state, samples)
        state[1] += 1
        return order


_RAN_OUT = (
    "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least "
    "`steps_per_epoch * epochs` batches."
)


# -- evaluate -----------------------------------------------------------------------------------------------------------
class _Evaluation:
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
        if isinstance(self.source, ArrayData) and not self.model.run_eagerly and not callbacks.needs_test_batches():
            logs = self._run_loop(callbacks)
        if logs is None:
            logs = self._run_steps(callbacks)
        logs = dict(sorted(logs.items()))
        callbacks.on_test_end(logs)
        return logs

    def _run_loop(self, callbacks: CallbackList) -> dict[str, Any] | None:
        if self._loop is None:
            assert isinstance(self.source, ArrayData)
            held = _phase(self.model, "test", self.source, self.batch_size, self.steps, None)
            if held is None:
                return None
            self.model._check_labels(self.source.y)
            self._loop, self._names = engine.current().compile_loop([held[0]]), held[1]
        while True:
            done, step, _ = self._loop.run(1, -1, TIME_SLICE)
            if done:
                return dict(zip(self._names, np.asarray(self._loop.rows())[-1].tolist(), strict=True))
            if callbacks.shows_progress:
                logs = dict(zip(self._names, np.asarray(self._loop.peek()).tolist(), strict=False))
                if not _is_in_fit(callbacks):
                    callbacks.show_progress(step, logs)

    def _run_steps(self, callbacks: CallbackList) -> dict[str, Any]:
        source = self.source
        if isinstance(source, ArrayData):
            source = adapters.stream_of_arrays(source, self.batch_size)
        is_watched = callbacks.needs_test_batches()
        is_shown = callbacks.shows_progress and not _is_in_fit(callbacks)
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
            raise ValueError("`x` gave no batches: there is nothing to evaluate on.")
        if callbacks._progbar is not None and not _is_in_fit(callbacks):
            callbacks._progbar.seen = step
        return stepper.logs()


def _is_in_fit(callbacks: CallbackList) -> bool:
    return callbacks._progbar is not None and callbacks._progbar._is_in_fit


def _callback_list(model: Any, callbacks: Any, verbose: Any, steps: int | None) -> CallbackList:
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
    evaluation = _Evaluation(model, _source(x, y, sample_weight), _checked_batch_size(batch_size), steps)
    return evaluation.run(_callback_list(model, callbacks, verbose, evaluation.count()))


# -- predict ------------------------------------------------------------------------------------------------------------
def _predict_program(
    model: Any, leaves: list[np.ndarray], structure: tree.Structure
) -> tuple[step_graph.StepGraph, Any]:
    key = (structure, tuple((a.shape, a.dtype) for a in leaves), engine.current().name)
    held = model._cache.predict.get(key)
    if held is None:
        specs = tuple((a.shape, str(convert(a).dtype)) for a in leaves)
        traced = step_graph.trace_predict(model, structure, specs)
        held = (traced, engine.current().compile(traced.graph))
        model._cache.predict[key] = held
    return held


def predict_batch(model: Any, x: Any) -> Any:
    """The outputs for the one batch `x`, nested arrays."""
    _require_built(model)
    data = pack_x_y_sample_weight(x)
    if model.run_eagerly:
        return tree.map_structure(
            lambda t: np.asarray(t),
            model.predict_step(tree.map_structure(lambda a: None if a is None else convert(a), data)),
        )
    leaves, structure = tree.disassemble(data)
    traced, program = _predict_program(model, leaves, structure)
    return tree.assemble(traced.outputs, program.run(leaves))


def _require_built(model: Any) -> None:
    if not model.built and not model._can_build_from_data():
        raise ValueError(
            f"Model {model.name!r} has not been built: it has no layers to predict with. Add layers, or train it first with fit()."
        )


def predict(model: Any, x: Any, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any) -> Any:
    """See `Trainer.predict`."""
    size = _checked_batch_size(batch_size)
    source: ArrayData | Stream
    if adapters.is_stream(x):
        source = adapters.stream(x)
        count = source.length if steps is None else steps
    else:
        data = array_data(x)
        if steps is None and data.samples <= size and verbose == 0 and callbacks is None:
            outputs = predict_batch(model, data.x)
            if type(x) is np.ndarray and isinstance(outputs, np.ndarray) and not model.run_eagerly:
                _remember(model, x, data.x, batch_size)
            return outputs
        count = -(-data.samples // size) if steps is None else steps
        source = adapters.stream_of_arrays(data, size)
    run = _callback_list(model, callbacks, verbose, count)
    is_watched = run.needs_predict_batches()
    model.stop_predicting = False
    run.on_predict_begin()
    collected: list[list[np.ndarray]] = []
    structure: tree.Structure | None = None
    step = 0
    drawn = time.perf_counter()
    for batch, _, _ in source.batches(steps):
        if is_watched:
            run.on_predict_batch_begin(step)
        outputs = predict_batch(model, batch)
        leaves, structure = tree.disassemble(outputs)
        collected.append(leaves)
        step += 1
        if is_watched:
            run.on_predict_batch_end(step - 1, {"outputs": outputs})
        elif run.shows_progress and time.perf_counter() - drawn > TIME_SLICE:
            run.show_progress(step, {})
            drawn = time.perf_counter()
        if model.stop_predicting:
            break
    if structure is None:
        raise ValueError("`x` gave no batches: there is nothing to predict.")
    if run._progbar is not None:
        run._progbar.seen = step
    run.on_predict_end()
    return tree.assemble(
        structure, [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in zip(*collected, strict=True)]
    )


def _remember(model: Any, x: np.ndarray, converted: Any, batch_size: int | None) -> None:
    """Lets the next `predict` of such an array go straight to its program."""
    leaves, structure = tree.disassemble(pack_x_y_sample_weight(converted))
    _, program = _predict_program(model, leaves, structure)
    cast = leaves[0].dtype if leaves[0].dtype != x.dtype else None
    model._cache.fast_predict[(x.shape, x.dtype, batch_size)] = (program, cast)
