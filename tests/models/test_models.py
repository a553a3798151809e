import numpy as np
import pytest

import yeoul
from yeoul import Input, Model, Sequential, layers, ops
from yeoul.models import Functional, clone_model

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)


# -- Sequential ------------------------------------------------------------------------------------------------------
def test_sequential_with_input_is_built_at_once():
    model = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
    assert model.built
    assert [w.shape for w in model.weights] == [(4, 3), (3,), (3, 2), (2,)]
    assert [layer.name for layer in model.layers] == [model.layers[0].name, model.layers[1].name]
    assert model.input_shape == (None, 4)
    assert model.output_shape == (None, 2)
    assert model.count_params() == 4 * 3 + 3 + 3 * 2 + 2


def test_sequential_is_built_by_data_or_by_a_shape():
    by_data = Sequential([layers.Dense(3), layers.Dense(2)])
    assert by_data.weights == [] and not by_data.built
    assert by_data(X).shape == (12, 2)
    assert by_data.input_shape == (None, 4)
    by_shape = Sequential([layers.Dense(3)])
    by_shape.build((None, 4))
    assert by_shape.weights[0].shape == (4, 3)


def test_sequential_add_and_pop():
    model = Sequential()
    model.add(Input((4,)))
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    assert model.pop().units == 2
    assert model.output_shape == (None, 3)
    assert model.predict(X, verbose=0).shape == (12, 3)


def test_sequential_takes_input_shape_of_its_first_layer():
    with pytest.warns(DeprecationWarning, match="input_shape"):
        model = Sequential([layers.Dense(3, input_shape=(4,))])
    assert model.built and model.weights[0].shape == (4, 3)


def test_sequential_refuses_what_is_no_layer():
    with pytest.raises(TypeError, match="Only instances of `Layer`"):
        Sequential([3])
    with pytest.raises(ValueError, match="unique names"):
        Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")])
    with pytest.raises(ValueError, match="no layers to take away"):
        Sequential().pop()
    with pytest.raises(ValueError, match="cannot be built because it has no layers"):
        Sequential().build((None, 4))


def test_sequential_round_trip_of_configuration():
    model = Sequential([Input((4,)), layers.Dense(3, activation="relu"), layers.Dropout(0.5), layers.Dense(2)])
    copy = Sequential.from_config(model.get_config())
    assert [type(layer).__name__ for layer in copy.layers] == ["Dense", "Dropout", "Dense"]
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(X, verbose=0), model.predict(X, verbose=0))


# -- functional ------------------------------------------------------------------------------------------------------
def branched():
    x = Input((4,), name="x")
    left = layers.Dense(5, activation="relu", name="left")(x)
    right = layers.Dense(5, name="right")(x)
    return Model(x, layers.Dense(2, name="out")(layers.Add(name="sum")([left, right])))


def test_branches_compute_what_the_layers_do():
    model = branched()
    assert type(model) is Functional
    k, b = [np.asarray(w) for w in model.get_layer("left").weights]
    k2, b2 = [np.asarray(w) for w in model.get_layer("right").weights]
    k3, b3 = [np.asarray(w) for w in model.get_layer("out").weights]
    expected = (np.maximum(X @ k + b, 0) + X @ k2 + b2) @ k3 + b3
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)
    assert [layer.name for layer in model.layers] == ["x", "left", "right", "sum", "out"]
    assert model.output_names == ["out"]


def test_several_inputs_and_outputs_as_lists_and_dicts():
    a, b = Input((4,), name="a"), Input((2,), name="b")
    joined = layers.Concatenate()([a, b])
    first, second = layers.Dense(3, name="first")(joined), layers.Dense(1, name="second")(joined)
    by_list = Model([a, b], [first, second])
    by_dict = Model({"a": a, "b": b}, {"first": first, "second": second})
    other = np.ones((12, 2), np.float32)
    outputs = by_list.predict([X, other], verbose=0)
    assert isinstance(outputs, list) and [o.shape for o in outputs] == [(12, 3), (12, 1)]
    named = by_dict.predict({"a": X, "b": other}, verbose=0)
    assert list(named) == ["first", "second"]
    np.testing.assert_array_equal(named["first"], outputs[0])
    np.testing.assert_array_equal(by_list.predict({"b": other, "a": X}, verbose=0)[1], outputs[1])
    y = {"first": np.zeros((12, 3), np.float32), "second": np.ones((12, 1), np.float32)}
    by_dict.compile("sgd", {"first": "mse", "second": "mae"}, metrics={"second": ["mse"]})
    history = by_dict.fit({"a": X, "b": other}, y, epochs=2, verbose=0).history
    assert list(history) == ["first_loss", "loss", "second_loss", "second_mse"]
    by_list.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mse"]])
    history = by_list.fit([X, other], [y["first"], y["second"]], epochs=2, verbose=0).history
    assert list(history) == ["first_loss", "first_mae", "loss", "second_loss", "second_mse"]
    np.testing.assert_allclose(history["loss"][1], history["first_loss"][1] + history["second_loss"][1], rtol=1e-5)


