"""F scores: precision and recall as one number."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.metrics.metric import Metric

AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """(1 + beta^2) precision recall / (beta^2 precision + recall), for labels and predictions of shape (batch, classes).

    Args:
        average: None for one score a class, "micro" (counts of all classes together), "macro" (mean of the classes),
            "weighted" (mean weighted by how often each class occurs).
        beta: how much recall weighs compared with precision, above 0.
        threshold: above which a prediction says 1; if None, the largest of each row does.
        name, dtype: as for `Metric`.

    Raises: ValueError for values outside of these, and for data that are not of rank 2.
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ):
        super().__init__(dtype, name)
        label = type(self).__name__
        if average not in AVERAGES:
            raise ValueError(f"{label}: average must be one of {AVERAGES}, and got {average!r}.")
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(f"{label}: beta must be a float above 0, and got {beta!r}.")
        if threshold is not None and (not isinstance(threshold, float) or not 0 < threshold <= 1):
            raise ValueError(f"{label}: threshold must be None or a float in (0, 1], and got {threshold!r}.")
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.axis = None if average == "micro" else 0
        self._is_built = False

    def _build(self, y_true: Tensor, y_pred: Tensor) -> None:
        for name, y in (("y_true", y_true), ("y_pred", y_pred)):
            if y.ndim != 2 or y.shape[-1] is None:
                raise ValueError(
                    f"{type(self).__name__} takes labels and predictions of shape (batch, classes), and {name} has shape "
                    f"{tuple(y.shape)}. For integer labels use utils.to_categorical(y)."
                )
        shape = () if self.axis is None else (y_pred.shape[-1],)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, name="intermediate_weights")
        self._is_built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = (ops.cast(ops.convert_to_tensor(y), self._dtype) for y in (y_true, y_pred))
        if not self._is_built:
            self._build(y_true, y_pred)
        if self.threshold is None:
            is_largest = ops.equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
            predicted = ops.logical_and(is_largest, ops.absolute(y_pred) > 1e-9)
        else:
            predicted = ops.greater(y_pred, self.threshold)
        predicted = ops.cast(predicted, self._dtype)
        weight: Any = None
        if sample_weight is not None:
            weight = ops.cast(ops.convert_to_tensor(sample_weight), self._dtype)
            weight = ops.expand_dims(weight, -1) if weight.ndim == 1 else weight
        for variable, values in (
            (self.true_positives, predicted * y_true),
            (self.false_positives, predicted * (1.0 - y_true)),
            (self.false_negatives, (1.0 - predicted) * y_true),
            (self.intermediate_weights, y_true),
        ):
            variable.assign_add(ops.sum(values if weight is None else values * weight, axis=self.axis))

    def result(self) -> Tensor:
        if not self._is_built:
            return ops.zeros((), self._dtype)
        epsilon = config.epsilon()
        found = self.true_positives.value
        precision = found / (found + self.false_positives.value + epsilon)
        recall = found / (found + self.false_negatives.value + epsilon)
        square = self.beta * self.beta
        score = (1.0 + square) * (precision * recall) / (precision * square + recall + epsilon)
        if self.average == "weighted":
            weight = self.intermediate_weights.value
            return ops.sum(score * (weight / (ops.sum(weight) + epsilon)))
        return ops.mean(score) if self.average == "macro" else score

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """2 precision recall / (precision + recall), for labels and predictions of shape (batch, classes).

    Args:
        average, threshold, name, dtype: as for `FBetaScore`.
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: Any = None,
    ):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
