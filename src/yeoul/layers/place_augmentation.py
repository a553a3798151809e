"""Layers that move, turn, stretch, cut or cover images while training, each image by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul import ops, random
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import positive_int
from yeoul.layers.image_augmentation import ImageAugmentation, factor_range, per_image, valid_range
from yeoul.ops.image_elastic import displaced_images, smooth_displacements
from yeoul.ops.image_sampling import check_modes
from yeoul.serialization import attributes

__all__ = [
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomPerspective",
    "RandomRotation",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
]


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

    def choose(self, images: Tensor) -> dict[str, Any]:
        return {"is_flipped": self.draw_factor(images, 0.0, 1.0) < 0.5}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return ops.where(chosen["is_flipped"], ops.flip(images, self.axes), images)

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.vary(masks, chosen)

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

    def unvaried(self, images: Tensor, interpolation: str = "bilinear") -> Tensor:
        size = (self.height, self.width)
        return ops.image.resize(images, size, interpolation, crop_to_aspect_ratio=True, data_format="channels_last")

    def unvaried_masks(self, masks: Tensor) -> Tensor:
        return self.unvaried(masks, "nearest")

    def choose(self, images: Tensor) -> dict[str, Any]:
        sizes: Any = images.shape[1:3]
        if sizes[0] < self.height or sizes[1] < self.width:
            return {}
        start = random.uniform((2,), 0.0, 1.0, "float32", self.seed_generator)
        spare = np.array([sizes[0] - self.height + 1, sizes[1] - self.width + 1], np.float32)
        return {"start": ops.cast(ops.floor(start * spare), "int32")}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self._cropped(images, chosen) if chosen else self.unvaried(images)

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self._cropped(masks, chosen) if chosen else self.unvaried_masks(masks)

    def _cropped(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        for axis, wanted in enumerate((self.height, self.width)):
            if images.shape[axis + 1] != wanted:
                places = chosen["start"][axis] + np.arange(wanted, dtype=np.int32)
                images = ops.take(images, places, axis + 1)
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
        check_modes(type(self).__name__, interpolation, fill_mode)
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def rows(self, images: Tensor) -> list[Any]:
        """Draws a0, a1, a2, b0, b1, b2: pixel (x, y) is read at (a0 x + a1 y + a2, b0 x + b1 y + b2)."""
        raise NotImplementedError

    def choose(self, images: Tensor) -> dict[str, Any]:
        rows = self.rows(images)
        zero = sum(r * 0.0 for r in rows)
        return {"transform": ops.stack([zero + r for r in (*rows, 0.0, 0.0)], -1)}

    def vary(self, images: Tensor, chosen: dict[str, Any], interpolation: str | None = None) -> Tensor:
        return ops.image.affine_transform(
            images,
            chosen["transform"],
            interpolation or self.interpolation,
            self.fill_mode,
            self.fill_value,
            "channels_last",
        )

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.vary(masks, chosen, "nearest")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "fill_mode interpolation fill_value")}


class TwoFactorTransform(RandomTransform):
    """Base of layers that draw two numbers for each image, from the ranges that two of their arguments mean.

    Attributes:
        factors: the names of these arguments. Where `is_second_optional`, a second one of None is the number drawn for the first.
        reach: within which numbers the ranges lie.
        is_around_zero: whether one number f means (-f, f), rather than up to f.
    """

    factors: tuple[str, str]
    reach = (-1.0, 1.0)
    is_around_zero = True
    is_second_optional = False

    def set_factors(self, *given: Any) -> None:
        """Takes what was given for the arguments: as attributes, and as ranges."""
        self._ranges = []
        for name, factor in zip(self.factors, given, strict=True):
            setattr(self, name, factor)
            if factor is not None or not self.is_second_optional:
                self._ranges.append(factor_range(type(self).__name__, name, factor, *self.reach, self.is_around_zero))

    def draw_factors(self, images: Tensor) -> tuple[Tensor, Tensor]:
        drawn = [self.draw(images, *limits) for limits in self._ranges]
        return drawn[0], drawn[-1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **{name: getattr(self, name) for name in self.factors}}


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

    def rows(self, images: Tensor) -> list[Any]:
        angle = self.draw(images, *(2.0 * math.pi * f for f in self.factor))
        c, s = ops.cos(angle), ops.sin(angle)
        y, x = ((size - 1) / 2.0 for size in images.shape[1:3])  # type: ignore[operator]
        return [c, -s, x - c * x + s * y, s, c, y - s * x - c * y]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class RandomTranslation(TwoFactorTransform):
    """Moves each image down and right by shares of its height and width.

    Args:
        height_factor, width_factor: pairs within [-1, 1], or one number f for (-f, f).
        Others as in `RandomTransform`.
    """

    factors = ("height_factor", "width_factor")

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
        self.set_factors(height_factor, width_factor)

    def rows(self, images: Tensor) -> list[Any]:
        down, right = self.draw_factors(images)
        height, width = map(float, images.shape[1:3])  # type: ignore[arg-type]
        return [1.0, 0.0, right * -width, 0.0, 1.0, down * -height]


class RandomZoom(TwoFactorTransform):
    """Shrinks (positive factors) or enlarges (negative ones) each image about its centre: it reads 1 + factor as far out.

    Args:
        height_factor: a pair within [-1, 1], or one number f for (-f, f).
        width_factor: the same; if None, width is zoomed like height.
        Others as in `RandomTransform`.
    """

    factors = ("height_factor", "width_factor")
    is_second_optional = True

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
        self.set_factors(height_factor, width_factor)

    def rows(self, images: Tensor) -> list[Any]:
        down, across = self.draw_factors(images)
        y, x = ((size - 1) / 2.0 for size in images.shape[1:3])  # type: ignore[operator]
        return [across + 1.0, 0.0, across * -x, 0.0, down + 1.0, down * -y]


class RandomShear(TwoFactorTransform):
    """Slants each image: it reads x + a y and y + b x, a and b drawn from their factors with either sign.

    Args:
        x_factor, y_factor: pairs within [0, 1], or one number f for up to f.
        Others as in `RandomTransform`.
    """

    factors = ("x_factor", "y_factor")
    reach = (0.0, 1.0)
    is_around_zero = False

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
        self.set_factors(x_factor, y_factor)

    def rows(self, images: Tensor) -> list[Any]:
        across, down = self.draw_factors(images)
        across = ops.where(self.draw(images, 0.0, 1.0) < 0.5, across, -across)
        down = ops.where(self.draw(images, 0.0, 1.0) < 0.5, down, -down)
        return [1.0, across, 0.0, down, 1.0, 0.0]


class RandomPerspective(ImageAugmentation):
    """Images seen from elsewhere: the top left corner stays, the others move along their edges and the last one freely.

    Args:
        factor: range of the probability that an image is changed; one number f means from 0 to f.
        scale: corners move by up to scale / 2 of the image's size.
        interpolation: "bilinear" or "nearest". Outside lies `fill_value`.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.factor = factor_range("RandomPerspective", "factor", factor, 0.0, 1.0, is_around_zero=False)
        if not isinstance(scale, (int, float)) or not 0 <= scale <= 1:
            raise ValueError(f"RandomPerspective: scale must be a number within [0, 1], and got {scale!r}.")
        check_modes("RandomPerspective", interpolation)
        self.scale, self.interpolation, self.fill_value = scale, interpolation, fill_value

    def choose(self, images: Tensor) -> dict[str, Any]:
        height, width = images.shape[1:3]
        right, bottom = width - 1.0, height - 1.0  # type: ignore[operator]
        corners = np.array([[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]], np.float32)
        reach = self.scale / 2.0
        shift = random.uniform((images.shape[0], 4, 2), -reach, reach, "float32", self.seed_generator)
        is_moved = self.draw_choice(images)
        return {"start": corners, "end": corners * (shift + 1.0), "is_moved": is_moved}

    def vary(self, images: Tensor, chosen: dict[str, Any], interpolation: str | None = None) -> Tensor:
        how = (interpolation or self.interpolation, self.fill_value, "channels_last")
        moved = ops.image.perspective_transform(images, chosen["start"], chosen["end"], *how)
        return ops.where(chosen["is_moved"], moved, images)

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.vary(masks, chosen, "nearest")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "factor scale interpolation fill_value")}


