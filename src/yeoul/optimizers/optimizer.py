"""Optimizer: what all update rules share."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul import initializers, ops
from yeoul.core import config, dtypes, naming, trace
from yeoul.core.arguments import KnownArguments, unknown_arguments, warn_caller
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers import clipping, schedules
from yeoul.optimizers.schedules import LearningRateSchedule

#: Arguments that every optimizer has, in the order in which its configuration lists them.
SHARED_OPTIONS = (
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


class Optimizer(KnownArguments):
    """Base of optimizers. A subclass makes its slots in `build` and writes `update_step(gradient, variable, learning_rate)` in ops.

    The rules take these arguments after their own, in this order (`shared`).

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        weight_decay: share of the learning rate by which weights shrink at each step.
        clipnorm, clipvalue, global_clipnorm: limits on each gradient's norm, on its elements, on the norm of all.
        use_ema, ema_momentum, ema_overwrite_frequency: keep a moving average of the weights, and put it in their place every so many steps.
        loss_scale_factor: the loss is multiplied by it and the gradients divided, so that small ones survive half precision.
        gradient_accumulation_steps: steps whose gradients are averaged before one update.
        name: made from the class if not given.

    Raises: TypeError for unknown arguments; ValueError for impossible values.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            _name_shared(cls.__init__)

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
            warn_caller("lr= is accepted, but write learning_rate= instead.", DeprecationWarning)
            learning_rate = kwargs.pop("lr")
        decay = kwargs.pop("decay", None)
        kind = type(self).__name__
        if kwargs:
            raise TypeError(unknown_arguments(type(self), kwargs))
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                f"Only one of clipnorm, clipvalue and global_clipnorm can be set on {kind}, and got clipnorm={clipnorm}, "
                f"clipvalue={clipvalue}, global_clipnorm={global_clipnorm}."
            )
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(f"{kind}: ema_momentum must be between 0 and 1, and got {ema_momentum}.")
        if use_ema and ema_overwrite_frequency and not _is_count(ema_overwrite_frequency, 1):
            raise ValueError(
                f"{kind}: ema_overwrite_frequency must be an integer of 1 or more, or None, and got {ema_overwrite_frequency!r}."
            )
        if gradient_accumulation_steps is not None and not _is_count(gradient_accumulation_steps, 2):
            raise ValueError(
                f"{kind}: gradient_accumulation_steps must be an integer of 2 or more, and got {gradient_accumulation_steps!r}."
            )
        self.name = name or naming.unique_name(naming.to_snake_case(kind))
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._slots: list[Variable] = []
        self._trainable: list[Variable] = []
        self._index: dict[int, int] = {}
        self._not_decayed: list[tuple[Variable | None, str]] = []
        self._averages: list[Variable] = []
        self._accumulated: list[Variable] = []
        self._iterations = self._named(Variable(np.int32(0), dtype="int32", trainable=False, name="iteration"))
        self._learning_rate: Any = None
        self._set_rate(schedules.TimeDecay(float(learning_rate), float(decay)) if decay else learning_rate)

    # -- learning rate --------------------------------------------------------------------------------------------------
    @property
    def learning_rate(self) -> Any:
        """The current rate: the variable, or the schedule's value at this step.

        Raises: TypeError when it is set and a schedule governs it.
        """
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations.value)
        if callable(self._learning_rate) and not isinstance(self._learning_rate, Variable):
            return self._learning_rate()
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(self._learning_rate, LearningRateSchedule):
            raise TypeError(
                f"{type(self).__name__}: the learning rate is governed by a {type(self._learning_rate).__name__} and cannot be set. "
                "Make the optimizer with a number to set it later."
            )
        self._set_rate(value)

    def _set_rate(self, value: Any) -> None:
        if isinstance(value, dict):
            value = schedules.deserialize(value)
        if isinstance(value, Variable) or callable(value):
            self._learning_rate = value
            return
        kind = type(self).__name__
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"{kind}: learning_rate must be a number, a LearningRateSchedule or a function without arguments, and got {value!r}."
            ) from None
        if number < 0:
            raise ValueError(f"{kind}: the learning rate must not be negative, and got {number}.")
        if isinstance(self._learning_rate, Variable):
            self._learning_rate.assign(number)
        else:
            rate = Variable(number, dtype=config.floatx(), trainable=False, name="learning_rate")
            self._learning_rate = self._named(rate)

    @property
    def lr(self) -> Any:
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

    @property
    def iterations(self) -> Any:
        """How many updates were made: a variable; with gradient accumulation, the count of steps divided by its length."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations.value, self.gradient_accumulation_steps)
        return self._iterations

    # -- state ----------------------------------------------------------------------------------------------------------
    @property
    def variables(self) -> list[Variable]:
        rate = [self._learning_rate] if isinstance(self._learning_rate, Variable) else []
        return [self._iterations, *rate, *self._slots]

    def build(self, variables: list[Variable]) -> None:
        """Makes the slots for `variables`."""
        self._trainable = list(variables)
        self._index = {id(v): i for i, v in enumerate(variables)}
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
            for average, v in zip(self._averages, variables, strict=True):
                if average is not None:
                    average.assign(v.array)
        if self.gradient_accumulation_steps:
            self._accumulated = self.add_optimizer_variables(variables, "gradient_accumulator")
        self.built = True

    def _named(self, variable: Variable) -> Variable:
        variable.path = f"{self.name}/{variable.name}"
        return variable

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A piece of state of this optimizer; `initializer` is a name, an object or the values."""
        is_rule = isinstance(initializer, (str, dict)) or callable(initializer)
        value = initializers.get(initializer) if is_rule else initializer
        variable = self._named(Variable(value, shape=tuple(shape), dtype=dtype, trainable=False, name=name))
        self._slots.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A slot of the shape and dtype of a weight."""
        path = f"{reference_variable.path}_{name or 'var'}".replace("/", "_")
        return self.add_variable(
            reference_variable.shape, initializer, dtypes.name_of(reference_variable.array.dtype), name=path
        )

    def add_optimizer_variables(
        self, trainable_variables: list[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """A slot for each weight; with several names, a tuple of such lists, made weight by weight.

        Weights that take their gradient as their value have none.
        """
        names, several = ([name], False) if isinstance(name, str) else (list(name), True)
        rules = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        slots: tuple[list[Any], ...] = tuple([] for _ in names)
        for v in trainable_variables:
            for slot, one_name, rule in zip(slots, names, rules, strict=True):
                made = None if v.overwrite_with_gradient else self.add_variable_from_reference(v, one_name, rule)
                slot.append(made)
        return slots if several else slots[0]

    def _get_variable_index(self, variable: Variable) -> int:
        return self._index[id(variable)]

    def save_own_variables(self, store: Any) -> None:
        """Writes the state into `store` under "0", "1", ..."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Reads the state back. State of other weights is left alone, with a warning."""
        own = self.variables
        if len(store.keys()) != len(own):
            state = "which is not built yet" if not self.built else "or they were saved for other weights"
            warnings.warn(
                f"Optimizer {self.name!r} has {len(own)} variables and the file has {len(store.keys())}: they are not loaded ({state}).",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(own):
            variable.assign(np.asarray(store[str(i)]))

    def set_weights(self, weights: Any) -> None:
        """Sets the state, in the order of `variables`.

        Raises: ValueError if their number or shapes differ; then nothing is changed.
        """
        own, arrays = self.variables, [np.asarray(w) for w in weights]
        if len(own) != len(arrays):
            raise ValueError(f"Optimizer {self.name!r} has {len(own)} variables, and got {len(arrays)}.")
        for variable, array in zip(own, arrays, strict=True):
            if variable.shape != array.shape:
                raise ValueError(
                    f"Optimizer {self.name!r}: variable {variable.path!r} has shape {variable.shape}, and got {array.shape}."
                )
        for variable, array in zip(own, arrays, strict=True):
            variable.assign(array)

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Leaves these weights out of the decay: by object, or by regular expressions searched in their paths."""
        self._not_decayed += [(v, "") for v in var_list or []]
        self._not_decayed += [(None, pattern) for pattern in var_names or []]

    def _use_weight_decay(self, variable: Variable) -> bool:
        return not any(
            v is variable if v is not None else re.search(pattern, variable.path) for v, pattern in self._not_decayed
        )

    # -- updates --------------------------------------------------------------------------------------------------------
    def scale_loss(self, loss: Any) -> Any:
        """The loss as training should differentiate it: times `loss_scale_factor`, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def apply_gradients(self, grads_and_vars: Any) -> Any:
        """`apply` for pairs of gradient and weight. Returns the count of updates."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self.iterations

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """One update of the weights by their gradients; None means no gradient.

        Raises: ValueError if no weight has a gradient, if their numbers differ, or for weights that the optimizer was not built for.
        """
        grads = list(grads)
        kind = type(self).__name__
        if trainable_variables is not None:
            variables = list(trainable_variables)
        elif self.built:
            variables = self._trainable
        else:
            raise ValueError(f"{kind}: apply(gradients) without weights needs build(weights) before.")
        if len(grads) != len(variables):
            raise ValueError(f"{kind}: got {len(grads)} gradient(s) for {len(variables)} weight(s).")
        if not self.built:
            with trace.concretely():
                self.build(variables)
        missing = [v for v in variables if id(v) not in self._index]
        if missing:
            raise ValueError(
                f"{kind} was built for other weights and does not know {missing[0].path!r}. Compile the model again."
            )
        pairs = [(ops.convert_to_tensor(g), v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not pairs:
            raise ValueError(
                "No gradient reached any weight: the loss does not depend on the weights, or all layers are frozen."
            )
        if len(pairs) < len(variables):
            without = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
            warnings.warn(
                f"Gradients do not exist for variables {without} when minimizing the loss. If using `model.compile()`, did you "
                "forget to provide a `loss` argument?",
                stacklevel=2,
            )
        self._apply(pairs)

    def _apply(self, pairs: list[tuple[Tensor, Variable]]) -> None:
        for g, v in pairs:
            if v.overwrite_with_gradient:
                v.assign(g)
        pairs = [(g, v) for g, v in pairs if not v.overwrite_with_gradient]
        if pairs:
            given, weights = [g for g, _ in pairs], [v for _, v in pairs]
            if self.loss_scale_factor is not None:
                given = [g / self.loss_scale_factor for g in given]
            if self.gradient_accumulation_steps:
                self._update_every_nth(given, weights)
            else:
                self._update(given, weights)
            if self.use_ema:
                self._update_averages()
            for v in weights:
                if v.constraint is not None:
                    v.assign(v.constraint(v.value))
        self._iterations.assign_add(1)

    def _update(self, grads: list[Tensor], variables: list[Variable]) -> None:
        """Clipping, decay and the rule itself."""
        grads = clipping.clipped(grads, self.clipnorm, self.global_clipnorm, self.clipvalue)
        rate = ops.convert_to_tensor(self.learning_rate)
        self._decay_weights(variables, rate)
        self.prepare_step()
        for g, v in zip(grads, variables, strict=True):
            self.update_step(ops.cast(g, v.dtype), v, ops.cast(rate, v.dtype))

    def _decay_weights(self, variables: list[Variable], rate: Tensor) -> None:
        if self.weight_decay is None:
            return
        for v in variables:
            if self._use_weight_decay(v):
                v.assign(v.value - v.value * (ops.cast(rate, v.dtype) * self.weight_decay))

    def _update_every_nth(self, grads: list[Tensor], variables: list[Variable]) -> None:
        """Adds to the sums; every n-th step updates by their mean."""
        n: Any = self.gradient_accumulation_steps
        is_due = ops.equal(ops.mod(self._iterations.value + 1, n), 0)
        sums = [self._accumulated[self._index[id(v)]] for v in variables]
        totals = [s.value + ops.cast(g, s.dtype) for s, g in zip(sums, grads, strict=True)]
        kept = {id(v) for v in (*self._averages, *self._accumulated)}
        touched = [*variables, *[s for s in self._slots if id(s) not in kept]]
        only_if(is_due, lambda: self._update([t / float(n) for t in totals], variables), touched)
        for s, total in zip(sums, totals, strict=True):
            s.assign(ops.where(is_due, 0.0, total))

    def _update_averages(self) -> None:
        """Moves every average towards its weight; it starts as the weight after the first update."""
        count = ops.convert_to_tensor(self.iterations)
        momentum = ops.where(ops.equal(count, 0), 0.0, self.ema_momentum)
        for v, average in zip(self._trainable, self._averages, strict=True):
            if average is not None:
                share = ops.cast(momentum, v.dtype)
                average.assign(average.value * share + v.value * (1.0 - share))
        if self.ema_overwrite_frequency:
            is_due = ops.equal(ops.mod(count + 1, self.ema_overwrite_frequency), 0)
            for v, average in zip(self._trainable, self._averages, strict=True):
                if average is not None:
                    v.assign(ops.where(is_due, average.value, v.value))

    def finalize_variable_values(self, var_list: list[Variable]) -> None:
        """At the end of training: with use_ema the averages become the weights."""
        if self.use_ema and self.built:
            for v in var_list:
                if id(v) in self._index and not v.overwrite_with_gradient:
                    v.assign(self._averages[self._index[id(v)]])

    def stateless_apply(
        self, optimizer_variables: Any, grads: Any, trainable_variables: Any
    ) -> tuple[list[Tensor], list[Tensor]]:
        """One update of values rather than variables.

        Args:
            optimizer_variables: values of `variables`.
            grads: gradients.
            trainable_variables: values of the weights that the optimizer was built for.

        Returns: (new weights, new values of `variables`).
        Raises: ValueError before `build`, or if a number of values is wrong.
        """
        if not self.built:
            raise ValueError(f"{type(self).__name__}: call build(weights) before stateless_apply().")
        own = self.variables
        lists = {
            "optimizer_variables": (own, optimizer_variables),
            "trainable_variables": (self._trainable, trainable_variables),
        }
        with trace.tracing(trace.holding(type(self).__name__, lists)) as active:
            self.apply(grads, self._trainable)
            return [active.read(v) for v in self._trainable], [active.read(v) for v in own]

    def prepare_step(self) -> None:
        """Called once before the rule is applied to the weights; for state that is not any single weight's."""

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        raise NotImplementedError("An optimizer implements update_step(self, gradient, variable, learning_rate).")

    def assign(self, variable: Variable, value: Any) -> None:
        variable.assign(ops.cast(value, variable.dtype))

    def assign_add(self, variable: Variable, value: Any) -> None:
        variable.assign(variable.value + ops.cast(value, variable.dtype))

    def assign_sub(self, variable: Variable, value: Any) -> None:
        variable.assign(variable.value - ops.cast(value, variable.dtype))

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
            rate = schedules.serialize(rate)
        return {"name": self.name, "learning_rate": rate, **{name: getattr(self, name) for name in SHARED_OPTIONS}}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            config = {**config, "learning_rate": schedules.deserialize(rate, custom_objects)}
        return cls(**config)


def only_if(condition: Tensor, update: Callable[[], None], touched: list[Variable]) -> None:
    """Does an update if a scalar condition holds.

    In a traced step both outcomes are computed, and one is chosen element by element for the variables that the update may touch, so that
    the loop stays one program.
    """
    if not condition.is_symbolic:
        if bool(condition):
            update()
        return
    before = {id(v): (v, v.value) for v in touched}
    update()
    for v, old in before.values():
        new = v.value
        if new is not old:
            v.assign(ops.where(condition, new, old))


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and int(value) >= least


def _name_shared(init: Any) -> None:
    """Lets `help` and editors see the arguments that an `__init__` takes as `*shared` and hands to the base."""
    own = list(inspect.signature(init).parameters.values())
    at = next((i for i, p in enumerate(own) if p.name == "shared" and p.kind is p.VAR_POSITIONAL), None)
    if at is None:
        return
    names = {p.name for p in own[:at]}
    base = [p for p in inspect.signature(Optimizer.__init__).parameters.values() if p.name not in names]
    init.__signature__ = inspect.Signature(
        [*own[:at], *[p for p in base if p.kind is not p.VAR_KEYWORD], *own[at + 1 :]]
    )
