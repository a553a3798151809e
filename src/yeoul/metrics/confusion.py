"""Counts of outcomes at thresholds, precision and recall."""

from __future__ import annotations

from typing import Any

from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.metrics.metric import Metric, ratio
from yeoul.metrics.outcomes import BELOW_ALL, Outcomes, are_even, checked_thresholds, count_outcomes


class _AtThresholds(Metric):
    """Sums of outcomes at thresholds."""

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


class _Share(_AtThresholds):
    """True positives among them and the outcomes that `_others` names."""

    _others = ""
    true_positives: Variable

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(thresholds, top_k, class_id, name, dtype)
        for outcome in ("true_positives", self._others):
            setattr(self, outcome, self.add_variable((len(self.thresholds),), name=outcome))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        outcomes = self._count(y_true, y_pred, sample_weight)
        for outcome in ("true_positives", self._others):
            getattr(self, outcome).assign_add(getattr(outcomes, outcome))

    def result(self) -> Tensor:
        right, others = self.true_positives.value, getattr(self, self._others).value
        return self._at_one(ratio(right, right + others))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "top_k": self.top_k, "class_id": self.class_id}


class Precision(_Share):
    """True positives among predicted positives.

    Args:
        thresholds: one or several in [0, 1]; several give a vector. If None 0.5, or no threshold with `top_k`.
        top_k: only the k largest predictions of a sample can be positive.
        class_id: only this class counts.
        name, dtype: as for `Metric`.
    """

    _others = "false_positives"


class Recall(_Share):
    """True positives among all positives.

    Args:
        thresholds, top_k, class_id, name, dtype: as for `Precision`.
    """

    _others = "false_negatives"
