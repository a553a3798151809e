"""Layers that disturb or penalise during training."""

from __future__ import annotations

import math
from typing import Any

from yeoul import ops, random
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer
from yeoul.random import SeedGenerator
from yeoul.regularizers import L1L2


class Dropout(Layer):
    """Sets a share `rate` of the inputs to 0 while training, and divides the others by 1 - rate. Source: Srivastava et al. 2014.

    Raises: ValueError if rate is not within [0, 1].
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(f"Dropout: rate is a share between 0 and 1, and got {rate}.")
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed
        self.seed_generator = SeedGenerator(seed)
        self.built = True

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0:
            return x
        if self.rate == 1:
            return ops.zeros_like(x)
        return random.dropout(x, self.rate, self.noise_shape, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}


class GaussianNoise(Layer):
    """Adds normal noise while training."""

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= stddev <= 1:
            raise ValueError(f"GaussianNoise: stddev must be between 0 and 1, and got {stddev}.")
        self.stddev, self.seed = stddev, seed
        self.seed_generator = SeedGenerator(seed)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.stddev == 0 or None in x.shape:
            return x
        return x + random.normal(x.shape, 0.0, self.stddev, x.dtype, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class GaussianDropout(Layer):
    """Multiplies by normal noise around 1 with variance rate / (1 - rate) while training."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"GaussianDropout: rate must be between 0 and 1, and got {rate}.")
        self.rate, self.seed = rate, seed
        self.seed_generator = SeedGenerator(seed)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0 or None in x.shape:
            return x
        return x * random.normal(x.shape, 1.0, math.sqrt(self.rate / (1.0 - self.rate)), x.dtype, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


class ActivityRegularization(Layer):
    """Passes its input on and penalises its size."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any):
        super().__init__(activity_regularizer=L1L2(l1, l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def call(self, x: Tensor) -> Tensor:
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "l1": self.l1, "l2": self.l2}
