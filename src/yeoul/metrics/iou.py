"""Intersection over union: overlap of predicted and true classes, for segmentation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor
from yeoul.losses.masking import trailing_axes
from yeoul.metrics.metric import Metric, ratio
from yeoul.ops.layout import scatter_add_primitive
from yeoul.serialization import attributes


class _ConfusionMatrix(Metric):
    """Counts of (true class, predicted class), int64 unless told otherwise."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__("int64" if dtype is None else dtype, name)
        self.num_classes = num_classes
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        y_true = y_true if self.sparse_y_true else ops.argmax(y_true, self.axis)
        y_pred = y_pred if self.sparse_y_pred else ops.argmax(y_pred, self.axis)
        shape = tuple(y_pred.shape)
        y_true, y_pred = (ops.reshape(ops.cast(y, "int32"), (-1,)) for y in (y_true, y_pred))
        counts_in = self._within(y_true, y_pred)
        weight = ops.cast(counts_in, self._dtype)
        if sample_weight is not None:
            weight = weight * self._flat_weight(sample_weight, shape)
        cell = ops.where(counts_in, y_true * self.num_classes + y_pred, 0)
        counts = scatter_add_primitive(weight, cell, axis=0, size=self.num_classes**2, rank=1)
        self.total_cm.assign_add(ops.reshape(counts, (self.num_classes, self.num_classes)))

    def _within(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Where both are classes, and not the one to ignore."""
        limits = [ops.logical_and(y >= 0, y < self.num_classes) for y in (y_true, y_pred)]
        within = ops.logical_and(*limits)
        return within if self.ignore_class is None else ops.logical_and(within, y_true != self.ignore_class)

    def _flat_weight(self, sample_weight: Any, shape: tuple) -> Tensor:
        weight = ops.convert_to_tensor(sample_weight)
        if dtypes.is_float(weight.dtype) and not dtypes.is_float(self._dtype):
            warnings.warn(
                f"{type(self).__name__}: weights are {weight.dtype} and counts are {self._dtype}, so that fractions are cut off. "
                "Pass dtype='float32'.",
                stacklevel=4,
            )
        weight = trailing_axes(ops.cast(weight, self._dtype), len(shape))
        return ops.reshape(ops.broadcast_to(weight, shape), (-1,))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "num_classes ignore_class axis")}


class IoU(_ConfusionMatrix):
    """The mean over classes of both / (true + predicted - both), counted in pixels; classes that do not occur are left out.

    Args:
        num_classes: how many classes labels and predictions have, background included.
        target_class_ids: over which classes the mean is taken.
        name: in logs.
        dtype: of the counts, int64 if None.
        ignore_class: pixels with this label do not count; may lie outside of the classes (-1, 255).
        sparse_y_true, sparse_y_pred: whether they are class numbers rather than one value for each class along `axis`.
        axis: along which classes lie.

    Raises: ValueError for a target class that does not exist.
    """

    _given_by_class = ""  # options that a subclass does not take

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        for number in target_class_ids:
            if not 0 <= number < num_classes:
                raise ValueError(
                    f"{type(self).__name__}: target class {number} does not exist; classes are 0 to {num_classes - 1}."
                )
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        self.target_class_ids = list(target_class_ids)

    def result(self) -> Tensor:
        counts = ops.cast(self.total_cm.value, config.floatx())
        both = ops.sum(counts * np.eye(self.num_classes, dtype=np.float32), axis=0)
        either = ops.sum(counts, axis=0) + ops.sum(counts, axis=1) - both
        if self.target_class_ids != list(range(self.num_classes)):
            chosen = np.asarray(self.target_class_ids, np.int32)
            both, either = ops.take(both, chosen, 0), ops.take(either, chosen, 0)
        occurs = ops.cast(either > 0, config.floatx())
        return ratio(ops.sum(both / (either + config.epsilon()) * occurs), ops.sum(occurs))

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), **attributes(self, "target_class_ids sparse_y_true sparse_y_pred")}
        return {name: value for name, value in config.items() if name not in self._given_by_class.split()}


class BinaryIoU(IoU):
    """IoU of two classes, predictions being probabilities of class 1.

    Args:
        target_class_ids: (0,), (1,) or (0, 1).
        threshold: from which on a prediction says 1.
        name, dtype: as for `IoU`.
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(y_true, ops.greater_equal(y_pred, self.threshold), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**Metric.get_config(self), **attributes(self, "target_class_ids threshold")}


class MeanIoU(IoU):
    """The mean of IoU over all classes.

    Args:
        num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis: as for `IoU`.
    """

    _given_by_class = "target_class_ids"

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        classes = range(num_classes)
        super().__init__(num_classes, classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(IoU):
    """IoU for one-hot labels.

    Args:
        num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_pred, axis: as for `IoU`.
    """

    _given_by_class = "sparse_y_true"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """The mean of IoU over all classes, for one-hot labels.

    Args:
        num_classes, name, dtype, ignore_class, sparse_y_pred, axis: as for `IoU`.
    """

    _given_by_class = "target_class_ids sparse_y_true"

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
