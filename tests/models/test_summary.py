"""Summaries against those of real Keras 3, recorded by record_golden_summaries.py."""

import json
import pathlib

import numpy as np
import pytest

import yeoul
from yeoul import layers

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_summaries.json").read_text())


def text(model, **options):
    lines = []
    model.summary(print_fn=lines.append, **options)
    return "".join(lines)


def models():
    x = yeoul.Input((4,), name="a")
    left, right = layers.Dense(8, name="left")(x), layers.Dense(8, name="right")(x)
    branches = yeoul.Model(x, layers.Dense(2, name="out")(layers.Add(name="sum")([left, right])), name="branches")
    long_name = "a_very_long_name_for_a_batch_normalization"
    chain = yeoul.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(32, name="d1"),
            layers.BatchNormalization(name=long_name),
            layers.Dense(2, name="d2"),
        ],
        name="chain",
    )
    unbuilt = yeoul.Sequential([layers.Dense(32, name="d1"), layers.Dense(2, name="d2")], name="unbuilt")
    nested = yeoul.Sequential([layers.Input((4,)), chain, layers.Dense(1, name="last")], name="nested")
    i = yeoul.Input((6,), name="i")
    shared = layers.Dense(6, name="shared")
    line = yeoul.Model(i, layers.Dense(3, name="end")(shared(i)), name="line")
    twice = yeoul.Model(i, shared(shared(i)), name="twice")
    j = yeoul.Input((3,), name="j")
    two = yeoul.Model([i, j], [layers.Concatenate(name="both")([i, j]), layers.Dense(1, name="one")(j)], name="two")
    return {
        "branches": branches,
        "chain": chain,
        "unbuilt": unbuilt,
        "nested": nested,
        "line": line,
        "twice": twice,
        "two": two,
    }


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


@pytest.mark.parametrize("name", ["branches", "chain", "unbuilt", "nested", "line", "twice", "two"])
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
