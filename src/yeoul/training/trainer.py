"""Trainer: what a model can be asked to do with data. `Model` inherits it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from yeoul import metrics, optimizers
from yeoul.callbacks.history import History
from yeoul.core import dtypes, engine, trace, tree
from yeoul.graph.gradients import gradients
from yeoul.graph.tape import GradientTape
from yeoul.ops.elementwise import add
from yeoul.ops.reduction import sum_
from yeoul.ops.registry import as_float
from yeoul.serialization import deserialize_keras_object, serialize_keras_object
from yeoul.training import evaluating, fitting, predicting, step_graph
from yeoul.training.adapters import array_data, class_weights, to_arrays, unpack_x_y_sample_weight
from yeoul.training.checks import check_labels, check_softmax, takes_class_numbers
from yeoul.training.output_losses import OutputLosses
from yeoul.training.output_metrics import OutputMetrics
from yeoul.training.sparse_rows import written_out
from yeoul.training.state_trees import StateTrees


class ProgramCache:
    """What was traced and compiled for a model, until `compile` or a new layer makes it void."""

    __slots__ = ("fast_predict", "fast_test", "fast_train", "predict", "results", "steps")

    def __init__(self) -> None:
        self.results: Any = None
        self.steps: dict[Any, Any] = {}
        self.predict: dict[Any, Any] = {}
        # Programs by nothing but shapes and dtypes of plain arrays.
        self.fast_predict: dict[Any, Any] = {}
        self.fast_train: dict[Any, Any] = {}
        self.fast_test: dict[Any, Any] = {}


class Trainer(StateTrees):
    """compile, fit, evaluate, predict, and the steps they are made of, for a layer with `__call__`."""

    name: str

    # Class-level defaults, so that a model that was never compiled needs no set-up.
    compiled = False
    optimizer: Any = None
    loss: Any = None
    history: History | None = None
    stop_training = False
    stop_evaluating = False
    stop_predicting = False
    run_eagerly = False
    jit_compile: Any = "auto"
    steps_per_execution = 1
    _compile_loss: OutputLosses | None = None
    _compile_metrics: OutputMetrics | None = None
    _loss_tracker: Any = None
    _compile_config: dict[str, Any] | None = None
    _cache: ProgramCache
    _shuffle_state: np.ndarray | None = None

    # -- compile -----------------------------------------------------------------------------------------------------
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Says how the model is to be trained.

        Args:
            optimizer: name or object.
            loss: name, function or `Loss`; a list or dict of them for several outputs.
            loss_weights: factors of the outputs' losses, a list or dict.
            metrics: list of names, functions or `Metric` objects; a list of lists or a dict by output for several
                outputs.
            weighted_metrics: metrics that `sample_weight` and `class_weight` apply to.
            run_eagerly: runs steps op by op, so that they can be debugged.
            steps_per_execution: batch hooks of callbacks are called once for so many batches.
            jit_compile: accepted; every step is compiled.
            auto_scale_loss: wraps the optimizer in a `LossScaleOptimizer` under the policy "mixed_float16".
        """
        if steps_per_execution < 1:
            raise ValueError(f"steps_per_execution must be at least 1, and is {steps_per_execution}.")
        self._untracked("optimizer", self._standard_optimizer(optimizer, auto_scale_loss))
        output_names = getattr(self, "output_names", None)
        self._untracked("_compile_loss", OutputLosses(loss, loss_weights, output_names) if loss is not None else None)
        has_metrics = metrics is not None or weighted_metrics is not None
        self._untracked(
            "_compile_metrics", OutputMetrics(metrics, weighted_metrics, output_names) if has_metrics else None
        )
        self._untracked("loss", loss)
        self._untracked("_loss_tracker", _mean("loss"))
        self.run_eagerly = bool(run_eagerly)
        self.steps_per_execution = int(steps_per_execution)
        self.jit_compile = jit_compile
        self.stop_training = False
        self.compiled = True
        self._untracked(
            "_compile_config",
            {
                "optimizer": optimizer,
                "loss": loss,
                "loss_weights": loss_weights,
                "metrics": metrics,
                "weighted_metrics": weighted_metrics,
                "run_eagerly": run_eagerly,
                "steps_per_execution": steps_per_execution,
                "jit_compile": jit_compile,
            },
        )
        self._forget_programs()

    def _standard_optimizer(self, optimizer: Any, auto_scale_loss: bool) -> Any:
        optimizer = optimizers.get(optimizer)
        policy = getattr(self, "dtype_policy", None)
        policy = getattr(policy, "name", policy)
        wrapper = getattr(optimizers, "LossScaleOptimizer", None)
        if auto_scale_loss and policy == "mixed_float16" and wrapper is not None and not isinstance(optimizer, wrapper):
            return wrapper(optimizer, name="loss_scale_optimizer")
        return optimizer

    def _untracked(self, name: str, value: Any) -> None:
        """Sets an attribute past the layer's tracking of sublayers, metrics and variables."""
        object.__setattr__(self, name, value)

    def _forget_programs(self) -> None:
        """What was compiled does not hold any more."""
        self._untracked("_cache", ProgramCache())

    def _require_compiled(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(
                f"You must call `compile()` before calling `{method}()`. Model {self.name!r} does not know its loss "
                f"yet."
            )  # type: ignore[attr-defined]

    # -- metrics -----------------------------------------------------------------------------------------------------
    @property
    def metrics(self) -> list[Any]:
        """The mean loss, the metrics of `compile`, the losses of single outputs, then those of the model and
        its layers.
        """
        found: list[Any] = []
        if self.compiled:
            found.append(self._loss_tracker)
            if self._compile_metrics is not None:
                found.append(self._compile_metrics)
            if self._compile_loss is not None:
                found.extend(self._compile_loss.metrics)
        known = {id(metric) for metric in found}
        for layer in self._flatten_layers():  # type: ignore[attr-defined]
            if isinstance(layer, Trainer) and layer is not self:
                continue  # a nested model's own training is none of this one's
            found.extend(metric for metric in layer._own_metrics() if id(metric) not in known)
        return found

    @property
    def metrics_names(self) -> list[str]:
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Clears every metric."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics by name."""
        logs: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):
                logs.update(result)
            else:
                logs[metric.name] = result
        return logs

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Updates the metrics of `compile` and returns the results of all. Override it to add your own."""
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss of one batch: that of `compile` plus regularisation and `add_loss`. Override it to compute another.

        Raises: ValueError if there is none.
        """
        total = None
        if self._compile_loss is not None:
            if y is None:
                raise ValueError(
                    f"Model {self.name!r} was compiled with the loss {self.loss!r} and got no targets. Pass y, or "
                    f"batches of (x, y)."  # type: ignore[attr-defined]
                )
            total = self._compile_loss(y, y_pred, sample_weight)
        for extra in self.losses:  # type: ignore[attr-defined]
            extra = as_float(extra)
            if extra.shape:
                extra = sum_(extra, axes=tuple(range(len(extra.shape))))
            total = extra if total is None else add(total, extra)
        if total is None:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        return total

    def _loss_of(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        if type(self).compute_loss is not Trainer.compute_loss and not _takes_training(type(self).compute_loss):
            return self.compute_loss(x, y, y_pred, sample_weight)
        return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)

    # -- steps -------------------------------------------------------------------------------------------------------
    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training on a batch: x, (x, y) or (x, y, sample_weight). Traced once, then compiled.
        Returns the logs.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        scale = getattr(self.optimizer, "scale_loss", None)
        if trace.current() is not None:
            loss = self._forward(x, y, sample_weight)
            scaled = scale(loss[0]) if scale is not None else loss[0]
            variables = self.trainable_variables  # type: ignore[attr-defined]
            _require_gradients(scaled, self)
            grads = gradients([scaled], [v.value for v in variables])
        else:
            with GradientTape() as tape:
                loss = self._forward(x, y, sample_weight)
                scaled = scale(loss[0]) if scale is not None else loss[0]
            variables = self.trainable_variables  # type: ignore[attr-defined]
            grads = tape.gradient(scaled, variables)
        if variables:
            self.optimizer.apply(grads, variables)
        else:
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        return self.compute_metrics(x, y, loss[1], sample_weight)

    def _forward(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any]:
        y_pred = self(x, training=True)  # type: ignore[operator]
        loss = self._loss_of(x, y, y_pred, sample_weight, True)
        self._loss_tracker.update_state(loss, sample_weight=float(_rows(x)))
        return loss, y_pred

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation on a batch. Returns the logs."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)  # type: ignore[operator]
        loss = self._loss_of(x, y, y_pred, sample_weight, False)
        self._loss_tracker.update_state(loss, sample_weight=float(_rows(x)))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for one batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)  # type: ignore[operator]

    # -- programs ----------------------------------------------------------------------------------------------------
    def _step_key(self, kind: str, structure: tree.Structure, specs: step_graph.Specs) -> Any:
        return kind, structure, specs, engine.current().name, tuple(id(v) for v in self.trainable_variables)  # type: ignore[attr-defined]

    def _step_graph(self, kind: str, structure: tree.Structure, specs: step_graph.Specs) -> step_graph.StepGraph:
        """The traced step for these shapes, traced at the first use."""
        key = ("graph", *self._step_key(kind, structure, specs))
        traced = self._cache.steps.get(key)
        if traced is None:
            traced = step_graph.trace_step(self, kind, structure, specs)
            if kind == "train":
                check_softmax(self._output_layers())  # type: ignore[attr-defined]
            # The step may have built the model, and with it the variables that are part of the key.
            self._cache.steps[("graph", *self._step_key(kind, structure, specs))] = traced
        return traced

    def _step_program(
        self, kind: str, structure: tree.Structure, leaves: list[np.ndarray]
    ) -> tuple[step_graph.StepGraph, Any]:
        specs = tuple((a.shape, dtypes.name_of(a.dtype)) for a in leaves)
        key = ("program", *self._step_key(kind, structure, specs))
        held = self._cache.steps.get(key)
        if held is None:
            traced = self._step_graph(kind, structure, specs)
            held = (traced, engine.current().compile(traced.graph))
            self._cache.steps[("program", *self._step_key(kind, structure, specs))] = held
        return held

    # -- fit, evaluate, predict --------------------------------------------------------------------------------------
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Trains for a number of passes over the data.

        Args:
            x: inputs: an array-like, a list or dict of them for several inputs, or a source of batches
                (`PyDataset`, generator, data
                loader) that give (x, y) or (x, y, sample_weight).
            y: targets, one row a sample; None if `x` gives batches.
            batch_size: samples a step, 32 if None.
            epochs: number of the epoch to stop before, counted from 0.
            verbose: "auto" or 1 for a bar, 2 for one line an epoch, 0 for silence.
            callbacks: list of `Callback`.
            validation_split: fraction of the samples, taken from the end before shuffling, to evaluate on after
                every epoch.
            validation_data: (x, y), (x, y, sample_weight) or a source of batches to evaluate on after every epoch.
            shuffle: whether samples are taken in a new order every epoch.
            class_weight: class -> factor of its samples' losses.
            sample_weight: factor of each sample's loss.
            initial_epoch: number of the first epoch.
            steps_per_epoch: batches an epoch; all if None.
            validation_steps: batches of a validation; all if None.
            validation_batch_size: `batch_size` if None.
            validation_freq: validate after every so many epochs, or after the epochs (from 1) of a list.

        Returns: a `History`.
        """
        self._require_compiled("fit")
        return fitting.fit(
            self,
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
        )

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and the metrics on data, as a list in the order of `metrics_names` (a number if there is
        one), or as a dict.
        """
        self._require_compiled("evaluate")
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        logs = evaluating.evaluate(self, x, y, batch_size, verbose, sample_weight, steps, callbacks)
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for all samples of `x`, as arrays."""
        if verbose == 0 and type(x) is np.ndarray and callbacks is None and steps is None:
            held = self._cache.fast_predict.get((x.shape, x.dtype, batch_size))
            if held is not None:
                program, dtype = held
                return program.run((np.ascontiguousarray(x, dtype),))[0]
        return predicting.predict(self, x, batch_size, verbose, steps, callbacks)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of training. Returns the batch's loss and metrics as a list (a number if there is one), or
        as a dict.
        """
        if type(x) is np.ndarray and type(y) is np.ndarray and sample_weight is None and class_weight is None:
            held = self._cache.fast_train.get((x.shape, x.dtype, y.shape, y.dtype))
            if held is not None:
                return _fast_on_batch(held, x, y, return_dict)
        self._require_compiled("train_on_batch")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "Arguments `sample_weight` and `class_weight` cannot be specified at the same time. "
                    f"Received: sample_weight={sample_weight}, class_weight={class_weight}"
                )
            sample_weight = class_weights(to_arrays(y, "y"), class_weight)
        return self._on_batch("train", x, y, sample_weight, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """One step of evaluation. Returns the batch's loss and metrics as a list (a number if there is one),
        or as a dict.
        """
        if type(x) is np.ndarray and type(y) is np.ndarray and sample_weight is None:
            held = self._cache.fast_test.get((x.shape, x.dtype, y.shape, y.dtype))
            if held is not None:
                return _fast_on_batch(held, x, y, return_dict)
        self._require_compiled("test_on_batch")
        return self._on_batch("test", x, y, sample_weight, return_dict)

    def _on_batch(self, kind: str, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
        data = array_data(x, y, sample_weight).dense()
        if self.run_eagerly:
            stepper = step_graph.Stepper(self, kind)
            self.reset_metrics()
            stepper.step(tree.assemble(data.structure, data.arrays))
            logs = stepper.logs()
            return logs if return_dict else self._flatten_metrics_in_order(logs)
        specs = data.specs(data.samples)
        key = ("on_batch", *self._step_key(kind, data.structure, specs))
        held = self._cache.steps.get(key)
        if held is None:
            self._step_graph(kind, data.structure, specs)
            traced = step_graph.trace_on_batch(self, kind, data.structure, specs)
            program = engine.current().compile(traced.graph)
            order = self._metric_order(traced.names)
            held = (program, traced.names, [traced.names.index(name) for name in order])
            self._cache.steps[("on_batch", *self._step_key(kind, data.structure, specs))] = held
        self._check_labels(data.y)
        if type(x) is np.ndarray and type(y) is np.ndarray and sample_weight is None:
            fast = self._cache.fast_train if kind == "train" else self._cache.fast_test
            fast[(x.shape, x.dtype, y.shape, y.dtype)] = (*held, data.x.dtype, data.y.dtype, self._label_check(data.y))
        return _on_batch_result(held, held[0].run(data.arrays), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as arrays."""
        return predicting.predict_batch(self, written_out(to_arrays(x, "x")))

    def _check_labels(self, y: Any) -> None:
        """Looks for class numbers out of range, once the size of the output is known."""
        compiled = self._compile_loss
        if compiled is None or not compiled.built or y is None:
            return
        targets = compiled.align_targets(y, compiled.names)
        for part in compiled.parts:
            target = targets[part.index]
            if target is not None:
                check_labels(part.loss, target, compiled.output_shapes[part.index])

    def _label_check(self, y: np.ndarray) -> Any:
        """A function that looks for class numbers out of range in one target; None if the loss has no such numbers."""
        compiled = self._compile_loss
        if compiled is None or not compiled.built or len(compiled.parts) != 1:
            return None
        part = compiled.parts[0]
        if not takes_class_numbers(part.loss):
            return None
        shape = compiled.output_shapes[part.index]
        return lambda target: check_labels(part.loss, target, shape)

    def _metric_order(self, names: Any) -> list[str]:
        """`names` in the order that `evaluate` lists values in."""
        wanted: list[str] = []
        for metric in self.metrics:
            if isinstance(metric, OutputMetrics):
                wanted += [inner.name for inner in metric.metrics]
            else:
                wanted.append(metric.name)
        first = [name for name in wanted if name in names]
        return first + sorted(name for name in names if name not in wanted)

    def _flatten_metrics_in_order(self, logs: dict[str, Any]) -> Any:
        values = [logs[name] for name in self._metric_order(logs)]
        return values[0] if len(values) == 1 else values

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile` as a configuration; {} if the model is not compiled."""
        if not self.compiled:
            return {}
        given = {**(self._compile_config or {}), "optimizer": self.optimizer}
        return serialize_keras_object(given)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model as `get_compile_config` of another one says.

        A class with its own `compile` overrides both methods too; otherwise a warning says that nothing was done.
        """
        if type(self).compile is not Trainer.compile and type(self).compile_from_config is Trainer.compile_from_config:
            warnings.warn(
                f"`compile()` was not called: {type(self).__name__} has a compile() of its own. Override get_compile_config() and "
                "compile_from_config(config) too, or call compile() yourself.",
                stacklevel=2,
            )
            return
        config = dict(config)
        parts = {
            name: deserialize_keras_object(config.pop(name, None)) for name in ("loss", "metrics", "weighted_metrics")
        }
        self.compile(optimizers.deserialize(config.pop("optimizer", "rmsprop")), **parts, **config)
        if getattr(self, "built", False) and self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]


def _fast_on_batch(held: Any, x: np.ndarray, y: np.ndarray, return_dict: bool) -> Any:
    """One step through a program found by shapes and dtypes."""
    program, names, order, x_dtype, y_dtype, check = held
    y = np.ascontiguousarray(y, y_dtype)
    if check is not None:
        check(y)
    return _on_batch_result((program, names, order), program.run((np.ascontiguousarray(x, x_dtype), y)), return_dict)


def _on_batch_result(held: Any, arrays: Any, return_dict: bool) -> Any:
    _, names, order = held
    if return_dict:
        return {name: step_graph.python_value(a) for name, a in zip(names, arrays, strict=True)}
    values = [arrays[i].item() if arrays[i].ndim == 0 else arrays[i] for i in order]
    return values[0] if len(values) == 1 else values


def _mean(name: str) -> Any:
    return metrics.Mean(name=name)


def _rows(x: Any) -> int:
    return tree.flatten(x)[0].shape[0]


def _takes_training(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    if code is None:
        return True
    return "training" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] or bool(code.co_flags & 0x08)


def _require_gradients(loss: Any, model: Any) -> None:
    if loss.shape:
        raise ValueError(
            f"compute_loss of {model.name!r} must return a scalar, and returned shape {loss.shape}. Take its mean."
        )
