"""The optimizer Lamb."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer


class Lamb(Optimizer):
    """Adam's step r, made as long for each weight as the weight itself: w <- w - lr |w| / |r| r, for large batches.

    The ratio is 1 where either norm is 0. Source: You et al. 2020.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        *shared: Any,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ("momentum", "velocity"))

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        m, v, w = self._momentums[i], self._velocities[i], variable.value
        t = ops.cast(self.iterations + 1, variable.dtype)
        m.assign(m.value + (gradient - m.value) * (1.0 - self.beta_1))
        v.assign(v.value + (ops.square(gradient) - v.value) * (1.0 - self.beta_2))
        step = m.value / (1.0 - self.beta_1**t) / (ops.sqrt(v.value / (1.0 - self.beta_2**t)) + self.epsilon)
        size, length = ops.sqrt(ops.sum(ops.square(w))), ops.sqrt(ops.sum(ops.square(step)))
        both = ops.logical_and(size > 0, length > 0)
        ratio = ops.where(both, size / ops.where(both, length, 1.0), 1.0)
        variable.assign(w - step * (ratio * learning_rate))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
