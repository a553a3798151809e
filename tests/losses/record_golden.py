"""Writes golden_losses.json: losses of real Keras 3 on fixed data, weighted and not, masked and not, by every reduction.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/losses/record_golden.py
"""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

RNG = np.random.default_rng(0)
ROWS, STEPS, CLASSES = 7, 3, 4
REAL = RNG.normal(size=(ROWS, CLASSES)).astype(np.float32)
OTHER = RNG.normal(size=(ROWS, CLASSES)).astype(np.float32)
SHARES = np.abs(OTHER) / np.abs(OTHER).sum(1, keepdims=True)
NUMBERS = RNG.integers(0, CLASSES, ROWS)
ONE_HOT = np.eye(CLASSES, dtype=np.float32)[NUMBERS]
BITS = RNG.integers(0, 2, (ROWS, CLASSES)).astype(np.float32)
UNIT = RNG.uniform(0.01, 0.99, (ROWS, CLASSES)).astype(np.float32)
DIRECTIONS = OTHER / np.linalg.norm(OTHER, axis=1, keepdims=True)
WEIGHT = RNG.uniform(0, 2, ROWS).astype(np.float32)
SERIES = RNG.normal(size=(2, ROWS, STEPS, CLASSES)).astype(np.float32)
STEP_NUMBERS = RNG.integers(0, CLASSES, (ROWS, STEPS))
STEP_WEIGHT = RNG.uniform(0, 2, (ROWS, STEPS)).astype(np.float32)
MASK = np.arange(ROWS) % 3 != 1
STEP_MASK = np.arange(STEPS) < RNG.integers(1, STEPS + 1, (ROWS, 1))

PAIRS: dict[str, tuple[Any, Any]] = {
    "real": (REAL, OTHER), "positive": (np.abs(REAL), np.abs(OTHER)), "classes": (ONE_HOT, SHARES), "numbers": (NUMBERS, SHARES),
    "bits": (BITS, UNIT), "signs": (BITS * 2 - 1, OTHER), "bit logits": (BITS, OTHER), "class logits": (ONE_HOT, OTHER),
    "number logits": (NUMBERS, OTHER), "column numbers": (NUMBERS[:, None], SHARES), "embeddings": (NUMBERS, DIRECTIONS),
    "series": tuple(SERIES), "step numbers": (STEP_NUMBERS, SERIES[0]), "vector": (REAL[:, 0], OTHER[:, :1]),
    "column": (REAL[:, :1], OTHER[:, 0]), "integers": (NUMBERS[:, None], OTHER[:, :1]), "zeros": (REAL * 0, OTHER),
    "labels": (-np.sort(-STEP_NUMBERS[:, :2]), SERIES[0]),
}  # fmt: skip
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("MeanSquaredError", {}, "real"), ("MeanSquaredError", {}, "series"), ("MeanSquaredError", {}, "vector"),
    ("MeanSquaredError", {}, "column"), ("MeanSquaredError", {}, "integers"), ("MeanAbsoluteError", {}, "real"),
    ("MeanAbsoluteError", {}, "series"), ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanAbsolutePercentageError", {}, "zeros"), ("MeanSquaredLogarithmicError", {}, "positive"),
    ("MeanSquaredLogarithmicError", {}, "real"), ("Huber", {}, "real"), ("Huber", {"delta": 0.7}, "real"),
    ("LogCosh", {}, "real"), ("CosineSimilarity", {}, "real"), ("CosineSimilarity", {"axis": 1}, "series"),
    ("CosineSimilarity", {}, "zeros"), ("Hinge", {}, "signs"), ("Hinge", {}, "bit logits"), ("SquaredHinge", {}, "signs"),
    ("SquaredHinge", {}, "bit logits"), ("CategoricalHinge", {}, "class logits"), ("KLDivergence", {}, "classes"),
    ("Poisson", {}, "positive"), ("BinaryCrossentropy", {}, "bits"), ("BinaryCrossentropy", {"label_smoothing": 0.2}, "bits"),
    ("BinaryCrossentropy", {"from_logits": True}, "bit logits"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "bit logits"),
    ("BinaryFocalCrossentropy", {}, "bits"), ("BinaryFocalCrossentropy", {"gamma": 1.5}, "bits"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3}, "bits"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "bit logits"),
    ("CategoricalCrossentropy", {}, "classes"), ("CategoricalCrossentropy", {"label_smoothing": 0.3}, "classes"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "class logits"),
    ("CategoricalFocalCrossentropy", {}, "classes"),
    ("CategoricalFocalCrossentropy", {"alpha": 0.6, "gamma": 1.5, "label_smoothing": 0.1}, "classes"),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4]}, "classes"),
    ("CategoricalFocalCrossentropy", {"from_logits": True}, "class logits"),
    ("SparseCategoricalCrossentropy", {}, "numbers"), ("SparseCategoricalCrossentropy", {}, "column numbers"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "number logits"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "numbers"),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}, "step numbers"),
    ("CategoricalGeneralizedCrossEntropy", {}, "numbers"), ("CategoricalGeneralizedCrossEntropy", {"q": 0.8}, "numbers"),
    ("Dice", {}, "bits"), ("Dice", {"axis": -1}, "bits"), ("Tversky", {}, "bits"),
    ("Tversky", {"alpha": 0.3, "beta": 0.6, "axis": [1]}, "bits"), ("Circle", {}, "embeddings"),
    ("Circle", {"gamma": 10.0, "margin": 0.2, "remove_diagonal": False}, "embeddings"), ("Circle", {"gamma": 5.0}, "number logits"),
    ("CTC", {}, "labels"),
]  # fmt: skip
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


