"""Layers that enlarge sequences, images and volumes without weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import ints_per_axis
from yeoul.layers.padding import Spatial
from yeoul.serialization import attributes

__all__ = ["UpSampling1D", "UpSampling2D", "UpSampling3D"]

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def repeated(x: Tensor, axis: int, times: int) -> Tensor:
    """Each place along `axis` `times` times."""
    if times == 1 or x.shape[axis] is None:  # an unknown size stays unknown
        return x
    if x.shape.count(None) > 1:  # only the shape matters while sizes are unknown
        return ops.concatenate([x] * times, axis)
    before, after = x.shape[: axis + 1], x.shape[axis + 1 :]
    spread = ops.broadcast_to(ops.expand_dims(x, axis + 1), (*before, times, *after))
    return ops.reshape(spread, (*before[:-1], before[-1] * times, *after))  # type: ignore[operator]


class UpSampling1D(Spatial):
    """Each step `size` times: (batch, steps, features) -> (batch, steps * size, features)."""

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any):
        super().__init__("channels_last", **kwargs)
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"UpSampling1D: size must be a positive integer, and got {size!r}.")
        self.size = int(size)

    def call(self, x: Tensor) -> Tensor:
        return repeated(x, 1, self.size)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


class UpSampling2D(Spatial):
    """Images size[0] times as high and size[1] times as wide.

    Args:
        size: an int, or one for each axis.
        data_format: "channels_last" or "channels_first"; that of the configuration if None.
        interpolation: "nearest" repeats pixels; "bilinear", "bicubic", "lanczos3" and "lanczos5" are those of `ops.image.resize`.

    Raises: ValueError for another interpolation.
    """

    rank = 2

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ):
        super().__init__(data_format, **kwargs)
        self.size = ints_per_axis("UpSampling2D", "size", size, 2)
        if interpolation not in INTERPOLATIONS:
            raise ValueError(
                f"UpSampling2D: interpolation must be one of {', '.join(map(repr, INTERPOLATIONS))}, and got {interpolation!r}."
            )
        self.interpolation = interpolation

    def call(self, x: Tensor) -> Tensor:
        height, width = x.shape[self.first_axis : self.first_axis + 2]
        if self.interpolation == "nearest" or height is None or width is None:
            return repeated(repeated(x, self.first_axis, self.size[0]), self.first_axis + 1, self.size[1])
        size = (height * self.size[0], width * self.size[1])
        return ops.image.resize(x, size, self.interpolation, data_format=self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "size data_format interpolation")}


class UpSampling3D(Spatial):
    """Each place of a volume size[0] x size[1] x size[2] times.

    Args:
        size: an int, or one for each axis.
        data_format: "channels_last" or "channels_first"; that of the configuration if None.
    """

    rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.size = ints_per_axis("UpSampling3D", "size", size, 3)

    def call(self, x: Tensor) -> Tensor:
        for axis, times in enumerate(self.size, self.first_axis):
            x = repeated(x, axis, times)
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}
