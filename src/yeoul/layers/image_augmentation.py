"""Layers that vary images while training, each image by itself: more examples from those there are.

Called on their own, without `training`, they do vary, as in Keras; within `predict` and `evaluate` they pass images on.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul import ops, random
from yeoul.core import dtypes
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import positive_int
from yeoul.layers.layer import Layer
from yeoul.ops.image_frames import Frame
from yeoul.random import SeedGenerator

__all__ = [
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
]


def factor_range(layer: str, name: str, factor: Any, low: float, high: float, is_around_zero: bool = True) -> tuple:
    """(lower, upper) from a pair or one number f, which means (-f, f), or (low, f) unless `is_around_zero`.

    Raises: ValueError if it lies outside of [low, high].
    """
    pair: tuple
    if isinstance(factor, (tuple, list)) and len(factor) == 2:
        pair = tuple(factor)
    elif isinstance(factor, (int, float, np.number)):
        size: Any = factor
        pair = (-abs(size), abs(size)) if is_around_zero else (low, size)
    else:
        pair = ()
    if not pair or not all(isinstance(v, (int, float, np.number)) and low <= v <= high for v in (*pair, max(pair))):
        raise ValueError(
            f"{layer}: {name} must be a number or a pair of numbers within [{low}, {high}], and got {factor!r}."
        )
    return (min(pair), max(pair))


class ImageAugmentation(Layer):
    """Base: a stream of random numbers, and images as a channels-last batch of floats.

    A subclass implements `vary(images)`. One image without a batch is accepted too.
    """

    def __init__(self, seed: int | None = None, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.data_format = standardize_data_format(data_format)

    def call(self, x: Tensor, training: bool = True) -> Tensor:
        frame = Frame(f"{type(self).__name__} {self.name!r}", x, self.data_format)
        images = frame.images
        if not dtypes.is_float(images.dtype):
            images = ops.cast(images, self.compute_dtype)
        # While sizes are unknown only the shape matters.
        varies = training and None not in images.shape
        return frame.back(self.vary(images) if varies else self.unvaried(images))

    def vary(self, images: Tensor) -> Tensor:
        raise NotImplementedError

    def unvaried(self, images: Tensor) -> Tensor:
        """What comes out when the layer does not vary."""
        return images

    def draw(self, images: Tensor, low: float, high: float) -> Tensor:
        """One number from [low, high) for each image: (batch,)."""
        return random.uniform((images.shape[0],), low, high, images.dtype, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "seed": self.seed}


class RandomFlip(ImageAugmentation):
    """Mirrors every other image, by chance.

    Args:
        mode: "horizontal" (left and right change places), "vertical", or "horizontal_and_vertical" (both or none).
        seed: makes the choice repeatable.

    Raises: ValueError for another mode.
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.axes = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}.get(mode)
        if self.axes is None:
            raise ValueError(
                f"RandomFlip: mode must be 'horizontal', 'vertical' or 'horizontal_and_vertical', and got {mode!r}."
            )
        self.mode = mode

    def vary(self, images: Tensor) -> Tensor:
        chosen = ops.reshape(self.draw(images, 0.0, 1.0) < 0.5, (-1, 1, 1, 1))
        return ops.where(chosen, ops.flip(images, self.axes), images)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}


