"""Layers that spread the brightness of images over its whole range."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import ints_per_axis, positive_int
from yeoul.layers.image_augmentation import ImageAugmentation, valid_range
from yeoul.serialization import attributes

__all__ = ["AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization"]


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


class ContrastLimitedAdaptiveHistogramEqualization(ImageAugmentation):
    """Spreads the values of each channel by its histogram nearby, also without training. Source: Zuiderveld 1994.

    The image is cut into tiles. In each, counts of 256 levels beyond a limit are shared among all levels, and a level becomes
    (c - c0) / (n - c0) of the value range, where c of the n pixels lie at it or below and c0 at the lowest level. Pixels take the
    mean of what the four tiles around make of them.

    Args:
        value_range: smallest and largest value of a pixel.
        clip_limit: the limit, as a multiple of the mean count; 0 for none.
        tile_grid_size: number of tiles (down, across), or one number for both.
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(data_format=data_format, **kwargs)
        kind = "ContrastLimitedAdaptiveHistogramEqualization"
        self.value_range = valid_range(kind, value_range)
        if not isinstance(clip_limit, (int, float)) or clip_limit < 0:
            raise ValueError(f"{kind}: clip_limit must be a number of 0 or more, and got {clip_limit!r}.")
        self.clip_limit = clip_limit
        self.tile_grid_size = ints_per_axis(kind, "tile_grid_size", tile_grid_size, 2)

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.unvaried(images)

    def unvaried(self, images: Tensor) -> Tensor:
        if None in images.shape:
            return images  # only the shape matters while sizes are unknown
        low, high = map(float, self.value_range)
        levels = ops.cast(ops.clip((images - low) * (255.0 / (high - low)), 0.0, 255.0), "int32")
        batch, height, width, channels = (int(size) for size in images.shape)  # type: ignore[arg-type]
        grid = self.tile_grid_size
        tiles = tuple(-(-size // count) for size, count in zip((height, width), grid, strict=True))
        tables = self._tables(levels, tiles)
        # The first entry of the tables of each image and channel.
        base = np.arange(batch * channels, dtype=np.int32).reshape(batch, 1, 1, channels) * (grid[0] * grid[1] * 256)
        ends = [_neighbours(size, tile, count) for size, tile, count in zip((height, width), tiles, grid, strict=True)]
        y: Any = 0.0
        for rows, down in ends[0]:
            for columns, across in ends[1]:
                table = (rows[:, None] * grid[1] + columns) * 256
                found = ops.take(tables, levels + (base + table[None, :, :, None]))
                y = y + found * (down[:, None] * across)[None, :, :, None]
        return ops.cast(y * ((high - low) / 255.0) + low, images.dtype)

    def _tables(self, levels: Tensor, tiles: tuple[int, ...]) -> Tensor:
        """What each tile makes of each level, in levels: (batch channels tiles 256,)."""
        batch, height, width, channels = (int(size) for size in levels.shape)  # type: ignore[arg-type]
        down, across = self.tile_grid_size
        # Tiles that reach over the edge see the image mirrored.
        for axis, (size, tile, count) in enumerate(zip((height, width), tiles, (down, across), strict=True), 1):
            if tile * count > size:
                mirrored = np.pad(np.arange(size, dtype=np.int32), (0, tile * count - size), mode="symmetric")
                levels = ops.take(levels, mirrored, axis)
        rows, columns = (np.arange(tile * count) // tile for tile, count in zip(tiles, (down, across), strict=True))
        owner = np.arange(batch * channels).reshape(batch, 1, 1, channels) * (down * across)
        owner = (owner + (rows[:, None] * across + columns)[None, :, :, None]) * 256
        places = ops.reshape(levels + owner.astype(np.int32), (-1,))
        counts = ops.segment_sum(ops.ones_like(places, "float32"), places, batch * channels * down * across * 256)
        counts = ops.reshape(counts, (-1, 256))
        pixels = float(tiles[0] * tiles[1])
        if self.clip_limit > 0:
            limit = self.clip_limit * pixels / 256.0
            beyond = ops.sum(ops.maximum(counts - limit, 0.0), -1, keepdims=True)
            counts = ops.minimum(counts, limit) + beyond / 256.0
        below = ops.cumsum(counts, -1)
        spread = pixels - below[:, :1]
        return ops.reshape((below - below[:, :1]) * 255.0 / ops.where(spread > 0, spread, 1.0), (-1,))

    def get_config(self) -> dict[str, Any]:
        found = super().get_config()
        found.pop("seed")
        return {**found, **attributes(self, "value_range clip_limit tile_grid_size")}


def _neighbours(size: int, tile: int, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The tile before and the tile behind each pixel of an axis, with their shares."""
    places = np.arange(size) / tile - 0.5
    before = np.floor(places)
    share = (places - before).astype(np.float32)
    return [(np.clip(before + i, 0, count - 1).astype(np.int32), s) for i, s in ((0, 1.0 - share), (1, share))]
