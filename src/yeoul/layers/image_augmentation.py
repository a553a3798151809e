"""Layers that vary images while training, each image by itself: more examples from those there are.

Called on their own, without `training`, they do vary, as in Keras; within `predict` and `evaluate` they pass images on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops, random
from yeoul.core import dtypes
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer
from yeoul.ops.image_frames import Frame
from yeoul.random import SeedGenerator


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


def valid_range(layer: str, value_range: Any) -> tuple:
    """`value_range` as a tuple.

    Raises: ValueError if it is no pair of a smaller and a larger number.
    """
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2 or value_range[0] >= value_range[1]:
        raise ValueError(f"{layer}: value_range must be a pair (smallest, largest), and got {value_range!r}.")
    return tuple(value_range)


class ImageAugmentation(Layer):
    """Base: a stream of random numbers, and images as a channels-last batch of floats.

    A subclass draws in `choose(images)` what to do, and does it in `vary(images, chosen)`; it overrides `vary_masks` and
    `vary_labels` if what belongs to the images changes with them.

    Shapes: images (batch, height, width, channels), or one image without a batch; or a dict with "images" and, if wanted, "labels"
    and "segmentation_masks" (as images, with one channel), which comes back with the same keys.
    Raises: ValueError for a dict without images, or with bounding boxes.
    """

    factor: Any

    def __init__(self, seed: int | None = None, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.data_format = standardize_data_format(data_format)

    def call(self, data: Any, training: bool = True) -> Any:
        parts = data if isinstance(data, dict) else {"images": data}
        where = f"{type(self).__name__} {self.name!r}"
        if "images" not in parts:
            raise ValueError(f"{where}: a dict must hold 'images', and has {', '.join(map(repr, parts)) or 'nothing'}.")
        if "bounding_boxes" in parts:
            raise ValueError(
                f"{where}: bounding boxes are not moved with their images here. Take 'bounding_boxes' out of the dict."
            )
        frame = Frame(where, parts["images"], self.data_format)
        images = frame.images
        if not dtypes.is_float(images.dtype):
            images = ops.cast(images, self.compute_dtype)
        # While sizes are unknown only the shape matters.
        chosen = self.choose(images) if training and None not in images.shape else None
        y = frame.back(self.unvaried(images) if chosen is None else self.vary(images, chosen))
        if not isinstance(data, dict):
            return y
        found = {**data, "images": y}
        if "segmentation_masks" in data:
            masks = Frame(f"{where}, segmentation_masks", data["segmentation_masks"], self.data_format)
            varied = self.unvaried_masks(masks.images) if chosen is None else self.vary_masks(masks.images, chosen)
            found["segmentation_masks"] = masks.back(varied)
        if "labels" in data and chosen is not None:
            found["labels"] = self.vary_labels(data["labels"], chosen)
        return found

    def choose(self, images: Tensor) -> dict[str, Any]:
        """What is drawn for a batch of images."""
        return {}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        raise NotImplementedError

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        """Masks that stay on what they mark."""
        return masks

    def vary_labels(self, labels: Any, chosen: dict[str, Any]) -> Any:
        return labels

    def unvaried(self, images: Tensor) -> Tensor:
        """What comes out when the layer does not vary."""
        return images

    def unvaried_masks(self, masks: Tensor) -> Tensor:
        return masks

    def draw(self, images: Tensor, low: float, high: float) -> Tensor:
        """One number from [low, high) for each image: (batch,)."""
        return random.uniform((images.shape[0],), low, high, images.dtype, self.seed_generator)

    def draw_factor(self, images: Tensor, low: float, high: float) -> Tensor:
        """One number from [low, high) for each image, to multiply it with: (batch, 1, 1, 1)."""
        return per_image(self.draw(images, low, high))

    def draw_choice(self, images: Tensor) -> Tensor:
        """Whether each image is changed, by a probability drawn from `self.factor`: (batch, 1, 1, 1)."""
        return self.draw_factor(images, 0.0, 1.0) < self.draw_factor(images, *self.factor)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "seed": self.seed}


def per_image(values: Tensor) -> Tensor:
    """(batch,) -> (batch, 1, 1, 1)."""
    return ops.reshape(values, (-1, 1, 1, 1))
