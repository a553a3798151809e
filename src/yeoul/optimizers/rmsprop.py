"""The optimizer RMSprop."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer
from yeoul.serialization import attributes


class RMSprop(Optimizer):
    """v <- rho v + (1 - rho) g^2; w <- w - lr g / sqrt(v + epsilon). Source: Hinton 2012; epsilon inside the root as in Keras."""

    def __init__(self, learning_rate: Any = 0.001, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7, centered: bool = False,
                 weight_decay: float | None = None, *shared: Any, **kwargs: Any):  # fmt: skip
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        self._momentums = self.add_optimizer_variables(variables, "momentum") if self.momentum > 0 else []
        self._averages_of_gradients = (
            self.add_optimizer_variables(variables, "average_gradient") if self.centered else []
        )

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        v = self._velocities[i]
        v.assign(v.value * self.rho + ops.square(gradient) * (1.0 - self.rho))
        spread = v.value
        if self.centered:
            mean = self._averages_of_gradients[i]
            mean.assign(mean.value * self.rho + gradient * (1.0 - self.rho))
            spread = spread - ops.square(mean.value)
        step = gradient * learning_rate / ops.sqrt(spread + self.epsilon)
        if self.momentum > 0:
            m = self._momentums[i]
            m.assign(m.value * self.momentum + step)
            step = m.value
        variable.assign(variable.value - step)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "rho momentum epsilon centered")}
