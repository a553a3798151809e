"""Cross-entropies: of two classes, of many, focal and generalized."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import config
from yeoul.core.masks import set_keras_mask
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import aligned, logits_of, smoothed
from yeoul.losses.loss import LossFunctionWrapper


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """mean(-(t log(p) + (1 - t) log(1 - p))) over `axis`."""
    scores, from_logits = logits_of(y_pred, from_logits, "sigmoid")
    y_true, y_pred = aligned(y_true, scores)
    values = ops.binary_crossentropy(smoothed(y_true, label_smoothing, 2), y_pred, from_logits)
    return ops.mean(values, axis=axis)


def binary_focal_crossentropy(
    y_true: Any, y_pred: Any, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0,
    from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
) -> Tensor:  # fmt: skip
    """Binary cross-entropy times (1 - p of the right class)^gamma, and times alpha for class 1 and 1 - alpha for class 0 if
    classes are to be balanced; mean over `axis`. Source: Lin et al. 2017.
    """
    y_true, y_pred = aligned(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 2)
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    right = y_true * p + (1.0 - y_true) * (1.0 - p)
    values = (1.0 - right) ** gamma * ops.binary_crossentropy(y_true, p)
    if apply_class_balancing:
        values = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * values
    return ops.mean(values, axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """-sum(t log(p)) over `axis`, for one-hot targets.

    Raises: ValueError if targets are not of the predictions' shape.
    """
    scores, from_logits = logits_of(y_pred, from_logits, "softmax")
    y_true = _one_hot_targets(y_true, scores, label_smoothing, "categorical_crossentropy")
    return ops.categorical_crossentropy(y_true, scores, from_logits, axis)


def categorical_focal_crossentropy(
    y_true: Any, y_pred: Any, alpha: Any = 0.25, gamma: float = 2.0,
    from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
) -> Tensor:  # fmt: skip
    """-sum(alpha (1 - p)^gamma t log(p)) over `axis`, for one-hot targets. Source: Lin et al. 2017.

    Args:
        alpha: one factor, or one for each class.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _one_hot_targets(y_true, y_pred, label_smoothing, "categorical_focal_crossentropy")
    p = ops.softmax(y_pred, axis) if from_logits else y_pred / ops.sum(y_pred, axis, keepdims=True)
    p = ops.clip(p, config.epsilon(), 1.0 - config.epsilon())
    factor = (1.0 - p) ** gamma * ops.convert_to_tensor(alpha, p.dtype)
    return ops.sum(factor * -y_true * ops.log(p), axis)


