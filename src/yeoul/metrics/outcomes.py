"""Outcomes at thresholds: how many predictions are truly positive, falsely positive, truly and falsely negative.

Evenly spaced thresholds take one pass over the predictions, whatever their number: each prediction falls into the bucket
between two thresholds, weights are added up by bucket, and the counts at a threshold are the sums of the buckets above it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from yeoul import ops
from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import same_rank
from yeoul.losses.masking import trailing_axes
from yeoul.ops.layout import scatter_add_primitive

BELOW_ALL = -1e10  # what top_k makes of the predictions that are not among the k largest


class Outcomes(NamedTuple):
    """Sums of weights, each of shape (thresholds,) or (thresholds, labels)."""

    true_positives: Tensor
    false_positives: Tensor
    true_negatives: Tensor
    false_negatives: Tensor


def checked_thresholds(thresholds: Any, default: float, owner: str) -> list[float]:
    """Thresholds as a list.

    Raises: ValueError for one outside of [0, 1].
    """
    if thresholds is None:
        return [default]
    values = [float(t) if t is not None else math.nan for t in np.atleast_1d(np.asarray(thresholds, object)).tolist()]
    wrong = [t for t in values if not 0 <= t <= 1]
    if wrong:
        raise ValueError(f"{owner}: thresholds must be in [0, 1], and got {wrong}.")
    return values


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether thresholds are 0, 1/(n-1), ..., 1, at least three of them."""
    n = len(thresholds)
    return n >= 3 and bool(np.allclose(thresholds, np.arange(n) / (n - 1), atol=config.epsilon()))


def count_outcomes(
    y_true: Any, y_pred: Any, thresholds: Sequence[float], *, is_even: bool, dtype: str, sample_weight: Any = None,
    top_k: int | None = None, class_id: int | None = None, is_multi_label: bool = False, label_weights: Any = None,
) -> Outcomes:  # fmt: skip
    """Outcomes of a batch. A label other than 0 is positive; a prediction is if it is above the threshold.

    Args:
        is_even: whether thresholds are 0, 1/(n-1), ..., 1 (the ends may lie a little outside).
        top_k: only the k largest predictions of the last axis can be positive.
        class_id: only this entry of the last axis counts.
        is_multi_label: whether entries of the last axis are counted apart.
        label_weights: weights of the entries of the last axis.

    Raises: ValueError if labels and predictions have different shapes.
    """
    y_pred = ops.cast(ops.convert_to_tensor(y_pred), dtype)
    y_true, y_pred = same_rank(ops.convert_to_tensor(y_true), y_pred)
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            f"Labels of shape {tuple(y_true.shape)} and predictions of shape {tuple(y_pred.shape)} can not be compared one by "
            "one. Give labels of the predictions' shape (utils.to_categorical makes them from class numbers)."
        )
    if top_k is not None:
        y_pred = _largest_only(y_pred, top_k)
    if class_id is not None:
        y_true, y_pred = y_true[..., class_id], y_pred[..., class_id]
    positive = ops.cast(ops.cast(y_true, "bool"), dtype)
    negative = 1.0 - positive
    weight = _weight_for(y_pred, sample_weight, label_weights, dtype)
    if weight is not None:
        positive, negative = positive * weight, negative * weight
    shape = (-1, y_pred.shape[-1]) if is_multi_label else (-1,)
    positive, negative, y_pred = (ops.reshape(x, shape) for x in (positive, negative, y_pred))
    count = _count_in_buckets if is_even else _count_by_comparison
    return count(positive, negative, y_pred, thresholds)


