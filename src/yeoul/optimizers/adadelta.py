"""The optimizer Adadelta."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer


class Adadelta(Optimizer):
    """Steps of the size of recent steps over that of recent gradients. Source: Zeiler 2012."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        *shared: Any,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.rho, self.epsilon = rho, epsilon

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        names = ("accumulated_grad", "accumulated_delta_var")
        self._gradients, self._deltas = self.add_optimizer_variables(variables, names)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        g, d = self._gradients[i], self._deltas[i]
        g.assign(g.value * self.rho + ops.square(gradient) * (1.0 - self.rho))
        delta = -(ops.sqrt(d.value + self.epsilon) * gradient / ops.sqrt(g.value + self.epsilon))
        d.assign(d.value * self.rho + ops.square(delta) * (1.0 - self.rho))
        variable.assign(variable.value + delta * learning_rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
