"""Writes golden_metrics.json: every metric of real Keras 3 with its options, over three batches, weighted and not.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/metrics/record_golden.py
"""

import json
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

RNG = np.random.default_rng(1)
BATCHES, ROWS, STEPS, CLASSES = 3, 6, 3, 4
N = BATCHES * ROWS
REAL = RNG.normal(size=(N, CLASSES)).astype(np.float32)
NEAR = (REAL + RNG.normal(size=(N, CLASSES)) * 0.4).astype(np.float32)
SHARES = np.abs(NEAR) / np.abs(NEAR).sum(1, keepdims=True)
NUMBERS = RNG.integers(0, CLASSES, N)
ONE_HOT = np.eye(CLASSES, dtype=np.float32)[NUMBERS]
BITS = RNG.integers(0, 2, (N, CLASSES)).astype(np.float32)
UNIT = np.clip(RNG.uniform(-0.1, 1.1, (N, CLASSES)), 0, 1).astype(np.float32)
UNIT[:, 1] = np.round(UNIT[:, 1] * 20) / 20  # many lie on thresholds, and some are equal
WEIGHT = RNG.uniform(0, 2, N).astype(np.float32)
STEP_NUMBERS = RNG.integers(0, CLASSES, (N, STEPS))
STEP_GUESSES = RNG.integers(0, CLASSES, (N, STEPS))
STEP_REAL = RNG.normal(size=(N, STEPS, CLASSES)).astype(np.float32)
STEP_NEAR = RNG.normal(size=(N, STEPS, CLASSES)).astype(np.float32)
ORDER = np.argsort(-SHARES, 1)

PAIRS: dict[str, tuple[Any, Any]] = {
    "real": (REAL, NEAR), "positive": (np.abs(REAL), np.abs(NEAR)), "classes": (ONE_HOT, SHARES), "numbers": (NUMBERS, SHARES),
    "column numbers": (NUMBERS[:, None], SHARES), "bits": (BITS, UNIT), "one bit": (BITS[:, :1], UNIT[:, 1:2]),
    "bit vector": (BITS[:, 0], UNIT[:, 1:2]), "logits": (BITS, NEAR), "class logits": (ONE_HOT, NEAR),
    "number logits": (NUMBERS, NEAR), "series": (STEP_REAL, STEP_NEAR), "step numbers": (STEP_NUMBERS, STEP_NEAR),
    "labels": (STEP_NUMBERS, STEP_GUESSES), "label rows": (NUMBERS, STEP_GUESSES[:, 0]), "sorted": (NUMBERS, ORDER),
    "shared": (np.clip(UNIT, 0, 0.6), np.round(UNIT * 4) / 4), "signs": (BITS * 2 - 1, NEAR),
    "one hot steps": (np.eye(CLASSES)[STEP_NUMBERS], STEP_NEAR),
}  # fmt: skip
VALUES = {"values": UNIT, "value vector": UNIT[:, 0], "value series": STEP_REAL}

CASES: list[tuple[str, dict[str, Any], str]] = [
    *((name, {}, values) for name in ("Mean", "Sum") for values in VALUES),
    ("Accuracy", {}, "labels"), ("Accuracy", {}, "label rows"), ("BinaryAccuracy", {}, "bits"),
    ("BinaryAccuracy", {"threshold": 0.3}, "bit vector"), ("CategoricalAccuracy", {}, "classes"),
    ("SparseCategoricalAccuracy", {}, "numbers"), ("SparseCategoricalAccuracy", {}, "column numbers"),
    ("SparseCategoricalAccuracy", {}, "step numbers"), ("TopKCategoricalAccuracy", {"k": 2}, "classes"),
    ("TopKCategoricalAccuracy", {}, "classes"), ("SparseTopKCategoricalAccuracy", {"k": 2}, "numbers"),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, "step numbers"),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, "sorted"),
    ("MeanSquaredError", {}, "real"), ("MeanSquaredError", {}, "series"), ("RootMeanSquaredError", {}, "real"),
    ("RootMeanSquaredError", {}, "series"), ("MeanAbsoluteError", {}, "real"), ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanSquaredLogarithmicError", {}, "positive"), ("LogCoshError", {}, "real"), ("CosineSimilarity", {}, "real"),
    ("CosineSimilarity", {"axis": 1}, "series"), ("R2Score", {}, "real"),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, "real"), ("R2Score", {"class_aggregation": None}, "real"),
    ("R2Score", {"num_regressors": 3}, "real"), ("R2Score", {"num_regressors": 23}, "real"),
    ("R2Score", {"num_regressors": 30, "class_aggregation": None}, "real"), ("KLDivergence", {}, "classes"),
    ("Poisson", {}, "positive"), ("BinaryCrossentropy", {}, "bits"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "logits"), ("CategoricalCrossentropy", {}, "classes"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "class logits"),
    ("SparseCategoricalCrossentropy", {}, "numbers"), ("SparseCategoricalCrossentropy", {"from_logits": True}, "number logits"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "numbers"), ("Hinge", {}, "signs"), ("Hinge", {}, "logits"),
    ("SquaredHinge", {}, "signs"), ("CategoricalHinge", {}, "class logits"), ("PearsonCorrelation", {}, "real"),
    ("PearsonCorrelation", {"axis": 1}, "series"), ("ConcordanceCorrelation", {}, "real"),
    ("ConcordanceCorrelation", {"axis": 1}, "series"),
]  # fmt: skip
for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"):
    for thresholds in (None, 0.3, [0.2, 0.5, 0.6], [0.0, 0.25, 0.5, 0.75, 1.0]):
        CASES.append((name, {"thresholds": thresholds}, "bits"))
    CASES.append((name, {}, "bit vector"))
