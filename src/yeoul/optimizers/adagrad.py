"""The optimizer Adagrad."""

from __future__ import annotations

from typing import Any

from yeoul import initializers, ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer


class Adagrad(Optimizer):
    """a <- a + g^2; w <- w - lr g / sqrt(a + epsilon). Source: Duchi et al. 2011."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        *shared: Any,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._accumulators = self.add_optimizer_variables(
            variables, "accumulator", initializers.Constant(self.initial_accumulator_value)
        )

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        a = self._accumulators[self._get_variable_index(variable)]
        a.assign(a.value + ops.square(gradient))
        variable.assign(variable.value - gradient * learning_rate / ops.sqrt(a.value + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
