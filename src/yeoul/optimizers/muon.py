"""The optimizer Muon."""

from __future__ import annotations

import math
import re
from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer
from yeoul.serialization import attributes


class Muon(Optimizer):
    """Matrices move along their momentum with all singular values made nearly 1; other weights follow AdamW.

    The orthogonal factor comes from `ns_steps` of X <- a X + (b A + c A^2) X, A = X X^T, from X = G / |G|. Source: Jordan et al. 2024; the
    length of a step, lr rms_rate sqrt(max(rows, columns)), from Liu et al. 2025.

    Args:
        adam_beta_1, adam_beta_2, epsilon, adam_weight_decay, adam_lr_ratio: of AdamW for other weights; the last multiplies the rate.
        weight_decay: of the matrices.
        exclude_layers: regular expressions; weights whose path one is found in follow AdamW.
        exclude_embeddings: whether weights with "embedding" in their path follow AdamW.
        muon_a, muon_b, muon_c, ns_steps: a, b, c and the number of iterations.
        momentum, nesterov: of the matrices.
        rms_rate: the RMS of a step in units of the rate; None for sqrt(max(1, rows / columns)).
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Any = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.adam_beta_1, self.adam_beta_2, self.epsilon = adam_beta_1, adam_beta_2, epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio, self.momentum, self.ns_steps, self.nesterov = adam_lr_ratio, momentum, ns_steps, nesterov
        self.exclude_embeddings, self.adam_weight_decay, self.rms_rate = exclude_embeddings, adam_weight_decay, rms_rate

    def _follows_adam(self, variable: Variable) -> bool:
        if variable.ndim != 2:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def build(self, variables: list[Variable]) -> None:
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")
        self._velocities = [
            self.add_variable_from_reference(v, "velocity") if self._follows_adam(v) else None for v in variables
        ]

    def _decay_weights(self, variables: list[Variable], rate: Tensor) -> None:
        for v in variables:
            decay = self.adam_weight_decay if self._follows_adam(v) else self.weight_decay
            if decay is not None and self._use_weight_decay(v):
                v.assign(v.value - v.value * (ops.cast(rate, v.dtype) * decay))

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        if self._follows_adam(variable):
            self._adam_step(gradient, variable, learning_rate * self.adam_lr_ratio)
        else:
            self._muon_step(gradient, variable, learning_rate)

    def _muon_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        m = self._momentums[self._get_variable_index(variable)]
        m.assign(m.value * self.momentum + gradient)
        direction = gradient + m.value * self.momentum if self.nesterov else m.value
        step = self._orthogonal(direction) * self._length(variable.shape)
        variable.assign(variable.value - step * learning_rate)

    def _length(self, shape: tuple[int, ...]) -> float:
        rows, columns = shape
        if self.rms_rate is None:
            return math.sqrt(max(1.0, rows / columns))
        return self.rms_rate * math.sqrt(max(rows, columns))

    def _orthogonal(self, g: Tensor) -> Tensor:
        is_tall = g.shape[0] > g.shape[1]  # type: ignore[operator]
        x = ops.transpose(g) if is_tall else g
        x = x / (ops.sqrt(ops.sum(ops.square(x))) + 1e-7)
        for _ in range(self.ns_steps):
            a = ops.matmul(x, ops.transpose(x))
            x = x * self.muon_a + ops.matmul(a * self.muon_b + ops.matmul(a, a) * self.muon_c, x)
        return ops.transpose(x) if is_tall else x

    def _adam_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        assert v is not None
        t = ops.cast(self.iterations + 1, variable.dtype)
        rate = learning_rate * ops.sqrt(1.0 - self.adam_beta_2**t) / (1.0 - self.adam_beta_1**t)
        m.assign(m.value + (gradient - m.value) * (1.0 - self.adam_beta_1))
        v.assign(v.value + (ops.square(gradient) - v.value) * (1.0 - self.adam_beta_2))
        variable.assign(variable.value - m.value * rate / (ops.sqrt(v.value) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        names = (
            "adam_beta_1 adam_beta_2 epsilon exclude_layers muon_a muon_b muon_c adam_lr_ratio momentum ns_steps nesterov "
            "exclude_embeddings adam_weight_decay rms_rate"
        )
        return {**super().get_config(), **attributes(self, names)}
