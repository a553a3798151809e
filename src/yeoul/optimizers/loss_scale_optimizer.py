"""The optimizer LossScaleOptimizer, for half precision."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import SHARED_OPTIONS, Optimizer, only_if
from yeoul.serialization import serialize_keras_object


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss and divides the gradients by a scale that follows what half precision bears.

    A step with an infinite or undefined gradient changes no weight and halves the scale; `dynamic_growth_steps` good steps in a row double it.
    Source: Micikevicius et al. 2018.

    Args:
        inner_optimizer: does the updates.
        initial_scale: the scale at the start.
        dynamic_growth_steps: good steps before the scale is doubled.

    Raises: ValueError for options that belong to the inner optimizer; TypeError if there is none.
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ):
        if not isinstance(inner_optimizer, Optimizer):
            raise TypeError(f"LossScaleOptimizer: inner_optimizer must be an Optimizer, and got {inner_optimizer!r}.")
        for option in SHARED_OPTIONS:
            if kwargs.pop(option, None):
                raise ValueError(f"LossScaleOptimizer does not take {option}: set it on the inner optimizer.")
        kwargs.pop("ema_momentum", None)
        super().__init__(learning_rate=0.0, name=name, **kwargs)
        self.inner_optimizer = inner_optimizer
        self.initial_scale, self.dynamic_growth_steps = float(initial_scale), dynamic_growth_steps
        # Made now and not in `build`: a traced step reads the scale before it applies gradients.
        self.step_counter = self.add_variable((), np.int32(0), "int32", name="step_counter")
        self.dynamic_scale = self.add_variable((), np.float32(self.initial_scale), "float32", name="dynamic_scale")

    # -- what is the inner optimizer's ----------------------------------------------------------------------------------
    @property
    def learning_rate(self) -> Any:
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> Any:
        return self.inner_optimizer.iterations

    @property
    def variables(self) -> list[Variable]:
        return [*super().variables, *self.inner_optimizer.variables]

    def build(self, variables: list[Variable]) -> None:
        self._trainable = list(variables)
        self._index = {id(v): i for i, v in enumerate(variables)}
        self.inner_optimizer.build(variables)
        self.built = True

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def finalize_variable_values(self, var_list: list[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    # -- updates --------------------------------------------------------------------------------------------------------
    def scale_loss(self, loss: Any) -> Any:
        return self.inner_optimizer.scale_loss(loss * self.dynamic_scale.value)

    def _apply(self, pairs: list[tuple[Tensor, Variable]]) -> None:
        scale = self.dynamic_scale.value
        finite = functools.reduce(ops.logical_and, [ops.all(ops.isfinite(g)) for g, _ in pairs])
        counter = self.step_counter.value
        grows = ops.logical_and(finite, ops.equal(counter + 1, self.dynamic_growth_steps))
        inner = self.inner_optimizer
        unscaled = [(g / ops.cast(scale, g.dtype), v) for g, v in pairs]
        weights = [v for _, v in pairs]
        only_if(finite, lambda: inner._apply(unscaled), [*weights, *inner._trainable, *inner.variables])
        self.step_counter.assign(ops.where(ops.logical_and(finite, ops.logical_not(grows)), counter + 1, 0))
        self.dynamic_scale.assign(ops.where(grows, scale * 2.0, ops.where(finite, scale, scale * 0.5)))

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
        from yeoul import optimizers

        inner = optimizers.deserialize(config["inner_optimizer"], custom_objects)
        return cls(**{**config, "inner_optimizer": inner})