class RandomElasticTransform(ImageAugmentation):
    """Bends images as `ops.image.elastic_transform` does, by a strength drawn anew for each batch.

    A strength s means alpha = s / 10 of the longer side and sigma = s / 20 of the shorter one.

    Args:
        factor: range of the probability that an image is changed; one number f means from 0 to f.
        scale: range of the strength within [0, 1]; one number s means from 0 to s.
        interpolation, fill_mode, fill_value: as in `RandomRotation`.
        value_range: smallest and largest value of a pixel.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, data_format, **kwargs)
        kind = "RandomElasticTransform"
        self.factor = factor_range(kind, "factor", factor, 0.0, 1.0, is_around_zero=False)
        self.scale = factor_range(kind, "scale", scale, 0.0, 1.0, is_around_zero=False)
        check_modes(kind, interpolation, fill_mode)
        self.interpolation, self.fill_mode, self.fill_value = interpolation, fill_mode, fill_value
        self.value_range = valid_range(kind, value_range)

    def choose(self, images: Tensor) -> dict[str, Any]:
        batch, height, width, _ = (int(size) for size in images.shape)  # type: ignore[arg-type]
        strength = random.uniform((), self.scale[0], self.scale[1], "float32", self.seed_generator)
        alpha, sigma = strength * (0.1 * max(height, width)), strength * (0.05 * min(height, width))
        radius = max(1, math.ceil(3 * self.scale[1] * 0.05 * min(height, width)))
        noise = random.normal((batch, height, width, 2), dtype="float32", seed=self.seed_generator)
        is_bent = self.draw_choice(images)
        return {"displacements": smooth_displacements(noise, alpha, sigma, radius), "is_bent": is_bent}

    def vary(self, images: Tensor, chosen: dict[str, Any], interpolation: str | None = None) -> Tensor:
        how = (interpolation or self.interpolation, self.fill_mode, self.fill_value)
        return ops.where(chosen["is_bent"], displaced_images(images, chosen["displacements"], *how), images)

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.vary(masks, chosen, "nearest")

    def get_config(self) -> dict[str, Any]:
        names = "factor scale interpolation fill_mode fill_value value_range"
        return {**super().get_config(), **attributes(self, names)}


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

    def choose(self, images: Tensor) -> dict[str, Any]:
        share = ops.sqrt(self.draw(images, *self.scale))
        covered = self.draw_choice(images)
        for axis in (1, 2):
            size: Any = images.shape[axis]
            length = ops.floor(share * float(size))
            start = ops.floor(self.draw(images, 0.0, 1.0) * (float(size) - length + 1.0))
            covered = ops.logical_and(covered, within(images, axis, start, length))
        low, high = map(float, self.value_range)
        fill: Any = self.fill_value
        if fill is None:
            fill = random.uniform(images.shape, low, high, images.dtype, self.seed_generator)
        return {"covered": covered, "fill": fill}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return ops.where(chosen["covered"], chosen["fill"], images)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "factor scale fill_value value_range")}


def within(images: Tensor, axis: int, start: Tensor, length: Tensor) -> Tensor:
    """Whether places along an axis of images lie in [start, start + length) of their image; broadcasts to the images."""
    size: Any = images.shape[axis]
    places = np.arange(size, dtype=np.float32).reshape([-1 if a == axis else 1 for a in range(4)])
    first = per_image(start)
    return ops.logical_and(places >= first, places < first + per_image(length))