class RandomCrop(ImageAugmentation):
    """A part of `height` by `width` from a place drawn anew for each batch; smaller images are enlarged first.

    Without training, the largest centred part with the proportions of the result, resized to it.
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, name=name, **kwargs)
        self.height = positive_int("RandomCrop", "height", height)
        self.width = positive_int("RandomCrop", "width", width)

    def unvaried(self, images: Tensor) -> Tensor:
        return ops.image.resize(
            images, (self.height, self.width), crop_to_aspect_ratio=True, data_format="channels_last"
        )

    def vary(self, images: Tensor) -> Tensor:
        sizes: Any = images.shape[1:3]
        if sizes[0] < self.height or sizes[1] < self.width:
            return self.unvaried(images)
        start = random.uniform((2,), 0.0, 1.0, "float32", self.seed_generator)
        for axis, (size, wanted) in enumerate(zip(sizes, (self.height, self.width), strict=True)):
            if size > wanted:
                first = ops.cast(ops.floor(start[axis] * float(size - wanted + 1)), "int32")
                images = ops.take(images, first + np.arange(wanted, dtype=np.int32), axis + 1)
        return images

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}


class RandomTransform(ImageAugmentation):
    """Base of layers that move, turn or stretch images.

    Args:
        fill_mode: what lies outside of images: "reflect", "constant" (`fill_value`), "wrap" or "nearest".
        interpolation: "bilinear" or "nearest".
    """

    def __init__(
        self,
        fill_mode: str,
        interpolation: str,
        seed: int | None,
        fill_value: float,
        data_format: str | None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        kind = type(self).__name__
        if fill_mode not in ("reflect", "wrap", "constant", "nearest"):
            raise ValueError(
                f"{kind}: fill_mode must be 'reflect', 'wrap', 'constant' or 'nearest', and got {fill_mode!r}."
            )
        if interpolation not in ("nearest", "bilinear"):
            raise ValueError(f"{kind}: interpolation must be 'nearest' or 'bilinear', and got {interpolation!r}.")
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def read_at(self, images: Tensor, *rows: Any) -> Tensor:
        """Images whose pixel (x, y) is read at (a0 x + a1 y + a2, b0 x + b1 y + b2), for rows = a0, a1, a2, b0, b1, b2."""
        zero = ops.zeros_like(rows[0])
        transform = ops.stack([zero + r for r in (*rows, 0.0, 0.0)], -1)
        return ops.image.affine_transform(
            images, transform, self.interpolation, self.fill_mode, self.fill_value, "channels_last"
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "fill_mode": self.fill_mode,
            "interpolation": self.interpolation,
            "fill_value": self.fill_value,
        }


class RandomRotation(RandomTransform):
    """Turns each image about its centre by an angle drawn from factor[0] to factor[1] of a full turn; positive is counter-clockwise.

    Args:
        factor: a pair within [-1, 1], or one number f for (-f, f).
        Others as in `RandomTransform`.
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = factor_range("RandomRotation", "factor", factor, -1.0, 1.0)

    def vary(self, images: Tensor) -> Tensor:
        angle = self.draw(images, *(2.0 * math.pi * f for f in self.factor))
        c, s = ops.cos(angle), ops.sin(angle)
        y, x = ((size - 1) / 2.0 for size in images.shape[1:3])  # type: ignore[operator]
        return self.read_at(images, c, -s, x - c * x + s * y, s, c, y - s * x - c * y)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class RandomTranslation(RandomTransform):
    """Moves each image down and right by shares of its height and width.

    Args:
        height_factor, width_factor: pairs within [-1, 1], or one number f for (-f, f).
        Others as in `RandomTransform`.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = factor_range("RandomTranslation", "height_factor", height_factor, -1.0, 1.0)
        self._right = factor_range("RandomTranslation", "width_factor", width_factor, -1.0, 1.0)

    def vary(self, images: Tensor) -> Tensor:
        height, width = images.shape[1:3]
        down = self.draw(images, *self._down) * float(height)  # type: ignore[arg-type]
        right = self.draw(images, *self._right) * float(width)  # type: ignore[arg-type]
        return self.read_at(images, 1.0 + 0.0 * right, 0.0, -right, 0.0, 1.0, -down)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height_factor": self.height_factor, "width_factor": self.width_factor}


class RandomZoom(RandomTransform):
    """Shrinks (positive factors) or enlarges (negative ones) each image about its centre: it reads 1 + factor as far out.

    Args:
        height_factor: a pair within [-1, 1], or one number f for (-f, f).
        width_factor: the same; if None, width is zoomed like height.
        Others as in `RandomTransform`.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height = factor_range("RandomZoom", "height_factor", height_factor, -1.0, 1.0)
        self._width = (
            None if width_factor is None else factor_range("RandomZoom", "width_factor", width_factor, -1.0, 1.0)
        )

    def vary(self, images: Tensor) -> Tensor:
        down = self.draw(images, *self._height)
        across = down if self._width is None else self.draw(images, *self._width)
        y, x = ((size - 1) / 2.0 for size in images.shape[1:3])  # type: ignore[operator]
        return self.read_at(images, across + 1.0, 0.0, across * -x, 0.0, down + 1.0, down * -y)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height_factor": self.height_factor, "width_factor": self.width_factor}


