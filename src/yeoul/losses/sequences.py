"""CTC: labels of a sequence whose places in it are not known."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.losses.loss import LossFunctionWrapper

_BLANK = 0


def ctc(y_true: Any, y_pred: Any) -> Tensor:
    """-log p(labels) for each sample, where p sums over all ways to spread the labels over the steps; see `ops.ctc_loss`.

    Args:
        y_true: labels from 1 on, (batch, longest); 0 fills what is shorter.
        y_pred: logits, (batch, steps, classes); class 0 is the blank.

    Raises: ValueError for other ranks.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if y_true.ndim != 2:
        raise ValueError(f"ctc: y_true must have the shape (batch, longest), and has {y_true.shape}.")
    if y_pred.ndim != 3:
        raise ValueError(f"ctc: y_pred must have the shape (batch, steps, classes), and has {y_pred.shape}.")
    labels = ops.cast(y_true, "int32")
    label_length = ops.sum(ops.cast(ops.not_equal(labels, _BLANK), "int32"), axis=-1)
    steps = ops.zeros_like(label_length) + y_pred.shape[1]
    return ops.ctc_loss(labels, y_pred, label_length, steps, mask_index=_BLANK)


class CTC(LossFunctionWrapper):
    """Connectionist temporal classification. Graves, Fernandez, Gomez & Schmidhuber 2006.

    Args:
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "ctc", dtype: Any = None):
        super().__init__(ctc, reduction, name, dtype)
