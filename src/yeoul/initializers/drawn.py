"""First values drawn from one distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import random
from yeoul.core.tensor import Tensor
from yeoul.initializers.initializer import Initializer
from yeoul.serialization import serialize_keras_object


class RandomInitializer(Initializer):
    """An initializer with a seed, which gives the same values at every call; a `SeedGenerator` gives others each time.

    Without a seed, one is drawn from the global seed.
    """

    def __init__(self, seed: Any = None):
        is_generator = hasattr(seed, "next") and hasattr(seed, "state")
        if isinstance(seed, dict):
            seed, is_generator = random.SeedGenerator.from_config(seed["config"]), True
        if seed is not None and not is_generator and not isinstance(seed, (int, np.integer)):
            raise ValueError(
                f"{type(self).__name__}: seed must be an integer, a SeedGenerator or None, and got {seed!r}."
            )
        self._given = seed
        self.seed = random.next_seed() if seed is None else seed

    def get_config(self) -> dict[str, Any]:
        return {"seed": serialize_keras_object(self._given)}


class RandomNormal(RandomInitializer):
    """Normal with `mean` and `stddev`."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return random.normal(shape, self.mean, self.stddev, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal within two standard deviations."""

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(RandomInitializer):
    """Uniform on [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return random.uniform(shape, self.minval, self.maxval, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}
