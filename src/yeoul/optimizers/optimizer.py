"""Optimizer: what all update rules share."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import naming, trace
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.schedules import LearningRateSchedule


class Optimizer:
    """Base of optimizers. A subclass makes its slots in `build` and writes `update_step(gradient, variable, learning_rate)` in ops.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        weight_decay: share of the learning rate by which weights shrink at each step.
        clipnorm, clipvalue, global_clipnorm: limits on each gradient's norm, on its elements, on the norm of all.
        use_ema, ema_momentum, ema_overwrite_frequency: keep a moving average of the weights.
        gradient_accumulation_steps: steps whose gradients are averaged before one update.
    """

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        if "lr" in kwargs:
            warnings.warn("lr= is accepted, but write learning_rate= instead.", DeprecationWarning, stacklevel=3)
            learning_rate = kwargs.pop("lr")
        decay = kwargs.pop("decay", None)
        if kwargs:
            raise TypeError(f"{type(self).__name__} does not know the argument(s) {', '.join(map(repr, kwargs))}.")
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError("Only one of clipnorm, clipvalue and global_clipnorm can be set.")
        self.name = name or naming.to_snake_case(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._slots: list[Variable] = []
        self._trainable: list[Variable] = []
        self._index: dict[int, int] = {}
        self._not_decayed: set[str] = set()
        self.iterations = Variable(np.int32(0), dtype="int32", trainable=False, name="iteration")
        if decay:
            rate, given = learning_rate, float(decay)

            class _TimeDecay(LearningRateSchedule):
                def __call__(self, step: Any) -> Tensor:
                    return rate / (ops.cast(step, "float32") * given + 1.0)

            learning_rate = _TimeDecay()
        self._learning_rate: Any = None
        self.learning_rate = learning_rate

    # -- learning rate --------------------------------------------------------------------------------------------------
    @property
    def learning_rate(self) -> Any:
        """The current rate: the variable, or the schedule's value at this step."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self.iterations.value)
        if callable(self._learning_rate) and not isinstance(self._learning_rate, Variable):
            return self._learning_rate()
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, Variable) or callable(value):
            self._learning_rate = value
        elif isinstance(self._learning_rate, Variable):
            self._learning_rate.assign(float(value))
        else:
            number = float(value)
            if number < 0:
                raise ValueError(f"{type(self).__name__}: the learning rate must not be negative, and got {number}.")
            self._learning_rate = Variable(number, dtype="float32", trainable=False, name="learning_rate")

    @property
    def lr(self) -> Any:
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

    # -- state ----------------------------------------------------------------------------------------------------------
    @property
    def variables(self) -> list[Variable]:
        rate = [self._learning_rate] if isinstance(self._learning_rate, Variable) else []
        return [self.iterations, *rate, *self._slots]

    def build(self, variables: list[Variable]) -> None:
        """Makes the slots for `variables`."""
        self._trainable = list(variables)
        self._index = {id(v): i for i, v in enumerate(variables)}
        if self.use_ema:
            self._averages = [self.add_variable_from_reference(v, "average", initializer=v.array) for v in variables]
        if self.gradient_accumulation_steps:
            self._accumulated = [self.add_variable_from_reference(v, "gradient_accumulator") for v in variables]
        self.built = True

    def add_variable(
        self, shape: Any, initializer: Any = "zeros", dtype: Any = None, name: str | None = None, **kwargs: Any
    ) -> Variable:
        value = np.zeros(shape, np.float32) if isinstance(initializer, str) else initializer
        variable = Variable(value, shape=tuple(shape), dtype=dtype, trainable=False, name=name)
        self._slots.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros", **kwargs: Any
    ) -> Variable:
        """A slot of the shape and dtype of a weight."""
        path = f"{reference_variable.path}_{name}".replace("/", "_")
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, path)

    def _slots_like(self, variables: list[Variable], name: str, value: float = 0.0) -> list[Variable]:
        return [self.add_variable_from_reference(v, name, np.full(v.shape, value, v.array.dtype)) for v in variables]

    def _get_variable_index(self, variable: Variable) -> int:
        return self._index[id(variable)]

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Leaves these weights out of the decay: by object, or by parts of their paths."""
        self._not_decayed.update(v.path for v in var_list or [])
        self._not_decayed.update(var_names or [])

    # -- updates --------------------------------------------------------------------------------------------------------
    def apply_gradients(self, grads_and_vars: Any) -> Any:
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self.iterations

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """One update of the weights by their gradients.

        Raises: ValueError if no weight has a gradient.
        """
        grads = list(grads)
        variables = list(trainable_variables) if trainable_variables is not None else self._trainable
        if not self.built:
            with trace.concretely():
                self.build(variables)
        missing = [v for v in variables if id(v) not in self._index]
        if missing:
            raise ValueError(
                f"{type(self).__name__} was built for other weights and does not know {missing[0].path!r}. Compile the model again."
            )
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not pairs:
            raise ValueError(
                "No gradient reached any weight: the loss does not depend on the weights, or all layers are frozen."
            )
        given = [ops.convert_to_tensor(g) for g, _ in pairs]
        weights = [v for _, v in pairs]
        if self.gradient_accumulation_steps:
            self._apply_accumulated(given, weights)
        else:
            self._apply_now(given, weights)
        self.iterations.assign_add(1)

    def _apply_accumulated(self, grads: list[Tensor], variables: list[Variable]) -> None:
        """Adds to the sums; every n-th step updates by their mean, chosen element by element so that the loop stays one program."""
        n: Any = self.gradient_accumulation_steps
        is_due = ops.equal(ops.mod(self.iterations.value + 1, n), 0)
        sums = [self._accumulated[self._index[id(v)]] for v in variables]
        totals = [s.value + g for s, g in zip(sums, grads, strict=True)]
        touched = [*variables, *[s for s in self._slots if not any(s is a for a in self._accumulated)]]
        before = [v.value for v in touched]
        self._apply_now([t / float(n) for t in totals], variables)
        for v, old in zip(touched, before, strict=True):
            v.assign(ops.where(is_due, v.value, old))
        for s, total in zip(sums, totals, strict=True):
            s.assign(ops.where(is_due, 0.0, total))

    def _apply_now(self, grads: list[Tensor], variables: list[Variable]) -> None:
        grads = self._clipped(grads)
        rate = ops.cast(ops.convert_to_tensor(self.learning_rate), "float32")
        if self.weight_decay is not None:
            for v in variables:
                if not any(name in v.path for name in self._not_decayed):
                    v.assign(v.value - v.value * (ops.cast(rate, v.dtype) * self.weight_decay))
        for g, v in zip(grads, variables, strict=True):
            self.update_step(g, v, ops.cast(rate, v.dtype))
        for v in variables:
            if v.constraint is not None:
                v.assign(v.constraint(v.value))
        if self.use_ema:
            # The average starts as the weights after the first step.
            momentum = ops.where(ops.equal(self.iterations.value, 0), 0.0, self.ema_momentum)
            for v in variables:
                average = self._averages[self._index[id(v)]]
                average.assign(average.value * momentum + v.value * (1.0 - momentum))
                if self.ema_overwrite_frequency:
                    is_due = ops.equal(ops.mod(self.iterations.value + 1, self.ema_overwrite_frequency), 0)
                    v.assign(ops.where(is_due, average.value, v.value))

    def finalize_variable_values(self, var_list: list[Variable]) -> None:
        """At the end of training: with use_ema the averages become the weights."""
        if self.use_ema and self.built:
            for v in var_list:
                if id(v) in self._index:
                    v.assign(self._averages[self._index[id(v)]])

    def _clipped(self, grads: list[Tensor]) -> list[Tensor]:
        if self.clipnorm:
            return [_within_norm(g, ops.sqrt(ops.sum(ops.square(g))), self.clipnorm) for g in grads]
        if self.global_clipnorm:
            total: Any = None
            for g in grads:
                part = ops.sum(ops.square(g))
                total = part if total is None else total + part
            norm = ops.sqrt(total)
            return [_within_norm(g, norm, self.global_clipnorm) for g in grads]
        if self.clipvalue:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        return grads

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        raise NotImplementedError("An optimizer implements update_step(self, gradient, variable, learning_rate).")

    def assign(self, variable: Variable, value: Any) -> None:
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        variable.assign(variable.value + value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        variable.assign(variable.value - value)

    # -- pickling ---------------------------------------------------------------------------------------------------------
    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._index = {id(v): i for i, v in enumerate(self._trainable)}

    # -- configuration ----------------------------------------------------------------------------------------------------
    def get_config(self) -> dict[str, Any]:
        rate = self._learning_rate
        if isinstance(rate, Variable):
            rate = float(rate.array)
        elif isinstance(rate, LearningRateSchedule):
            rate = {"class_name": type(rate).__name__, "config": rate.get_config()}
        names = "weight_decay clipnorm clipvalue global_clipnorm use_ema ema_momentum ema_overwrite_frequency loss_scale_factor gradient_accumulation_steps"
        return {"name": self.name, "learning_rate": rate, **{name: getattr(self, name) for name in names.split()}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Optimizer:
        return cls(**config)


def _within_norm(g: Tensor, norm: Tensor, limit: float) -> Tensor:
    return ops.where(norm > limit, g * (limit / ops.maximum(norm, 1e-30)), g)
