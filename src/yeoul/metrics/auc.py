"""AUC: the area under a curve that thresholds draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.metrics.metric import Metric, ratio
from yeoul.metrics.outcomes import are_even, checked_thresholds, count_outcomes

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "majoring", "minoring")


class AUC(Metric):
    """The area under a curve, as a sum over the intervals between thresholds.

    Args:
        num_thresholds: how many thresholds, evenly spaced in [0, 1].
        curve: "ROC" (true over false positive rate), "PR" (precision over recall) or "PRGAIN" (their gains over the classifier
            that always says yes; Flach & Kull 2015).
        summation_method: "interpolation" (trapezoids; for PR the hyperbola between two points, Davis & Goadrich 2006),
            "minoring" or "majoring" (the smaller or larger height of each interval).
        name, dtype: as for `Metric`.
        thresholds: values in [0, 1] to use instead of evenly spaced ones.
        multi_label: whether labels, of shape (batch, labels), have a curve each, of which the mean is given.
        num_labels: how many, to make the variables at once.
        label_weights: weights of the labels: of their curves, or of their predictions if these are taken together.
        from_logits: whether predictions are logits rather than probabilities.

    Raises: ValueError for values outside of these.
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ):
        super().__init__(dtype, name)
        self.curve = _one_of(CURVES, curve.upper(), "curve")
        self.summation_method = _one_of(SUMMATIONS, summation_method.lower(), "summation_method")
        if num_labels is not None and not multi_label:
            raise ValueError("AUC: num_labels is of use only with multi_label=True. Leave it out.")
        if thresholds is None:
            if num_thresholds <= 1:
                raise ValueError(f"AUC: num_thresholds must be 2 or more, and got {num_thresholds}.")
            inner = [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
        else:
            inner = sorted(checked_thresholds(thresholds, 0.5, "AUC"))
        self._are_given = thresholds is not None
        self._is_even = are_even([0.0, *inner, 1.0])
        # The first threshold is below and the last above every probability.
        self.thresholds = [-config.epsilon(), *inner, 1.0 + config.epsilon()]
        self.num_thresholds = len(self.thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else np.asarray(label_weights, np.float32)
        self.from_logits = from_logits
        self._is_built = False
        if not multi_label or num_labels:
            self._build(num_labels)

    def _build(self, labels: int | None) -> None:
        shape = (self.num_thresholds, labels) if self.multi_label else (self.num_thresholds,)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.true_negatives = self.add_variable(shape, name="true_negatives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")
        self._is_built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_pred = ops.convert_to_tensor(y_pred)
        self._check(y_pred)
        if not self._is_built:
            self._build(y_pred.shape[-1])
        outcomes = count_outcomes(
            y_true,
            ops.sigmoid(y_pred) if self.from_logits else y_pred,
            self.thresholds,
            is_even=self._is_even,
            dtype=self._dtype,
            sample_weight=sample_weight,
            is_multi_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
        )
        for name, counts in outcomes._asdict().items():
            getattr(self, name).assign_add(counts)

    def _check(self, y_pred: Tensor) -> None:
        shape = tuple(y_pred.shape)
        if self.multi_label and len(shape) != 2:
            raise ValueError(f"AUC: with multi_label=True predictions are of shape (batch, labels), and got {shape}.")
        labels = shape[-1] if shape else None
        expected = self.true_positives.shape[1] if self.multi_label and self._is_built else None
        if expected is not None and labels != expected:
            raise ValueError(
                f"AUC: it has variables for {expected} labels, and predictions have {labels}: shape {shape}."
            )
        if self.label_weights is not None and self.label_weights.shape != (labels,):
            raise ValueError(
                f"AUC: label_weights has shape {self.label_weights.shape}, and predictions have shape {shape}. "
                "Give one weight for each label, that is for each entry of the last axis."
            )

    def result(self) -> Tensor:
        if not self._is_built:
            return ops.zeros((), self._dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        x, y = {"ROC": self._roc, "PR": self._pr, "PRGAIN": self._pr_gain}[self.curve]()
        left, right = y[:-1], y[1:]
        if self.summation_method == "interpolation":
            height = (left + right) / 2.0
        else:
            height = (ops.minimum if self.summation_method == "minoring" else ops.maximum)(left, right)
        return self._area((x[:-1] - x[1:]) * height)

    def _roc(self) -> tuple[Tensor, Tensor]:
        tp, fp = self.true_positives.value, self.false_positives.value
        return ratio(fp, fp + self.true_negatives.value), ratio(tp, tp + self.false_negatives.value)

    def _pr(self) -> tuple[Tensor, Tensor]:
        tp = self.true_positives.value
        return ratio(tp, tp + self.false_negatives.value), ratio(tp, tp + self.false_positives.value)

    def _pr_gain(self) -> tuple[Tensor, Tensor]:
        """1 - odds wrong / tp, with odds = positives / negatives: of what was missed (not below 0), and of what was wrong."""
        tp, fp, fn = self.true_positives.value, self.false_positives.value, self.false_negatives.value
        odds = ratio(tp + fn, fp + self.true_negatives.value)
        recall_gain = ops.where(tp > 0, ops.maximum(1.0 - odds * ratio(fn, tp), 0.0), 0.0)
        return recall_gain, 1.0 - odds * ratio(fp, tp)

    def interpolate_pr_auc(self) -> Tensor:
        """The area under precision over recall, true positives growing evenly with positive predictions between two points.

        With tp = intercept + slope p, the area of an interval is slope (dtp + intercept log(p1 / p0)) / positives.
        Source: Davis & Goadrich 2006.
        """
        tp, said = self.true_positives.value, self.true_positives.value + self.false_positives.value
        gained, more = tp[:-1] - tp[1:], said[:-1] - said[1:]
        slope = ratio(gained, ops.maximum(more, 0.0))
        intercept = tp[1:] - slope * said[1:]
        is_both = ops.logical_and(said[:-1] > 0, said[1:] > 0)
        growth = ops.where(is_both, ratio(said[:-1], ops.maximum(said[1:], 0.0)), 1.0)
        area = slope * (gained + intercept * ops.log(growth))
        return self._area(ratio(area, ops.maximum(tp[1:] + self.false_negatives.value[1:], 0.0)))

    def _area(self, parts: Tensor) -> Tensor:
        if not self.multi_label:
            return ops.sum(parts)
        by_label = ops.sum(parts, axis=0)
        if self.label_weights is None:
            return ops.mean(by_label)
        return ratio(
            ops.sum(by_label * self.label_weights), ops.convert_to_tensor(float(self.label_weights.sum()), self._dtype)
        )

    def get_config(self) -> dict[str, Any]:
        options: dict[str, Any] = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self.from_logits,
        }
        if self._are_given:
            options["thresholds"] = self.thresholds[1:-1]
        return {**super().get_config(), **options}


def _one_of(known: tuple[str, ...], value: str, argument: str) -> str:
    if value not in known:
        raise ValueError(f"AUC: {argument} must be one of {', '.join(map(repr, known))}, and got {value!r}.")
    return value
