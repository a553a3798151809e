"""Layers that join several tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer


class Merge(Layer):
    """Base of layers that combine a list of tensors element by element."""

    function: Callable = staticmethod(ops.add)

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        self.built = True

    def _check(self, input_shape: Any) -> None:
        if not isinstance(input_shape, (list, tuple)) or not input_shape or not isinstance(input_shape[0], tuple):
            raise ValueError(
                f"{type(self).__name__} {self.name!r} takes a list of at least two tensors, and got one of shape {input_shape}."
            )

    def call(self, inputs: list[Tensor]) -> Tensor:
        return reduce(type(self).function, inputs)


class Add(Merge):
    """Sum of tensors."""


class Subtract(Merge):
    """First minus second."""

    function = staticmethod(ops.subtract)


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

    def call(self, inputs: list[Tensor]) -> Tensor:
        return reduce(ops.add, inputs) / float(len(inputs))


class Concatenate(Merge):
    """Tensors side by side along `axis`."""

    def __init__(self, axis: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: list[Tensor]) -> Tensor:
        return ops.concatenate(inputs, self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def add(inputs: list, **kwargs: Any) -> Any:
    return Add(**kwargs)(inputs)


def subtract(inputs: list, **kwargs: Any) -> Any:
    return Subtract(**kwargs)(inputs)


def multiply(inputs: list, **kwargs: Any) -> Any:
    return Multiply(**kwargs)(inputs)


def average(inputs: list, **kwargs: Any) -> Any:
    return Average(**kwargs)(inputs)


def maximum(inputs: list, **kwargs: Any) -> Any:
    return Maximum(**kwargs)(inputs)


def minimum(inputs: list, **kwargs: Any) -> Any:
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: list, axis: int = -1, **kwargs: Any) -> Any:
    return Concatenate(axis=axis, **kwargs)(inputs)
