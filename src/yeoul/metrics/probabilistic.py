"""Cross-entropies and divergences as metrics."""

from __future__ import annotations

from typing import Any

from yeoul import losses
from yeoul.metrics.reduction import MeanMetricWrapper


class KLDivergence(MeanMetricWrapper):
    """The Kullback-Leibler divergence of predicted from true distributions. Arguments as for `Mean`."""

    def __init__(self, name: str = "kl_divergence", dtype: Any = None):
        super().__init__(losses.kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """The mean of y_pred - y_true log(y_pred). Arguments as for `Mean`."""

    def __init__(self, name: str = "poisson", dtype: Any = None):
        super().__init__(losses.poisson, name, dtype)


class BinaryCrossentropy(MeanMetricWrapper):
    """Cross-entropy of labels 0 and 1.

    Args:
        name, dtype: as for `Mean`.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: how far targets are moved towards 1/2, from 0 to 1.
    """

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ):
        super().__init__(
            losses.binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """Cross-entropy of one-hot labels.

    Args:
        name, dtype: as for `Mean`.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: how far targets are moved towards 1 / classes, from 0 to 1.
        axis: along which classes lie.
    """

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ):
        options: dict[str, Any] = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(losses.categorical_crossentropy, name, dtype, **options)


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Cross-entropy of integer labels.

    Args:
        name, dtype: as for `Mean`.
        from_logits: whether predictions are logits rather than probabilities.
        ignore_class: labels of this class have the value 0.
        axis: along which classes lie.
    """

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ):
        options: dict[str, Any] = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(losses.sparse_categorical_crossentropy, name, dtype, **options)
