"""Writes golden_losses.json: losses and metrics of real Keras 3 on fixed data, weighted and not.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/losses/record_golden.py
"""

import json
from pathlib import Path

import numpy as np

RNG = np.random.default_rng(0)
ROWS, CLASSES = 7, 4
REAL = RNG.normal(size=(ROWS, CLASSES)).astype(np.float32)
OTHER = RNG.normal(size=(ROWS, CLASSES)).astype(np.float32)
SHARES = np.abs(OTHER) / np.abs(OTHER).sum(1, keepdims=True)
CLASS_NUMBERS = RNG.integers(0, CLASSES, ROWS)
ONE_HOT = np.eye(CLASSES, dtype=np.float32)[CLASS_NUMBERS]
BITS = RNG.integers(0, 2, (ROWS, CLASSES)).astype(np.float32)
UNIT = RNG.uniform(0.01, 0.99, (ROWS, CLASSES)).astype(np.float32)
WEIGHT = RNG.uniform(0, 2, ROWS).astype(np.float32)
PAIRS = {
    "real": (REAL, OTHER), "positive": (np.abs(REAL), np.abs(OTHER)), "classes": (ONE_HOT, SHARES), "numbers": (CLASS_NUMBERS, SHARES),
    "bits": (BITS, UNIT), "signs": (BITS, OTHER), "class logits": (ONE_HOT, OTHER), "number logits": (CLASS_NUMBERS, OTHER),
}  # fmt: skip
LOSSES = [
    ("MeanSquaredError", {}, "real"), ("MeanAbsoluteError", {}, "real"), ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanSquaredLogarithmicError", {}, "positive"), ("Huber", {"delta": 0.7}, "real"), ("LogCosh", {}, "real"),
    ("Hinge", {}, "signs"), ("SquaredHinge", {}, "signs"), ("CategoricalHinge", {}, "class logits"), ("KLDivergence", {}, "classes"),
    ("Poisson", {}, "positive"), ("CosineSimilarity", {}, "real"), ("BinaryCrossentropy", {}, "bits"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "signs"), ("CategoricalCrossentropy", {}, "classes"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "class logits"),
    ("SparseCategoricalCrossentropy", {}, "numbers"), ("SparseCategoricalCrossentropy", {"from_logits": True}, "number logits"),
    ("BinaryFocalCrossentropy", {"gamma": 1.5}, "bits"), ("MeanSquaredError", {"reduction": "sum"}, "real"),
    ("MeanSquaredError", {"reduction": "none"}, "real"),
]  # fmt: skip
METRICS = [
    ("MeanSquaredError", {}, "real"), ("RootMeanSquaredError", {}, "real"), ("MeanAbsoluteError", {}, "real"), ("CosineSimilarity", {}, "real"),
    ("BinaryAccuracy", {}, "bits"), ("CategoricalAccuracy", {}, "classes"), ("SparseCategoricalAccuracy", {}, "numbers"),
    ("TopKCategoricalAccuracy", {"k": 2}, "classes"), ("SparseTopKCategoricalAccuracy", {"k": 2}, "numbers"), ("BinaryCrossentropy", {}, "bits"),
    ("CategoricalCrossentropy", {}, "classes"), ("SparseCategoricalCrossentropy", {}, "numbers"), ("Precision", {}, "bits"), ("Recall", {}, "bits"),
    ("KLDivergence", {}, "classes"), ("Poisson", {}, "positive"), ("LogCoshError", {}, "real"),
]  # fmt: skip


def loss_values(keras: object, name: str, options: dict, pair: str) -> list[list[float]]:
    loss = getattr(keras.losses, name)(**options)  # type: ignore[attr-defined]
    return [np.asarray(loss(*PAIRS[pair], sample_weight=w)).ravel().tolist() for w in (None, WEIGHT)]


def metric_values(keras: object, name: str, options: dict, pair: str) -> list[float]:
    """Without weights, then over two batches with weights."""
    found = []
    y, p = PAIRS[pair]
    metric = getattr(keras.metrics, name)(**options)  # type: ignore[attr-defined]
    metric.update_state(y, p)
    found.append(float(metric.result()))
    metric.reset_state()
    for rows in (slice(0, 3), slice(3, None)):
        metric.update_state(y[rows], p[rows], sample_weight=WEIGHT[rows])
    return [*found, float(metric.result())]


def main() -> None:
    import keras

    golden = {
        "keras": keras.__version__,
        "losses": [[*case, loss_values(keras, *case)] for case in LOSSES],
        "metrics": [[*case, metric_values(keras, *case)] for case in METRICS],
    }
    Path(__file__).with_name("golden_losses.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
