"""Masks: which entries of a sequence count, carried by the tensors themselves.

A mask is a boolean tensor with the tensor's leading axes, True where an entry counts. It is one of the tensor's tags, so it
lives as long as the tensor and an op's result has none unless a layer gives it one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from yeoul.core import tree
from yeoul.core.tensor import Tensor


def get_keras_mask(tensor: Any) -> Any:
    """The mask that `tensor` carries, or None."""
    tags = getattr(tensor, "tags", None)
    return tags.get("mask") if tags else None


def set_keras_mask(tensor: Tensor, mask: Any) -> None:
    """Lets `tensor` carry `mask`; None takes it away."""
    if mask is None and not tensor.tags:
        return
    tensor.tags = {**(tensor.tags or {}), "mask": mask}


@contextmanager
def carrying(tensors: list[Any], masks: Any) -> Iterator[None]:
    """Within it the tensors carry these masks (None: their own)."""
    before = [get_keras_mask(tensor) for tensor in tensors]
    for tensor, mask in zip(tensors, masks or [None] * len(tensors), strict=True):
        if mask is not None:
            set_keras_mask(tensor, mask)
    try:
        yield
    finally:
        for tensor, mask in zip(tensors, before, strict=True):
            set_keras_mask(tensor, mask)


def masks_in(value: Any) -> Any:
    """The masks of a tensor, or of a list or dict of them in the same structure; None if there is none at all."""
    if isinstance(value, Tensor):
        return get_keras_mask(value)
    if not tree.is_nested(value):
        return None
    found = tree.map_structure(get_keras_mask, value)
    return found if any(mask is not None for mask in tree.flatten(found)) else None
