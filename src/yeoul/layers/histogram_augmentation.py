"""Layers that spread the brightness of images over its whole range."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import positive_int
from yeoul.layers.image_augmentation import ImageAugmentation, valid_range

__all__ = ["AutoContrast", "Equalization"]


class AutoContrast(ImageAugmentation):
    """Stretches each channel of each image over the whole `value_range`, also without training."""

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any):
        super().__init__(**kwargs)
        self.value_range = valid_range("AutoContrast", value_range)

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.unvaried(images)

    def unvaried(self, images: Tensor) -> Tensor:
        low, high = map(float, self.value_range)
        smallest = ops.min(images, (1, 2), keepdims=True)
        reach = ops.max(images, (1, 2), keepdims=True) - smallest
        scale = (high - low) / ops.where(reach > 0, reach, 1.0)
        return ops.where(reach > 0, (images - smallest) * scale + low, images)

    def get_config(self) -> dict[str, Any]:
        found = super().get_config()
        found.pop("seed")
        return {**found, "value_range": self.value_range}


class Equalization(ImageAugmentation):
    """Spreads the values of each channel so that all ranges of brightness hold as many pixels; while training only.

    A pixel becomes (c(x) - c0) / (n - c0) of the value range, in 255 steps, where c(x) of the n pixels of the channel lie in its bin
    or below, and c0 in the lowest bin that holds any. As in Keras, these are the pixels of the whole batch. Channels whose pixels all
    lie in one bin stay as they are.

    Args:
        value_range: smallest and largest value of a pixel.
        bins: into how many bins the values go; the highest holds only the largest value.
    """

    def __init__(self, value_range: Any = (0, 255), bins: int = 256, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = valid_range("Equalization", value_range)
        self.bins = positive_int("Equalization", "bins", bins)

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        low, high = map(float, self.value_range)
        channels = int(images.shape[-1])  # type: ignore[arg-type]
        scale = 255.0 / (high - low)  # in this order, so that whole levels round as Keras' do
        scaled = (images * scale - low * scale) * ((self.bins - 1) / 255.0)
        places = ops.cast(ops.clip(scaled, 0.0, self.bins - 1.0), "int32") + np.arange(channels) * self.bins
        flat = ops.reshape(places, (-1,))
        counts = ops.segment_sum(ops.ones_like(flat, "float32"), flat, channels * self.bins)
        below = ops.cumsum(ops.reshape(counts, (channels, self.bins)), -1)
        lowest = ops.min(ops.where(below > 0, below, below[:, -1:]), -1, keepdims=True)
        spread = below[:, -1:] - lowest
        levels = ops.round((below - lowest) * 255.0 / ops.where(spread > 0, spread, 1.0))
        y = ops.take(ops.reshape(levels, (-1,)), places) * ((high - low) / 255.0) + low
        return ops.where(ops.reshape(spread, (channels,)) > 0, ops.cast(y, images.dtype), images)

    def get_config(self) -> dict[str, Any]:
        found = super().get_config()
        found.pop("seed")
        return {**found, "bins": self.bins, "value_range": self.value_range}