def test_shared_layer_has_one_set_of_weights():
    shared = layers.Dense(4)
    a, b = Input((4,)), Input((4,))
    model = Model([a, b], layers.Subtract()([shared(a), shared(b)]))
    assert len(model.weights) == 2
    np.testing.assert_allclose(model.predict([X, X], verbose=0), 0, atol=1e-6)


def test_nested_models_and_the_training_flag():
    inner = Sequential([Input((4,)), layers.Dense(6), layers.Dropout(0.5)])
    x = Input((4,))
    model = Model(x, layers.Dense(1)(inner(x)))
    assert len(model.weights) == 4
    np.testing.assert_array_equal(model(X).numpy(), model(X, training=False).numpy())
    assert not np.array_equal(model(X, training=True).numpy(), model(X, training=True).numpy())
    model.compile("sgd", "mse")
    before = inner.get_weights()[0]
    model.fit(X, X[:, :1], epochs=1, verbose=0)
    assert not np.array_equal(before, inner.get_weights()[0])


def test_model_cut_at_a_layer_shares_weights():
    model = branched()
    cut = Model(model.inputs, model.get_layer("sum").output)
    assert cut.predict(X, verbose=0).shape == (12, 5)
    assert cut.get_layer("left") is model.get_layer("left")
    head = Model(model.get_layer("sum").output, model.outputs[0])
    whole = head.predict(cut.predict(X, verbose=0), verbose=0)
    np.testing.assert_allclose(whole, model.predict(X, verbose=0), rtol=1e-5, atol=1e-6)


def test_ops_between_layers():
    x = Input((4,))
    h = layers.Dense(3)(x)
    model = Model(x, ops.relu(h * 2.0 + 1.0)[:, :2])
    kernel, bias = [np.asarray(w) for w in model.weights]
    np.testing.assert_allclose(
        model.predict(X, verbose=0), np.maximum((X @ kernel + bias) * 2 + 1, 0)[:, :2], rtol=1e-4, atol=1e-5
    )


def test_get_layer():
    model = branched()
    assert model.get_layer(index=1).name == "left"
    with pytest.raises(ValueError, match=r"No such layer: lefft\. Existing layers are"):
        model.get_layer("lefft")
    with pytest.raises(ValueError, match="only has 5 layers"):
        model.get_layer(index=9)
    with pytest.raises(ValueError, match="either a layer name or a layer index"):
        model.get_layer()


def test_functional_errors_name_the_input():
    x, other = Input((4,), name="x"), Input((4,), name="other")
    with pytest.raises(ValueError, match="depends on the Input 'other', which is not among the inputs"):
        Model(x, layers.Add()([x, other]))
    with pytest.raises(ValueError, match=r"All `inputs` of a functional model must come from Input\(\)"):
        Model(X, x)
    model = branched()
    with pytest.raises(
        ValueError, match=r"Input 'x' of model '.*' has shape \(None, 4\), and got data of shape \(12, 3\)"
    ):
        model.predict(X[:, :3], verbose=0)
    with pytest.raises(ValueError, match=r"Put a Flatten\(\) first, or reshape the data to \(3, 4\)"):
        model.predict(X[:3].reshape(3, 2, 2), verbose=0)
    two = Model([x, other], layers.Add()([x, other]))
    with pytest.raises(ValueError, match=r"has 2 input\(s\) \(x, other\), and got 1"):
        two.predict(X, verbose=0)
    with pytest.raises(ValueError, match="'other' is missing"):
        two.predict({"x": X}, verbose=0)


