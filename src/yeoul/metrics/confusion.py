"""Counts of outcomes at thresholds, precision and recall."""

from __future__ import annotations

from typing import Any

from yeoul.core.tensor import Tensor
from yeoul.metrics.metric import Metric, ratio
from yeoul.metrics.outcomes import BELOW_ALL, Outcomes, are_even, checked_thresholds, count_outcomes


class _AtThresholds(Metric):
    """Sums of outcomes at thresholds."""

    _counted: tuple[str, ...] = ()

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = checked_thresholds(thresholds, 0.5 if top_k is None else BELOW_ALL, type(self).__name__)
        self._is_even = are_even(self.thresholds)

    def _count(self, y_true: Any, y_pred: Any, sample_weight: Any) -> Outcomes:
        return count_outcomes(
            y_true,
            y_pred,
            self.thresholds,
            is_even=self._is_even,
            dtype=self._dtype,
            sample_weight=sample_weight,
            top_k=self.top_k,
            class_id=self.class_id,
        )

    def _at_one(self, values: Tensor) -> Tensor:
        """The value itself if there is only one threshold."""
        return values[0] if len(self.thresholds) == 1 else values

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class _Count(_AtThresholds):
    _outcome = ""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None):
        super().__init__(thresholds, name=name, dtype=dtype)
        self.accumulator = self.add_variable((len(self.thresholds),), name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        outcomes = self._count(y_true, y_pred, sample_weight)
        self.accumulator.assign_add(getattr(outcomes, self._outcome))

    def result(self) -> Tensor:
        return self._at_one(self.accumulator.value)


class TruePositives(_Count):
    """Weighted number of positive labels with predictions above the threshold.

    Args:
        thresholds: one or several in [0, 1], 0.5 if None; several give a vector.
        name, dtype: as for `Metric`.
    """

    _outcome = "true_positives"


class FalsePositives(_Count):
    """Weighted number of negative labels with predictions above the threshold. Arguments as for `TruePositives`."""

    _outcome = "false_positives"


class TrueNegatives(_Count):
    """Weighted number of negative labels with predictions up to the threshold. Arguments as for `TruePositives`."""

    _outcome = "true_negatives"


class FalseNegatives(_Count):
    """Weighted number of positive labels with predictions up to the threshold. Arguments as for `TruePositives`."""

    _outcome = "false_negatives"


class Precision(_AtThresholds):
    """True positives among predicted positives.

    Args:
        thresholds: one or several in [0, 1]; several give a vector. If None 0.5, or no threshold with `top_k`.
        top_k: only the k largest predictions of a sample can be positive.
        class_id: only this class counts.
        name, dtype: as for `Metric`.
    """

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(thresholds, top_k, class_id, name, dtype)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        outcomes = self._count(y_true, y_pred, sample_weight)
        self.true_positives.assign_add(outcomes.true_positives)
        self.false_positives.assign_add(outcomes.false_positives)

    def result(self) -> Tensor:
        right = self.true_positives.value
        return self._at_one(ratio(right, right + self.false_positives.value))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "top_k": self.top_k, "class_id": self.class_id}


class Recall(_AtThresholds):
    """True positives among all positives.

    Args:
        thresholds, top_k, class_id, name, dtype: as for `Precision`.
    """

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(thresholds, top_k, class_id, name, dtype)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        outcomes = self._count(y_true, y_pred, sample_weight)
        self.true_positives.assign_add(outcomes.true_positives)
        self.false_negatives.assign_add(outcomes.false_negatives)

    def result(self) -> Tensor:
        right = self.true_positives.value
        return self._at_one(ratio(right, right + self.false_negatives.value))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "top_k": self.top_k, "class_id": self.class_id}
