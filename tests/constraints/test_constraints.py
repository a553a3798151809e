"""Constraints against values and configurations recorded from real Keras."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.constraints.record_golden import weight
from yeoul import Sequential, constraints, layers

GOLDEN = json.loads(Path(__file__).with_name("golden_constraints.json").read_text())


@pytest.mark.parametrize(("name", "options", "expected", "config"), GOLDEN)
def test_constrained_weight(name, options, expected, config):
    made = getattr(constraints, name)(**options)
    np.testing.assert_allclose(made(weight()), expected, rtol=1e-5, atol=1e-7)
    assert constraints.serialize(made) == config
    again = constraints.deserialize(config)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()


@pytest.mark.parametrize("name", sorted(constraints.ALL))
def test_names(name):
    cls = constraints.ALL[name]
    assert type(constraints.get(name)) is cls
    assert type(constraints.get(cls.__name__)) is cls
    assert getattr(constraints, name) is cls


def test_weights_stay_within_while_training():
    model = Sequential([layers.Dense(3, kernel_constraint="unit_norm", bias_constraint=constraints.NonNeg())])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(64, 5)), rng.normal(size=(64, 3)) - 1, epochs=2, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(np.linalg.norm(kernel, axis=0), 1, rtol=1e-5)
    assert (bias >= 0).all()


def test_a_function():
    def halve(w):
        return w * 0.5

    assert constraints.get(halve) is halve
    assert constraints.get(None) is None


def test_errors():
    with pytest.raises(ValueError, match=r"Unknown constraint 'max_nor'\. Did you mean 'max_norm'\?"):
        constraints.get("max_nor")
    with pytest.raises(ValueError, match="Cannot use 3 as constraint"):
        constraints.get(3)
