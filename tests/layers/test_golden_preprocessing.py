"""Preprocessing layers against what real Keras gives."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.layers.record_preprocessing import CASES, case_id, run
from yeoul import layers

GOLDEN = json.loads(Path(__file__).with_name("golden_preprocessing.json").read_text())


@pytest.mark.parametrize("index", range(len(CASES)), ids=[case_id(case) for case in CASES])
def test_preprocessing(index):
    found, expected = run(layers, CASES[index]), GOLDEN[index]
    assert found["dtype"] == expected["dtype"]
    assert found.get("vocabulary") == expected.get("vocabulary")
    if "boundaries" in expected:
        np.testing.assert_allclose(found["boundaries"], expected["boundaries"], rtol=1e-5, atol=1e-6)
    if expected["dtype"] == "string":
        assert found["output"] == expected["output"]
    else:
        np.testing.assert_allclose(found["output"], expected["output"], rtol=1e-5, atol=1e-6)
