"""Masks: which entries of a prediction count, and the sample weights they make."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor

_MEANS = ("sum_over_batch_size", "mean")


def mask_of(tensor: Any) -> Any:
    """The mask that a layer left with `tensor`: booleans over its leading axes, or None."""
    mask = getattr(tensor, "_keras_mask", None)
    tags = getattr(tensor, "tags", None)
    return mask if mask is not None or not tags else tags.get("mask")


def with_mask(tensor: Tensor, mask: Any) -> Tensor:
    """`tensor` with a mask that says which of its entries count."""
    tensor.tags = {**(tensor.tags or {}), "mask": mask}
    return tensor


def masked_weight(mask: Any, sample_weight: Any, dtype: str, reduction: str | None = "sum") -> Any:
    """Sample weights that are 0 where the mask is False.

    Args:
        reduction: for a mean over all entries, weights grow by entries / valid entries, so that it becomes the mean over
            the valid ones.
    """
    if mask is None:
        return sample_weight
    mask = ops.cast(ops.convert_to_tensor(mask), dtype)
    if reduction in _MEANS:
        valid = ops.sum(mask)
        mask = mask * (entries(mask) / ops.where(valid > 0, valid, 1.0))
    if sample_weight is None:
        return mask
    weight = ops.cast(ops.convert_to_tensor(sample_weight), dtype)
    if weight.ndim == mask.ndim + 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, -1)
    return trailing_axes(weight, mask.ndim) * trailing_axes(mask, weight.ndim)


def trailing_axes(x: Tensor, rank: int) -> Tensor:
    """`x` with axes of size 1 behind its own, up to `rank`."""
    return ops.expand_dims(x, list(range(x.ndim, rank))) if x.ndim < rank else x


def entries(x: Tensor) -> Any:
    """The number of elements: a float, or a tensor where the batch's size is not known yet."""
    return ops.sum(ops.ones_like(x)) if x.size is None else float(x.size)
