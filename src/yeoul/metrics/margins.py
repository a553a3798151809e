"""Hinge losses as metrics."""

from __future__ import annotations

from typing import Any

from yeoul import losses
from yeoul.metrics.reduction import MeanMetricWrapper


class Hinge(MeanMetricWrapper):
    """The mean of max(1 - y_true y_pred, 0). Arguments as for `Mean`."""

    def __init__(self, name: str = "hinge", dtype: Any = None):
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """The mean of max(1 - y_true y_pred, 0)^2. Arguments as for `Mean`."""

    def __init__(self, name: str = "squared_hinge", dtype: Any = None):
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """The mean of max(largest wrong score - right score + 1, 0). Arguments as for `Mean`."""

    def __init__(self, name: str = "categorical_hinge", dtype: Any = None):
        super().__init__(losses.categorical_hinge, name, dtype)