def carrying(keras: ModuleType, y_pred: Any, mask: Any) -> Any:
    """`y_pred` as a tensor that carries a mask."""
    tensor = keras.ops.convert_to_tensor(y_pred)
    mask = keras.ops.convert_to_tensor(mask)
    if hasattr(tensor, "tags"):
        tensor.tags = {"mask": mask}
    else:
        tensor._keras_mask = mask
    return tensor


def loss_values(keras: ModuleType, name: str, options: dict[str, Any], pair: str) -> list[list[float]]:
    """For every reduction: plain, weighted, masked, masked and weighted."""
    y_true, y_pred = PAIRS[pair]
    is_series = pair in ("series", "step numbers")
    weight, mask = (STEP_WEIGHT, STEP_MASK) if is_series else (WEIGHT, MASK)
    is_batch_wide = name in ("Dice", "Tversky") and "axis" not in options
    found = []
    for reduction in REDUCTIONS:
        loss = getattr(keras.losses, name)(reduction=reduction, **options)
        found.append(loss(y_true, y_pred))
        if is_batch_wide or (is_series and "axis" in options):
            continue
        found.append(loss(y_true, y_pred, sample_weight=weight))
        found.append(loss(y_true, carrying(keras, y_pred, mask)))
        found.append(loss(y_true, carrying(keras, y_pred, mask), sample_weight=weight))
    return [[round(float(v), 7) for v in np.asarray(values).ravel()] for values in found]


def gradient_values(
    framework: ModuleType, keras: ModuleType, name: str, options: dict[str, Any], pair: str
) -> list[float]:
    """The gradient of the sum by predictions; `framework` has the tape."""
    y_true, y_pred = PAIRS[pair]
    variable = keras.Variable(y_pred)
    with framework.GradientTape() as tape:
        loss = getattr(keras.losses, name)(reduction="sum", **options)(y_true, keras.ops.convert_to_tensor(variable))
    watched = variable if framework is keras else variable.value
    return [round(float(v), 7) for v in np.asarray(tape.gradient(loss, watched)).ravel()]


def main() -> None:
    import keras
    import tensorflow

    golden = {
        "keras": keras.__version__,
        "losses": [[*case, loss_values(keras, *case)] for case in CASES],
        "gradients": [[*case, gradient_values(tensorflow, keras, *case)] for case in CASES],
    }
    Path(__file__).with_name("golden_losses.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
