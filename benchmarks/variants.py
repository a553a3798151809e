"""python -m benchmarks.variants: what each optimizer, metric and callback costs beside Adam with accuracy.

The network is 784-100-30-10 with batches of 32, on random data. Every variant runs in turn with the base, a few short fits each;
ratios are of the fastest fits.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from yeoul import Input, Sequential, callbacks, config, layers, metrics, optimizers

ROWS, BATCH = 1600, 32
LIMIT = 1.3


def model_with(optimizer: Any = "adam", kinds: Any = ("accuracy",)) -> Sequential:
    model = Sequential(
        [Input((784,)), layers.Dense(100, "relu"), layers.Dense(30, "relu"), layers.Dense(10, "softmax")]
    )
    model.compile(optimizer, "categorical_crossentropy", metrics=list(kinds))
    return model


def variants(folder: str) -> dict[str, tuple[Callable[[], Sequential], Callable[[], list]]]:
    """By name: what makes the model, and what makes its callbacks."""
    found: dict[str, tuple[Callable[[], Sequential], Callable[[], list]]] = {}
    for name in sorted(optimizers.__all__):
        cls = getattr(optimizers, name)
        if isinstance(cls, type) and issubclass(cls, optimizers.Optimizer) and cls not in _WRAPPERS:
            found[f"optimizers.{name}"] = (
                lambda cls=cls: model_with(cls(*[make() for make in _INNER.get(cls, ())])),
                list,
            )
    for option in (
        {"amsgrad": True},
        {"clipnorm": 1.0},
        {"global_clipnorm": 1.0},
        {"clipvalue": 0.5},
        {"weight_decay": 0.01},
        {"use_ema": True},
    ):
        found[f"optimizers.Adam({option})"] = (lambda option=option: model_with(optimizers.Adam(**option)), list)
    for name in sorted(metrics.__all__):
        cls = getattr(metrics, name)
        if isinstance(cls, type) and issubclass(cls, metrics.Metric) and name not in _BASES:
            found[f"metrics.{name}"] = (
                lambda cls=cls, name=name: model_with(kinds=["accuracy", cls(**_ARGUMENTS.get(name, {}))]),
                list,
            )
    csv = str(Path(folder) / "log.csv")
    for name, make in {
        "EarlyStopping": lambda: callbacks.EarlyStopping("loss", patience=9),
        "ReduceLROnPlateau": lambda: callbacks.ReduceLROnPlateau("loss", patience=9),
        "LearningRateScheduler": lambda: callbacks.LearningRateScheduler(lambda epoch, rate: rate),
        "TerminateOnNaN": callbacks.TerminateOnNaN,
        "CSVLogger": lambda: callbacks.CSVLogger(csv),
        "TensorBoard": lambda: callbacks.TensorBoard(folder),
    }.items():
        found[f"callbacks.{name}"] = (model_with, lambda make=make: [make()])
    return found


_WRAPPERS = {optimizers.Optimizer, optimizers.MultiOptimizer}
_INNER = {optimizers.LossScaleOptimizer: (optimizers.Adam,)}
_BASES = {
    "Metric",
    "Mean",
    "Sum",
    "MeanMetricWrapper",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
}
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "IoU": {"num_classes": 2, "target_class_ids": [0]},
    "MeanIoU": {"num_classes": 2},
    "OneHotIoU": {"num_classes": 10, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 10},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "MeanRelativeError": {"normalizer": np.ones(10, np.float32)},
}  # fmt: skip


def seconds(model: Sequential, x: np.ndarray, y: np.ndarray, given: list, epochs: int) -> float:
    start = time.perf_counter()
    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=given)
    return (time.perf_counter() - start) / (epochs * ROWS / BATCH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="variants whose name contains this")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    config.set_num_threads(given.threads)
    rng = np.random.default_rng(0)
    x = rng.random((ROWS, 784), np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, ROWS)]
    base = model_with()
    seconds(base, x, y, [], 1)
    ratios: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (make, make_callbacks) in variants(folder).items():
            if given.only not in name:
                continue
            try:
                model = make()
                seconds(model, x, y, [], 1)
            except (ValueError, TypeError, NotImplementedError) as error:
                print(f"{name:50} not measured: {str(error)[:100]}")
                continue
            pairs = [
                (seconds(model, x, y, make_callbacks(), given.epochs), seconds(base, x, y, [], given.epochs))
                for _ in range(given.rounds)
            ]
            ratio = min(p[0] for p in pairs) / min(p[1] for p in pairs)
            ratios[name] = round(ratio, 2)
            print(f"{name:50} {ratio:5.2f}{'  more than ' + str(LIMIT) if ratio > LIMIT else ''}", flush=True)
    if given.out:
        given.out.write_text(json.dumps(ratios, indent=1) + "\n")


if __name__ == "__main__":
    main()
