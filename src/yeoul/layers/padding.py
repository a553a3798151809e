"""Layers that add or take away places around spatial axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import InputSpec, Layer
from yeoul.layers.signatures import with_defaults

__all__ = [
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]

Pairs = tuple[tuple[int, int], ...]


def pairs_per_axis(layer: str, name: str, value: Any, rank: int) -> Pairs:
    """`value` as (low, high) for each axis: from an int, one int an axis, or one pair an axis (with one axis, the pair itself).

    Raises: ValueError if it is none of them, or negative.
    """
    given = (value,) * rank if isinstance(value, (int, np.integer)) else value
    if rank == 1 and isinstance(given, (tuple, list)) and len(given) == 2:
        given = (given,)
    found = []
    for pair in given if isinstance(given, (tuple, list)) and len(given) == rank else ():
        pair = (pair, pair) if isinstance(pair, (int, np.integer)) else pair
        if (
            isinstance(pair, (tuple, list))
            and len(pair) == 2
            and all(isinstance(v, (int, np.integer)) and v >= 0 for v in pair)
        ):
            found.append((int(pair[0]), int(pair[1])))
    if len(found) != rank:
        form = "a pair of them" if rank == 1 else f"{rank} of them, or {rank} pairs of them"
        raise ValueError(f"{layer}: {name} must be an integer of 0 or more, {form}, and got {value!r}.")
    return tuple(found)


class Spatial(Layer):
    """Base: spatial axes, and where they are."""

    rank = 2

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def first_axis(self) -> int:
        return 1 if self.data_format == "channels_last" else 2


class ZeroPadding(Spatial):
    """Zeros around the spatial axes.

    Args:
        padding: how many: an int, one for each axis, or a pair (before, after) for each axis.
        data_format: "channels_last" or "channels_first"; that of the configuration if None.
    """

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.padding = pairs_per_axis(type(self).__name__, "padding", padding, self.rank)

    def call(self, x: Tensor) -> Tensor:
        widths = [(0, 0)] * x.ndim
        widths[self.first_axis : self.first_axis + self.rank] = self.padding
        return ops.pad(x, widths)

    def get_config(self) -> dict[str, Any]:
        padding = self.padding[0] if self.rank == 1 else self.padding
        return {**super().get_config(), "padding": padding, "data_format": self.data_format}


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after the steps of sequences. Arguments as in `ZeroPadding`."""

    rank = 1


@with_defaults(padding=(1, 1))
class ZeroPadding2D(ZeroPadding):
    """Zeros around images. Arguments as in `ZeroPadding`."""

    rank = 2


@with_defaults(padding=((1, 1), (1, 1), (1, 1)))
class ZeroPadding3D(ZeroPadding):
    """Zeros around volumes. Arguments as in `ZeroPadding`."""

    rank = 3


class Cropping(Spatial):
    """The input without its outer places.

    Args:
        cropping: how many to take away: an int, one for each axis, or a pair (before, after) for each axis.
        data_format: "channels_last" or "channels_first"; that of the configuration if None.

    Raises: ValueError if nothing would be left.
    """

    def __init__(self, cropping: Any, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.cropping = pairs_per_axis(type(self).__name__, "cropping", cropping, self.rank)

    def call(self, x: Tensor) -> Tensor:
        sizes = x.shape[self.first_axis : self.first_axis + self.rank]
        if any(n is not None and a + b >= n for n, (a, b) in zip(sizes, self.cropping, strict=True)):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: cropping={self.cropping} leaves nothing of an input of spatial size "
                f"{sizes} (shape {x.shape})."
            )
        for axis, (a, b) in enumerate(self.cropping, self.first_axis):
            if x.shape[axis] is not None and (a or b):  # an unknown size stays unknown
                x = ops.split(x, [a, x.shape[axis] - b], axis)[1]  # type: ignore[operator]
        return x

    def get_config(self) -> dict[str, Any]:
        cropping = self.cropping[0] if self.rank == 1 else self.cropping
        found = {**super().get_config(), "cropping": cropping}
        return found if self.rank == 1 else {**found, "data_format": self.data_format}


class Cropping1D(Cropping):
    """Sequences without their first and last steps. Arguments as in `Cropping`."""

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any):
        super().__init__(cropping, "channels_last", **kwargs)


class Cropping2D(Cropping):
    """Images without their border. Arguments as in `Cropping`."""

    rank = 2

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any):
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """Volumes without their border. Arguments as in `Cropping`."""

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any):
        super().__init__(cropping, data_format, **kwargs)
