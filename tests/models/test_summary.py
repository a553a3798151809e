"""Summaries against those of real Keras 3, recorded by record_golden_summaries.py."""

import json
import pathlib

import numpy as np
import pytest
from tests.models.record_golden_summaries import models as golden_models

import yeoul
from yeoul import layers, utils

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_summaries.json").read_text())


def text(model, **options):
    lines = []
    model.summary(print_fn=lines.append, **options)
    return "".join(lines)


def models():
    utils.clear_session()
    return golden_models(yeoul, layers)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


@pytest.mark.parametrize("name", ["branches", "chain", "unbuilt", "nested", "line", "twice", "two", "operations"])
def test_summary_equals_keras(name):
    assert text(models()[name]) == GOLDEN[name]


def test_summary_options_equal_keras():
    made = models()
    assert text(made["chain"], show_trainable=True) == GOLDEN["chain, show_trainable"]
    assert text(made["branches"], line_length=60) == GOLDEN["branches, line_length=60"]
    assert text(made["nested"], expand_nested=True) == GOLDEN["nested, expand_nested"]


def test_summary_after_fit_counts_the_optimizer():
    model = models()["chain"]
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    model.fit(np.zeros((8, 4), np.float32), np.zeros((8, 2), np.float32), verbose=0)
    assert text(model, show_trainable=True) == GOLDEN["chain, frozen and trained"]


def test_summary_prints_without_print_fn(capsys):
    models()["chain"].summary()
    assert capsys.readouterr().out.startswith('Model: "chain"\n')


def test_layer_range():
    shown = text(models()["chain"], layer_range=["d1", "a_very.*"])
    assert "d1" in shown and "d2" not in shown
    with pytest.raises(ValueError, match="do not match the layer names"):
        text(models()["chain"], layer_range=["d1", "nobody"])


def test_summary_takes_positions_of_more_columns_and_asks_for_missing_ones():
    chain = models()["chain"]
    lines = []
    chain.summary(print_fn=lines.append, positions=[0.3, 0.6, 0.8, 1.0])
    chain.summary(print_fn=lines.append, positions=[0.3, 0.6, 0.8])
    assert lines[0] == lines[1]
    with pytest.raises(ValueError, match="each of the 3 columns ends"):
        chain.summary(positions=[0.5, 1.0])
