"""Images of another size: every output row (and column) is a weighted sum of input rows, so resizing is two matrix products.

Output place i has its centre at input place (i + 1/2) / scale - 1/2; its weights are kernel(distance), normalised over the
places that exist. With antialiasing and scale < 1 the kernel is stretched by 1 / scale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import rint
from yeoul.ops.functional import clip
from yeoul.ops.image_frames import Frame, cropped
from yeoul.ops.layout import broadcast_primitive, gather_primitive, pad_primitive, slice_primitive
from yeoul.ops.products import matmul
from yeoul.ops.registry import cast, convert
from yeoul.ops.shaping import moveaxis, reshape

__all__ = ["resize", "scale_and_translate"]


def _triangle(d: np.ndarray) -> np.ndarray:
    return np.maximum(0.0, 1.0 - d)


def _cubic(d: np.ndarray) -> np.ndarray:
    """Source: Keys 1981, a = -1/2."""
    near, far = ((1.5 * d - 2.5) * d) * d + 1.0, ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    """Source: Duchon 1979."""
    return lambda d: np.where(d < radius, np.sinc(d) * np.sinc(d / radius), 0.0)


#: Kernels of the distance, by the names of their interpolation.
KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    **dict.fromkeys(("bilinear", "linear", "trilinear"), _triangle),
    **dict.fromkeys(("bicubic", "cubic", "tricubic"), _cubic),
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def resampling_matrix(
    size: int, out: int, scale: float, translation: float, method: str, antialias: bool
) -> np.ndarray:
    """(out, size) weights of input places; a row is zero where its centre lies outside the input."""
    stretch = max(1.0 / scale, 1.0) if antialias else 1.0
    centres = (np.arange(out) + 0.5) / scale - translation / scale - 0.5
    distances = np.abs(centres[:, None] - np.arange(size)) / stretch
    weights = KERNELS[method](distances)
    total = weights.sum(1, keepdims=True)
    weights = np.divide(
        weights, total, out=np.zeros_like(weights), where=np.abs(total) > 1000 * np.finfo(np.float32).eps
    )
    is_inside = (centres >= -0.5) & (centres <= size - 0.5)
    return weights * is_inside[:, None]


def _along(x: Tensor, axis: int, weights: np.ndarray) -> Tensor:
    """The product of `weights` (out, size) with `axis` of x."""
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    columns = int(np.prod(after, dtype=int))  # type: ignore[arg-type]
    y = matmul(cast(weights, x.dtype), reshape(x, (-1, weights.shape[1], columns)))
    return reshape(y, (*before, weights.shape[0], *after))


def _as_before(y: Tensor, dtype: str) -> Tensor:
    """`y` in the dtype of the images: rounded and kept within range if that is an integer."""
    if dtypes.is_integer(dtype):
        limits = np.iinfo(dtypes.to_numpy(dtype))
        return cast(clip(rint(y), float(limits.min), float(limits.max)), dtype)
    return cast(y, dtype)


def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Images of `size` (height, width).

    Args:
        images: (batch, height, width, channels), or one image.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether the kernel grows with the pixels when an image becomes smaller.
        crop_to_aspect_ratio: take the largest centred part with the proportions of `size`.
        pad_to_aspect_ratio: add `fill_value` around until the proportions are those of `size`.

    Raises: ValueError for another interpolation or a size that is not positive.
    """
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"resize: interpolation must be one of {', '.join(INTERPOLATIONS)}, and got {interpolation!r}."
        )
    if not isinstance(size, (tuple, list)) or len(size) != 2 or min(size) < 1:
        raise ValueError(f"resize: size must be (height, width), both positive, and got {size!r}.")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("resize: only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be True.")
    if fill_mode != "constant":
        raise ValueError(f"resize: fill_mode must be 'constant', and got {fill_mode!r}.")
    out = (int(size[0]), int(size[1]))
    frame = Frame("resize", images, data_format)
    x = frame.images
    height, width = x.shape[1:3]
    if height is None or width is None:
        first = slice_primitive(x, starts=(0, 0, 0, 0), stops=(x.shape[0], 1, 1, x.shape[3]), steps=(1, 1, 1, 1))
        return frame.back(broadcast_primitive(first, shape=(x.shape[0], *out, x.shape[3])))
    if crop_to_aspect_ratio:
        rows, columns = min(height, int(width * out[0] / out[1])), min(width, int(height * out[1] / out[0]))
        rows, columns = max(rows, 1), max(columns, 1)
        top, left = (height - rows) // 2, (width - columns) // 2
        x = cropped(x, (top, height - rows - top), (left, width - columns - left))
    elif pad_to_aspect_ratio:
        rows, columns = max(height, int(width * out[0] / out[1])), max(width, int(height * out[1] / out[0]))
        top, left = (rows - height) // 2, (columns - width) // 2  # the same on both sides, as in Keras
        x = pad_primitive(x, widths=((0, 0), (top, top), (left, left), (0, 0)), value=fill_value)
    for axis in (1, 2):
        old, new = x.shape[axis], out[axis - 1]
        if interpolation == "nearest":
            places = np.minimum(((np.arange(new) + 0.5) * (old / new)).astype(np.int32), old - 1)
            x = gather_primitive(x, convert(places), axis=axis)
    if interpolation == "nearest" or x.shape[1:3] == out:
        return frame.back(x)
    y = x if dtypes.is_float(x.dtype) else cast(x, config.floatx())
    for axis in (1, 2):
        old, new = y.shape[axis], out[axis - 1]
        if old != new:
            y = _along(y, axis, resampling_matrix(old, new, new / old, 0.0, interpolation, antialias))
    return frame.back(_as_before(y, x.dtype))


def scale_and_translate(
    images: Any, output_shape: Any, scale: Any, translation: Any, spatial_dims: Any, method: str, antialias: bool = True
) -> Tensor:
    """Images enlarged by `scale` and moved by `translation` (in output pixels) along `spatial_dims`.

    Args:
        output_shape: whole shape of the result.
        scale, translation: one number for each of `spatial_dims`; their values must be known.
        method: "linear", "cubic", "lanczos3", "lanczos5" (or "bilinear", "bicubic", ...).

    Raises: ValueError for another method.
    """
    if method not in KERNELS:
        raise ValueError(f"scale_and_translate: method must be one of {', '.join(KERNELS)}, and got {method!r}.")
    x = convert(images)
    y = x if dtypes.is_float(x.dtype) else cast(x, config.floatx())
    factors, moves = np.asarray(convert(scale), np.float64), np.asarray(convert(translation), np.float64)
    for axis, factor, move in zip(spatial_dims, factors, moves, strict=True):
        axis = axis % x.ndim
        weights = resampling_matrix(y.shape[axis], output_shape[axis], float(factor), float(move), method, antialias)  # type: ignore[arg-type]
        y = moveaxis(matmul(moveaxis(y, axis, -1), cast(weights.T, y.dtype)), -1, axis)
    return _as_before(y, x.dtype)
