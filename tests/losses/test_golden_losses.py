"""Losses and metrics against numbers recorded from real Keras."""

import json
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.losses.record_golden import loss_values, metric_values

GOLDEN = json.loads(Path(__file__).with_name("golden_losses.json").read_text())


@pytest.mark.parametrize(("name", "options", "pair", "expected"), GOLDEN["losses"])
def test_loss(name, options, pair, expected):
    for found, wanted in zip(loss_values(yeoul, name, options, pair), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "options", "pair", "expected"), GOLDEN["metrics"])
def test_metric(name, options, pair, expected):
    np.testing.assert_allclose(metric_values(yeoul, name, options, pair), expected, rtol=1e-5, atol=1e-6)
