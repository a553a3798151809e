"""Metrics against numbers recorded from real Keras: every option, over several batches, weighted and not."""

import json
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.metrics.record_golden import metric_values
from yeoul.metrics.registry import CLASSES

GOLDEN = json.loads(Path(__file__).with_name("golden_metrics.json").read_text())


@pytest.mark.parametrize(("name", "options", "pair", "expected"), GOLDEN["metrics"])
def test_metric(name, options, pair, expected):
    for found, wanted in zip(metric_values(yeoul, name, options, pair), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-6)


def test_every_metric_is_recorded():
    recorded = {case[0] for case in GOLDEN["metrics"]}
    assert {cls.__name__ for cls in CLASSES} - recorded == {"Metric", "MeanMetricWrapper"}
