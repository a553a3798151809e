"""Learning rates that depend on the step; written in ops, so that they run inside the compiled loop."""

from __future__ import annotations

import math
from typing import Any

from yeoul import ops
from yeoul.core import config
from yeoul.core.arguments import KnownArguments
from yeoul.core.tensor import Tensor
from yeoul.serialization import custom_object_scope, resolve, serialize_keras_object


class LearningRateSchedule(KnownArguments):
    """A function of the step that gives the learning rate."""

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError("A schedule implements __call__(self, step).")

    def get_config(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if not k.startswith("_")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        return cls(**config)


def _at_least_one(schedule: LearningRateSchedule, name: str, steps: Any) -> None:
    if steps <= 0:
        raise ValueError(f"{type(schedule).__name__}: {name} must be greater than 0, and got {steps}.")


def _step(step: Any) -> Tensor:
    return ops.cast(ops.convert_to_tensor(step), config.floatx())


class ExponentialDecay(LearningRateSchedule):
    """initial decay_rate^(step / decay_steps); whole powers if `staircase`."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ):
        _at_least_one(self, "decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Tensor:
        p = _step(step) / float(self.decay_steps)
        p = ops.floor(p) if self.staircase else p
        return ops.power(float(self.decay_rate), p) * self.initial_learning_rate


class InverseTimeDecay(LearningRateSchedule):
    """initial / (1 + decay_rate step / decay_steps)."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ):
        _at_least_one(self, "decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Tensor:
        p = _step(step) / float(self.decay_steps)
        p = ops.floor(p) if self.staircase else p
        return self.initial_learning_rate / (p * self.decay_rate + 1.0)


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] up to and including boundaries[i]."""

    def __init__(self, boundaries: Any, values: Any, name: str = "PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"PiecewiseConstantDecay needs one value more than boundaries, and got {len(values)} and {len(boundaries)}."
            )
        self.boundaries, self.values, self.name = list(boundaries), list(values), name

    def __call__(self, step: Any) -> Tensor:
        step = _step(step)
        rate: Any = ops.convert_to_tensor(float(self.values[-1]))
        for boundary, value in reversed(list(zip(self.boundaries, self.values, strict=False))):
            rate = ops.where(step <= float(boundary), float(value), rate)
        return rate


class PolynomialDecay(LearningRateSchedule):
    """(initial - end) (1 - step / decay_steps)^power + end."""

    def __init__(self, initial_learning_rate: float, decay_steps: int, end_learning_rate: float = 0.0001, power: float = 1.0,
                 cycle: bool = False, name: str = "PolynomialDecay"):  # fmt: skip
        _at_least_one(self, "decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.end_learning_rate = (
            initial_learning_rate,
            decay_steps,
            end_learning_rate,
        )
        self.power, self.cycle, self.name = power, cycle, name

    def __call__(self, step: Any) -> Tensor:
        step = _step(step)
        length: Any = float(self.decay_steps)
        if self.cycle:
            length = ops.maximum(ops.ceil(step / length), 1.0) * length
        else:
            step = ops.minimum(step, length)
        left = 1.0 - step / length
        return left**self.power * (self.initial_learning_rate - self.end_learning_rate) + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    """A half cosine from initial (after a linear warm-up, if any) to alpha initial. Source: Loshchilov & Hutter 2016."""

    def __init__(self, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0, name: str = "CosineDecay",
                 warmup_target: float | None = None, warmup_steps: int = 0):  # fmt: skip
        _at_least_one(self, "decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.alpha, self.name = (
            initial_learning_rate,
            decay_steps,
            alpha,
            name,
        )
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def __call__(self, step: Any) -> Tensor:
        step = _step(step)
        top = self.initial_learning_rate if self.warmup_target is None else self.warmup_target

        def decayed(s: Tensor) -> Tensor:
            share = ops.minimum(s, float(self.decay_steps)) / float(self.decay_steps)
            return ((ops.cos(share * math.pi) + 1.0) * (0.5 * (1.0 - self.alpha)) + self.alpha) * top

        if self.warmup_target is None:
            return decayed(step)
        warm = step / float(self.warmup_steps) * (top - self.initial_learning_rate) + self.initial_learning_rate
        return ops.where(step < float(self.warmup_steps), warm, decayed(step - float(self.warmup_steps)))


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays that start again, each t_mul times longer and m_mul times lower. Source: Loshchilov & Hutter 2016."""

    def __init__(self, initial_learning_rate: float, first_decay_steps: int, t_mul: float = 2.0, m_mul: float = 1.0, alpha: float = 0.0,
                 name: str = "SGDRDecay"):  # fmt: skip
        _at_least_one(self, "first_decay_steps", first_decay_steps)
        self.initial_learning_rate, self.first_decay_steps, self.t_mul, self.m_mul = (
            initial_learning_rate,
            first_decay_steps,
            t_mul,
            m_mul,
        )
        self.alpha, self.name = alpha, name

    def __call__(self, step: Any) -> Tensor:
        done = _step(step) / float(self.first_decay_steps)
        if self.t_mul == 1.0:
            index = ops.floor(done)
            share = done - index
        else:
            index = ops.floor(ops.log(1.0 - done * (1.0 - self.t_mul)) / math.log(self.t_mul))
            before = (1.0 - self.t_mul**index) / (1.0 - self.t_mul)
            share = (done - before) / self.t_mul**index
        fall = self.m_mul**index * 0.5 * (ops.cos(share * math.pi) + 1.0)
        return (fall * (1.0 - self.alpha) + self.alpha) * self.initial_learning_rate


class TimeDecay(LearningRateSchedule):
    """initial / (1 + decay step): what the argument decay= of older optimizers meant."""

    def __init__(self, initial_learning_rate: float, decay: float):
        self.initial_learning_rate, self.decay = initial_learning_rate, decay

    def __call__(self, step: Any) -> Tensor:
        return self.initial_learning_rate / (_step(step) * self.decay + 1.0)


ALL: dict[str, Any] = {
    cls.__name__.lower(): cls
    for cls in (
        CosineDecay,
        CosineDecayRestarts,
        ExponentialDecay,
        InverseTimeDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
        TimeDecay,
    )
}


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """The configuration of a schedule."""
    config = serialize_keras_object(learning_rate_schedule)
    if config["module"] == "keras.optimizers":
        config["module"] = "keras.optimizers.schedules"
    return config


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> LearningRateSchedule:
    """The schedule of a configuration.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    with custom_object_scope(custom_objects or {}):
        return resolve(config, ALL, "learning rate schedule")
