"""Losses and metrics describe themselves by the configurations of Keras', and keep the same variables."""

import json
from pathlib import Path

import pytest

import yeoul
from tests.metrics.record_interface import REQUIRED, interface

GOLDEN = json.loads(Path(__file__).with_name("golden_interface.json").read_text())
CASES = [(kind, name) for kind in GOLDEN for name in GOLDEN[kind]]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_same_interface(kind, name):
    expected = GOLDEN[kind][name]
    found = interface(getattr(yeoul, kind), name)
    # Keras leaves some options out of configurations; here an object comes back as it was.
    assert {key: found["config"].get(key) for key in expected["config"]} == expected["config"]
    assert found["variables"] == expected["variables"]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_round_trip(kind, name):
    module = getattr(yeoul, kind)
    made = getattr(module, name)(**REQUIRED.get(name, {}))
    again = module.deserialize(json.loads(json.dumps(module.serialize(made))))
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
