"""The optimizer ScheduleFreeAdamW."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer
from yeoul.serialization import attributes


class ScheduleFreeAdamW(Optimizer):
    """Averaging in place of a schedule: z <- z - lr g / (sqrt(v / (1 - b2^t)) + epsilon); w <- (1 - 1/t) w + z / t.

    As in Keras the weights are the average itself and gradients are taken there, so that `beta_1` changes nothing. Source: Defazio et al. 2024.

    Args:
        warmup_steps: steps over which the rate rises to its value.
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        weight_decay: float | None = None,
        *shared: Any,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.beta_1, self.beta_2, self.epsilon, self.warmup_steps = beta_1, beta_2, epsilon, warmup_steps

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ("momentum", "velocity"))
        for z, w in zip(self._momentums, variables, strict=True):
            if z is not None:
                z.assign(w.array)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        z, v = self._momentums[i], self._velocities[i]
        t = ops.cast(self.iterations + 1, variable.dtype)
        rate = learning_rate
        if self.warmup_steps > 0:
            rate = rate * ops.minimum(t / float(self.warmup_steps), 1.0)
        v.assign(v.value * self.beta_2 + ops.square(gradient) * (1.0 - self.beta_2))
        z.assign(z.value - gradient * rate / (ops.sqrt(v.value / (1.0 - self.beta_2**t)) + self.epsilon))
        share = 1.0 / t
        variable.assign(variable.value * (1.0 - share) + z.value * share)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "beta_1 beta_2 epsilon warmup_steps")}
