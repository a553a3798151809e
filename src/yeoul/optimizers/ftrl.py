"""The optimizer Ftrl."""

from __future__ import annotations

from typing import Any

from yeoul import initializers, ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer
from yeoul.serialization import attributes


class Ftrl(Optimizer):
    """Follow the regularized leader: with l1, many weights are exactly 0.

    n' = n + g^2; z <- z + g + 2 s w - (n'^-p - n^-p) / lr w; w <- (clip(z, -l1, l1) - z) / (n'^-p / lr + 2 l2 + beta / lr).
    Source: McMahan et al. 2013.

    Args:
        learning_rate_power: p, at most 0.
        initial_accumulator_value: n at the start.
        l1_regularization_strength, l2_regularization_strength: l1 and l2.
        l2_shrinkage_regularization_strength: s, which pulls by the weight rather than by its history.
        beta: added to l2 as beta / (2 lr).
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        weight_decay: float | None = None,
        *shared: Any,
        **kwargs: Any,
    ):
        for name, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0:
                raise ValueError(f"Ftrl: {name} must not be negative, and got {value}.")
        if learning_rate_power > 0:
            raise ValueError(f"Ftrl: learning_rate_power must be negative or zero, and got {learning_rate_power}.")
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        starts = (initializers.Constant(self.initial_accumulator_value), "zeros")
        self._accumulators, self._linears = self.add_optimizer_variables(variables, ("accumulator", "linear"), starts)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        n, z, w = self._accumulators[i], self._linears[i], variable.value
        old = n.value ** (-self.learning_rate_power)
        n.assign(n.value + ops.square(gradient))
        new = n.value ** (-self.learning_rate_power)
        pull = gradient + w * (2.0 * self.l2_shrinkage_regularization_strength)
        z.assign(z.value + pull - (new - old) / learning_rate * w)
        l1 = self.l1_regularization_strength
        curve = new / learning_rate + (self.beta / learning_rate + 2.0 * self.l2_regularization_strength)
        variable.assign((ops.clip(z.value, -l1, l1) - z.value) / curve)

    def get_config(self) -> dict[str, Any]:
        names = (
            "learning_rate_power initial_accumulator_value l1_regularization_strength l2_regularization_strength "
            "l2_shrinkage_regularization_strength beta"
        )
        return {**super().get_config(), **attributes(self, names)}
