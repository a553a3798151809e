"""Layers that vary the colours of images while training, each image by itself. Images have red, green and blue."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul import ops, random
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import ints_per_axis
from yeoul.layers.image_augmentation import (
    ImageAugmentation,
    RandomBrightness,
    RandomContrast,
    factor_range,
    valid_range,
)

__all__ = [
    "AutoContrast",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPosterization",
    "RandomSaturation",
    "RandomSharpness",
]


class ColorAugmentation(ImageAugmentation):
    """Base: a factor drawn for each image from `factor`, and pixels from value_range[0] to value_range[1].

    Args:
        factor: a pair within [0, 1], or one number f.
        value_range: smallest and largest value of a pixel.
        data_format: "channels_last" or "channels_first"; that of the configuration if None.
        seed: makes the choice repeatable.
    """

    is_around_zero = False

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        kind = type(self).__name__
        low = -1.0 if self.is_around_zero else 0.0
        self.factor = factor_range(kind, "factor", factor, low, 1.0, self.is_around_zero)
        self.value_range = valid_range(kind, value_range)

    def drawn(self, images: Tensor) -> Tensor:
        """The factor of each image, (batch, 1, 1, 1)."""
        return ops.reshape(self.draw(images, *self.factor), (-1, 1, 1, 1))

    def to_unit(self, images: Tensor) -> Tensor:
        low, high = map(float, self.value_range)
        return (images - low) / (high - low)

    def from_unit(self, images: Tensor) -> Tensor:
        low, high = map(float, self.value_range)
        return images * (high - low) + low

    def within_range(self, images: Tensor) -> Tensor:
        return ops.clip(images, *map(float, self.value_range))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}


class RandomInvert(ColorAugmentation):
    """Turns images into their negatives, each with a probability drawn from `factor` (from 0 to f for one number)."""

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(factor, value_range, data_format, seed, **kwargs)

    def vary(self, images: Tensor) -> Tensor:
        probability = self.drawn(images)
        chosen = ops.reshape(self.draw(images, 0.0, 1.0), (-1, 1, 1, 1)) < probability
        low, high = map(float, self.value_range)
        return ops.where(chosen, low + high - images, images)


class RandomHue(ColorAugmentation):
    """Moves hues around the circle of colours, either way, by half of a factor drawn from `factor` (from 0 to f for one number)."""

    def vary(self, images: Tensor) -> Tensor:
        shift = self.drawn(images) * 0.5
        is_back = ops.reshape(self.draw(images, 0.0, 1.0), (-1, 1, 1, 1)) < 0.5
        hsv = ops.image.rgb_to_hsv(self.to_unit(images), data_format="channels_last")
        hue, saturation, value = ops.split(hsv, 3, -1)
        moved = ops.concatenate([ops.mod(hue + ops.where(is_back, -shift, shift), 1.0), saturation, value], -1)
        return self.from_unit(ops.image.hsv_to_rgb(moved, data_format="channels_last"))


class RandomSaturation(ColorAugmentation):
    """Multiplies saturation by f / (1 - f), f drawn from `factor`: 0 takes colours away, 0.5 changes nothing."""

    is_around_zero = True

    def vary(self, images: Tensor) -> Tensor:
        factor = ops.clip(self.drawn(images), 0.0, 1.0 - 1e-6)
        hsv = ops.image.rgb_to_hsv(self.to_unit(images), data_format="channels_last")
        hue, saturation, value = ops.split(hsv, 3, -1)
        stronger = ops.clip(saturation * (factor / (1.0 - factor)), 0.0, 1.0)
        y = ops.image.hsv_to_rgb(ops.concatenate([hue, stronger, value], -1), data_format="channels_last")
        return self.from_unit(y)


class RandomColorDegeneration(ColorAugmentation):
    """Mixes each image with its grey version by a share drawn from `factor` (from -f to f for one number)."""

    is_around_zero = True

    def vary(self, images: Tensor) -> Tensor:
        grey = ops.image.rgb_to_grayscale(images, data_format="channels_last")
        return self.within_range(images + (grey - images) * self.drawn(images))


class RandomSharpness(ColorAugmentation):
    """Mixes each image with a smoothed one: factor 0 gives the smoothed one, 0.5 changes nothing, 1 sharpens."""

    #: The centre of three by three pixels weighs five times as much as its neighbours.
    window = np.array([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]) / 13.0

    def vary(self, images: Tensor) -> Tensor:
        channels = images.shape[-1]
        kernel = np.repeat(self.window[:, :, None, None], channels, 2)  # type: ignore[arg-type]
        smooth = ops.depthwise_conv(images, ops.cast(kernel, images.dtype), padding="same", data_format="channels_last")
        return self.within_range(smooth + (images - smooth) * (self.drawn(images) * 2.0))


class RandomGrayscale(ImageAugmentation):
    """Makes each image grey with probability `factor`; it keeps its channels."""

    def __init__(self, factor: float = 0.5, data_format: str | None = None, seed: int | None = None, **kwargs: Any):
        super().__init__(seed, data_format, **kwargs)
        if not 0 <= factor <= 1:
            raise ValueError(f"RandomGrayscale: factor must be between 0 and 1, and got {factor!r}.")
        self.factor = factor

    def vary(self, images: Tensor) -> Tensor:
        grey = ops.image.rgb_to_grayscale(images, data_format="channels_last")
        chosen = ops.reshape(self.draw(images, 0.0, 1.0), (-1, 1, 1, 1)) < self.factor
        return ops.where(chosen, grey, images)

    def get_config(self) -> dict[str, Any]:
        found = super().get_config()
        found.pop("seed")
        return {**found, "factor": self.factor}


class RandomPosterization(ImageAugmentation):
    """Keeps only the highest bits of each image's colours, as many as drawn from `factor`.

    Args:
        factor: a pair of whole numbers within [1, 8], or one number n for (1, n).
        Others as in `ColorAugmentation`.
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.factor = factor_range("RandomPosterization", "factor", factor, 1, 8, is_around_zero=False)
        self.value_range = valid_range("RandomPosterization", value_range)

    def vary(self, images: Tensor) -> Tensor:
        bits = ops.floor(self.draw(images, *map(float, self.factor)))
        step = ops.reshape(ops.exp2(8.0 - bits), (-1, 1, 1, 1))
        low, high = map(float, self.value_range)
        levels = (images - low) * (255.0 / (high - low))
        return ops.floor(levels / ops.round(step)) * ops.round(step) * ((high - low) / 255.0) + low

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}


