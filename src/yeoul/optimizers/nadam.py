"""The optimizer Nadam."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer


class Nadam(Optimizer):
    """Adam that looks ahead: m^ = u' m / (1 - U u') + (1 - u) g / (1 - U), v^ = v / (1 - b2^t); w <- w - lr m^ / (sqrt(v^) + epsilon).

    The momentum warms up: u = b1 (1 - 0.96^t / 2), u' is that of the next step, U the product of all u so far. Source: Dozat 2016.
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
        self._product = self.add_variable((), "ones", config.floatx(), name="u_product")

    def _warm(self, t: Tensor) -> Tensor:
        return (1.0 - 0.96**t * 0.5) * self.beta_1

    def prepare_step(self) -> None:
        t = ops.cast(self.iterations + 1, self._product.dtype)
        self._product.assign(self._product.value * self._warm(t))

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        t = ops.cast(self.iterations + 1, variable.dtype)
        now, following = self._warm(t), self._warm(t + 1.0)
        product = ops.cast(self._product.value, variable.dtype)
        m.assign(m.value + (gradient - m.value) * (1.0 - self.beta_1))
        v.assign(v.value + (ops.square(gradient) - v.value) * (1.0 - self.beta_2))
        mean = m.value * (following / (1.0 - product * following)) + gradient * ((1.0 - now) / (1.0 - product))
        spread = v.value / (1.0 - self.beta_2**t)
        variable.assign(variable.value - mean * learning_rate / (ops.sqrt(spread) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
