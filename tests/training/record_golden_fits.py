"""Records fits of real Keras 3 as golden_fits.json, which test_golden_fits.py compares with.

Run: KERAS_BACKEND=jax python tests/training/record_golden_fits.py   (needs keras and jax)
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers


def data(rows=50, features=4, classes=3):
    rng = np.random.default_rng(7)
    x = rng.normal(size=(rows, features)).astype(np.float32)
    y = rng.integers(0, classes, size=(rows,)).astype(np.int32)
    target = (x[:, :1] * 2 - x[:, 1:2] + 0.1).astype(np.float32)
    weight = rng.uniform(0.2, 2.0, size=(rows,)).astype(np.float32)
    return x, y, target, weight


def weights(shapes):
    rng = np.random.default_rng(11)
    return [rng.normal(scale=0.5, size=shape).astype(np.float32) for shape in shapes]


def classifier(l2=None):
    regularizer = keras.regularizers.L2(l2) if l2 else None
    return keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(8, activation="relu", kernel_regularizer=regularizer),
            layers.Dense(3, activation="softmax"),
        ]
    )


def two_outputs():
    x = keras.Input((4,), name="x")
    h = layers.Dense(6, activation="tanh", name="h")(x)
    return keras.Model(
        x, {"kind": layers.Dense(3, activation="softmax", name="kind")(h), "size": layers.Dense(1, name="size")(h)}
    )


def record(model, compile_args, fit_args, evaluate_args):
    shapes = [w.shape for w in model.weights]
    model.set_weights(weights(shapes))
    model.compile(**compile_args)
    history = model.fit(**fit_args, verbose=0)
    logs = model.evaluate(**evaluate_args, verbose=0)
    named = model.evaluate(**evaluate_args, verbose=0, return_dict=True)
    return {
        "history": [[name, [float(v) for v in values]] for name, values in history.history.items()],
        "evaluate": [float(v) for v in logs] if isinstance(logs, list) else float(logs),
        "evaluate_dict": {k: float(v) for k, v in named.items()},
        "weights": [w.tolist() for w in model.get_weights()],
    }


def main():
    x, y, target, weight = data()
    one_hot = np.eye(3, dtype=np.float32)[y]
    common = {"epochs": 3, "shuffle": False, "batch_size": 16}
    fits = {}
    for name in ("sgd", "adam", "rmsprop"):
        fits[f"classifier_{name}"] = record(
            classifier(),
            {"optimizer": name, "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
            {"x": x, "y": y, "validation_split": 0.2, **common},
            {"x": x, "y": y},
        )
    fits["one_hot_l2"] = record(
        classifier(0.01),
        {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy", "mse"]},
        {"x": x, "y": one_hot, "validation_data": (x[:10], one_hot[:10]), **common},
        {"x": x, "y": one_hot},
    )
    fits["class_weight"] = record(
        classifier(),
        {
            "optimizer": "sgd",
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
            "weighted_metrics": ["accuracy"],
        },
        {"x": x, "y": y, "class_weight": {0: 2.0, 1: 0.5}, **common},
        {"x": x, "y": y},
    )
    fits["sample_weight"] = record(
        classifier(),
        {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "weighted_metrics": ["accuracy"]},
        {"x": x, "y": y, "sample_weight": weight, "validation_data": (x[:10], y[:10], weight[:10]), **common},
        {"x": x, "y": y, "sample_weight": weight},
    )
    fits["two_outputs"] = record(
        two_outputs(),
        {
            "optimizer": "adam",
            "loss": {"kind": "sparse_categorical_crossentropy", "size": "mse"},
            "loss_weights": {"kind": 1.0, "size": 0.25},
            "metrics": {"kind": ["accuracy"], "size": ["mae"]},
        },
        {"x": x, "y": {"kind": y, "size": target}, "validation_split": 0.2, **common},
        {"x": x, "y": {"kind": y, "size": target}},
    )
    path = pathlib.Path(__file__).with_name("golden_fits.json")
    path.write_text(json.dumps({"keras": keras.__version__, "fits": fits}, indent=1) + "\n")


if __name__ == "__main__":
    main()
