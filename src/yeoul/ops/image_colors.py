"""Colours: red, green, blue to grey, to hue, saturation, value, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import absolute, equal, select
from yeoul.ops.functional import clip
from yeoul.ops.image_frames import Frame
from yeoul.ops.reductions import max as largest
from yeoul.ops.reductions import min as smallest
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import cast
from yeoul.ops.shaping import concatenate, split

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]

#: Shares of red, green and blue in brightness. Source: ITU-R BT.601.
LUMA = (0.2989, 0.5870, 0.1140)


def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Tensor:
    """0.2989 red + 0.5870 green + 0.1140 blue, with one channel; images of one channel stay as they are."""
    frame = Frame("rgb_to_grayscale", images, data_format)
    x = frame.images
    if x.shape[-1] == 1:
        return frame.back(x)
    if x.shape[-1] != 3:
        raise ValueError(f"rgb_to_grayscale takes images of 1 or 3 channels, and got {x.shape[-1]}.")
    y = x if dtypes.is_float(x.dtype) else cast(x, config.floatx())
    return frame.back(cast(sum_of(y * cast(np.array(LUMA), y.dtype), -1, keepdims=True), x.dtype))


def _float_channels(name: str, images: Any, data_format: str | None) -> tuple[Frame, list[Tensor]]:
    frame = Frame(name, images, data_format)
    x = frame.images
    if not dtypes.is_float(x.dtype):
        raise ValueError(f"{name} takes floats from 0 to 1, and got {x.dtype}. Cast the images and divide them by 255.")
    if x.shape[-1] != 3:
        raise ValueError(f"{name} takes images of 3 channels, and got {x.shape[-1]}.")
    return frame, split(x, 3, -1)


def rgb_to_hsv(images: Any, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value of red, green and blue, all in [0, 1]. Source: Smith 1978.

    Raises: ValueError if the images hold integers or have no 3 channels.
    """
    frame, (red, green, blue) = _float_channels("rgb_to_hsv", images, data_format)
    value = largest(frame.images, -1, keepdims=True)
    reach = value - smallest(frame.images, -1, keepdims=True)
    saturation = select(value > 0, reach / select(value > 0, value, 1.0), 0.0)
    unit = 1.0 / (select(reach > 0, reach, 1.0) * 6.0)
    hue = select(
        equal(red, value),
        (green - blue) * unit,
        select(equal(green, value), (blue - red) * unit + 2.0 / 6.0, (red - green) * unit + 4.0 / 6.0),
    )
    hue = select(reach > 0, hue, 0.0)
    return frame.back(concatenate([select(hue < 0, hue + 1.0, hue), saturation, value], -1))


def hsv_to_rgb(images: Any, data_format: str | None = None) -> Tensor:
    """Red, green and blue of hue, saturation and value, all in [0, 1].

    Raises: ValueError if the images hold integers or have no 3 channels.
    """
    frame, (hue, saturation, value) = _float_channels("hsv_to_rgb", images, data_format)
    h = hue * 6.0
    pure = (absolute(h - 3.0) - 1.0, 2.0 - absolute(h - 2.0), 2.0 - absolute(h - 4.0))
    return frame.back(concatenate([(1.0 - saturation + saturation * clip(p, 0.0, 1.0)) * value for p in pure], -1))
