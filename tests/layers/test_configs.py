"""Every exported layer: its configuration has the keys of Keras', and it comes back from it."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

from tests.layers.record_configs import described, make
from tests.layers.record_golden import CASES, case_id, inputs_of, made
from yeoul import Input, Model, Sequential, layers, losses, ops, optimizers
from yeoul.serialization import custom_object_scope

#: All cases but those whose kernel has the batch's size.
ANY_BATCH = [case for case in CASES if case[1].get("equation") != "aecd,abcd->acbe"]
GOLDEN = json.loads(Path(__file__).with_name("golden_configs.json").read_text())


EXPORTED = [
    name
    for name in layers.__all__
    if inspect.isclass(getattr(layers, name)) and issubclass(getattr(layers, name), layers.Layer)
]


@pytest.mark.parametrize("name", GOLDEN)
def test_keys_are_those_of_keras(name):
    found, expected = described(layers, name), GOLDEN[name]
    if name != "SpectralNormalization":  # here it is that of the layer within
        assert found["supports_masking"] == expected["supports_masking"]
    assert found["config"] == expected["config"]
    assert found["name"] == expected["name"]


@pytest.mark.parametrize("name", [name for name in EXPORTED if name not in ("InputLayer", "Layer")])
def test_round_trip(name):
    layer = make(layers, name)
    with custom_object_scope({"abs": abs}):
        config = json.loads(json.dumps(layer.get_config()))
        again = type(layer).from_config(config)
        entry = json.loads(json.dumps(layers.serialize(layer)))
        assert type(layers.deserialize(entry)) is type(layer)
    assert json.loads(json.dumps(again.get_config())) == config


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_copies_compute_the_same(case):
    """With the configuration and the weights of a layer, another one gives the same numbers."""
    layer = made(layers, case[0], case[1])
    arrays = inputs_of(case)
    x = arrays if len(arrays) > 1 else arrays[0]
    y = np.asarray(layer(x))
    again = type(layer).from_config(layer.get_config())
    again(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x), y)


@pytest.mark.parametrize("case", ANY_BATCH, ids=case_id)
def test_shapes_are_known_before_data(case):
    arrays = inputs_of(case)
    y = np.asarray(made(layers, case[0], case[1])(arrays if len(arrays) > 1 else arrays[0]))
    shapes = [(None, *a.shape[1:]) for a in arrays]
    layer = made(layers, case[0], case[1])
    shape = layer.compute_output_shape(shapes if len(shapes) > 1 else shapes[0])
    assert shape == (None, *y.shape[1:])
    xs = [Input(a.shape[1:]) for a in arrays]
    layer = made(layers, case[0], case[1])
    spec = layer.compute_output_spec(xs if len(xs) > 1 else xs[0])
    assert spec.shape == (None, *y.shape[1:]) and spec.dtype == "float32"


@pytest.mark.parametrize("case", ANY_BATCH, ids=case_id)
def test_compiled_in_a_model(case):
    arrays = inputs_of(case)
    xs = [Input(a.shape[1:]) for a in arrays]
    layer = made(layers, case[0], case[1])
    model = Model(xs if len(xs) > 1 else xs[0], layer(xs if len(xs) > 1 else xs[0]))
    data = arrays if len(arrays) > 1 else arrays[0]
    np.testing.assert_allclose(model.predict(data, verbose=0), layer(data), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted({case[0] for case in CASES}))
def test_dtype(name):
    case = next(case for case in CASES if case[0] == name)
    layer = made(layers, name, {**case[1], "dtype": "float64"})
    arrays = inputs_of(case)
    y = layer(arrays if len(arrays) > 1 else arrays[0])
    assert y.dtype == layer.dtype == "float64" or name in ("TimeDistributed", "SpectralNormalization")
    if name not in ("TimeDistributed", "SpectralNormalization"):
        assert {w.dtype for w in layer.weights} <= {"float64", "int64"}


def test_lambda_code_needs_trust():
    scale = 3.0
    layer = layers.Lambda(lambda x, by=2.0: x * by * scale)
    with pytest.raises(ValueError, match=r"its code would run.*safe_mode=False"):
        layers.Lambda.from_config(layer.get_config())
    again = layers.Lambda.from_config(json.loads(json.dumps(layer.get_config())), safe_mode=False)
    assert np.asarray(again(np.ones(2, np.float32))).tolist() == [6.0, 6.0]


def test_lambda_function_by_name():
    def double(x):
        return ops.add(x, x)

    layer = layers.Lambda(double, output_shape=(3,), arguments={})
    assert layer.get_config()["output_shape"] == (3,) and layer.compute_output_shape((None, 3)) == (None, 3)
    with pytest.raises(ValueError, match="Unknown function 'double' of a Lambda layer"):
        layers.Lambda.from_config(layer.get_config())
    again = layers.Lambda.from_config(layer.get_config(), custom_objects={"double": double})
    assert np.asarray(again(np.ones(2, np.float32))).tolist() == [2.0, 2.0]


def test_functions():
    a, b = Input((3, 4)), Input((3, 4))
    for name in ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate"):
        assert getattr(layers, name)([a, b]).shape == (None, 3, 8 if name == "concatenate" else 4)
    assert layers.dot([a, b], axes=(1, 1), normalize=True, name="product").shape == (None, 4, 4)


def test_a_wrapped_model_comes_back():
    inner = Sequential([Input((4,)), layers.Dense(3, activity_regularizer="l2"), layers.ReLU()])
    layer = layers.TimeDistributed(inner)
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype(np.float32)
    y = np.asarray(layer(x))
    again = layers.deserialize(json.loads(json.dumps(layers.serialize(layer))))
    again(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x), y)
    assert again.layer.layers[0].activity_regularizer is not None


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_embedding_rows_get_the_sum_of_their_gradients(run_eagerly):
    tokens = np.array([[1, 2, 1], [2, 2, 0]], np.int32)
    model = Sequential([Input((3,), dtype="int32"), layers.Embedding(4, 2)])
    table = model.get_weights()[0]
    target = np.random.default_rng(0).normal(size=(2, 3, 2)).astype(np.float32)
    model.compile(optimizers.SGD(0.5), losses.MeanSquaredError("sum"), run_eagerly=run_eagerly)
    model.fit(tokens, target, verbose=0)
    gradient = np.zeros_like(table)
    np.add.at(gradient, tokens, table[tokens] - target)  # 2 / 2 features
    np.testing.assert_allclose(model.get_weights()[0], table - 0.5 * gradient, rtol=1e-5, atol=1e-6)
