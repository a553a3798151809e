"""Circle loss: similarities of embeddings within and between classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.losses.loss import LossFunctionWrapper
from yeoul.losses.masking import with_mask


def circle(
    y_true: Any, y_pred: Any, ref_labels: Any = None, ref_embeddings: Any = None, remove_diagonal: bool = True,
    gamma: float = 80, margin: float = 0.4,
) -> Tensor:  # fmt: skip
    """log(1 + sum(exp(gamma an (sn - margin))) sum(exp(-gamma ap (sp - 1 + margin)))) for each sample, where sp and sn are its
    similarities to samples of its own class and of others, ap = max(1 + margin - sp, 0) and an = max(sn + margin, 0).

    Source: Sun et al. 2020, equation 6. A sample without another of its class has the value 0 and is masked.

    Args:
        y_true: integer labels, (batch,) or (batch, 1).
        y_pred: embeddings of length 1, (batch, features).
        ref_labels, ref_embeddings: what samples are compared with; the batch itself if None.
        remove_diagonal: whether sample i is not compared with reference i.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = ops.reshape(ops.cast(ops.convert_to_tensor(y_true), "int32"), (-1, 1))
    others = labels if ref_labels is None else ops.cast(ops.convert_to_tensor(ref_labels), "int32")
    points = y_pred if ref_embeddings is None else ops.cast(ops.convert_to_tensor(ref_embeddings), y_pred.dtype)
    similarity = ops.minimum(ops.matmul(y_pred, ops.transpose(points)), 1.0)
    is_same = ops.equal(labels, ops.reshape(others, (1, -1)))
    is_other = ops.logical_not(is_same)
    if remove_diagonal:
        rows, columns = (np.arange(size) for size in similarity.shape)
        is_same = ops.logical_and(is_same, rows[:, None] != columns)
    pull = ops.maximum(1.0 + margin - similarity, 0.0) * (1.0 - margin - similarity) * gamma
    push = ops.maximum(similarity + margin, 0.0) * (similarity - margin) * gamma
    values = ops.softplus(_log_sum_exp(pull, is_same) + _log_sum_exp(push, is_other))
    return with_mask(values, ops.any(is_same, axis=-1))


def _log_sum_exp(x: Tensor, counts: Tensor) -> Tensor:
    """log(sum(exp(x))) over the entries of the last axis that count; very small if none does."""
    low = -1e10
    largest = ops.stop_gradient(ops.max(ops.where(counts, x, low), axis=-1, keepdims=True))
    terms = ops.where(counts, ops.exp(ops.where(counts, x - largest, 0.0)), 0.0)
    total = ops.sum(terms, axis=-1)
    is_empty = ops.equal(total, 0)
    return ops.where(is_empty, low, ops.squeeze(largest, -1) + ops.log(ops.where(is_empty, 1.0, total)))


class Circle(LossFunctionWrapper):
    """Pulls embeddings of one class together and those of different classes apart, the more the further they have to go.

    Args:
        gamma: scale of the similarities.
        margin: how far within [0, 1] similarities are to stay from the boundary.
        remove_diagonal: whether a sample is not compared with itself.
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str = "circle",
        dtype: Any = None,
    ):
        options = {"gamma": gamma, "margin": margin, "remove_diagonal": remove_diagonal}
        super().__init__(circle, reduction, name, dtype, **options)
