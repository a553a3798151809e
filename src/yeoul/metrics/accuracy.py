"""How often predictions are right."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import aligned, same_rank
from yeoul.metrics.reduction import MeanMetricWrapper


def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the prediction equals the label, element by element."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true, y_pred = same_rank(ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype), y_pred)
    return ops.cast(ops.equal(y_true, y_pred), config.floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """1 where the output is on the right side of the threshold, element by element."""
    y_true, y_pred = aligned(y_true, y_pred)
    hit = ops.equal(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype))
    return ops.cast(hit, config.floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest output stands at the 1 of the one-hot label."""
    return ops.cast(ops.equal(ops.argmax(y_true, -1), ops.argmax(y_pred, -1)), config.floatx())


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest output stands at the label."""
    y_true, y_pred = _labels_for(y_true, y_pred)
    best = ops.argmax(y_pred, -1)
    return ops.cast(ops.equal(ops.cast(y_true, best.dtype), best), config.floatx())


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the output of the one-hot label is among the k largest."""
    return ops.cast(ops.in_top_k(ops.argmax(y_true, -1), y_pred, k), config.floatx())


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Tensor:
    """1 where the label's output is among the k largest.

    Args:
        from_sorted_ids: whether predictions are classes, the most likely first, rather than outputs of classes.
    """
    y_true, y_pred = _labels_for(y_true, y_pred)
    if not from_sorted_ids:
        return ops.cast(ops.in_top_k(y_true, y_pred, k), config.floatx())
    first = ops.cast(y_pred[..., :k], "int32")
    found = ops.any(ops.equal(ops.expand_dims(ops.cast(y_true, "int32"), -1), first), axis=-1)
    return ops.cast(found, config.floatx())


def _labels_for(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    return y_true, y_pred


class Accuracy(MeanMetricWrapper):
    """How often predictions equal labels. Arguments as for `Mean`."""

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often outputs are on the right side of the threshold.

    Args:
        name, dtype: as for `Mean`.
        threshold: above which an output says 1.
    """

    def __init__(self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest output stands at the 1 of the one-hot label. Arguments as for `Mean`."""

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest output stands at the integer label. Arguments as for `Mean`."""

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: Any = None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the output of the one-hot label is among the k largest.

    Args:
        k: how many outputs count.
        name, dtype: as for `Mean`.
    """

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the output of the integer label is among the k largest.

    Args:
        k: how many outputs count.
        name, dtype: as for `Mean`.
        from_sorted_ids: whether predictions are classes, the most likely first.
    """

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ):
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
