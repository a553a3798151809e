"""The optimizer Adafactor."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer
from yeoul.serialization import attributes


class Adafactor(Optimizer):
    """Steps scaled by second moments of which a matrix keeps only row and column means: v = r c / mean(r).

    u = g / sqrt(v), shortened to an RMS of clip_threshold; w <- w - max(epsilon_2, RMS(w)) lr u. Source: Shazeer & Stern 2018.

    Args:
        beta_2_decay: the share of the past at step t is 1 - t^beta_2_decay.
        epsilon_1: added to squared gradients.
        epsilon_2: least size of a weight.
        clip_threshold: largest RMS of a step.
        relative_step: the rate is at most 1 / sqrt(t).
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 0.001,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        weight_decay: float | None = None,
        *shared: Any,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, weight_decay, *shared, **kwargs)
        self.beta_2_decay, self.epsilon_1, self.epsilon_2 = beta_2_decay, epsilon_1, epsilon_2
        self.clip_threshold, self.relative_step = clip_threshold, relative_step

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._rows: list[Variable] = []
        self._columns: list[Variable] = []
        self._velocities: list[Variable] = []
        for v in variables:
            rows, columns = (v.shape[:-1], (*v.shape[:-2], v.shape[-1])) if v.ndim > 1 else ((), ())
            self._rows.append(self.add_variable(rows, dtype=v.dtype, name=v.name))
            self._columns.append(self.add_variable(columns, dtype=v.dtype, name=v.name))
            self._velocities.append(self.add_variable_from_reference(v, "velocity"))

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        r, c, v = self._rows[i], self._columns[i], self._velocities[i]
        t = ops.cast(self.iterations + 1, variable.dtype)
        rate = ops.minimum(learning_rate, 1.0 / ops.sqrt(t)) if self.relative_step else learning_rate
        rate = rate * ops.maximum(_rms(variable.value), self.epsilon_2)
        kept = 1.0 - t**self.beta_2_decay
        squares = ops.square(gradient) + self.epsilon_1
        if variable.ndim > 1:
            r.assign(r.value * kept + ops.mean(squares, axis=-1) * (1.0 - kept))
            c.assign(c.value * kept + ops.mean(squares, axis=-2) * (1.0 - kept))
            share = r.value / ops.mean(r.value, axis=-1, keepdims=True)
            v.assign(ops.expand_dims(share, -1) * ops.expand_dims(c.value, -2))
        else:
            v.assign(v.value * kept + squares * (1.0 - kept))
        step = gradient / ops.sqrt(v.value)
        step = step / ops.maximum(_rms(step) / self.clip_threshold, 1.0)
        variable.assign(variable.value - step * rate)

    def get_config(self) -> dict[str, Any]:
        names = "beta_2_decay epsilon_1 epsilon_2 clip_threshold relative_step"
        return {**super().get_config(), **attributes(self, names)}


def _rms(x: Tensor) -> Tensor:
    return ops.sqrt(ops.mean(ops.square(x)))
