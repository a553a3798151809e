"""Models as configurations: in Keras' form, read back, and read where Keras wrote them."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.models.record_golden_configs import described
from tests.models.record_golden_configs import models as golden_models

import yeoul
from yeoul import Input, Model, Sequential, layers, losses, ops, optimizers, tree, utils
from yeoul.models import Functional, clone_model, model_from_json

GOLDEN = json.loads(Path(__file__).with_name("golden_configs.json").read_text())
X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)

#: Keys that say how Keras runs a model, and names that it numbers.
LEFT_OUT = ("quantization_config", "jit_compile", "registered_name")


def without(config, *keys):
    if isinstance(config, dict):
        return {key: without(value, *keys) for key, value in config.items() if key not in keys}
    return [without(part, *keys) for part in config] if isinstance(config, list) else config


def in_our_words(config):
    """Keras' configuration without what says how Keras runs a model."""
    config = without(config, *LEFT_OUT)
    for entry in entries(config):
        if entry["class_name"] == "LayerNormalization":
            entry["config"]["axis"] = -1  # a list once it is built
        if entry["class_name"] in ("Flatten", "Permute"):
            entry.pop("build_config", None)  # they have no weights
    return config


def entries(config):
    if isinstance(config, list):
        return [entry for part in config for entry in entries(part)]
    if not isinstance(config, dict):
        return []
    return [config] * isinstance(config.get("config"), dict) + [
        entry for part in config.values() for entry in entries(part)
    ]


def as_json(value):
    return json.loads(json.dumps(value))


# -- Keras' own --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", list(GOLDEN))
def test_reads_what_keras_wrote(name):
    model = model_from_json(json.dumps(GOLDEN[name]["json"]))
    found = as_json(described(model))
    for part in ("layers", "weights", "output_shapes"):
        assert found[part] == GOLDEN[name][part]


@pytest.mark.parametrize("name", [name for name in GOLDEN if name != "operations"])  # ops have a form of our own
def test_writes_what_keras_writes(name):
    utils.clear_session()
    model = golden_models(yeoul, layers)[name]
    assert without(as_json(described(model))["json"], *LEFT_OUT) == in_our_words(GOLDEN[name]["json"])


