"""Sizes of images on their way from files, in plain NumPy so that threads can do it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul.core.config import standardize_data_format
from yeoul.ops.image_resizing import KERNELS

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def _gaussian(d: np.ndarray) -> np.ndarray:
    return np.where(d < 1.5, np.exp(-2.0 * d**2), 0.0)


def _mitchell(d: np.ndarray) -> np.ndarray:
    """Source: Mitchell & Netravali 1988, B = C = 1/3."""
    near = (7 * d**3 - 12 * d**2 + 16 / 3) / 6
    far = (-7 / 3 * d**3 + 12 * d**2 - 20 * d + 32 / 3) / 6
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))


_KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    **KERNELS,
    "gaussian": _gaussian,
    "mitchellcubic": _mitchell,
}


@functools.lru_cache(maxsize=256)
def _weights(size: int, out: int, method: str) -> np.ndarray:
    """(out, size) weights of input places."""
    if method == "area":
        edges = np.arange(out + 1) * (size / out)
        places = np.arange(size)
        covered = np.minimum(edges[1:, None], places + 1) - np.maximum(edges[:-1, None], places)
        weights = np.maximum(covered, 0.0)
    elif method == "nearest":
        places = np.minimum(((np.arange(out) + 0.5) * (size / out)).astype(int), size - 1)
        weights = np.eye(size)[places]
    else:
        centres = (np.arange(out) + 0.5) * (size / out) - 0.5
        weights = _KERNELS[method](np.abs(centres[:, None] - np.arange(size)))
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def resized(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """float32 (*size, channels) from (height, width, channels)."""
    x = np.asarray(image, np.float32)
    if x.shape[0] != size[0]:
        x = np.tensordot(_weights(x.shape[0], size[0], interpolation), x, (1, 0))
    if x.shape[1] != size[1]:
        x = np.matmul(_weights(x.shape[1], size[1], interpolation), x)
    return np.ascontiguousarray(x)


def centred_part(height: int, width: int, rows: int, columns: int) -> tuple[int, int, int, int]:
    """(top, left, height, width) of the largest centred part with the proportions of (rows, columns)."""
    tall = max(min(height, int(width * rows / columns)), 1)
    wide = max(min(width, int(height * columns / rows)), 1)
    return (height - tall) // 2, (width - wide) // 2, tall, wide


def resized_inside(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """The whole image in its proportions, as large as fits into `size`, with zeros around it."""
    height, width = image.shape[:2]
    ratio = max(height / size[0], width / size[1])
    inner = max(int(height / ratio), 1), max(int(width / ratio), 1)
    top, left = int((size[0] - height / ratio) / 2), int((size[1] - width / ratio) / 2)
    made = np.zeros((*size, image.shape[2]), np.float32)
    made[top : top + inner[0], left : left + inner[1]] = resized(image, inner, interpolation)
    return made


def check_size(size: Any, name: str) -> tuple[int, int]:
    """Raises: ValueError if `size` is not (height, width)."""
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError(f"Invalid `{name}` value. Expected a tuple of 2 integers. Received: {name}={size}")
    return int(size[0]), int(size[1])


def smart_resize(
    x: Any, size: Any, interpolation: str = "bilinear", data_format: str = "channels_last", **kwargs: Any
) -> np.ndarray:
    """Images of another size without distortion: the largest centred part with the proportions of `size`, resized.

    Args:
        x: (height, width, channels) or (batch, height, width, channels).
        size: (height, width).

    Raises: ValueError for another size or shape.
    """
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers, but got: {size}.")
    images = np.asarray(x)
    if images.ndim not in (3, 4):
        raise ValueError(
            "Expected an image array with shape `(height, width, channels)`, or `(batch_size, height, width, "
            f"channels)`, but got input with incorrect rank, of shape {images.shape}."
        )
    is_first = standardize_data_format(data_format) == "channels_first"
    batch = images if images.ndim == 4 else images[None]
    batch = np.moveaxis(batch, 1, -1) if is_first else batch
    top, left, tall, wide = centred_part(batch.shape[1], batch.shape[2], *size)
    parts = batch[:, top : top + tall, left : left + wide]
    made = np.stack([resized(part, (int(size[0]), int(size[1])), interpolation) for part in parts])
    made = np.moveaxis(made, -1, 1) if is_first else made
    made = made.astype(images.dtype) if images.dtype.kind == "f" else made
    return made if images.ndim == 4 else made[0]
