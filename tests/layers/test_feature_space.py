"""FeatureSpace against real Keras, and in use."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.layers.record_feature_space import CASES, NEW, TABLE, made, plain
from yeoul import Model, layers
from yeoul.utils import FeatureSpace

GOLDEN = json.loads(Path(__file__).with_name("golden_feature_space.json").read_text())


def assert_same(found, expected):
    if "values" not in expected:
        assert sorted(found) == sorted(expected)
        for key in expected:
            assert_same(found[key], expected[key])
        return
    assert (found["dtype"], found["shape"]) == (expected["dtype"], expected["shape"])
    np.testing.assert_allclose(found["values"], expected["values"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("index", range(len(CASES)), ids=[str(case) for case in CASES])
def test_encoding(index):
    features, options = CASES[index]
    space = made(FeatureSpace, features, options)
    space.adapt(TABLE)
    for table, expected in zip((TABLE, NEW), GOLDEN[index], strict=True):
        assert_same(plain(space({name: np.array(table[name]) for name in features})), expected)


def mixed(**options):
    features = {"s1": "string_categorical", "f1": "float_normalized", "i1": "integer_categorical"}
    return FeatureSpace(features, crosses=[("s1", "i1")], crossing_dim=4, **options)


def batches():
    for rows in (slice(0, 2), slice(2, 4)):
        yield {name: column[rows] for name, column in TABLE.items()}


def test_adapt_takes_tables_and_batches_of_them():
    spaces = [mixed(), mixed()]
    spaces[0].adapt(TABLE)
    spaces[1].adapt(batches())
    np.testing.assert_allclose(spaces[0](TABLE), spaces[1](TABLE), rtol=1e-6)
    assert spaces[0]({"s1": "x", "f1": 0.5, "i1": 2}).shape == (13,)
    assert spaces[0]({name: np.array(column)[:, None] for name, column in TABLE.items()}).shape == (4, 13)


def test_a_model_of_encoded_features():
    space = mixed()
    space.adapt(TABLE)
    start = space.get_encoded_features()
    assert start.shape == (None, 13)
    model = Model(start, layers.Dense(1)(start))
    model.compile("adam", "mse")
    model.fit(space(TABLE), np.arange(4.0), verbose=0)

    def encoded():
        for batch in batches():
            yield space(batch), np.zeros(2)

    model.fit(encoded(), steps_per_epoch=2, verbose=0)
    assert model.predict(space(NEW), verbose=0).shape == (1, 1)


def test_a_model_that_encodes_numbers_by_itself():
    space = FeatureSpace({"f1": "float_normalized", "f3": "float_discretized", "i1": "integer_categorical"}, num_discretization_bins=3)  # fmt: skip
    space.adapt(TABLE)
    inputs = space.get_inputs()
    model = Model(inputs, space.get_encoded_features())
    columns = {name: np.array(TABLE[name])[:, None] for name in inputs}
    np.testing.assert_allclose(model.predict(columns, verbose=0), space(TABLE), rtol=1e-5, atol=1e-6)


def test_own_preprocessor_and_encoded_dict():
    space = FeatureSpace({"f1": FeatureSpace.feature("float32", layers.Rescaling(10.0), "float"), "s1": "string_hashed"}, output_mode="dict")  # fmt: skip
    assert np.asarray(space(TABLE)["f1"]).ravel().tolist() == pytest.approx([1.0, 5.0, 10.0, 23.0])
    start = space.get_encoded_features()
    assert {name: x.shape for name, x in start.items()} == {"f1": (None, 1), "s1": (None, 32)}


def test_configuration():
    space = mixed()
    space.adapt(TABLE)
    again = FeatureSpace.from_config(space.get_config())
    again.adapt(TABLE)
    assert again.get_config() == space.get_config()
    np.testing.assert_allclose(again(TABLE), space(TABLE))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FeatureSpace({}), "must not be None or empty"),
        (lambda: FeatureSpace({"a": "strnig"}), "invalid feature type 'strnig' of 'a'.*string_categorical"),
        (lambda: FeatureSpace({"a": "float"}, output_mode="x"), "'dict' or 'concat', and got 'x'"),
        (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]), r"names \['b'\], and the features are \['a'\]"),
        (lambda: FeatureSpace.integer_categorical(output_mode="multi_hot"), "'int', 'one_hot' or 'float'"),
        (lambda: FeatureSpace.cross(("a", "b"), 3, "float"), "'int' or 'one_hot', and got 'float'"),
        (lambda: mixed()(TABLE), r"call adapt\(dataset\)"),
        (lambda: mixed().adapt({"s1": ["x"]}), "'f1' is missing: the data have"),
        (lambda: mixed().adapt(np.ones(3)), "takes a dict of columns"),
        (lambda: FeatureSpace({"f1": "float"})([1.0]), "takes a dict of columns, and got list"),
        (lambda: FeatureSpace({"s1": "string_hashed"}).get_inputs(), "hold strings, which never enter"),
        (
            lambda: FeatureSpace({"s1": FeatureSpace.string_hashed(3, "int")})({"s1": ["x"]}),
            "can not concatenate: 's1' has not been encoded.*output_mode='dict'",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
