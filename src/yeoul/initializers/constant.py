"""First values that are the same every time."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.initializers.initializer import Initializer


class Constant(Initializer):
    """`value` everywhere; an array is broadcast to the shape."""

    def __init__(self, value: Any = 0.0):
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        if np.ndim(self.value):
            return ops.broadcast_to(ops.convert_to_tensor(self.value, dtype or config.floatx()), tuple(shape))
        return ops.full(shape, self.value, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"value": np.asarray(self.value).tolist()}


class Zeros(Initializer):
    """0 everywhere."""

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return ops.zeros(shape, dtype)


class Ones(Initializer):
    """1 everywhere."""

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return ops.ones(shape, dtype)


class Identity(Initializer):
    """The identity matrix times `gain`."""

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices, and got shape {tuple(shape)}.")
        return ops.cast(ops.eye(shape[0], shape[1], dtype=dtype) * self.gain, dtype or config.floatx())

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
