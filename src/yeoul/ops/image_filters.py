"""Images seen through windows: blur, edges, similarity, patches."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core.tensor import Tensor
from yeoul.ops.convolution import depthwise_conv, explicit_padding, per_axis, window_counts
from yeoul.ops.image_frames import Frame
from yeoul.ops.layout import pad_primitive, slice_primitive
from yeoul.ops.reductions import mean
from yeoul.ops.registry import as_float, cast, convert
from yeoul.ops.shaping import concatenate, pad, reshape, stack, transpose

__all__ = ["extract_patches", "extract_patches_3d", "gaussian_blur", "sobel_edges", "ssim"]


def _bell(size: int, sigma: float) -> np.ndarray:
    places = np.arange(size) - (size - 1) / 2.0
    weights = np.exp(-0.5 * (places / sigma) ** 2)
    return weights / weights.sum()


def _filtered(x: Tensor, window: np.ndarray, padding: str) -> Tensor:
    """Each channel under the same (height, width) or (height, width, outputs) window."""
    window = window.reshape(*window.shape[:2], 1, -1)
    kernel = np.broadcast_to(window, (*window.shape[:2], x.shape[-1], window.shape[-1]))  # type: ignore[arg-type]
    return depthwise_conv(x, cast(np.ascontiguousarray(kernel), x.dtype), 1, padding, "channels_last")


def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Tensor:
    """Images averaged under a bell of `kernel_size` (height, width) and standard deviations `sigma` (across, down).

    Zeros lie outside.
    """
    rows, columns = per_axis(kernel_size, 2, "gaussian_blur: kernel_size")
    across, down = (sigma, sigma) if isinstance(sigma, (int, float)) else np.asarray(convert(sigma)).tolist()
    frame = Frame("gaussian_blur", images, data_format)
    window = np.outer(_bell(rows, down), _bell(columns, across))
    return frame.back(cast(_filtered(as_float(frame.images), window, "same"), frame.images.dtype))


def sobel_edges(images: Any, data_format: str | None = None) -> Tensor:
    """Derivatives (down, across) of each channel, on a new last axis. Source: Sobel & Feldman 1968."""
    frame = Frame("sobel_edges", images, data_format)
    x = pad(as_float(frame.images), ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect")
    down = np.outer([-1.0, 0.0, 1.0], [1.0, 2.0, 1.0])
    y = _filtered(x, np.stack([down, down.T], -1), "valid")
    *lead, channels = y.shape
    edges = reshape(y, (*(-1 if s is None else s for s in lead), channels // 2, 2))  # type: ignore[operator]
    parts = [frame.back(edges[..., i]) for i in (0, 1)]
    return stack(parts, -1)


def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """Structural similarity of two images, 1 if they are equal: one number for each pair. Source: Wang et al. 2004."""
    first, second = Frame("ssim", image1, data_format), Frame("ssim", image2, data_format)
    a, b = as_float(first.images), as_float(second.images)
    bell = np.outer(_bell(filter_size, filter_sigma), _bell(filter_size, filter_sigma))

    def local(x: Tensor) -> Tensor:
        return _filtered(x, bell, "valid")

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_a, mean_b = local(a), local(b)
    product = mean_a * mean_b
    squares = mean_a * mean_a + mean_b * mean_b
    covariance, variances = local(a * b) - product, local(a * a + b * b) - squares
    likeness = (product * 2.0 + c1) / (squares + c1) * ((covariance * 2.0 + c2) / (variances + c2))
    found = mean(likeness, (1, 2, 3))
    return reshape(found, ()) if first.is_single else found


def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The content of windows: (batch, height, width, channels) -> (batch, rows, columns, size[0] size[1] channels).

    Args:
        images: a batch or one image; volumes if `size` has three numbers.
        size: of the window.
        strides: steps between windows; `size` if None.
        dilation_rate: steps between elements of a window.
        padding: "valid", or "same" with zeros around.
    """
    if isinstance(size, (tuple, list)) and len(size) == 3:
        return extract_patches_3d(images, size, strides, dilation_rate, padding, data_format)
    return _patches("extract_patches", images, size, strides, dilation_rate, padding, data_format, 2)


def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """`extract_patches` of volumes: (batch, depth, height, width, channels) -> (batch, *windows, product of size * channels)."""
    return _patches("extract_patches_3d", volumes, size, strides, dilation_rate, padding, data_format, 3)


def _patches(
    name: str,
    images: Any,
    size: Any,
    strides: Any,
    dilation_rate: Any,
    padding: str,
    data_format: str | None,
    rank: int,
) -> Tensor:
    window = per_axis(size, rank, f"{name}: size")
    steps = window if strides is None else per_axis(strides, rank, f"{name}: strides")
    dilation = per_axis(dilation_rate, rank, f"{name}: dilation_rate")
    frame = Frame(name, images, data_format, rank)
    x = frame.images
    pads = explicit_padding(name, x, padding, window, steps, dilation)
    counts = window_counts(name, x.shape[1:-1], window, steps, pads, dilation)
    if any(a or b for a, b in pads):
        x = pad_primitive(x, widths=((0, 0), *pads, (0, 0)), value=0)
    batch, channels = x.shape[0], x.shape[-1]
    if steps == window and max(dilation) == 1 and None not in counts:
        # Windows that do not overlap only change the order of elements.
        stops = tuple(n * k for n, k in zip(counts, window, strict=True))  # type: ignore[operator]
        x = slice_primitive(x, starts=(0,) * x.ndim, stops=(batch, *stops, channels), steps=(1,) * x.ndim)
        apart = [v for pair in zip(counts, window, strict=True) for v in pair]
        x = reshape(x, (batch, *apart, channels))
        x = transpose(x, (0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1))
        return frame.back(reshape(x, (batch, *counts, int(np.prod(window)) * channels)))  # type: ignore[operator]
    parts = []
    for place in np.ndindex(*window):
        starts = tuple(p * d for p, d in zip(place, dilation, strict=True))
        stops = tuple(None if n is None else a + (n - 1) * s + 1 for a, n, s in zip(starts, counts, steps, strict=True))
        parts.append(slice_primitive(x, starts=(0, *starts, 0), stops=(batch, *stops, channels), steps=(1, *steps, 1)))
    return frame.back(concatenate(parts, -1))