for name in ("Precision", "Recall"):
    for options in (
        {}, {"thresholds": [0.2, 0.5]}, {"thresholds": [0.0, 0.5, 1.0]}, {"class_id": 1}, {"top_k": 1}, {"top_k": 2},
        {"top_k": 2, "class_id": 2}, {"top_k": 3, "thresholds": 0.4}, {"top_k": 4},
    ):  # fmt: skip
        CASES.append((name, options, "bits"))
    CASES += [(name, {}, "one bit"), (name, {"top_k": 2}, "shared"), (name, {"class_id": 3}, "classes")]
for name, argument in (
    ("SensitivityAtSpecificity", "specificity"), ("SpecificityAtSensitivity", "sensitivity"),
    ("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision"),
):  # fmt: skip
    for value in (0.3, 0.6, 0.9):
        CASES.append((name, {argument: value}, "bits"))
    for options in ({"num_thresholds": 1}, {"num_thresholds": 2}, {"num_thresholds": 7}, {"class_id": 1}):
        CASES.append((name, {argument: 0.5, **options}, "bits"))
for curve in ("ROC", "PR", "PRGAIN"):
    for summation in ("interpolation", "majoring", "minoring"):
        for options in (
            {}, {"num_thresholds": 2}, {"num_thresholds": 21}, {"thresholds": [0.3, 0.9, 0.2]}, {"thresholds": [0.25, 0.5, 0.75]},
            {"multi_label": True}, {"multi_label": True, "label_weights": [1.0, 2.0, 0.5, 0.0]}, {"label_weights": [1.0, 2.0, 0.5, 0.1]},
            {"multi_label": True, "num_labels": 4, "thresholds": [0.3, 0.4, 0.9]},
        ):  # fmt: skip
            CASES.append(("AUC", {"curve": curve, "summation_method": summation, **options}, "bits"))
    CASES += [("AUC", {"curve": curve, "from_logits": True}, "logits"), ("AUC", {"curve": curve}, "one bit")]
    CASES += [("AUC", {"curve": curve}, "shared"), ("AUC", {"curve": curve, "num_thresholds": 1000}, "classes")]
for average in (None, "micro", "macro", "weighted"):
    CASES += [("F1Score", {"average": average}, "classes"), ("F1Score", {"average": average, "threshold": 0.4}, "bits")]
    CASES += [("FBetaScore", {"average": average, "beta": 2.0}, "classes")]
    CASES += [("FBetaScore", {"average": average, "beta": 0.5, "threshold": 0.5}, "bits")]
for dtype in (None, "float32"):
    CASES += [
        ("MeanIoU", {"num_classes": 4, "dtype": dtype}, "labels"), ("MeanIoU", {"num_classes": 4, "dtype": dtype}, "label rows"),
        ("MeanIoU", {"num_classes": 4, "ignore_class": 2, "dtype": dtype}, "labels"),
        ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False, "dtype": dtype}, "step numbers"),
        ("IoU", {"num_classes": 4, "target_class_ids": [0, 2], "dtype": dtype}, "labels"),
        ("IoU", {"num_classes": 6, "target_class_ids": [1, 5], "dtype": dtype}, "labels"),
        ("OneHotIoU", {"num_classes": 4, "target_class_ids": [1], "dtype": dtype}, "one hot steps"),
        ("OneHotMeanIoU", {"num_classes": 4, "dtype": dtype}, "one hot steps"),
        ("OneHotMeanIoU", {"num_classes": 4, "ignore_class": 0, "dtype": dtype}, "classes"),
        ("BinaryIoU", {"dtype": dtype}, "bits"),
        ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.25, "dtype": dtype}, "one bit"),
    ]  # fmt: skip


def weight_for(name: str, pair: str, rows: slice) -> Any:
    """One weight a sample, or one for each of its labels where Keras wants them."""
    weight = WEIGHT[rows]
    if name == "BinaryIoU" and pair == "bits":
        return weight[:, None] * np.linspace(0.5, 2, CLASSES)
    is_of_steps = pair in ("labels", "one hot steps", "step numbers")
    return weight[:, None] * np.linspace(0.5, 2, STEPS) if is_of_steps else weight


def rows_of(batch: int) -> slice:
    return slice(batch * ROWS, (batch + 1) * ROWS)


def metric_values(keras: ModuleType, name: str, options: dict[str, Any], pair: str) -> list[list[float]]:
    """The result after each batch, without weights and with them."""
    found = []
    for is_weighted in (False, True):
        metric = getattr(keras.metrics, name)(**options)
        for batch in range(BATCHES):
            rows = rows_of(batch)
            data = [VALUES[pair][rows]] if pair in VALUES else [part[rows] for part in PAIRS[pair]]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                metric.update_state(*data, sample_weight=weight_for(name, pair, rows) if is_weighted else None)
                found.append([round(float(v), 7) for v in np.asarray(metric.result()).ravel()])
    return found


def main() -> None:
    import keras

    golden = {"keras": keras.__version__, "metrics": [[*case, metric_values(keras, *case)] for case in CASES]}
    Path(__file__).with_name("golden_metrics.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