def test_ops_of_keras_compute_the_same():
    model = golden_models(yeoul, layers)["operations"]
    again = model_from_json(json.dumps(GOLDEN["operations"]["json"]))
    for mine, theirs in zip(again.predict([X, X + 1], verbose=0), model.predict([X, X + 1], verbose=0), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_compiled_as_it_was():
    model = model_from_json(json.dumps(GOLDEN["late"]["json"]))
    assert model.compiled and type(model.optimizer) is optimizers.SGD and model.optimizer.momentum == 0.5
    assert set(model.evaluate(X, X[:, :2], verbose=0, return_dict=True)) == {"loss", "mae"}
    assert not model_from_json(json.dumps(GOLDEN["chain"]["json"])).compiled


# -- round trips -------------------------------------------------------------------------------------------------------
def op_models():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    h = layers.Dense(4, name="h")
    table = np.arange(8, dtype=np.float32).reshape(4, 2)
    left, right = ops.split(h(a) * 2.0, 2, axis=-1)
    c = Input((2, 3, 4), name="c")
    return {
        "arithmetic": Model([a, b], a * 2 + ops.mean(b)),
        "constants": Model(a, ops.matmul(h(a), table) - np.float32(3)),
        "several outputs": Model({"a": a}, {"l": left, "r": ops.concatenate([right, left], axis=-1)}),
        "shapes": Model(c, ops.transpose(ops.reshape(c, (-1, 6, 4)), (0, 2, 1))[:, 1:3, ::2]),
        "functions": Model(
            a, ops.softmax(ops.where(a > 0, ops.relu(a), ops.cast(ops.argmax(a, axis=-1), "float32")[:, None]))
        ),
        "named alike": Model(a, layers.Add(name="add")([a + 1.0, a + h(a)])),
    }


@pytest.mark.parametrize("name", list(op_models()))
@pytest.mark.parametrize("how", ["from_config", "json", "clone"])
def test_ops_come_back(name, how):
    model = op_models()[name]
    if how == "json":
        again = model_from_json(model.to_json())
    else:
        again = Model.from_config(model.get_config()) if how == "from_config" else clone_model(model)
    again.set_weights(model.get_weights())
    data = {t.name: np.random.default_rng(1).normal(size=(3, *t.shape[1:])).astype(np.float32) for t in model.inputs}
    expected, found = model.predict(data, verbose=0), again.predict(data, verbose=0)
    assert type(found) is type(expected)
    for mine, theirs in zip(tree.flatten(found), tree.flatten(expected), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert as_json(again.get_config()) == as_json(model.get_config()) or how == "clone"


def test_a_model_that_begins_inside_another():
    a = Input((4,), name="a")
    middle = layers.Dense(3, name="middle")(a)
    model = Model(middle, layers.Dense(2, name="out")(middle), name="tail")
    again = Model.from_config(as_json(model.get_config()))
    assert again.input_shape == (None, 3) and [w.shape for w in again.weights] == [(3, 2), (2,)]


def test_layers_that_call_each_other_in_turns():
    """A layer's second call takes what comes after its first one."""
    a = Input((4,), name="a")
    first, second = layers.Dense(4, name="first"), layers.Dense(4, name="second")
    model = Model(a, first(second(first(a))))
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


# -- classes of one's own ----------------------------------------------------------------------------------------------
class Scaled(layers.Layer):
    def __init__(self, by=2.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def call(self, x):
        return x * self.by

    def get_config(self):
        return {**super().get_config(), "by": self.by}


class Named(Model):
    """Made with inputs and outputs, as `Model` is."""


class Whole(Model):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_custom_layers_are_given_or_registered():
    a = Input((4,), name="a")
    model = Model(a, Scaled(3.0, name="scaled")(a))
    message = r"Could not locate class 'Scaled'. Pass it in custom_objects=\{'Scaled': Scaled\}, or decorate it with @register_keras_seri"
    config = as_json({**model.get_config()})
    config["layers"][1]["module"] = None  # as one of a notebook
    with pytest.raises(TypeError, match=message):
        Model.from_config(config)
    again = Model.from_config(config, custom_objects={"Scaled": Scaled})
    np.testing.assert_allclose(again.predict(X, verbose=0), X * 3)
    with utils.custom_object_scope({"Scaled": Scaled}):
        assert Model.from_config(config).get_layer("scaled").by == 3.0
    chain = Sequential([Input((4,)), Scaled(5.0)])
    chain = Sequential.from_config(chain.get_config(), custom_objects={"Scaled": Scaled})
    np.testing.assert_allclose(chain.predict(X, verbose=0), X * 5)


def test_registered_names():
    @utils.register_keras_serializable("house")
    class Half(Scaled):
        pass

    entry = utils.serialize_keras_object(Half(0.5, name="half"))
    assert entry["registered_name"] == utils.get_registered_name(Half) == "house>Half"
    assert utils.get_registered_object("house>Half") is Half
    assert type(utils.deserialize_keras_object(as_json(entry))) is Half


def test_subclasses():
    a = Input((4,), name="a")
    model = Named(a, layers.Dense(2, name="d")(a), name="mine")
    assert set(model.get_config()) == {"name", "trainable", "layers", "input_layers", "output_layers"}
    assert type(Named.from_config(model.get_config())) is Named
    whole = Whole(5, name="whole")
    assert whole.get_config()["units"] == 5 and Whole.from_config(whole.get_config()).units == 5
    whole.build((None, 4))
    entry = as_json(utils.serialize_keras_object(whole))
    again = utils.deserialize_keras_object(entry, {"Whole": Whole})
    assert [w.shape for w in again.weights] == [(4, 5), (5,)]
    with pytest.raises(TypeError, match=r"Whole could not be made of its configuration: .*'colour'"):
        utils.deserialize_keras_object({**entry, "config": {"colour": 1}}, {"Whole": Whole})


def test_a_configuration_with_a_hole():
    config = as_json(golden_models(yeoul, layers)["chain"].get_config())
    a = Input((4,), name="a")
    config = as_json(Model(a, layers.Dense(2, name="out")(layers.Dense(3, name="gone")(a)), name="m").get_config())
    config["layers"] = [entry for entry in config["layers"] if entry["name"] != "gone"]
    with pytest.raises(
        ValueError, match="model 'm' can not be followed: 'out' is called on output 0 of call 0 of 'gone', which no"
    ):
        Model.from_config(config)


# -- how a model was compiled ------------------------------------------------------------------------------------------
def my_loss(y, p):
    return ops.mean(ops.abs(y - p), axis=-1)


def test_compile_config():
    model = Sequential([Input((4,)), layers.Dense(1)])
    assert model.get_compile_config() == {}
    model.compile(optimizers.Adam(0.25), my_loss, metrics=["mae", losses.mean_squared_error], loss_weights=[2.0])
    config = as_json(model.get_compile_config())
    assert config["optimizer"]["config"]["learning_rate"] == 0.25 and config["metrics"][0] == "mae"
    assert config["loss"] == {
        "module": "builtins",
        "class_name": "function",
        "config": "my_loss",
        "registered_name": "function",
    }
    again = clone_model(Sequential([Input((4,)), layers.Dense(1)]))
    with pytest.raises(TypeError, match=r"Could not locate function 'my_loss'\. Pass it in custom_objects"):
        again.compile_from_config(config)
    with utils.custom_object_scope({"my_loss": my_loss}):
        again.compile_from_config(config)
    assert again.optimizer.learning_rate == 0.25 and again.optimizer.built
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(
        model.evaluate(X, X[:, :1], verbose=0, return_dict=True)["loss"],
        again.evaluate(X, X[:, :1], verbose=0)[0],
        rtol=1e-6,
    )


def test_compile_of_ones_own():
    class Mine(Sequential):
        def compile(self, flavour, **kwargs):
            super().compile(**kwargs)

    with pytest.warns(UserWarning, match=r"Mine has a compile\(\) of its own. Override get_compile_config"):
        Mine([Input((4,)), layers.Dense(1)]).compile_from_config({"loss": "mse"})


def test_clone_is_compiled_too():
    model = Sequential([Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert clone_model(model).compiled and clone_model(model).optimizer is not model.optimizer


# -- objects of all kinds ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "text",
        [1, (2, 3)],
        {"a": (1.5,)},
        slice(1, None, 2),
        Ellipsis,
        b"ab",
        np.arange(3.0),
        ops.convert_to_tensor([1.0, 2.0]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_come_back(value):
    again = utils.deserialize_keras_object(utils.serialize_keras_object(value))
    assert type(again) is type(value)
    if hasattr(value, "dtype"):
        assert again.dtype == value.dtype and np.asarray(again).tolist() == np.asarray(value).tolist()
    else:
        assert again == value


def test_objects_that_have_no_form():
    with pytest.raises(
        TypeError, match=r"Cannot serialize object \(1\+2j\) .* must implement the `get_config\(\)` method"
    ):
        utils.serialize_keras_object(1 + 2j)
    with pytest.raises(TypeError, match="Could not locate function 'foo'"):
        utils.deserialize_keras_object({"class_name": "function", "config": "foo"})
    with pytest.raises(ValueError, match="holds the code of a Python lambda, which is not run"):
        utils.deserialize_keras_object({"class_name": "__lambda__", "config": {}})


def test_functional_is_the_class_of_models_made_of_tensors():
    a = Input((4,))
    assert type(model_from_json(Model(a, layers.Dense(1)(a)).to_json())) is Functional


class Plain(layers.Layer):
    def __init__(self, units, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.units, self.activation = units, activation

    def call(self, x):
        return x * self.units


class Bare(Model):
    def __init__(self, units=3):
        super().__init__()
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x)


def test_classes_without_a_configuration_are_made_again_with_what_they_were_made_with():
    layer = Plain(4, name="plain", trainable=False)
    config = layer.get_config()
    assert {**config, "dtype": None} == {
        "units": 4,
        "activation": "relu",
        "name": "plain",
        "trainable": False,
        "dtype": None,
    }
    again = Plain.from_config(as_json(config))
    assert (again.units, again.name, again.trainable) == (4, "plain", False)
    assert Bare(5).get_config() == {"units": 5}
    model = Bare(5)
    model.build((None, 4))
    assert clone_model(model).dense.units == 5
    with pytest.raises(
        NotImplementedError,
        match=r"Plain was made with 'activation', which is more than numbers and text: override get_",
    ):
        Plain(4, activation=ops.relu).get_config()
    a = Input((4,), name="a")
    again = Model.from_config(Model(a, Plain(3)(a)).get_config(), custom_objects={"Plain": Plain})
    np.testing.assert_allclose(again.predict(X, verbose=0), X * 3)
