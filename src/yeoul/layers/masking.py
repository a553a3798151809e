"""Masking: entries of a sequence that do not count."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.masks import set_keras_mask
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer

__all__ = ["Masking"]


class Masking(Layer):
    """Hides the time steps all of whose features are `mask_value`: they become 0, and the output's mask is False there.

    Shapes: input (batch, time, features) -> the same, with a mask (batch, time).
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        if mask_value is None:
            raise ValueError("Masking: mask_value is the number that marks steps to skip, and got None.")
        self.mask_value = mask_value
        self.built = True

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Tensor:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Tensor) -> Tensor:
        is_seen = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        y = inputs * ops.cast(is_seen, inputs.dtype)
        set_keras_mask(y, ops.squeeze(is_seen, -1))
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}
