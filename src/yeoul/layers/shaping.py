"""Layers that change shapes only."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import InputSpec, Layer

__all__ = ["Flatten", "Permute", "RepeatVector", "Reshape"]


class Flatten(Layer):
    """(batch, ...) -> (batch, features), channels last.

    Args:
        data_format: "channels_first" moves the axis of channels from place 1 to the end; that of the configuration if None.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        if x.ndim == 1:
            return ops.reshape(x, (-1, 1))
        if self.data_format == "channels_first" and x.ndim > 2:
            x = ops.transpose(x, (0, *range(2, x.ndim), 1))
        features = 1
        for size in x.shape[1:]:
            features = -1 if size is None or features < 0 else features * size
        return ops.reshape(x, (-1 if x.shape[0] is None else x.shape[0], features))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class Reshape(Layer):
    """(batch, ...) -> (batch, *target_shape); one size may be -1."""

    def __init__(self, target_shape: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.target_shape = (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)

    def call(self, x: Tensor) -> Tensor:
        target = self.target_shape
        if -1 in target and None not in x.shape[1:]:
            total, known = 1, 1
            for size in x.shape[1:]:
                total *= size  # type: ignore[operator]
            for size in target:
                known *= 1 if size == -1 else size
            if known == 0 or total % known:
                raise ValueError(f"Reshape {self.name!r}: {tuple(x.shape[1:])} does not fit into {target}.")
            target = tuple(total // known if size == -1 else size for size in target)
        elif None not in x.shape[1:]:
            total, wanted = 1, 1
            for size in x.shape[1:]:
                total *= size  # type: ignore[operator]
            for size in target:
                wanted *= size
            if total != wanted:
                raise ValueError(
                    f"Reshape {self.name!r}: a sample of shape {tuple(x.shape[1:])} has {total} elements, and {target} needs {wanted}."
                )
        return ops.reshape(x, (-1 if x.shape[0] is None else x.shape[0], *target))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """Axes after the batch in another order, counted from 1."""

    def __init__(self, dims: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"Permute: dims must hold every axis from 1 (the batch is 0 and stays) once, and got {self.dims}."
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, x: Tensor) -> Tensor:
        return ops.transpose(x, (0, *self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """(batch, features) -> (batch, n, features)."""

    def __init__(self, n: int, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(n, int):
            raise TypeError(f"RepeatVector: n must be an integer, and got {n!r} of type {type(n).__name__}.")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, x: Tensor) -> Tensor:
        return ops.repeat(ops.expand_dims(x, 1), self.n, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
