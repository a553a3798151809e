"""The optimizer SGD."""

from __future__ import annotations

from typing import Any

from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """w <- w - lr g; with momentum v <- m v - lr g, w <- w + v; with nesterov w <- w + m v - lr g."""

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        *shared: Any,
        **kwargs: Any,
    ):
        if not 0 <= momentum <= 1:
            raise ValueError(f"SGD: momentum must be between 0 and 1, and got {momentum}.")
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.momentum, self.nesterov = momentum, nesterov

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self.momentums = self.add_optimizer_variables(variables, "momentum") if self.momentum else []

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        if not self.momentum:
            variable.assign(variable.value - gradient * learning_rate)
            return
        m = self.momentums[self._get_variable_index(variable)]
        step = gradient * learning_rate
        velocity = m.value * self.momentum - step
        m.assign(velocity)
        variable.assign(variable.value + (velocity * self.momentum - step if self.nesterov else velocity))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
