"""Losses of overlap between predicted and true regions, for segmentation."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import aligned
from yeoul.losses.loss import LossFunctionWrapper


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Tensor:
    """1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred)) over `axis` (all axes if None). Source: Milletari et al. 2016."""
    y_true, y_pred = aligned(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis)
    return 1.0 - 2.0 * both / (ops.sum(y_true, axis) + ops.sum(y_pred, axis) + config.epsilon())


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Tensor:
    """1 - both / (both + alpha sum(y_true (1 - y_pred)) + beta sum((1 - y_true) y_pred)) over `axis` (all axes if None).

    Source: Salehi et al. 2017; alpha weighs what was missed, as in Keras.
    """
    y_true, y_pred = aligned(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis)
    missed = ops.sum(y_true * (1.0 - y_pred), axis)
    wrong = ops.sum((1.0 - y_true) * y_pred, axis)
    return 1.0 - both / (both + missed * alpha + wrong * beta + config.epsilon())


class Dice(LossFunctionWrapper):
    """1 - the share of overlap, twice the intersection over the sum of both.

    Args:
        axis: over which overlap is counted; all axes if None, which gives one value for the batch.
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str = "dice", axis: Any = None, dtype: Any = None
    ):
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """1 - the share of overlap, what was missed and what was wrong weighing differently.

    Args:
        alpha: weight of true entries that were missed.
        beta: weight of predicted entries that were wrong.
        axis: over which overlap is counted; all axes if None, which gives one value for the batch.
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ):
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)