def test_rank_and_dtype_of_inputs_are_adjusted():
    model = Sequential([Input((1,)), layers.Dense(1)])
    assert model.predict(np.arange(5), verbose=0).shape == (5, 1)
    assert model.predict([1, 2, 3], verbose=0).shape == (3, 1)


# -- subclassed ------------------------------------------------------------------------------------------------------
class Block(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(units)

    def call(self, x, training=False):
        self.add_loss(ops.mean(ops.square(x)) * 0.01)
        return self.dense(x)


class Custom(Model):
    def __init__(self, units=3):
        super().__init__()
        self.block = Block(units)
        self.out = layers.Dense(1)

    def call(self, x, training=False):
        return self.out(self.block(x, training=training))


def test_subclass_trains_with_add_loss():
    model = Custom()
    model.compile("sgd", "mse")
    history = model.fit(X, X[:, :1], epochs=3, verbose=0).history
    assert len(model.weights) == 4
    assert model.evaluate(X, X[:, :1], verbose=0) > float(np.mean(np.square(X))) * 0.01
    assert history["loss"][-1] < history["loss"][0]


def test_subclass_build():
    model = Custom()
    model.build((None, 4))
    assert [w.shape for w in model.weights] == [(4, 3), (3,), (3, 1), (1,)]


def test_subclass_with_inputs_and_outputs_keeps_its_methods():
    class Mine(Model):
        def train_step(self, data):
            logs = super().train_step(data)
            return {**logs, "twice": logs["loss"] * 2}

    x = Input((4,))
    model = Mine(x, layers.Dense(1)(x))
    model.compile("sgd", "mse")
    history = model.fit(X, X[:, :1], epochs=2, verbose=0).history
    assert list(history) == ["loss", "twice"]
    np.testing.assert_allclose(history["twice"], np.array(history["loss"]) * 2, rtol=1e-6)


def test_own_training_step_with_tape_and_metrics():
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)
            self.tracker = yeoul.metrics.Mean(name="my_loss")

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            with yeoul.GradientTape() as tape:
                loss = ops.mean(ops.square(y - self(x, training=True)))
            grads = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(grads, self.trainable_variables, strict=True))
            self.tracker.update_state(loss)
            return {"my_loss": self.tracker.result()}

        def test_step(self, data):
            x, y = data
            self.tracker.update_state(ops.mean(ops.square(y - self(x))))
            return {"my_loss": self.tracker.result()}

        @property
        def metrics(self):
            return [self.tracker]

    for run_eagerly in (False, True):
        model = Mine()
        model.compile(optimizer="sgd", run_eagerly=run_eagerly)
        history = model.fit(X, X[:, :1], epochs=4, batch_size=4, verbose=0, validation_data=(X, X[:, :1])).history
        assert list(history) == ["my_loss", "val_my_loss"]
        assert history["my_loss"][-1] < history["my_loss"][0]
        np.testing.assert_allclose(
            model.evaluate(X, X[:, :1], verbose=0, batch_size=12), history["val_my_loss"][-1], rtol=1e-5
        )


def test_compute_loss_and_compute_metrics_can_be_overridden():
    class Mine(Sequential):
        def compute_loss(self, x, y, y_pred, sample_weight=None):
            return ops.mean(ops.absolute(y - y_pred)) * 3.0

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "batch": ops.max(y_pred)}

    model = Mine([Input((4,)), layers.Dense(1)])
    model.compile("sgd", metrics=["mae"])
    history = model.fit(X, X[:, :1], epochs=1, verbose=0, batch_size=12).history
    assert set(history) == {"loss", "mae", "batch"}
    np.testing.assert_allclose(history["loss"][0], 3 * history["mae"][0], rtol=1e-5)


# -- copies ----------------------------------------------------------------------------------------------------------
def test_clone_model_has_its_own_weights():
    for model in (branched(), Sequential([Input((4,)), layers.Dense(3)])):
        copy = clone_model(model)
        assert [w.shape for w in copy.weights] == [w.shape for w in model.weights]
        assert copy.weights[0] is not model.weights[0]
        copy.set_weights(model.get_weights())
        np.testing.assert_array_equal(copy.predict(X, verbose=0), model.predict(X, verbose=0))


def test_frozen_layers_do_not_change():
    model = Sequential([Input((4,)), layers.Dense(3, name="frozen"), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    before = model.get_weights()
    model.get_layer("frozen").trainable = False
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])
    assert len(model.trainable_weights) == 2 and len(model.non_trainable_weights) == 2
