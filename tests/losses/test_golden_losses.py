"""Losses against numbers recorded from real Keras: every reduction, weighted and not, masked and not."""

import json
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.losses.record_golden import gradient_values, loss_values

GOLDEN = json.loads(Path(__file__).with_name("golden_losses.json").read_text())


@pytest.mark.parametrize(("name", "options", "pair", "expected"), GOLDEN["losses"])
def test_loss(name, options, pair, expected):
    for found, wanted in zip(loss_values(yeoul, name, options, pair), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "options", "pair", "expected"), GOLDEN["gradients"])
def test_gradient(name, options, pair, expected):
    found = gradient_values(yeoul, yeoul, name, options, pair)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=5e-6)
