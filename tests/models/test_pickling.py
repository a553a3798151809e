"""Models through pickle and copy.deepcopy: same outputs, and training that goes on as if nothing had happened."""

import copy
import pickle

import numpy as np
import pytest

from yeoul import Input, Model, Sequential, layers, ops, optimizers, utils

X = np.random.default_rng(3).normal(size=(24, 4)).astype(np.float32)
Y = (X[:, :1] - X[:, 1:2] * 2).astype(np.float32)


class Custom(Model):
    def __init__(self):
        super().__init__()
        self.hidden = [layers.Dense(5, activation="tanh"), layers.Dropout(0.3)]
        self.out = layers.Dense(1)

    def call(self, x, training=False):
        for layer in self.hidden:
            x = layer(x)
        return self.out(x)


def sequential():
    return Sequential([Input((4,)), layers.Dense(5, activation="relu"), layers.Dropout(0.2), layers.Dense(1)])


def functional():
    x = Input((4,), name="x")
    shared = layers.Dense(4, name="shared")
    left, right = ops.split(shared(x) * 2.0, 2, axis=-1)
    both = layers.Concatenate()([shared(shared(x)), left, right])
    inner = Sequential([Input((8,)), layers.Dense(3)])
    return Model({"x": x}, layers.Dense(1)(inner(both)))


def unbuilt():
    return Sequential([layers.Dense(3), layers.Dense(1)])


COPIES = {"pickle": lambda model: pickle.loads(pickle.dumps(model)), "deepcopy": copy.deepcopy}


@pytest.mark.parametrize("how", list(COPIES))
@pytest.mark.parametrize("make", [sequential, functional, Custom, unbuilt])
def test_copy_trains_on_alike(make, how):
    utils.set_random_seed(1)
    model = make()
    model.compile(optimizers.SGD(0.01, momentum=0.9), "mse", metrics=["mae"])
    model.fit({"x": X} if make is functional else X, Y, epochs=2, verbose=0)
    other = COPIES[how](model)
    assert [w.path for w in other.weights] == [w.path for w in model.weights]
    assert all(a is not b for a, b in zip(other.weights, model.weights, strict=True))
    x = {"x": X} if make is functional else X
    np.testing.assert_array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))
    mine = model.fit(x, Y, epochs=2, verbose=0).history
    theirs = other.fit(x, Y, epochs=2, verbose=0).history
    assert mine == theirs
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_model_that_was_never_compiled_or_built():
    model = pickle.loads(pickle.dumps(unbuilt()))
    assert not model.built
    assert model.predict(X, verbose=0).shape == (24, 1)


def test_graph_of_a_copy_knows_its_layers():
    model = functional()
    other = copy.deepcopy(model)
    assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
    assert other.input_shape == model.input_shape and other.output_shape == model.output_shape
    cut = Model(other.inputs, other.get_layer("shared").output)
    np.testing.assert_allclose(
        cut.predict(X, verbose=0), X @ np.asarray(model.get_layer("shared").kernel), rtol=1e-5, atol=1e-6
    )


def test_depth_does_not_matter():
    x = h = Input((2,))
    for _ in range(400):
        h = layers.Activation("linear")(h)
    model = pickle.loads(pickle.dumps(Model(x, h)))
    np.testing.assert_array_equal(model.predict(X[:, :2], verbose=0), X[:, :2])


def test_variables_stay_aligned():
    for weight in pickle.loads(pickle.dumps(sequential())).weights:
        assert weight.array.ctypes.data % 64 == 0
