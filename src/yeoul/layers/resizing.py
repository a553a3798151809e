"""Layers that bring images to one size."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import dtypes
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import positive_int
from yeoul.layers.layer import Layer
from yeoul.serialization import attributes

__all__ = ["CenterCrop", "Resizing"]


class Resizing(Layer):
    """Images of `height` and `width`, whatever size they had.

    Args:
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: take the largest centred part with the new proportions.
        pad_to_aspect_ratio: add `fill_value` around until the proportions are the new ones.
        antialias: whether pixels are averaged when images become smaller.
        data_format: "channels_last" or "channels_first"; that of the configuration if None.

    Shapes: (batch, ..., ..., channels) -> (batch, height, width, channels); one image without a batch too. Integers stay integers.
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.height, self.width = positive_int("Resizing", "height", height), positive_int("Resizing", "width", width)
        self.interpolation, self.antialias = interpolation, antialias
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_mode, self.fill_value = fill_mode, fill_value
        self.data_format = standardize_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        return ops.image.resize(
            x,
            (self.height, self.width),
            self.interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )

    def get_config(self) -> dict[str, Any]:
        names = (
            "data_format height width interpolation crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value "
            "antialias"
        )
        return {**super().get_config(), **attributes(self, names)}


class CenterCrop(Layer):
    """The middle of images, `height` by `width`; smaller images are enlarged first until they cover it.

    Shapes: (batch, ..., ..., channels) -> (batch, height, width, channels); one image without a batch too.
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.height = positive_int("CenterCrop", "height", height)
        self.width = positive_int("CenterCrop", "width", width)
        self.data_format = standardize_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        if x.ndim not in (3, 4):
            raise ValueError(
                f"CenterCrop {self.name!r} takes one image (rank 3) or a batch of images (rank 4), and got shape {x.shape}."
            )
        x = x if dtypes.is_float(x.dtype) else ops.cast(x, self.compute_dtype)
        first = x.ndim - 3 if self.data_format == "channels_last" else x.ndim - 2
        height, width = x.shape[first : first + 2]
        if height is None or width is None or height < self.height or width < self.width:
            size = (self.height, self.width)
            return ops.image.resize(x, size, crop_to_aspect_ratio=True, data_format=self.data_format)
        return ops.image.crop_images(
            x,
            top_cropping=(height - self.height) // 2,
            left_cropping=(width - self.width) // 2,
            target_height=self.height,
            target_width=self.width,
            data_format=self.data_format,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "data_format height width")}
