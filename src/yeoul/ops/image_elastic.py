"""Images bent like rubber: every pixel is read a little beside its place, neighbours nearly alike."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core.tensor import Tensor
from yeoul.ops.convolution import depthwise_conv
from yeoul.ops.elementwise import exp, maximum, square
from yeoul.ops.functional import stop_gradient
from yeoul.ops.image_frames import Frame
from yeoul.ops.image_sampling import check_modes, sample_images
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import cast, convert
from yeoul.ops.shaping import reshape

__all__ = ["elastic_transform"]


def smooth_displacements(noise: Tensor, alpha: Any, sigma: Any, radius: int) -> Tensor:
    """alpha sigma noise, averaged under a bell of standard deviation `sigma` that reaches `radius` pixels: (batch, height, width, 2)."""
    places = np.arange(-radius, radius + 1, dtype=np.float32)
    bell = exp(square(convert(places) / maximum(sigma, 1e-3)) * -0.5)
    bell = cast(bell / sum_of(bell), noise.dtype)
    size = 2 * radius + 1
    for shape in ((size, 1, 1, 1), (1, size, 1, 1)):
        kernel = reshape(bell, shape) * convert(np.ones((1, 1, 2, 1), np.float32), noise.dtype)
        noise = depthwise_conv(noise, kernel, 1, "same", "channels_last")
    return noise * (alpha * sigma)


def displaced_images(x: Tensor, displacements: Tensor, interpolation: str, fill_mode: str, fill_value: float) -> Tensor:
    """A channels-last batch whose pixel (x, y) is read at (x, y) + displacements (batch, height, width, 2)."""
    height, width = x.shape[1:3]
    xs = displacements[..., 0] + np.arange(width, dtype=np.float32)  # type: ignore[arg-type]
    ys = displacements[..., 1] + np.arange(height, dtype=np.float32)[:, None]  # type: ignore[arg-type]
    return sample_images(x, ys, xs, interpolation, fill_mode, fill_value)


def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Images bent at random, each by itself. Source: Simard, Steinkraus & Platt 2003.

    Args:
        images: (batch, height, width, channels), or one image.
        alpha: strength; displacements have a standard deviation of alpha / (2 sqrt(pi)) pixels.
        sigma: how far the bending is alike, in pixels: the standard deviation of the bell that smooths it.
        interpolation, fill_mode, fill_value: as in `affine_transform`.
        seed: an integer or a `SeedGenerator`; the global one if None.

    Raises: ValueError for another mode or rank.
    """
    from yeoul import random  # it is written in ops

    check_modes("elastic_transform", interpolation, fill_mode)
    frame = Frame("elastic_transform", images, data_format)
    x = frame.images
    if None in x.shape:
        return frame.back(x)  # only the shape matters while sizes are unknown
    noise = random.normal((*x.shape[:3], 2), dtype="float32", seed=seed)
    displacements = smooth_displacements(noise, alpha, sigma, max(1, math.ceil(3 * sigma)))
    return frame.back(displaced_images(x, stop_gradient(displacements), interpolation, fill_mode, fill_value))
