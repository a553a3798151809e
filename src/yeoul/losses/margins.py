"""Losses that ask for a margin between right and wrong."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import aligned
from yeoul.losses.loss import LossFunctionWrapper


def _signed(y_true: Tensor) -> Tensor:
    """Labels -1 and 1: as they are, or from 0 and 1 if there are no others."""
    is_binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(is_binary, y_true * 2.0 - 1.0, y_true)


def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """mean(max(1 - y_true y_pred, 0)) over the last axis; labels 0 and 1 are taken as -1 and 1."""
    y_true, y_pred = aligned(y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """mean(max(1 - y_true y_pred, 0)^2) over the last axis; labels 0 and 1 are taken as -1 and 1."""
    y_true, y_pred = aligned(y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """max(largest wrong score - right score + 1, 0), for one-hot targets."""
    y_true, y_pred = aligned(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


class Hinge(LossFunctionWrapper):
    """The mean of max(1 - y_true y_pred, 0). Arguments as for `Loss`."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "hinge", dtype: Any = None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(LossFunctionWrapper):
    """The mean of max(1 - y_true y_pred, 0)^2. Arguments as for `Loss`."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "squared_hinge", dtype: Any = None):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """max(largest wrong score - right score + 1, 0). Arguments as for `Loss`."""

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str = "categorical_hinge", dtype: Any = None
    ):
        super().__init__(categorical_hinge, reduction, name, dtype)