class AutoContrast(ImageAugmentation):
    """Stretches each channel of each image over the whole `value_range`, also without training."""

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any):
        super().__init__(**kwargs)
        self.value_range = valid_range("AutoContrast", value_range)

    def vary(self, images: Tensor) -> Tensor:
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


class RandomGaussianBlur(ImageAugmentation):
    """Blurs images, each with a probability drawn from `factor`, by a bell whose width is drawn anew for each batch.

    Args:
        factor: range of the probability; one number f means from 0 to f.
        kernel_size: of the window, an int or (height, width).
        sigma: range of the standard deviation in pixels, drawn for each axis; one number s means from 0 to s.
        value_range: smallest and largest value of a pixel.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.factor = factor_range("RandomGaussianBlur", "factor", factor, 0.0, 1.0, is_around_zero=False)
        self.kernel_size = ints_per_axis("RandomGaussianBlur", "kernel_size", kernel_size, 2)
        self.sigma = factor_range("RandomGaussianBlur", "sigma", sigma, 0.0, math.inf, is_around_zero=False)
        self.value_range = valid_range("RandomGaussianBlur", value_range)

    def vary(self, images: Tensor) -> Tensor:
        sigma = random.uniform((2,), self.sigma[0], self.sigma[1], images.dtype, self.seed_generator)
        bells = []
        for i, size in enumerate(self.kernel_size):
            places = np.arange(size, dtype=np.float32) - (size - 1) / 2.0
            weights = ops.exp(ops.square(places / ops.maximum(sigma[1 - i], 1e-3)) * -0.5)
            bells.append(ops.cast(weights / ops.sum(weights), images.dtype))
        window = ops.reshape(ops.outer(*bells), (*self.kernel_size, 1, 1))
        kernel = ops.broadcast_to(window, (*self.kernel_size, images.shape[-1], 1))
        blurred = ops.depthwise_conv(images, kernel, padding="same", data_format="channels_last")
        chosen = self.draw(images, 0.0, 1.0) < self.draw(images, *self.factor)
        y = ops.where(ops.reshape(chosen, (-1, 1, 1, 1)), blurred, images)
        return ops.clip(y, *map(float, self.value_range))

    def get_config(self) -> dict[str, Any]:
        names = ("factor", "kernel_size", "sigma", "value_range")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class RandomColorJitter(ImageAugmentation):
    """RandomBrightness, RandomContrast, RandomSaturation and RandomHue one after the other, those whose factor is given.

    Args:
        value_range: smallest and largest value of a pixel.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: factors of these layers, or None.
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.value_range = valid_range("RandomColorJitter", value_range)
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        chosen = (
            (RandomBrightness, brightness_factor),
            (RandomContrast, contrast_factor),
            (RandomSaturation, saturation_factor),
            (RandomHue, hue_factor),
        )
        self.steps: list[Any] = []
        for i, (kind, factor) in enumerate(chosen):
            if factor is not None:
                own = None if seed is None else seed + i
                self.steps.append(
                    kind(factor, self.value_range, seed=own, data_format="channels_last", dtype=self.dtype_policy)
                )

    def vary(self, images: Tensor) -> Tensor:
        for step in self.steps:
            images = step(images, training=True)
        return images

    def get_config(self) -> dict[str, Any]:
        names = ("value_range", "brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