class RandomContrast(ImageAugmentation):
    """(x - mean) f + mean for each image and channel, f drawn from 1 - factor[0] to 1 + factor[1], within `value_range`.

    Args:
        factor: a pair within [0, 1], or one number f for (f, f).
        value_range: smallest and largest value of a pixel.
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.factor = factor_range("RandomContrast", "factor", factor, 0.0, 1.0, is_around_zero=False)
        self.value_range = valid_range("RandomContrast", value_range)

    def vary(self, images: Tensor) -> Tensor:
        low, high = self.factor
        factor = ops.reshape(self.draw(images, 1.0 - low, 1.0 + high), (-1, 1, 1, 1))
        mean = ops.mean(images, (1, 2), keepdims=True)
        return ops.clip((images - mean) * factor + mean, *map(float, self.value_range))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}


class RandomBrightness(ImageAugmentation):
    """Adds to each image a share of the value range drawn from factor[0] to factor[1], and stays within the range.

    Args:
        factor: a pair within [-1, 1], or one number f for (-f, f).
        value_range: smallest and largest value of a pixel.
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.factor = factor_range("RandomBrightness", "factor", factor, -1.0, 1.0)
        self.value_range = valid_range("RandomBrightness", value_range)

    def vary(self, images: Tensor) -> Tensor:
        low, high = map(float, self.value_range)
        delta = self.draw(images, *self.factor) * (high - low)
        return ops.clip(images + ops.reshape(delta, (-1, 1, 1, 1)), low, high)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}


class RandomShear(RandomTransform):
    """Slants each image: it reads x + a y and y + b x, a and b drawn from their factors with either sign.

    Args:
        x_factor, y_factor: pairs within [0, 1], or one number f for up to f.
        Others as in `RandomTransform`.
    """

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.x_factor, self.y_factor = x_factor, y_factor
        self._across = factor_range("RandomShear", "x_factor", x_factor, 0.0, 1.0, is_around_zero=False)
        self._down = factor_range("RandomShear", "y_factor", y_factor, 0.0, 1.0, is_around_zero=False)

    def vary(self, images: Tensor) -> Tensor:
        across, down = self.draw(images, *self._across), self.draw(images, *self._down)
        across = ops.where(self.draw(images, 0.0, 1.0) < 0.5, across, -across)
        down = ops.where(self.draw(images, 0.0, 1.0) < 0.5, down, -down)
        return self.read_at(images, 1.0 + 0.0 * across, across, 0.0, down, 1.0, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "x_factor": self.x_factor, "y_factor": self.y_factor}


class RandomErasing(ImageAugmentation):
    """Covers a rectangle of each image. Source: Zhong et al. 2017.

    Args:
        factor: range of the probability that an image is changed; one number f means from 0 to f.
        scale: range of the rectangle's share of the area; its sides have the image's proportions.
        fill_value: what covers it; noise over `value_range` if None.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: float | None = None,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.factor = factor_range("RandomErasing", "factor", factor, 0.0, 1.0, is_around_zero=False)
        self.scale = factor_range("RandomErasing", "scale", scale, 0.0, 1.0, is_around_zero=False)
        self.fill_value, self.value_range = fill_value, valid_range("RandomErasing", value_range)

    def vary(self, images: Tensor) -> Tensor:
        share = ops.sqrt(self.draw(images, *self.scale))
        is_covered = self.draw(images, 0.0, 1.0) < self.draw(images, *self.factor)
        covered = ops.reshape(is_covered, (-1, 1, 1, 1))
        for axis in (1, 2):
            size: Any = images.shape[axis]
            length = ops.floor(share * float(size))
            start = ops.floor(self.draw(images, 0.0, 1.0) * (float(size) - length + 1.0))
            places = np.arange(size, dtype=np.float32).reshape([-1 if a == axis else 1 for a in range(4)])
            first, count = (ops.reshape(v, (-1, 1, 1, 1)) for v in (start, length))
            covered = ops.logical_and(covered, ops.logical_and(places >= first, places < first + count))
        low, high = map(float, self.value_range)
        fill: Any = self.fill_value
        if fill is None:
            fill = random.uniform(images.shape, low, high, images.dtype, self.seed_generator)
        return ops.where(covered, fill, images)

    def get_config(self) -> dict[str, Any]:
        names = ("factor", "scale", "fill_value", "value_range")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def valid_range(layer: str, value_range: Any) -> tuple:
    """`value_range` as a tuple.

    Raises: ValueError if it is no pair of a smaller and a larger number.
    """
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2 or value_range[0] >= value_range[1]:
        raise ValueError(f"{layer}: value_range must be a pair (smallest, largest), and got {value_range!r}.")
    return tuple(value_range)
