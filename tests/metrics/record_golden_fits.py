"""Writes golden_fits.json: fit and evaluate in real Keras 3 with every metric in compile, by name and as objects.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/metrics/record_golden_fits.py
"""

import json
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

RNG = np.random.default_rng(2)
ROWS, FEATURES, OUTPUTS, STEPS = 22, 5, 3, 2
X = RNG.normal(size=(ROWS, FEATURES)).astype(np.float32)
SERIES = RNG.normal(size=(ROWS, STEPS, FEATURES)).astype(np.float32)
KERNEL = RNG.normal(size=(FEATURES, OUTPUTS)).astype(np.float32)
NUMBERS = RNG.integers(0, OUTPUTS, ROWS)
WEIGHT = RNG.uniform(0.2, 2, ROWS).astype(np.float32)
ONE_HOT = np.eye(OUTPUTS, dtype=np.float32)[NUMBERS]
BITS = RNG.integers(0, 2, (ROWS, OUTPUTS)).astype(np.float32)
REAL = (X @ KERNEL * 0.5 + RNG.normal(size=(ROWS, OUTPUTS))).astype(np.float32)

Spec = tuple[str, dict[str, Any]]
# name: (activation, loss, x, y, metrics as objects, metrics by name)
PROBLEMS: dict[str, tuple[str, str, Any, Any, list[Spec], list[str]]] = {
    "bits": (
        "sigmoid", "binary_crossentropy", X, BITS,
        [
            ("BinaryAccuracy", {"threshold": 0.4}), ("BinaryCrossentropy", {}), ("TruePositives", {}), ("FalsePositives", {}),
            ("TrueNegatives", {"thresholds": 0.3}), ("FalseNegatives", {}), ("Precision", {}), ("Precision", {"top_k": 2}),
            ("Precision", {"class_id": 1}), ("Recall", {}), ("Recall", {"top_k": 1}), ("SensitivityAtSpecificity", {"specificity": 0.5}),
            ("SpecificityAtSensitivity", {"sensitivity": 0.5}), ("PrecisionAtRecall", {"recall": 0.5}),
            ("RecallAtPrecision", {"precision": 0.4}), ("AUC", {}), ("AUC", {"curve": "PR"}), ("AUC", {"curve": "PRGAIN"}),
            ("AUC", {"multi_label": True}), ("AUC", {"thresholds": [0.3, 0.4, 0.8]}), ("AUC", {"curve": "PR", "summation_method": "minoring"}),
            ("F1Score", {"average": "macro", "threshold": 0.5}), ("FBetaScore", {"average": "micro", "beta": 2.0, "threshold": 0.3}),
            ("BinaryIoU", {"dtype": "float32"}), ("BinaryIoU", {"dtype": "float32", "target_class_ids": [1], "threshold": 0.3}),
        ],
        ["accuracy", "binary_accuracy", "AUC", "auc", "Precision", "recall", "TruePositives", "false_negatives", "bce", "binary_crossentropy"],
    ),
    "classes": (
        "softmax", "categorical_crossentropy", X, ONE_HOT,
        [
            ("CategoricalAccuracy", {}), ("TopKCategoricalAccuracy", {"k": 2}), ("CategoricalCrossentropy", {"label_smoothing": 0.1}),
            ("KLDivergence", {}), ("CategoricalHinge", {}), ("AUC", {}), ("F1Score", {"average": "weighted"}),
            ("FBetaScore", {"average": "macro", "beta": 0.5}), ("OneHotIoU", {"num_classes": 3, "target_class_ids": [0, 2], "dtype": "float32"}),
            ("OneHotMeanIoU", {"num_classes": 3, "dtype": "float32"}),
        ],
        ["accuracy", "acc", "categorical_accuracy", "CategoricalAccuracy", "categorical_crossentropy", "kl_divergence"],
    ),
    "numbers": (
        "softmax", "sparse_categorical_crossentropy", X, NUMBERS,
        [
            ("SparseCategoricalAccuracy", {}), ("SparseTopKCategoricalAccuracy", {"k": 2}), ("SparseCategoricalCrossentropy", {}),
            ("SparseCategoricalCrossentropy", {"ignore_class": 1}),
            ("MeanIoU", {"num_classes": 3, "sparse_y_pred": False, "dtype": "float32"}),
            ("IoU", {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": False, "ignore_class": 0, "dtype": "float32"}),
        ],
        ["accuracy", "sparse_categorical_accuracy", "sparse_categorical_crossentropy"],
    ),
    "real": (
        "linear", "mse", X, REAL,
        [
            ("MeanSquaredError", {}), ("RootMeanSquaredError", {}), ("MeanAbsoluteError", {}), ("MeanAbsolutePercentageError", {}),
            ("MeanSquaredLogarithmicError", {}), ("LogCoshError", {}), ("CosineSimilarity", {}), ("R2Score", {}),
            ("R2Score", {"class_aggregation": "variance_weighted_average"}), ("PearsonCorrelation", {}),
            ("ConcordanceCorrelation", {}), ("Hinge", {}), ("SquaredHinge", {}),
        ],
        ["mse", "MSE", "mae", "mape", "msle", "MeanSquaredError", "mean_absolute_error", "RootMeanSquaredError", "root_mean_squared_error",
         "cosine_similarity", "r2_score", "R2Score", "hinge", "squared_hinge", "pearson_correlation", "concordance_correlation", "log_cosh_error"],
    ),
    "counts": ("softplus", "poisson", X, np.abs(REAL), [("Poisson", {}), ("MeanSquaredLogarithmicError", {})], ["poisson"]),
    "series": (
        "linear", "mae", SERIES, SERIES[:, :, :OUTPUTS],
        [("MeanSquaredError", {}), ("RootMeanSquaredError", {}), ("CosineSimilarity", {}), ("PearsonCorrelation", {})], ["mse"],
    ),
    "vectors": (
        "sigmoid", "binary_crossentropy", X, BITS,
        [("F1Score", {"threshold": 0.5}), ("Precision", {"thresholds": [0.2, 0.5, 0.7]}), ("TruePositives", {"thresholds": [0.0, 0.5, 1.0]})], [],
    ),
}  # fmt: skip


def compiled(keras: ModuleType, problem: str, metrics: dict[str, Any]) -> Any:
    activation, loss, x, *_ = PROBLEMS[problem]
    model = keras.Sequential([keras.layers.Input(x.shape[1:]), keras.layers.Dense(OUTPUTS, activation)])
    model.set_weights([KERNEL * 0.6, np.linspace(-0.2, 0.2, OUTPUTS).astype(np.float32)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss=loss, **metrics)
    return model


def chosen(keras: ModuleType, problem: str, kind: str) -> dict[str, Any]:
    *_, objects, names = PROBLEMS[problem]
    if kind == "names":
        return {"metrics": list(names)}
    if kind == "weighted":  # Keras does not spread a sample's weight over its labels
        objects = [spec for spec in objects if spec[0] != "BinaryIoU"]
    made = [getattr(keras.metrics, name)(**{**options, "name": f"m{i}"}) for i, (name, options) in enumerate(objects)]
    return {"metrics" if kind == "objects" else "weighted_metrics": made}


def numbers(logs: dict[str, Any]) -> dict[str, Any]:
    return {name: np.round(np.asarray(value, float), 6).tolist() for name, value in logs.items()}


def fit_values(keras: ModuleType, problem: str, kind: str) -> dict[str, Any]:
    """The history of two epochs in batches of 5, and what evaluate gives for batches of 8."""
    _, _, x, y, *_ = PROBLEMS[problem]
    is_weighted = kind == "weighted"
    weight = WEIGHT if is_weighted else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = compiled(keras, problem, chosen(keras, problem, kind))
        history = model.fit(x, y, sample_weight=weight, batch_size=5, epochs=2, shuffle=False, verbose=0).history
        scores = model.evaluate(x, y, sample_weight=weight, batch_size=8, return_dict=True, verbose=0)
    return {"history": numbers(history), "evaluate": numbers(scores)}


CASES = [
    (problem, kind)
    for problem in PROBLEMS
    for kind in ("objects", "names", "weighted")
    if not (kind == "names" and not PROBLEMS[problem][-1]) and not (kind == "weighted" and problem == "series")
]


def main() -> None:
    import keras

    golden = {"keras": keras.__version__, "fits": []}
    for case in CASES:
        try:
            golden["fits"].append([*case, fit_values(keras, *case)])  # type: ignore[attr-defined]
        except Exception as error:
            raise RuntimeError(f"in {case}") from error
    Path(__file__).with_name("golden_fits.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
