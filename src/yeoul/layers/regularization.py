"""Layers that disturb or penalise during training."""

from __future__ import annotations

import math
import numbers
from typing import Any

from yeoul import ops, random
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer
from yeoul.random import SeedGenerator
from yeoul.regularizers import L1L2

__all__ = ["ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise"]


def _share(layer: str, rate: Any) -> float:
    if isinstance(rate, bool) or not isinstance(rate, numbers.Real) or not 0 <= float(rate) <= 1:
        raise ValueError(f"{layer}: rate is a share between 0 and 1, and got {rate!r}.")
    return float(rate) if not isinstance(rate, int) else rate


def _noise_shape(layer: Layer, noise_shape: Any, shape: tuple) -> tuple:
    """The noise's shape: None stands for the input's size."""
    if noise_shape is None:
        return shape
    if len(noise_shape) != len(shape):
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r}: noise_shape {tuple(noise_shape)} must have as many axes as the input, "
            f"whose shape is {shape}."
        )
    return tuple(s if n is None else n for n, s in zip(noise_shape, shape, strict=True))


class Dropout(Layer):
    """Sets a share `rate` of the inputs to 0 while training, and divides the others by 1 - rate. Source: Srivastava et al. 2014.

    Args:
        noise_shape: shape of what is drawn, 1 where elements share their fate, None for the input's size.
        seed: makes the draws repeatable.

    Raises: ValueError if rate is not within [0, 1].
    """

    supports_masking = True

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate, self.noise_shape, self.seed = _share(type(self).__name__, rate), noise_shape, seed
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


class AlphaDropout(Layer):
    """Dropout that keeps mean and variance of self-normalising networks: dropped inputs take SELU's lowest value.

    With m = -alpha scale of SELU and q = 1 - rate: a (x or m) + b, where a = (q (1 + rate m^2))^-1/2 and b = -a m rate.
    Source: Klambauer et al. 2017.
    """

    supports_masking = True

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate, self.noise_shape, self.seed = _share("AlphaDropout", rate), noise_shape, seed
        self.seed_generator = SeedGenerator(seed)
        self.built = True

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0 or None in x.shape:
            return x
        lowest = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
        a = ((1.0 - self.rate) * (1.0 + self.rate * lowest**2)) ** -0.5 if self.rate < 1 else 0.0
        b = -a * lowest * self.rate
        drawn = random.uniform(_noise_shape(self, self.noise_shape, x.shape), dtype="float32", seed=self.seed_generator)
        return ops.where(ops.greater_equal(drawn, self.rate), x, lowest) * a + b

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}


class GaussianNoise(Layer):
    """Adds normal noise while training.

    Raises: ValueError if stddev is not within [0, 1].
    """

    supports_masking = True

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= stddev <= 1:
            raise ValueError(f"GaussianNoise: stddev must be between 0 and 1, and got {stddev}.")
        self.stddev, self.seed = stddev, seed
        self.seed_generator = SeedGenerator(seed)
        self.built = True

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.stddev == 0 or None in x.shape:
            return x
        return x + random.normal(x.shape, 0.0, self.stddev, x.dtype, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class GaussianDropout(Layer):
    """Multiplies by normal noise around 1 with variance rate / (1 - rate) while training. Source: Srivastava et al. 2014.

    Raises: ValueError if rate is not within [0, 1).
    """

    supports_masking = True

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"GaussianDropout: rate must be between 0 and 1, and got {rate}.")
        self.rate, self.seed = rate, seed
        self.seed_generator = SeedGenerator(seed)
        self.built = True

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0 or None in x.shape:
            return x
        return x * random.normal(x.shape, 1.0, math.sqrt(self.rate / (1.0 - self.rate)), x.dtype, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


class ActivityRegularization(Layer):
    """Passes its input on and penalises its size: l1 sum(|x|) + l2 sum(x^2), divided by the batch size."""

    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any):
        super().__init__(activity_regularizer=L1L2(l1, l2), **kwargs)
        self.l1, self.l2 = l1, l2
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return x

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return {**config, "l1": self.l1, "l2": self.l2}
