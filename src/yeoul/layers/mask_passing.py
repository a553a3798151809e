"""How a layer's call gets the masks of its inputs, and what it leaves on its outputs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from yeoul.core import tree
from yeoul.core.masks import get_keras_mask, masks_in, set_keras_mask
from yeoul.core.tensor import Tensor

if TYPE_CHECKING:
    from yeoul.layers.layer import Layer


def take_masks(layer: Layer, args: tuple, kwargs: dict[str, Any]) -> Any:
    """The mask of the call's first argument; `kwargs` gets the masks that `call` has arguments for.

    The first argument's mask is `mask=`, that of any argument `x` is `x_mask=`, unless the caller passed them.
    """
    if len(args) == 1 and len(kwargs) < 2 and isinstance(args[0], Tensor) and not args[0].tags:
        return kwargs.get("mask")  # the most frequent case, quickly
    first = args[0] if args else next(iter(kwargs.values()), None)
    previous = kwargs.get("mask")
    if previous is None:
        previous = masks_in(first)
        if previous is not None and layer.call_takes("mask"):
            kwargs["mask"] = previous
    if len(args) > 1 or len(kwargs) > 1:
        names = layer.call_arguments()[1:]
        for name, value in [*zip(names, args, strict=False), *kwargs.items()]:
            if layer.call_takes(f"{name}_mask") and kwargs.get(f"{name}_mask") is None:
                mask = masks_in(value)
                if mask is not None:
                    kwargs[f"{name}_mask"] = mask
    return previous


def leave_masks(layer: Layer, inputs: Any, outputs: Any, previous: Any) -> None:
    """Sets the outputs' masks by the layer's `compute_mask`; warns if the layer drops one it was given."""
    if not layer.supports_masking:
        if previous is not None and not any("mask" in name for name in layer.call_arguments()):
            warnings.warn(
                f"Layer {layer.name!r} (of type {type(layer).__name__}) was passed an input with a mask attached to it. "
                "However, this layer does not support masking and will therefore destroy the mask information. "
                "Downstream layers will not see the mask.",
                stacklevel=4,
            )
        return
    leaves = [leaf for leaf in tree.flatten(outputs) if isinstance(leaf, Tensor)]
    if all(get_keras_mask(leaf) is not None for leaf in leaves):
        return
    masks = layer.compute_mask(inputs, previous)
    if masks is None:
        return
    for leaf, mask in zip(leaves, tree.flatten(masks), strict=False):
        if mask is not None and get_keras_mask(leaf) is None:
            set_keras_mask(leaf, mask)
