"""Optimizers and schedules against trajectories recorded from real Keras."""

import json
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.optimizers.record_golden import STEPS, flat, prepared, problem, trajectory
from yeoul import function, optimizers

GOLDEN = json.loads(Path(__file__).with_name("golden_optimizers.json").read_text())


@pytest.mark.parametrize(("name", "options", "special", "expected"), GOLDEN["optimizers"])
def test_trajectory(name, options, special, expected):
    np.testing.assert_allclose(trajectory(yeoul, name, options, special), expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "options", "special", "expected"), GOLDEN["optimizers"])
def test_compiled_trajectory(name, options, special, expected):
    optimizer, variables = prepared(yeoul, name, options, special)
    step = function(lambda *grads: optimizer.apply(grads, variables) or 0)
    found = []
    for grads in problem(special)[1]:
        step(*grads)
        found += flat(variables)
    np.testing.assert_allclose(found, expected[: len(found)], rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "options", "expected"), GOLDEN["schedules"])
def test_schedule(name, options, expected):
    schedule = getattr(optimizers.schedules, name)(**options)
    np.testing.assert_allclose([float(schedule(i)) for i in range(STEPS)], expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("name", "options", "expected"), GOLDEN["schedules"])
def test_compiled_schedule(name, options, expected):
    schedule = getattr(optimizers.schedules, name)(**options)
    compiled = function(lambda step: schedule(step))
    found = [float(compiled(np.int32(i))) for i in range(STEPS)]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("name", "options", "expected"), GOLDEN["schedules"])
def test_configuration_of_a_schedule(name, options, expected):
    made = getattr(optimizers.schedules, name)(**options)
    config = optimizers.schedules.serialize(made)
    assert config["module"] == "keras.optimizers.schedules"
    again = optimizers.schedules.deserialize(config)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