def _largest_only(y_pred: Tensor, k: int) -> Tensor:
    """Predictions of which all but the k largest along the last axis are `BELOW_ALL`."""
    classes: Any = y_pred.shape[-1]
    if k > classes:
        raise ValueError(
            f"top_k={k} is more than the {classes} predictions of a sample, of shape {tuple(y_pred.shape)}."
        )
    left, is_kept = y_pred, ops.cast(ops.zeros_like(y_pred), "bool")
    for _ in range(k):  # the first of equals goes first
        is_largest = ops.one_hot(ops.argmax(left, -1), classes, dtype="bool")
        is_kept = ops.logical_or(is_kept, is_largest)
        left = ops.where(is_largest, -math.inf, left)
    return ops.where(is_kept, y_pred, BELOW_ALL)


def _weight_for(y_pred: Tensor, sample_weight: Any, label_weights: Any, dtype: str) -> Any:
    weight: Any = None
    if sample_weight is not None:
        weight = ops.cast(ops.convert_to_tensor(sample_weight), dtype)
        if weight.ndim == y_pred.ndim + 1 and weight.shape[-1] == 1:
            weight = ops.squeeze(weight, -1)
        weight = trailing_axes(weight, y_pred.ndim)
    if label_weights is not None:
        of_labels = ops.convert_to_tensor(label_weights, dtype)
        weight = of_labels if weight is None else weight * of_labels
    return weight


def _count_by_comparison(positive: Tensor, negative: Tensor, y_pred: Tensor, thresholds: Sequence[float]) -> Outcomes:
    """Every prediction with every threshold."""
    limits = np.asarray(thresholds, dtypes.to_numpy(y_pred.dtype)).reshape(-1, *[1] * y_pred.ndim)
    said = ops.cast(ops.greater(ops.expand_dims(y_pred, 0), limits), y_pred.dtype)
    silent = 1.0 - said
    pairs = ((said, positive), (said, negative), (silent, negative), (silent, positive))
    return Outcomes(*(ops.sum(is_so * weight, axis=1) for is_so, weight in pairs))


def _count_in_buckets(positive: Tensor, negative: Tensor, y_pred: Tensor, thresholds: Sequence[float]) -> Outcomes:
    """One pass: bucket i holds predictions above threshold i - 1 and up to threshold i, so that all above i are above it."""
    n = len(thresholds)
    side = math.isqrt(n) + 1  # buckets as a square, of which the suffix sums are two small products
    lowest = 1.0 if thresholds[0] < 0 else 0.0  # a first threshold below 0 has all predictions above it
    bucket = ops.ceil(ops.minimum(y_pred, 1.0) * float(n - 1))
    bucket = ops.cast(ops.where(bucket > lowest, bucket, lowest), "int32")  # the lowest for NaN, too
    labels: Any = y_pred.shape[1] if y_pred.ndim == 2 else 1
    if y_pred.ndim == 2:
        bucket = bucket + np.arange(labels, dtype=np.int32) * (side * side)
    bucket = ops.reshape(bucket, (-1,))
    sums = [
        scatter_add_primitive(ops.reshape(x, (-1,)), bucket, axis=0, size=labels * side * side, rank=1)
        for x in (positive, negative)
    ]
    above = _suffix_sums(ops.reshape(ops.concatenate(sums), (2 * labels, side, side)))
    above = ops.reshape(above[:, : n + 1], (2, labels, n + 1))
    said, silent = above[:, :, 1:], above[:, :, :1] - above[:, :, 1:]
    if y_pred.ndim == 1:
        said, silent = said[:, 0], silent[:, 0]
    else:
        said, silent = ops.swapaxes(said, 1, 2), ops.swapaxes(silent, 1, 2)
    return Outcomes(said[0], said[1], silent[1], silent[0])


def _suffix_sums(x: Tensor) -> Tensor:
    """y[r, i] = sum of the row-major entries of x[r] from i on, for x of shape (rows, side, side)."""
    rows, side, _ = x.shape
    later = np.tril(np.ones((side, side), dtypes.to_numpy(x.dtype)))
    within = ops.matmul(x, later)
    after = ops.matmul(within[:, :, 0], np.tril(later, -1))
    return ops.reshape(within + ops.expand_dims(after, -1), (rows, side * side))
