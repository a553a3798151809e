"""The best of one rate where another is at least as large as asked for."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.metrics.metric import Metric, ratio
from yeoul.metrics.outcomes import are_even, count_outcomes


class _OperatingPoint(Metric):
    """Outcomes at evenly spaced thresholds, and the rates at each."""

    def __init__(
        self,
        argument: str,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(dtype, name)
        if not 0 <= value <= 1:
            raise ValueError(f"{type(self).__name__}: {argument} must be in [0, 1], and got {value}.")
        if num_thresholds <= 0:
            raise ValueError(f"{type(self).__name__}: num_thresholds must be 1 or more, and got {num_thresholds}.")
        self._argument = argument
        self.value = value
        setattr(self, argument, value)
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        last = num_thresholds - 1
        self.thresholds = [i / last for i in range(num_thresholds)] if last else [0.5]
        self._is_even = are_even(self.thresholds)
        shape = (num_thresholds,)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.true_negatives = self.add_variable(shape, name="true_negatives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        outcomes = count_outcomes(
            y_true,
            y_pred,
            self.thresholds,
            is_even=self._is_even,
            dtype=self._dtype,
            sample_weight=sample_weight,
            class_id=self.class_id,
        )
        for name, counts in outcomes._asdict().items():
            getattr(self, name).assign_add(counts)

    def _sensitivity(self) -> Tensor:
        right = self.true_positives.value
        return ratio(right, right + self.false_negatives.value)

    def _specificity(self) -> Tensor:
        right = self.true_negatives.value
        return ratio(right, right + self.false_positives.value)

    def _precision(self) -> Tensor:
        right = self.true_positives.value
        return ratio(right, right + self.false_positives.value)

    def _best(self, wanted: Tensor, given: Tensor) -> Tensor:
        return ops.max(ops.where(given >= self.value, wanted, 0.0))

    def get_config(self) -> dict[str, Any]:
        options = {"class_id": self.class_id, "num_thresholds": self.num_thresholds, self._argument: self.value}
        return {**super().get_config(), **options}


class SensitivityAtSpecificity(_OperatingPoint):
    """The best sensitivity (true positives among positives) where specificity (true negatives among negatives) is at least
    `specificity`; 0 if it is so nowhere.

    Args:
        specificity: in [0, 1].
        num_thresholds: how many thresholds are tried, evenly spaced in [0, 1].
        class_id: only this class counts.
        name, dtype: as for `Metric`.
    """

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__("specificity", specificity, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return self._best(self._sensitivity(), self._specificity())


class SpecificityAtSensitivity(_OperatingPoint):
    """The best specificity where sensitivity is at least `sensitivity`; 0 if it is so nowhere.

    Args:
        sensitivity: in [0, 1].
        num_thresholds, class_id, name, dtype: as for `SensitivityAtSpecificity`.
    """

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__("sensitivity", sensitivity, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return self._best(self._specificity(), self._sensitivity())


class PrecisionAtRecall(_OperatingPoint):
    """The best precision where recall is at least `recall`; 0 if it is so nowhere.

    Args:
        recall: in [0, 1].
        num_thresholds, class_id, name, dtype: as for `SensitivityAtSpecificity`.
    """

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__("recall", recall, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return self._best(self._precision(), self._sensitivity())


class RecallAtPrecision(_OperatingPoint):
    """The best recall where precision is at least `precision`; 0 if it is so nowhere.

    Args:
        precision: in [0, 1].
        num_thresholds, class_id, name, dtype: as for `SensitivityAtSpecificity`.
    """

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__("precision", precision, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return self._best(self._sensitivity(), self._precision())
