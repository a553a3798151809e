"""Orthogonal matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul import ops, random
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.initializers.drawn import RandomInitializer


class Orthogonal(RandomInitializer):
    """A matrix with orthonormal rows or columns, times `gain`. Source: Saxe et al. 2014."""

    def __init__(self, gain: float = 1.0, seed: Any = None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal needs a shape of rank 2 or more, and got {tuple(shape)}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        square = random.normal((max(rows, columns), min(rows, columns)), seed=self.seed).numpy()
        q, r = np.linalg.qr(square.astype(np.float64))
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # makes the draw uniform over all orthogonal matrices
        q = q.T if rows < columns else q
        return ops.convert_to_tensor(self.gain * q.reshape(shape), dtype or config.floatx())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}
