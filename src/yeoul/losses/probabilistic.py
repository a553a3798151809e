"""Losses of probabilities and counts: divergence and Poisson."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import aligned
from yeoul.losses.loss import LossFunctionWrapper


def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """sum(y_true log(y_true / y_pred)) over the last axis, both held in [epsilon, 1]."""
    y_true, y_pred = aligned(y_true, y_pred)
    y_true, y_pred = ops.clip(y_true, config.epsilon(), 1), ops.clip(y_pred, config.epsilon(), 1)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """mean(y_pred - y_true log(y_pred + epsilon)) over the last axis."""
    y_true, y_pred = aligned(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), axis=-1)


class KLDivergence(LossFunctionWrapper):
    """The Kullback-Leibler divergence of predicted from true distributions. Arguments as for `Loss`."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "kl_divergence", dtype: Any = None):
        super().__init__(kl_divergence, reduction, name, dtype)


class Poisson(LossFunctionWrapper):
    """y_pred - y_true log(y_pred): for counts. Arguments as for `Loss`."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "poisson", dtype: Any = None):
        super().__init__(poisson, reduction, name, dtype)
