"""The optimizer Adamax."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer


class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the second moment. Source: Kingma & Ba 2015, algorithm 2."""

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
        self._m, self._u = self.add_optimizer_variables(variables, ("momentum", "norm"))

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        m, u = self._m[i], self._u[i]
        t = ops.cast(self.iterations + 1, variable.dtype)
        m.assign(m.value + (gradient - m.value) * (1.0 - self.beta_1))
        u.assign(ops.maximum(u.value * self.beta_2, ops.absolute(gradient)))
        variable.assign(variable.value - m.value * (learning_rate / (1.0 - self.beta_1**t)) / (u.value + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
