"""How targets and predictions vary together."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import aligned
from yeoul.metrics.reduction import MeanMetricWrapper


def _centred(y: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    mean = ops.mean(y, axis=axis, keepdims=True)
    return mean, y - mean


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """cov(y_true, y_pred) / (std(y_true) std(y_pred)) along `axis`; NaN where one of them is constant."""
    y_true, y_pred = aligned(y_true, y_pred)
    (_, a), (_, b) = _centred(y_true, axis), _centred(y_pred, axis)
    lengths = ops.sqrt(ops.sum(ops.square(a), axis=axis)) * ops.sqrt(ops.sum(ops.square(b), axis=axis))
    return ops.sum(a * b, axis=axis) / lengths


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """2 cov(y_true, y_pred) / (var(y_true) + var(y_pred) + (mean(y_true) - mean(y_pred))^2) along `axis`. Source: Lin 1989."""
    y_true, y_pred = aligned(y_true, y_pred)
    (mean_a, a), (mean_b, b) = _centred(y_true, axis), _centred(y_pred, axis)
    spread = ops.mean(ops.square(a), axis=axis) + ops.mean(ops.square(b), axis=axis)
    shift = ops.squeeze(ops.square(mean_a - mean_b), axis)
    return 2.0 * ops.mean(a * b, axis=axis) / (spread + shift + config.epsilon())


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of Pearson's correlation coefficients of samples.

    Args:
        name, dtype: as for `Mean`.
        axis: along which values of a sample lie.
    """

    def __init__(self, name: str = "pearson_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of Lin's concordance correlation coefficients of samples: 1 only if predictions equal targets.

    Args:
        name, dtype: as for `Mean`.
        axis: along which values of a sample lie.
    """

    def __init__(self, name: str = "concordance_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
