"""Images to patches and back: fold and unfold, space to depth and depth to space."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core.tensor import Tensor
from yeoul.ops.layout import scatter_add_primitive
from yeoul.ops.registry import convert
from yeoul.ops.shaping import pad, reshape, take, transpose

__all__ = ["depth_to_space", "fold", "space_to_depth", "unfold"]


def _two(value: Any) -> tuple[int, int]:
    return (int(value), int(value)) if isinstance(value, (int, np.integer)) else (int(value[0]), int(value[1]))


def _places(size: tuple[int, int], kernel: Any, dilation: Any, padding: Any, stride: Any, name: str) -> np.ndarray:
    """Where each element of each patch lies in the padded, flattened image: (kernel elements, patches)."""
    axes = []
    for length, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True):
        count = (length + 2 * p - d * (k - 1) - 1) // s + 1
        if count < 1:
            raise ValueError(f"{name}: a kernel of {k} with dilation {d} does not fit into {length} with padding {p}.")
        axes.append(np.arange(k)[:, None] * d + np.arange(count) * s)
    rows, columns = axes
    width = size[1] + 2 * padding[1]
    places = rows[:, None, :, None] * width + columns[None, :, None, :]
    return places.reshape(rows.shape[0] * columns.shape[0], -1).astype(np.int32)


def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Patches of images: (batch, channels, height, width) -> (batch, channels * kernel elements, patches).

    Raises: ValueError if the rank is not 4 or the kernel does not fit.
    """
    x = convert(x)
    if x.ndim != 4:
        raise ValueError(f"Input must be a 4D tensor. Received: input.shape={x.shape}")
    kernel, dilation, padding, stride = (_two(v) for v in (kernel_size, dilation, padding, stride))
    channels, *size = x.shape[1:]
    places = _places((size[0], size[1]), kernel, dilation, padding, stride, "unfold")  # type: ignore[arg-type]
    x = pad(x, [(0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2])
    flat = reshape(x, (-1, channels, x.shape[2] * x.shape[3]))  # type: ignore[operator]
    return reshape(take(flat, places, 2), (-1, channels * places.shape[0], places.shape[1]))  # type: ignore[operator]


def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Patches added up where they lie: (batch, channels * kernel elements, patches) -> (batch, channels, *output_size).

    Raises: ValueError if sizes do not fit together.
    """
    x = convert(x)
    size, kernel, dilation, padding, stride = (_two(v) for v in (output_size, kernel_size, dilation, padding, stride))
    places = _places(size, kernel, dilation, padding, stride, "fold")
    elements, patches = places.shape
    if x.ndim != 3 or x.shape[1] % elements or x.shape[2] != patches:  # type: ignore[operator]
        raise ValueError(
            f"fold: the input must have shape (batch, a multiple of {elements}, {patches}) for this kernel and output_size, "
            f"and has {x.shape}."
        )
    channels = x.shape[1] // elements  # type: ignore[operator]
    height, width = size[0] + 2 * padding[0], size[1] + 2 * padding[1]
    parts = reshape(x, (-1, channels, elements, patches))
    flat = scatter_add_primitive(parts, convert(places), axis=2, size=height * width, rank=2)
    y = reshape(flat, (-1, channels, height, width))
    return y[:, :, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]


def _channels_last(x: Any, block_size: int, data_format: str, name: str) -> tuple[Tensor, bool]:
    x = convert(x)
    if block_size < 2:
        raise ValueError(f"`block_size` must be at least 2. Received: block_size={block_size}")
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    if x.ndim != 4:
        raise ValueError(f"{name} needs images of rank 4, and got shape {x.shape}.")
    is_first = data_format == "channels_first"
    return (transpose(x, (0, 2, 3, 1)) if is_first else x), is_first


def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Blocks of pixels become channels: (batch, h b, w b, c) -> (batch, h, w, b b c).

    Raises: ValueError if height or width is no multiple of the block size.
    """
    x, is_first = _channels_last(x, block_size, data_format, "space_to_depth")
    b, (height, width, channels) = block_size, x.shape[1:]
    if height % b or width % b:  # type: ignore[operator]
        raise ValueError(f"space_to_depth: height {height} and width {width} must be multiples of block_size {b}.")
    h, w = height // b, width // b  # type: ignore[operator]
    y = transpose(reshape(x, (-1, h, b, w, b, channels)), (0, 1, 3, 2, 4, 5))
    y = reshape(y, (-1, h, w, b * b * channels))  # type: ignore[operator]
    return transpose(y, (0, 3, 1, 2)) if is_first else y


def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Channels become blocks of pixels: (batch, h, w, b b c) -> (batch, h b, w b, c).

    Raises: ValueError if the channels are no multiple of the square of the block size.
    """
    x, is_first = _channels_last(x, block_size, data_format, "depth_to_space")
    b, (height, width, channels) = block_size, x.shape[1:]
    if channels % (b * b):  # type: ignore[operator]
        raise ValueError(f"depth_to_space: the {channels} channels must be a multiple of block_size ** 2 = {b * b}.")
    depth = channels // (b * b)  # type: ignore[operator]
    y = transpose(reshape(x, (-1, height, width, b, b, depth)), (0, 1, 3, 2, 4, 5))
    y = reshape(y, (-1, height * b, width * b, depth))  # type: ignore[operator]
    return transpose(y, (0, 3, 1, 2)) if is_first else y