def _one_hot_targets(y_true: Any, y_pred: Tensor, label_smoothing: float, name: str) -> Tensor:
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    if y_true.shape[-1] != y_pred.shape[-1] or y_true.ndim != y_pred.ndim:
        raise ValueError(
            f"{name} needs one-hot targets of shape {tuple(y_pred.shape)}, and got {tuple(y_true.shape)}. For integer labels "
            "use loss='sparse_categorical_crossentropy', or utils.to_categorical(y)."
        )
    return smoothed(y_true, label_smoothing, y_true.shape[-1])


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """-log(p[y_true]), for integer targets; 0 and masked where the target is `ignore_class`.

    Raises: ValueError if targets have another rank than one less than the predictions.
    """
    scores, from_logits = logits_of(y_pred, from_logits, "softmax")
    y_true = ops.convert_to_tensor(y_true)
    if y_true.ndim == scores.ndim and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if y_true.ndim != scores.ndim - 1:
        raise ValueError(
            f"sparse_categorical_crossentropy needs integer labels of shape {tuple(scores.shape[:-1])}, and got {tuple(y_true.shape)}. For one-hot "
            "targets use loss='categorical_crossentropy'."
        )
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, scores, from_logits, axis)
    valid = ops.not_equal(y_true, ignore_class)
    values = ops.sparse_categorical_crossentropy(ops.where(valid, y_true, 0), scores, from_logits, axis)
    values = ops.where(valid, values, 0.0)
    set_keras_mask(values, valid)
    return values


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Tensor:
    """(1 - p[y_true]^q) / q, for integer targets: between cross-entropy (q to 0) and absolute error (q = 1).

    Source: Zhang & Sabuncu 2018.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    p = ops.sum(ops.one_hot(y_true, y_pred.shape[-1], dtype=y_pred.dtype) * y_pred, axis=-1)  # type: ignore[arg-type]
    return (1.0 - p**q) / q


class BinaryCrossentropy(LossFunctionWrapper):
    """-(t log(p) + (1 - t) log(1 - p)), for labels 0 and 1.

    Args:
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: how far targets are moved towards 1/2, from 0 to 1.
        axis: over which the mean of a sample is taken.
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
        reduction: str | None = "sum_over_batch_size", name: str = "binary_crossentropy", dtype: Any = None,
    ):  # fmt: skip
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(binary_crossentropy, reduction, name, dtype, **options)


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Binary cross-entropy in which samples that are right already count less.

    Args:
        apply_class_balancing: whether class 1 has the factor alpha and class 0 the factor 1 - alpha.
        gamma: how much less: the exponent of 1 - p of the right class.
        from_logits, label_smoothing, axis: as for `BinaryCrossentropy`.
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(
        self, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0, from_logits: bool = False,
        label_smoothing: float = 0.0, axis: int = -1, reduction: str | None = "sum_over_batch_size",
        name: str = "binary_focal_crossentropy", dtype: Any = None,
    ):  # fmt: skip
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        options |= {"apply_class_balancing": apply_class_balancing, "alpha": alpha, "gamma": gamma}
        super().__init__(binary_focal_crossentropy, reduction, name, dtype, **options)


class CategoricalCrossentropy(LossFunctionWrapper):
    """-sum(t log(p)), for one-hot targets.

    Args:
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: how far targets are moved towards 1 / classes, from 0 to 1.
        axis: along which classes lie.
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
        reduction: str | None = "sum_over_batch_size", name: str = "categorical_crossentropy", dtype: Any = None,
    ):  # fmt: skip
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, reduction, name, dtype, **options)


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Categorical cross-entropy in which samples that are right already count less.

    Args:
        alpha: a factor, or one for each class.
        gamma: how much less: the exponent of 1 - p.
        from_logits, label_smoothing, axis: as for `CategoricalCrossentropy`.
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(
        self, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False, label_smoothing: float = 0.0,
        axis: int = -1, reduction: str | None = "sum_over_batch_size", name: str = "categorical_focal_crossentropy",
        dtype: Any = None,
    ):  # fmt: skip
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        options |= {"alpha": alpha, "gamma": gamma}
        super().__init__(categorical_focal_crossentropy, reduction, name, dtype, **options)


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """-log(p[y_true]), for integer targets.

    Args:
        from_logits: whether predictions are logits rather than probabilities.
        ignore_class: targets of this class do not count.
        axis: along which classes lie.
        reduction, name, dtype: as for `Loss`.
    """

    def __init__(
        self, from_logits: bool = False, ignore_class: int | None = None, reduction: str | None = "sum_over_batch_size",
        axis: int = -1, name: str = "sparse_categorical_crossentropy", dtype: Any = None,
    ):  # fmt: skip
        options = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, reduction, name, dtype, **options)


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """(1 - p[y_true]^q) / q, for integer targets that may be wrong.

    Args:
        q: between 0 (cross-entropy) and 1 (absolute error).
        reduction, name, dtype: as for `Loss`.

    Raises: ValueError for another q.
    """

    def __init__(
        self, q: float = 0.5, reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_generalized_cross_entropy", dtype: Any = None,
    ):  # fmt: skip
        if not 0 < q < 1:
            raise ValueError(f"CategoricalGeneralizedCrossEntropy: q must be between 0 and 1, and got {q}.")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)
