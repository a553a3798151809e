"""Models and layers as functions of the values of their variables."""

import numpy as np
import pytest

from yeoul import Input, Sequential, function, layers, metrics, ops

X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
Y = np.ones((6, 1), np.float32)


def made():
    model = Sequential(
        [
            Input((3,)),
            layers.Dense(2, name="a", kernel_regularizer="l2"),
            layers.Dropout(0.5, seed=1),
            layers.BatchNormalization(name="bn"),
            layers.Dense(1, name="b"),
        ],
        name="model",
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def values(variables):
    return [v.value for v in variables]


def test_a_call_of_given_values_changes_nothing():
    model = made()
    before = [v.numpy() for v in model.variables]
    trained, rest = values(model.trainable_variables), values(model.non_trainable_variables)
    doubled = [t * 2.0 for t in trained]
    y, after, losses = model.stateless_call(doubled, rest, X, training=True, return_losses=True)
    for v, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(v, value)
    assert len(losses) == 1
    np.testing.assert_allclose(losses[0], 0.01 * np.square(doubled[0]).sum(), rtol=1e-5)
    for v, value in zip(model.trainable_variables, doubled, strict=True):
        v.assign(value)
    np.testing.assert_allclose(y, model(X, training=True), rtol=1e-5, atol=1e-6)
    for v, value in zip(model.non_trainable_variables, after, strict=True):
        np.testing.assert_allclose(v, value, rtol=1e-5)


def test_within_a_traced_function():
    model = made()
    rest = values(model.non_trainable_variables)
    program = function(lambda x, *weights: model.stateless_call(list(weights), rest, x)[0])
    weights = [ops.ones_like(v) for v in values(model.trainable_variables)]
    found = program(X, *weights)
    expected, _ = model.stateless_call(weights, rest, X)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert (np.asarray(expected) != np.asarray(model(X))).any()


def test_loss_of_given_values():
    model = made()
    model.fit(X, Y, verbose=0)
    state = [values(v) for v in (model.trainable_variables, model.non_trainable_variables, model.metrics_variables)]
    y_pred = model(X)
    state[0][0] = state[0][0] * 3.0
    loss, after = model.stateless_compute_loss(*state, x=X, y=Y, y_pred=y_pred)
    penalty = 0.01 * float(ops.sum(ops.square(state[0][0])))
    np.testing.assert_allclose(loss, np.square(np.asarray(y_pred) - Y).mean() + penalty, rtol=1e-5)
    assert [len(part) for part in after] == [len(part) for part in state] == [6, 3, 4]


def test_state_as_a_tree():
    model = made()
    model.fit(X, Y, verbose=0)
    tree = model.get_state_tree(value_format="numpy_array")
    assert list(tree) == ["trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"]
    assert {k: list(v) for k, v in tree["trainable_variables"]["model"].items()} == {
        "a": ["kernel", "bias"],
        "bn": ["gamma", "beta"],
        "b": ["kernel", "bias"],
    }
    assert list(tree["metrics_variables"]) == ["loss", "mean_absolute_error"]
    (optimizer,) = tree["optimizer_variables"].values()
    assert optimizer["iteration"] == 1 and "model_a_kernel_momentum" in optimizer
    before = tree["trainable_variables"]["model"]["a"]["kernel"].copy()
    model.fit(X, Y, verbose=0)
    assert (model.layers[0].kernel.numpy() != before).any()
    model.set_state_tree(tree)
    np.testing.assert_array_equal(model.layers[0].kernel, before)
    assert int(model.optimizer.iterations) == 1
    assert model.get_state_tree()["trainable_variables"]["model"]["a"]["kernel"].shape == (3, 2)


def test_metrics_of_layers():
    class Counting(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seen = metrics.Sum(name="seen")

        def call(self, x):
            return x

    layer = Counting()
    stack = Sequential([Input((3,)), layer])
    assert layer.metrics == [layer.seen] and stack.metrics == [layer.seen]
    assert [v.path for v in layer.metrics_variables] == ["seen/total"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.Dense(2, name="d").stateless_call([], [], X), "Dense 'd' is not built yet: call it on data"),
        (
            lambda: made().stateless_call([], [], X),
            r"Sequential 'model': trainable_variables must hold 6 value\(s\), and",
        ),
        (lambda: made().stateless_compute_loss([], [], []), r"trainable_variables must hold 6 value\(s\), and got 0"),
        (
            lambda: made().get_state_tree("list"),
            "value_format must be 'backend_tensor' or 'numpy_array', and got 'list'",
        ),
        (lambda: made().set_state_tree({"weights": {}}), "'weights' is none of 'trainable_variables'"),
        (
            lambda: made().set_state_tree({"trainable_variables": {"model": {"c": {"kernel": 1}}}}),
            "model 'model' has no 'model/c/kernel' among its trainable_variables. It has 'model/a/kernel'",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
