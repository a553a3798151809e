"""Ops against numbers recorded from real Keras, at once and as compiled functions."""

from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.ops.record_golden_math import CASES, flatten

GOLDEN = dict(np.load(Path(__file__).with_name("golden_math.npz")))
EAGER = {name for name in CASES if name.endswith("eager")}


def check(name, value):
    leaves = flatten(value)
    assert f"{name}|{len(leaves) - 1}" in GOLDEN and f"{name}|{len(leaves)}" not in GOLDEN
    for i, leaf in enumerate(leaves):
        found, expected = np.asarray(leaf), GOLDEN[f"{name}|{i}"]
        assert found.shape == expected.shape
        assert found.dtype.kind == expected.dtype.kind
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=5e-6)


@pytest.mark.parametrize("name", CASES)
def test_eager(name):
    function, *arrays = CASES[name]
    check(name, function(yeoul, *[yeoul.ops.convert_to_tensor(a) for a in arrays]))


@pytest.mark.parametrize("name", sorted(CASES.keys() - EAGER))
def test_compiled(name):
    function, *arrays = CASES[name]
    check(name, yeoul.function(lambda *inputs: function(yeoul, *inputs))(*arrays))
