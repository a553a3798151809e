"""Regularizers against penalties, gradients and configurations recorded from real Keras."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.regularizers.record_golden import weight
from yeoul import GradientTape, Variable, layers, ops, regularizers

GOLDEN = json.loads(Path(__file__).with_name("golden_regularizers.json").read_text())


@pytest.mark.parametrize(("name", "options", "penalty", "gradient", "config"), GOLDEN)
def test_penalty(name, options, penalty, gradient, config):
    made, w = getattr(regularizers, name)(**options), Variable(weight())
    with GradientTape() as tape:
        found = made(w)
    assert float(found) == pytest.approx(penalty, rel=1e-5, abs=1e-8)
    g = tape.gradient(found, w)
    np.testing.assert_allclose(np.zeros((4, 3)) if g is None else g, gradient, rtol=1e-4, atol=1e-6)
    mine = regularizers.serialize(made)
    assert mine["class_name"] == config["class_name"]
    assert mine["config"] == pytest.approx(config["config"]) if name != "OrthogonalRegularizer" else True
    assert list(mine["config"]) == list(config["config"])
    again = regularizers.deserialize(mine)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()


@pytest.mark.parametrize("name", sorted(regularizers.ALL))
def test_names(name):
    cls = regularizers.ALL[name]
    assert type(regularizers.get(name)) is cls
    assert type(regularizers.get(cls.__name__)) is cls
    assert getattr(regularizers, name) is cls


def test_penalties_reach_the_loss():
    layer = layers.Dense(2, kernel_regularizer=regularizers.l1_l2(l1=0.5, l2=0.25), bias_regularizer=ops.sum)
    layer(np.ones((1, 3), np.float32))
    layer.kernel.assign(np.full((3, 2), 2.0))
    layer.bias.assign([1.0, 2.0])
    assert [float(loss) for loss in layer.losses] == [0.5 * 12 + 0.25 * 24, 3.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: regularizers.get("l3"), "Unknown regularizer 'l3'"),
        (lambda: regularizers.L1(-1), "The factor l1 must not be negative or infinite, and got -1"),
        (lambda: regularizers.L2(float("inf")), "The factor l2 must not be negative or infinite, and got inf"),
        (lambda: regularizers.L1("x"), "The factor l1 must not be negative or infinite, and got 'x'"),
        (lambda: regularizers.OrthogonalRegularizer(mode="x"), "mode must be 'rows' or 'columns', and got 'x'"),
        (lambda: regularizers.OrthogonalRegularizer()(np.ones((2, 2, 2))), r"takes matrices, and got shape \(2, 2, 2\)"),
    ],
)  # fmt: skip
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_none_is_the_default_factor():
    assert regularizers.L2(None).get_config() == {"l2": 0.01}
    assert regularizers.get(None) is None
