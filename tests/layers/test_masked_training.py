"""Training with masks against real Keras: losses and metrics of every epoch, compiled and op by op."""

import json
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.layers.record_masked_training import MODELS, run

GOLDEN = json.loads(Path(__file__).with_name("golden_masked_training.json").read_text())


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("kind", MODELS)
def test_training(kind, run_eagerly):
    found = run(yeoul, kind, run_eagerly=run_eagerly)
    for part, logs in GOLDEN[kind].items():
        assert sorted(found[part]) == sorted(logs)
        for name, values in logs.items():
            np.testing.assert_allclose(found[part][name], values, rtol=2e-4, err_msg=f"{part} {name}")
