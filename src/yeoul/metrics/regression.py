"""Errors of numbers, and the share of variance that is explained."""

from __future__ import annotations

import warnings
from typing import Any

from yeoul import losses, ops
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import aligned
from yeoul.losses.masking import entries
from yeoul.metrics.metric import Metric
from yeoul.metrics.reduction import Mean, MeanMetricWrapper

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """cos of the angle between y_true and y_pred: 1 for the same direction."""
    return -losses.cosine_similarity(y_true, y_pred, axis)


class MeanSquaredError(MeanMetricWrapper):
    """The mean of squared errors. Arguments as for `Mean`."""

    def __init__(self, name: str = "mean_squared_error", dtype: Any = None):
        super().__init__(losses.mean_squared_error, name, dtype)


class RootMeanSquaredError(Mean):
    """sqrt(mean((y_true - y_pred)^2)). Arguments as for `Mean`."""

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = aligned(y_true, y_pred)
        super().update_state(ops.square(y_true - y_pred), sample_weight)

    def result(self) -> Tensor:
        return ops.sqrt(super().result())


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of absolute errors. Arguments as for `Mean`."""

    def __init__(self, name: str = "mean_absolute_error", dtype: Any = None):
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean of absolute errors as percentages of the targets. Arguments as for `Mean`."""

    def __init__(self, name: str = "mean_absolute_percentage_error", dtype: Any = None):
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of squared differences of log(1 + y). Arguments as for `Mean`."""

    def __init__(self, name: str = "mean_squared_logarithmic_error", dtype: Any = None):
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """The mean of log(cosh(error)). Arguments as for `Mean`."""

    def __init__(self, name: str = "logcosh", dtype: Any = None):
        super().__init__(losses.log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """cos of the angle between target and prediction: 1 for the same direction (the loss of this name is its negative).

    Args:
        name, dtype: as for `Mean`.
        axis: along which they are vectors.
    """

    def __init__(self, name: str = "cosine_similarity", dtype: Any = None, axis: int = -1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)


class R2Score(Metric):
    """1 - sum((y_true - y_pred)^2) / sum((y_true - mean)^2), for each output of shape (batch, outputs).

    Args:
        class_aggregation: "uniform_average" of the outputs, "variance_weighted_average", or None for all of them.
        num_regressors: number p of independent variables; if not 0, the score is adjusted to
            1 - (1 - R2) (n - 1) / (n - p - 1), n being the number of targets seen.
        name, dtype: as for `Metric`.

    Raises: ValueError for another aggregation, a negative number, or data that are not of rank 2.
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: Any = None,
    ):
        super().__init__(dtype, name)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                f"R2Score: class_aggregation must be one of {AGGREGATIONS}, and got {class_aggregation!r}."
            )
        if num_regressors < 0:
            raise ValueError(f"R2Score: num_regressors must be 0 or more, and got {num_regressors}.")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable(name="num_samples")
        self._is_built = False

    def _build(self, y_true: Tensor, y_pred: Tensor) -> None:
        for name, y in (("y_true", y_true), ("y_pred", y_pred)):
            if y.ndim != 2 or y.shape[-1] is None:
                raise ValueError(
                    f"R2Score takes targets and predictions of shape (batch, outputs), and {name} has shape {tuple(y.shape)}. "
                    "Reshape them."
                )
        outputs = y_pred.shape[-1]
        self.squared_sum = self.add_variable((outputs,), name="squared_sum")
        self.sum = self.add_variable((outputs,), name="sum")
        self.total_mse = self.add_variable((outputs,), name="residual")
        self.count = self.add_variable((outputs,), name="count")
        self._is_built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = (ops.cast(ops.convert_to_tensor(y), self._dtype) for y in (y_true, y_pred))
        if not self._is_built:
            self._build(y_true, y_pred)
        weight = ops.ones_like(y_true[:, :1]) if sample_weight is None else ops.convert_to_tensor(sample_weight)
        weight = ops.cast(ops.expand_dims(weight, -1) if weight.ndim == 1 else weight, self._dtype)
        weighted = y_true * weight
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(y_true * weighted, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(y_true - y_pred) * weight, axis=0))
        self.count.assign_add(ops.sum(weight * ops.ones_like(y_true), axis=0))
        self.num_samples.assign_add(entries(y_true))

    def result(self) -> Tensor:
        if not self._is_built:
            return ops.zeros((), self._dtype)
        total = self.squared_sum.value - self.sum.value * (self.sum.value / self.count.value)
        score = 1.0 - self.total_mse.value / total
        score = ops.where(ops.isinf(score), 0.0, score)
        if self.class_aggregation == "uniform_average":
            score = ops.mean(score)
        elif self.class_aggregation == "variance_weighted_average":
            score = ops.sum(score * total) / ops.sum(total)
        return self._adjusted(score) if self.num_regressors else score

    def _adjusted(self, score: Tensor) -> Tensor:
        left = self.num_samples.value - (self.num_regressors + 1.0)
        if left.array is not None and left.array <= 0:
            warnings.warn(
                f"R2Score: {self.num_regressors} regressors are too many for {float(self.num_samples):.0f} targets to adjust "
                "the score. It is given as it is.",
                stacklevel=3,
            )
        factor = (self.num_samples.value - 1.0) / ops.where(left > 0, left, 1.0)
        return ops.where(left > 0, 1.0 - (1.0 - score) * factor, score)

    def get_config(self) -> dict[str, Any]:
        options = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **options}
