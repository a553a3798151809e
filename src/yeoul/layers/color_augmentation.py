"""Layers that vary the colours of images while training, each image by itself. Images have red, green and blue."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul import ops, random
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import ints_per_axis
from yeoul.layers.image_augmentation import ImageAugmentation, factor_range, valid_range
from yeoul.serialization import attributes

__all__ = [
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomContrast",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPosterization",
    "RandomSaturation",
    "RandomSharpness",
    "Solarization",
]


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

    def choose(self, images: Tensor) -> dict[str, Any]:
        low, high = self.factor
        return {"factor": self.draw_factor(images, 1.0 - low, 1.0 + high)}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        mean = ops.mean(images, (1, 2), keepdims=True)
        return ops.clip((images - mean) * chosen["factor"] + mean, *map(float, self.value_range))

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

    def choose(self, images: Tensor) -> dict[str, Any]:
        low, high = map(float, self.value_range)
        return {"addition": self.draw_factor(images, *self.factor) * (high - low)}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return ops.clip(images + chosen["addition"], *map(float, self.value_range))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}


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

    def choose(self, images: Tensor) -> dict[str, Any]:
        return {"factor": self.draw_factor(images, *self.factor)}

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

    def choose(self, images: Tensor) -> dict[str, Any]:
        probability = self.draw_factor(images, *self.factor)
        return {"is_inverted": self.draw_factor(images, 0.0, 1.0) < probability}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        low, high = map(float, self.value_range)
        return ops.where(chosen["is_inverted"], low + high - images, images)


class RandomHue(ColorAugmentation):
    """Moves hues around the circle of colours, either way, by half of a factor drawn from `factor` (from 0 to f for one number)."""

    def choose(self, images: Tensor) -> dict[str, Any]:
        shift = self.draw_factor(images, *self.factor) * 0.5
        return {"shift": ops.where(self.draw_factor(images, 0.0, 1.0) < 0.5, -shift, shift)}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        hsv = ops.image.rgb_to_hsv(self.to_unit(images), data_format="channels_last")
        hue, saturation, value = ops.split(hsv, 3, -1)
        moved = ops.concatenate([ops.mod(hue + chosen["shift"], 1.0), saturation, value], -1)
        return self.from_unit(ops.image.hsv_to_rgb(moved, data_format="channels_last"))


class RandomSaturation(ColorAugmentation):
    """Multiplies saturation by f / (1 - f), f drawn from `factor`: 0 takes colours away, 0.5 changes nothing."""

    is_around_zero = True

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        factor = ops.clip(chosen["factor"], 0.0, 1.0 - 1e-6)
        hsv = ops.image.rgb_to_hsv(self.to_unit(images), data_format="channels_last")
        hue, saturation, value = ops.split(hsv, 3, -1)
        stronger = ops.clip(saturation * (factor / (1.0 - factor)), 0.0, 1.0)
        y = ops.image.hsv_to_rgb(ops.concatenate([hue, stronger, value], -1), data_format="channels_last")
        return self.from_unit(y)


class RandomColorDegeneration(ColorAugmentation):
    """Mixes each image with its grey version by a share drawn from `factor` (from -f to f for one number)."""

    is_around_zero = True

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        grey = ops.image.rgb_to_grayscale(images, data_format="channels_last")
        return self.within_range(images + (grey - images) * chosen["factor"])


class RandomSharpness(ColorAugmentation):
    """Mixes each image with a smoothed one: factor 0 gives the smoothed one, 0.5 changes nothing, 1 sharpens."""

    #: The centre of three by three pixels weighs five times as much as its neighbours.
    window = np.array([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]) / 13.0

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        channels = images.shape[-1]
        kernel = np.repeat(self.window[:, :, None, None], channels, 2)  # type: ignore[arg-type]
        smooth = ops.depthwise_conv(images, ops.cast(kernel, images.dtype), padding="same", data_format="channels_last")
        return self.within_range(smooth + (images - smooth) * (chosen["factor"] * 2.0))


class RandomGrayscale(ImageAugmentation):
    """Makes each image grey with probability `factor`; it keeps its channels."""

    def __init__(self, factor: float = 0.5, data_format: str | None = None, seed: int | None = None, **kwargs: Any):
        super().__init__(seed, data_format, **kwargs)
        if not 0 <= factor <= 1:
            raise ValueError(f"RandomGrayscale: factor must be between 0 and 1, and got {factor!r}.")
        self.factor = factor

    def choose(self, images: Tensor) -> dict[str, Any]:
        return {"is_grey": self.draw_factor(images, 0.0, 1.0) < self.factor}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return ops.where(chosen["is_grey"], ops.image.rgb_to_grayscale(images, data_format="channels_last"), images)

    def get_config(self) -> dict[str, Any]:
        found = super().get_config()
        found.pop("seed")
        return {**found, "factor": self.factor}


class Solarization(ImageAugmentation):
    """Adds to each image, then turns pixels of at least a threshold into their negatives.

    Args:
        addition_factor: range of what is added, as a share of the value range; one number f means from 0 to f.
        threshold_factor: range of the threshold, likewise. As in Keras, of a pair only the upper end is a share: the lower one
            counts in levels of 255.
        value_range: smallest and largest value of a pixel.
    """

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, **kwargs)
        kind = type(self).__name__
        self.addition_factor = factor_range(kind, "addition_factor", addition_factor, 0.0, 1.0, is_around_zero=False)
        self.threshold_factor = factor_range(kind, "threshold_factor", threshold_factor, 0.0, 1.0, is_around_zero=False)
        self.value_range = valid_range(kind, value_range)

    def choose(self, images: Tensor) -> dict[str, Any]:
        ranges = {"addition": self.addition_factor, "threshold": self.threshold_factor}
        return {name: self.draw_factor(images, low, 255.0 * high) for name, (low, high) in ranges.items()}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        low, high = map(float, self.value_range)
        levels = (images - low) * (255.0 / (high - low))
        levels = ops.clip(levels + chosen["addition"], 0.0, 255.0)
        levels = ops.where(levels < chosen["threshold"], levels, 255.0 - levels)
        return levels * ((high - low) / 255.0) + low

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "value_range addition_factor threshold_factor")}


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

    def choose(self, images: Tensor) -> dict[str, Any]:
        bits = ops.floor(self.draw_factor(images, *map(float, self.factor)))
        return {"step": ops.round(ops.exp2(8.0 - bits))}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        low, high = map(float, self.value_range)
        levels = (images - low) * (255.0 / (high - low))
        step = chosen["step"]
        return ops.floor(levels / step) * step * ((high - low) / 255.0) + low

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}


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

    def choose(self, images: Tensor) -> dict[str, Any]:
        sigma = random.uniform((2,), self.sigma[0], self.sigma[1], images.dtype, self.seed_generator)
        is_blurred = self.draw_choice(images)
        return {"sigma": sigma, "is_blurred": is_blurred}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        bells = []
        for i, size in enumerate(self.kernel_size):
            places = np.arange(size, dtype=np.float32) - (size - 1) / 2.0
            weights = ops.exp(ops.square(places / ops.maximum(chosen["sigma"][1 - i], 1e-3)) * -0.5)
            bells.append(ops.cast(weights / ops.sum(weights), images.dtype))
        window = ops.reshape(ops.outer(*bells), (*self.kernel_size, 1, 1))
        kernel = ops.broadcast_to(window, (*self.kernel_size, images.shape[-1], 1))
        blurred = ops.depthwise_conv(images, kernel, padding="same", data_format="channels_last")
        return ops.clip(ops.where(chosen["is_blurred"], blurred, images), *map(float, self.value_range))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "factor kernel_size sigma value_range")}
