"""Layers that mix each image of a batch with another one, and their labels alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops, random
from yeoul.core import dtypes
from yeoul.core.tensor import Tensor
from yeoul.layers.image_augmentation import ImageAugmentation, factor_range
from yeoul.layers.place_augmentation import within

__all__ = ["CutMix", "MixUp"]


class MixingAugmentation(ImageAugmentation):
    """Base of layers that choose "order", the partner of each image, and "weight", the image's own share, both (batch,)."""

    def partners(self, images: Tensor) -> Tensor:
        return random.shuffle(np.arange(images.shape[0], dtype=np.int32), seed=self.seed_generator)

    def mixed(self, values: Any, chosen: dict[str, Any]) -> Tensor:
        """weight x + (1 - weight) partner, for values with the batch first."""
        x = ops.convert_to_tensor(values)
        x = x if dtypes.is_float(x.dtype) else ops.cast(x, self.compute_dtype)
        weight = ops.reshape(ops.cast(chosen["weight"], x.dtype), (-1, *(1 for _ in x.shape[1:])))
        return weight * x + (1.0 - weight) * ops.take(x, chosen["order"], 0)

    def vary_labels(self, labels: Any, chosen: dict[str, Any]) -> Tensor:
        return self.mixed(labels, chosen)


class MixUp(MixingAugmentation):
    """Weighted means of images, and of their labels: w x + (1 - w) partner, w of Beta(alpha, alpha). Source: Zhang et al. 2017.

    Args:
        alpha: positive; the smaller, the closer to the images themselves.

    Called on {"images": ..., "labels": ...} with one-hot labels (batch, classes).
    """

    def __init__(self, alpha: float = 0.2, data_format: str | None = None, seed: int | None = None, **kwargs: Any):
        super().__init__(seed, data_format, **kwargs)
        if not isinstance(alpha, (int, float)) or alpha <= 0:
            raise ValueError(f"MixUp: alpha must be a positive number, and got {alpha!r}.")
        self.alpha = alpha

    def choose(self, images: Tensor) -> dict[str, Any]:
        order = self.partners(images)
        weight = random.beta((images.shape[0],), self.alpha, self.alpha, images.dtype, self.seed_generator)
        return {"order": order, "weight": weight}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.mixed(images, chosen)

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.vary(masks, chosen)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


class CutMix(MixingAugmentation):
    """Images with a rectangle of another one, and labels mixed by area. Source: Yun et al. 2019.

    The rectangle has the image's proportions and a share 1 - w of its area, w of Beta(a, a), a drawn from `factor` for each batch.

    Args:
        factor: a pair within [0, 1], or one number f for (0, f).

    Called on {"images": ..., "labels": ...} with one-hot labels (batch, classes).
    """

    def __init__(self, factor: Any = 1.0, seed: int | None = None, data_format: str | None = None, **kwargs: Any):
        super().__init__(seed, data_format, **kwargs)
        self.factor = factor_range("CutMix", "factor", factor, 0.0, 1.0, is_around_zero=False)

    def choose(self, images: Tensor) -> dict[str, Any]:
        order = self.partners(images)
        alpha = ops.maximum(random.uniform((), self.factor[0], self.factor[1], "float32", self.seed_generator), 1e-6)
        weight = random.beta((images.shape[0],), alpha, alpha, "float32", self.seed_generator)
        covered: Any = True
        for axis in (1, 2):
            size: Any = images.shape[axis]
            length = ops.sqrt(1.0 - weight) * float(size)
            start = ops.cast(self.draw(images, 0.0, 1.0), "float32") * (float(size) - length)
            covered = ops.logical_and(covered, within(images, axis, start, length))
        return {"order": order, "weight": weight, "covered": covered}

    def vary(self, images: Tensor, chosen: dict[str, Any]) -> Tensor:
        return ops.where(chosen["covered"], ops.take(images, chosen["order"], 0), images)

    def vary_masks(self, masks: Tensor, chosen: dict[str, Any]) -> Tensor:
        return self.vary(masks, chosen)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}
