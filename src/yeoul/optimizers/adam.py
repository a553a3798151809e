"""The optimizer Adam."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer
from yeoul.serialization import attributes


class Adam(Optimizer):
    """m <- m + (1 - b1)(g - m); v <- v + (1 - b2)(g^2 - v); w <- w - lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon).

    Source: Kingma & Ba 2015, algorithm 1 in the form at the end of section 2; epsilon outside the root as in Keras.
    """

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False,
                 weight_decay: float | None = None, *shared: Any, **kwargs: Any):  # fmt: skip
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ("momentum", "velocity"))
        self._largest = self.add_optimizer_variables(variables, "velocity_hat") if self.amsgrad else []

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        t = ops.cast(self.iterations + 1, variable.dtype)
        rate = learning_rate * ops.sqrt(1.0 - self.beta_2**t) / (1.0 - self.beta_1**t)
        m.assign(m.value + (gradient - m.value) * (1.0 - self.beta_1))
        v.assign(v.value + (ops.square(gradient) - v.value) * (1.0 - self.beta_2))
        spread = v.value
        if self.amsgrad:
            largest = self._largest[i]
            largest.assign(ops.maximum(largest.value, spread))
            spread = largest.value
        variable.assign(variable.value - m.value * rate / (ops.sqrt(spread) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "beta_1 beta_2 epsilon amsgrad")}
