"""Metrics by name."""

from __future__ import annotations

from typing import Any

from yeoul.core import naming
from yeoul.losses.loss import named_function
from yeoul.metrics import (
    accuracy,
    auc,
    confusion,
    correlation,
    f_score,
    iou,
    margins,
    operating_point,
    probabilistic,
    reduction,
    regression,
)
from yeoul.metrics.metric import Metric
from yeoul.serialization import custom_object_scope, resolve, serialize_keras_object

CLASSES: tuple[type[Metric], ...] = (
    Metric,
    reduction.Mean,
    reduction.Sum,
    reduction.MeanMetricWrapper,
    accuracy.Accuracy,
    accuracy.BinaryAccuracy,
    accuracy.CategoricalAccuracy,
    accuracy.SparseCategoricalAccuracy,
    accuracy.TopKCategoricalAccuracy,
    accuracy.SparseTopKCategoricalAccuracy,
    regression.MeanSquaredError,
    regression.RootMeanSquaredError,
    regression.MeanAbsoluteError,
    regression.MeanAbsolutePercentageError,
    regression.MeanSquaredLogarithmicError,
    regression.LogCoshError,
    regression.CosineSimilarity,
    regression.R2Score,
    probabilistic.KLDivergence,
    probabilistic.Poisson,
    probabilistic.BinaryCrossentropy,
    probabilistic.CategoricalCrossentropy,
    probabilistic.SparseCategoricalCrossentropy,
    margins.Hinge,
    margins.SquaredHinge,
    margins.CategoricalHinge,
    confusion.TruePositives,
    confusion.FalsePositives,
    confusion.TrueNegatives,
    confusion.FalseNegatives,
    confusion.Precision,
    confusion.Recall,
    operating_point.SensitivityAtSpecificity,
    operating_point.SpecificityAtSensitivity,
    operating_point.PrecisionAtRecall,
    operating_point.RecallAtPrecision,
    auc.AUC,
    f_score.FBetaScore,
    f_score.F1Score,
    correlation.PearsonCorrelation,
    correlation.ConcordanceCorrelation,
    iou.IoU,
    iou.BinaryIoU,
    iou.MeanIoU,
    iou.OneHotIoU,
    iou.OneHotMeanIoU,
)
ALIASES: dict[str, type[Metric]] = {
    "mse": regression.MeanSquaredError,
    "rmse": regression.RootMeanSquaredError,
    "mae": regression.MeanAbsoluteError,
    "mape": regression.MeanAbsolutePercentageError,
    "msle": regression.MeanSquaredLogarithmicError,
    "bce": probabilistic.BinaryCrossentropy,
}
ALL: dict[str, Any] = {**{naming.to_snake_case(cls.__name__): cls for cls in CLASSES}, **ALIASES}


def get(identifier: Any) -> Any:
    """The metric behind a name, config, class or object; a function as it is.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    return resolve(named_function(identifier), ALL, "metric")


def serialize(metric: Any) -> Any:
    """A configuration of a metric object, or the name of a function."""
    return serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The metric that `serialize` described."""
    with custom_object_scope(custom_objects or {}):
        return get(config)
