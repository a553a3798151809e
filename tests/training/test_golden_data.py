"""Data of every kind, validation, steps and options of compile: the numbers that Keras gives, recorded by
record_golden_data.py.
"""

import json
import pathlib

import numpy as np
import pytest

import yeoul
from tests.training.data_runs import CASES, plain

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_data.json").read_text())["results"]
NEEDS = {"pandas": "pandas", "scipy": "scipy", "torch": "torch"}


def compare(mine, theirs, where):
    if isinstance(theirs, dict):
        assert sorted(mine) == sorted(theirs), where
        for key in theirs:
            compare(mine[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, str) or (
        isinstance(theirs, list) and any(isinstance(part, (str, dict)) for part in theirs)
    ):
        assert isinstance(mine, type(theirs)), where
        if isinstance(theirs, str):
            assert mine == theirs, where
        else:
            assert len(mine) == len(theirs), where
            for i, (a, b) in enumerate(zip(mine, theirs, strict=True)):
                compare(a, b, f"{where}[{i}]")
    elif isinstance(theirs, list) and theirs and isinstance(theirs[0], list):
        assert len(mine) == len(theirs), where
        for i, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            compare(a, b, f"{where}[{i}]")
    else:
        np.testing.assert_allclose(mine, theirs, rtol=5e-5, atol=2e-6, err_msg=where)


def test_every_case_is_recorded():
    assert sorted(GOLDEN) == sorted(CASES)


@pytest.mark.parametrize("name", list(CASES))
def test_result_equals_keras(name):
    package = NEEDS.get(name.split("_")[0])
    if package is not None:
        pytest.importorskip(package)
    compare(plain(CASES[name](yeoul)), GOLDEN[name], name)
