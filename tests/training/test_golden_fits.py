"""Fits against those of real Keras 3, recorded by record_golden_fits.py: same data, same first weights, no
shuffling.
"""

import json
import pathlib

import numpy as np
import pytest

from yeoul import Input, Model, Sequential, layers, regularizers

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_fits.json").read_text())["fits"]


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
    regularizer = regularizers.L2(l2) if l2 else None
    return Sequential(
        [
            Input((4,)),
            layers.Dense(8, activation="relu", kernel_regularizer=regularizer),
            layers.Dense(3, activation="softmax"),
        ]
    )


def two_outputs():
    x = Input((4,), name="x")
    h = layers.Dense(6, activation="tanh", name="h")(x)
    return Model(
        x, {"kind": layers.Dense(3, activation="softmax", name="kind")(h), "size": layers.Dense(1, name="size")(h)}
    )


X, Y, TARGET, WEIGHT = data()
ONE_HOT = np.eye(3, dtype=np.float32)[Y]
COMMON = {"epochs": 3, "shuffle": False, "batch_size": 16}
SPARSE = "sparse_categorical_crossentropy"
CASES = {
    **{
        f"classifier_{name}": (
            classifier,
            {"optimizer": name, "loss": SPARSE, "metrics": ["accuracy"]},
            {"x": X, "y": Y, "validation_split": 0.2},
            {"x": X, "y": Y},
        )
        for name in ("sgd", "adam", "rmsprop")
    },
    "one_hot_l2": (
        lambda: classifier(0.01),
        {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy", "mse"]},
        {"x": X, "y": ONE_HOT, "validation_data": (X[:10], ONE_HOT[:10])},
        {"x": X, "y": ONE_HOT},
    ),
    "class_weight": (
        classifier,
        {"optimizer": "sgd", "loss": SPARSE, "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]},
        {"x": X, "y": Y, "class_weight": {0: 2.0, 1: 0.5}},
        {"x": X, "y": Y},
    ),
    "sample_weight": (
        classifier,
        {"optimizer": "sgd", "loss": SPARSE, "weighted_metrics": ["accuracy"]},
        {"x": X, "y": Y, "sample_weight": WEIGHT, "validation_data": (X[:10], Y[:10], WEIGHT[:10])},
        {"x": X, "y": Y, "sample_weight": WEIGHT},
    ),
    "two_outputs": (
        two_outputs,
        {
            "optimizer": "adam",
            "loss": {"kind": SPARSE, "size": "mse"},
            "loss_weights": {"kind": 1.0, "size": 0.25},
            "metrics": {"kind": ["accuracy"], "size": ["mae"]},
        },
        {"x": X, "y": {"kind": Y, "size": TARGET}, "validation_split": 0.2},
        {"x": X, "y": {"kind": Y, "size": TARGET}},
    ),
}


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["compiled", "eager"])
@pytest.mark.parametrize("name", list(GOLDEN))
def test_fit_equals_keras(name, run_eagerly):
    make, compile_args, fit_args, evaluate_args = CASES[name]
    expected = GOLDEN[name]
    model = make()
    model.set_weights(weights([w.shape for w in model.weights]))
    model.compile(**compile_args, run_eagerly=run_eagerly)
    history = model.fit(**fit_args, **COMMON, verbose=0).history
    assert list(history) == [key for key, _ in expected["history"]]
    for key, values in expected["history"]:
        np.testing.assert_allclose(history[key], values, rtol=2e-5, atol=2e-6, err_msg=key)
        assert all(type(value) is float for value in history[key])
    for mine, theirs in zip(model.get_weights(), expected["weights"], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(model.evaluate(**evaluate_args, verbose=0), expected["evaluate"], rtol=2e-5)
    named = model.evaluate(**evaluate_args, verbose=0, return_dict=True)
    assert set(named) == set(expected["evaluate_dict"])
    for key, value in expected["evaluate_dict"].items():
        np.testing.assert_allclose(named[key], value, rtol=2e-5, err_msg=key)
