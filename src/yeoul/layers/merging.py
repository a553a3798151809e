"""Layers that join several tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from yeoul import ops
from yeoul.core import shapes
from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


def _is_list_of_shapes(input_shape: Any) -> bool:
    return isinstance(input_shape, (list, tuple)) and bool(input_shape) and isinstance(input_shape[0], (list, tuple))


class Merge(Layer):
    """Base of layers that combine a list of tensors element by element.

    A tensor of lower rank gets axes of size 1 after the batch axis, so that (batch, 4) meets (batch, 3, 4).

    Raises: ValueError if the input is no list, or batches or shapes do not fit together.
    """

    supports_masking = True
    function: Callable = staticmethod(ops.add)

    def build(self, input_shape: Any) -> None:
        if not _is_list_of_shapes(input_shape):
            raise ValueError(
                f"{type(self).__name__} {self.name!r} takes a list of at least one tensor, and got one of shape {input_shape}."
            )
        batches = {shape[0] for shape in input_shape if len(shape)} - {None}
        if len(batches) > 1:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: cannot merge tensors with different batch sizes, and got the shapes "
                f"{[tuple(shape) for shape in input_shape]}."
            )
        rank = max(len(shape) for shape in input_shape)
        samples = [(*[1] * (rank - len(shape)), *shape[1:]) for shape in input_shape]
        shapes.broadcast(*samples, context=f"samples to merge in {type(self).__name__} {self.name!r}")
        self.built = True

    def call(self, inputs: list[Tensor]) -> Tensor:
        rank = max(x.ndim for x in inputs)
        return self.merge([_to_rank(x, rank) for x in inputs])

    def merge(self, inputs: list[Tensor]) -> Tensor:
        """The result for tensors of equal rank."""
        return reduce(type(self).function, inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """True where any of the masks is; None if an input has none."""
        masks = list(previous_mask or [None])
        if any(mask is None for mask in masks):
            return None
        return reduce(ops.logical_or, masks)


def _to_rank(x: Tensor, rank: int) -> Tensor:
    while x.ndim < rank:
        x = ops.expand_dims(x, 1)
    return x


class Add(Merge):
    """Sum of tensors."""


class Subtract(Merge):
    """First minus second."""

    function = staticmethod(ops.subtract)

    def build(self, input_shape: Any) -> None:
        if not _is_list_of_shapes(input_shape) or len(input_shape) != 2:
            raise ValueError(f"Subtract {self.name!r} takes a list of exactly 2 tensors, and got shapes {input_shape}.")
        super().build(input_shape)


class Multiply(Merge):
    """Product of tensors, element by element."""

    function = staticmethod(ops.multiply)


class Maximum(Merge):
    """Largest of tensors, element by element."""

    function = staticmethod(ops.maximum)


class Minimum(Merge):
    """Smallest of tensors, element by element."""

    function = staticmethod(ops.minimum)


class Average(Merge):
    """Mean of tensors, element by element."""

    def merge(self, inputs: list[Tensor]) -> Tensor:
        return reduce(ops.add, inputs) / float(len(inputs))


class Concatenate(Merge):
    """Tensors side by side along `axis`.

    Raises: ValueError if they differ in another axis.
    """

    def __init__(self, axis: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        if not _is_list_of_shapes(input_shape):
            raise ValueError(
                f"Concatenate {self.name!r} takes a list of at least one tensor, and got one of shape {input_shape}."
            )
        ranks = {len(shape) for shape in input_shape}
        rest = [shape[: self.axis % len(shape)] + shape[self.axis % len(shape) + 1 :] for shape in input_shape]
        fits = len(ranks) == 1 and all(
            a == b or a is None or b is None for shape in rest for a, b in zip(rest[0], shape, strict=True)
        )
        if not fits:
            raise ValueError(
                f"Concatenate {self.name!r} needs shapes that are equal but for axis {self.axis}, and got "
                f"{[tuple(shape) for shape in input_shape]}."
            )
        self.built = True

    def call(self, inputs: list[Tensor]) -> Tensor:
        return ops.concatenate(inputs, self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The masks side by side; an input without one counts everywhere. Along the features, True where any mask is."""
        masks = list(previous_mask or [None])
        if all(mask is None for mask in masks):
            return None
        axis, full = normalize_axis(self.axis, inputs[0].ndim), []
        for x, mask in zip(inputs, masks, strict=True):
            everywhere = ops.ones_like(x, dtype="bool")
            while mask is not None and mask.ndim < x.ndim:
                mask = ops.expand_dims(mask, -1)
            full.append(everywhere if mask is None else ops.logical_and(mask, everywhere))
        return ops.any(ops.concatenate(full, axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class Dot(Merge):
    """Sum over one axis of each of two tensors, sample by sample.

    Args:
        axes: the axis of both, or one of each (the batch is axis 0).
        normalize: divides by the Euclidean norms along the axes first: cosine proximity.

    Shapes: (batch, a..., k), (batch, k, b...) with axes=(-1, 1) -> (batch, a..., b...), (batch, 1) if nothing else is left.
    Raises: ValueError if the axes differ in size.
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        pair = axes if isinstance(axes, (list, tuple)) else (axes, axes)
        if len(pair) != 2 or not all(isinstance(axis, int) for axis in pair):
            raise ValueError(f"Dot: axes is an integer or a pair of integers, and got {axes!r}.")
        self.axes, self.normalize = axes, normalize

    def _pair(self, *ranks: int) -> list[int]:
        axes = self.axes if isinstance(self.axes, (list, tuple)) else (self.axes, self.axes)
        return [normalize_axis(axis, rank) for axis, rank in zip(axes, ranks, strict=True)]

    def build(self, input_shape: Any) -> None:
        if not _is_list_of_shapes(input_shape) or len(input_shape) != 2:
            raise ValueError(f"Dot {self.name!r} takes a list of exactly 2 tensors, and got shapes {input_shape}.")
        a, b = input_shape
        i, j = self._pair(len(a), len(b))
        if 0 in (i, j):
            raise ValueError(f"Dot {self.name!r}: axis 0 is the batch, and nothing can be summed over it.")
        if a[i] != b[j] and a[i] is not None and b[j] is not None:
            raise ValueError(
                f"Dot {self.name!r} has incompatible shapes: size {a[i]} at axis {i} and {b[j]} at axis {j} of {tuple(a)} and {tuple(b)}."
            )
        self.built = True

    def call(self, inputs: list[Tensor]) -> Tensor:
        a, b = inputs
        i, j = self._pair(a.ndim, b.ndim)
        if self.normalize:
            a, b = ops.normalize(a, axis=i), ops.normalize(b, axis=j)
        letters = "acdefghijklmnopqrstuvwxyz"
        left = "B" + letters[: a.ndim - 1]
        right = "B" + letters[a.ndim - 1 : a.ndim + b.ndim - 2]
        right = right[:j] + left[i] + right[j + 1 :]
        result = left[:i] + left[i + 1 :] + right[1:j] + right[j + 1 :]
        y = ops.einsum(f"{left},{right}->{result}", a, b)
        return ops.expand_dims(y, 1) if y.ndim == 1 else y

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def add(inputs: list, **kwargs: Any) -> Any:
    """`Add` as a function."""
    return Add(**kwargs)(inputs)


def subtract(inputs: list, **kwargs: Any) -> Any:
    """`Subtract` as a function."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: list, **kwargs: Any) -> Any:
    """`Multiply` as a function."""
    return Multiply(**kwargs)(inputs)


def average(inputs: list, **kwargs: Any) -> Any:
    """`Average` as a function."""
    return Average(**kwargs)(inputs)


def maximum(inputs: list, **kwargs: Any) -> Any:
    """`Maximum` as a function."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: list, **kwargs: Any) -> Any:
    """`Minimum` as a function."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: list, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate` as a function."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: list, axes: Any = -1, **kwargs: Any) -> Any:
    """`Dot` as a function."""
    return Dot(axes=axes, **kwargs)(inputs)
