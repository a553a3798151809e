"""Penalties on the size of weights, added to the loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.arguments import KnownArguments
from yeoul.core.tensor import Tensor
from yeoul.serialization import custom_object_scope, resolve, serialize_keras_object


class Regularizer(KnownArguments):
    """A function of a weight that gives its penalty."""

    def __call__(self, x: Any) -> Tensor:
        raise NotImplementedError("A regularizer implements __call__(self, x).")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        return cls(**config)


def _factor(name: str, value: Any, default: float) -> float:
    """The factor of a penalty; None stands for the default."""
    if value is None:
        return default
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        raise ValueError(f"The factor {name} must not be negative or infinite, and got {value!r}.")
    return float(value)


class L1L2(Regularizer):
    """l1 sum |w| + l2 sum w^2."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1, self.l2 = _factor("l1", l1, 0.0), _factor("l2", l2, 0.0)

    def __call__(self, x: Any) -> Tensor:
        total = ops.convert_to_tensor(0.0, ops.convert_to_tensor(x).dtype)
        if self.l1:
            total = total + ops.sum(ops.absolute(x)) * self.l1
        if self.l2:
            total = total + ops.sum(ops.square(x)) * self.l2
        return total

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """l1 sum |w|."""

    def __init__(self, l1: float = 0.01):
        super().__init__(l1=_factor("l1", l1, 0.01))

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(L1L2):
    """l2 sum w^2."""

    def __init__(self, l2: float = 0.01):
        super().__init__(l2=_factor("l2", l2, 0.01))

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """factor times the mean |cosine| between different rows (or columns)."""

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        if mode not in ("rows", "columns"):
            raise ValueError(f"OrthogonalRegularizer: mode must be 'rows' or 'columns', and got {mode!r}.")
        self.factor, self.mode = factor, mode

    def __call__(self, x: Any) -> Tensor:
        x = ops.convert_to_tensor(x)
        if x.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer takes matrices, and got shape {x.shape}.")
        rows = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        n = rows.shape[0]
        cosines = ops.matmul(rows, ops.transpose(rows)) * (1.0 - ops.eye(n, dtype=rows.dtype))
        return ops.sum(ops.absolute(cosines)) * (0.5 * self.factor / max(n * (n - 1) / 2.0, 1.0))

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

ALL: dict[str, Any] = {"l1": L1, "l2": L2, "l1_l2": L1L2, "orthogonal_regularizer": OrthogonalRegularizer}


def get(identifier: Any) -> Any:
    """The regularizer behind a name, config, object or function.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    return resolve(identifier, ALL, "regularizer")


def serialize(regularizer: Any) -> Any:
    """The configuration of a regularizer."""
    return serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The regularizer of a configuration.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    with custom_object_scope(custom_objects or {}):
        return get(config)
