"""The optimizer Lion."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer


class Lion(Optimizer):
    """w <- w - lr sign(b1 m + (1 - b1) g); m <- b2 m + (1 - b2) g. Source: Chen et al. 2023."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float | None = None,
        *shared: Any,
        **kwargs: Any,
    ):
        if not 0 < beta_1 <= 1:
            raise ValueError(
                f"Lion: beta_1 must be above 0 and at most 1, and got {beta_1}; at 0 it would be sign descent."
            )
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.beta_1, self.beta_2 = beta_1, beta_2

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        m = self._momentums[self._get_variable_index(variable)]
        variable.assign(
            variable.value - ops.sign(m.value * self.beta_1 + gradient * (1.0 - self.beta_1)) * learning_rate
        )
        m.assign(m.value * self.beta_2 + gradient * (1.0 - self.beta_2))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}
