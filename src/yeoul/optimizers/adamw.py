"""The optimizer AdamW."""

from __future__ import annotations

from typing import Any

from yeoul.optimizers.adam import Adam


class AdamW(Adam):
    """Adam with weight decay apart from the gradient. Source: Loshchilov & Hutter 2019."""

    def __init__(self, learning_rate: Any = 0.001, weight_decay: float = 0.004, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
                 amsgrad: bool = False, *shared: Any, **kwargs: Any):  # fmt: skip
        if weight_decay is None:
            raise ValueError("AdamW: weight_decay must be a number, and got None. Use Adam to train without decay.")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, *shared, **kwargs)
