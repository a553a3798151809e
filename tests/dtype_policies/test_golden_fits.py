"""Fits in float64 and in mixed precision against those recorded from real Keras."""

import json
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.dtype_policies.record_golden import fitted
from yeoul import config

GOLDEN = json.loads(Path(__file__).with_name("golden_fits.json").read_text())


@pytest.fixture(autouse=True)
def _settings_as_before():
    engine = config.engine()
    yield
    config.set_engine(engine)
    config.set_floatx("float32")
    config.set_dtype_policy(None)


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize(("name", "options", "expected"), GOLDEN["float64"])
def test_float64(name, options, expected, engine):
    config.set_engine(engine)
    config.set_floatx("float64")
    found = fitted(yeoul, getattr(yeoul.optimizers, name)(**options))
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-6)
    for a, b in zip(found["weights"], expected["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found["predict"], expected["predict"], rtol=1e-9)


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize(("policy", "expected"), GOLDEN["mixed"])
def test_mixed(policy, expected, engine):
    config.set_engine(engine)
    config.set_dtype_policy(policy)
    found = fitted(yeoul, yeoul.optimizers.SGD(0.05))
    close = {"mixed_float16": 2e-3, "mixed_bfloat16": 1.5e-2}[policy]
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=close)
    for a, b in zip(found["weights"], expected["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=close, atol=close)
