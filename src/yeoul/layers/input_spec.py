"""InputSpec: what a layer expects of its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import tree
from yeoul.core.tensor import Tensor

__all__ = ["InputSpec"]


class InputSpec:
    """What a layer expects of an input.

    Args:
        dtype, shape, ndim, min_ndim, max_ndim: conditions; None for none.
        axes: {axis: size} that must hold.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype, self.shape, self.ndim = dtype, shape, ndim if shape is None else len(shape)
        self.max_ndim, self.min_ndim, self.axes, self.name = max_ndim, min_ndim, axes or {}, name


def missing_axis(shape: Any, ndim: int, channels_first: bool = False) -> str:
    """What to do about an input that has one axis too few: channels or the batch were left out."""
    if len(shape) != ndim - 1 or ndim < 4:
        return ""
    sizes = (1, *shape[1:]) if channels_first else (*shape[1:], 1)
    advice = f" Where the channels are missing, as in grey images, add them: x[{':, None' if channels_first else '..., None'}]"
    advice += f", with Input({sizes})."
    return advice if shape[0] is None else advice + " Where the batch is missing, add it: x[None]."


def check_inputs(layer: str, specs: Any, inputs: Any) -> None:
    """Raises ValueError if the inputs of a layer, named by its class and name, are not what one of `specs` says."""
    specs = specs if isinstance(specs, (list, tuple)) else [specs]
    for spec, leaf in zip(specs, tree.flatten(inputs), strict=False):
        if spec is None or not isinstance(leaf, Tensor):
            continue
        shape = leaf.shape
        if spec.ndim is not None and len(shape) != spec.ndim:
            raise ValueError(
                f"{layer} needs an input of rank {spec.ndim}, and got rank {len(shape)}: shape {shape}."
                + missing_axis(shape, spec.ndim)
            )
        if spec.min_ndim is not None and len(shape) < spec.min_ndim:
            raise ValueError(
                f"{layer} needs an input of rank {spec.min_ndim} or more, and got shape {shape}. "
                "A batch of samples has the batch as its first axis."
            )
        for axis, size in spec.axes.items():
            if shape[axis] is not None and shape[axis] != size:
                raise ValueError(
                    f"{layer} was built for inputs whose "
                    f"{'last axis' if axis == -1 else f'axis {axis}'} is {size}, and got shape {shape}."
                    + _advice(shape, axis, size)
                )


def _advice(shape: tuple, axis: int, size: int) -> str:
    rest = shape[1:]
    if axis == -1 and None not in rest and len(rest) > 1 and int(np.prod(rest)) == size:
        return f"\nPut a Flatten() before it, or reshape the data to ({shape[0]}, {size})."
    return ""
