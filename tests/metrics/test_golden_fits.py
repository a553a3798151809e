"""Metrics within fit and evaluate on the native engine, against numbers recorded from real Keras."""

import json
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.metrics.record_golden_fits import PROBLEMS, fit_values
from yeoul.metrics.registry import CLASSES

GOLDEN = json.loads(Path(__file__).with_name("golden_fits.json").read_text())


@pytest.mark.parametrize(("problem", "kind", "expected"), GOLDEN["fits"])
def test_fit(problem, kind, expected):
    found = fit_values(yeoul, problem, kind)
    for part in ("history", "evaluate"):
        assert set(found[part]) == set(expected[part])
        for name, values in expected[part].items():
            np.testing.assert_allclose(found[part][name], values, rtol=2e-5, atol=5e-6, err_msg=f"{part} {name}")


def test_every_metric_is_fitted():
    fitted = {name for *_, objects, _ in PROBLEMS.values() for name, _ in objects}
    left_out = {"Metric", "Mean", "Sum", "MeanMetricWrapper", "Accuracy", "OneHotIoU"}
    assert {cls.__name__ for cls in CLASSES} - fitted <= left_out
