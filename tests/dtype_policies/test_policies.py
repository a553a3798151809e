"""Dtype policies: names, the global policy, what layers and models keep, compute and give under them."""

import copy
import pickle

import numpy as np
import pytest

import yeoul
from yeoul import Model, Sequential, config, dtype_policies, layers, losses, mixed_precision, optimizers
from yeoul.dtype_policies import DTypePolicy, DTypePolicyMap

X = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)


@pytest.fixture(autouse=True)
def _settings_as_before():
    engine = config.engine()
    yield
    config.set_engine(engine)
    config.set_floatx("float32")
    config.set_dtype_policy(None)


@pytest.mark.parametrize(
    ("name", "compute", "variable"),
    [
        ("float32", "float32", "float32"),
        ("float16", "float16", "float16"),
        ("bfloat16", "bfloat16", "bfloat16"),
        ("float64", "float64", "float64"),
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
        ("int32", "int32", "int32"),
    ],
)
def test_policy(name, compute, variable):
    policy = DTypePolicy(name)
    assert (policy.name, policy.compute_dtype, policy.variable_dtype) == (name, compute, variable)
    assert repr(policy) == f'<DTypePolicy "{name}">'
    assert policy.quantization_mode is None
    config_of_it = dtype_policies.serialize(policy)
    assert config_of_it == {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": name},
        "registered_name": None,
    }
    assert dtype_policies.deserialize(config_of_it) == policy
    assert dtype_policies.get(config_of_it) == policy
    assert dtype_policies.get(name) == policy != DTypePolicy("uint8")
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert copy.deepcopy(policy) == policy


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: DTypePolicy("foo"), ValueError, "Unknown dtype policy 'foo'. Use 'mixed_float16', 'mixed_bfloat16', or"),
        (lambda: DTypePolicy("mixed_float64"), ValueError, "Unknown dtype policy 'mixed_float64'"),
        (lambda: DTypePolicy(3), TypeError, "named by a string, such as 'mixed_float16', and got 3"),
        (lambda: dtype_policies.get("foo"), ValueError, "Unknown dtype policy 'foo'"),
        (lambda: dtype_policies.get(3), ValueError, "Cannot use 3 as dtype"),
        (lambda: layers.Dense(2, dtype="foo"), ValueError, "Unknown dtype policy 'foo'"),
        (lambda: config.set_dtype_policy(3), ValueError, "is a name, such as 'mixed_float16', or a DTypePolicy, and got 3"),
        (lambda: dtype_policies.deserialize({"class_name": "Foo", "config": {}}), ValueError, "Unknown dtype policy class 'Foo'"),
        (lambda: DTypePolicyMap(policy_map=[1]), TypeError, "policy_map must be a dict"),
    ],
)  # fmt: skip
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_global_policy():
    assert config.dtype_policy() == DTypePolicy("float32")
    config.set_floatx("float64")
    assert config.dtype_policy() == DTypePolicy("float64")
    assert layers.Dense(2).dtype_policy == DTypePolicy("float64")
    config.set_floatx("float32")
    mixed_precision.set_global_policy("mixed_float16")
    assert mixed_precision.global_policy() == config.dtype_policy() == DTypePolicy("mixed_float16")
    assert layers.Dense(2).compute_dtype == "float16"
    mixed_precision.set_global_policy(mixed_precision.Policy("mixed_bfloat16"))
    assert mixed_precision.dtype_policy().name == "mixed_bfloat16"
    assert mixed_precision.LossScaleOptimizer is optimizers.LossScaleOptimizer
    yeoul.utils.clear_session()
    assert config.dtype_policy().name == "float32"
    assert yeoul.DTypePolicy is DTypePolicy


def test_layer_under_a_mixed_policy():
    layer = layers.Dense(2, dtype="mixed_float16")
    y = layer(X)
    assert (layer.dtype, layer.variable_dtype, layer.compute_dtype) == ("float32", "float32", "float16")
    assert layer.kernel.dtype == layer.bias.dtype == "float32"
    assert y.dtype == "float16"
    assert layer.get_config()["dtype"]["config"] == {"name": "mixed_float16"}
    again = layers.Dense.from_config(layer.get_config())
    assert again.dtype_policy == layer.dtype_policy
    layer.dtype_policy = "float32"
    assert layer(X).dtype == "float32"
    assert layers.Dense(2, dtype=np.float64).dtype_policy.name == "float64"


class Looking(layers.Layer):
    """Notes the dtypes that its call sees."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w = self.add_weight((6,))
        self.u = self.add_weight((6,), autocast=False)
        self.i = self.add_weight((), dtype="int32", initializer="zeros")
        self.seen = {}

    def call(self, x, y=None):
        self.seen = {
            "x": x.dtype,
            "y": None if y is None else y.dtype,
            "w": self.w.dtype,
            "w value": self.w.value.dtype,
            "u": self.u.dtype,
            "i": self.i.dtype,
            "product": (x * self.w).dtype,
        }
        self.w.assign_add(self.w * 0)
        return x * self.u


def test_what_a_call_sees():
    # Recorded from Keras.
    layer = Looking(dtype="mixed_float16")
    y = layer(X, y=yeoul.ops.convert_to_tensor(X))
    assert layer.seen == {"x": "float16", "y": "float16", "w": "float16", "w value": "float16", "u": "float32", "i": "int32", "product": "float16"}  # fmt: skip
    assert y.dtype == "float32"
    assert layer.w.dtype == layer.w.value.dtype == "float32"
    layer(np.ones((4, 6), np.int32))
    assert layer.seen["x"] == "int32"
    still = Looking(dtype="mixed_float16", autocast=False)
    still(X)
    assert (still.seen["x"], still.seen["w"]) == ("float32", "float32")


def test_a_float32_layer_within_a_mixed_one():
    class Outer(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Looking(dtype="float32")

        def call(self, x):
            return self.inner(x)

    outer = Outer(dtype="mixed_bfloat16")
    assert outer(X).dtype == "float32"
    assert (outer.inner.seen["x"], outer.inner.seen["w"]) == ("float32", "float32")


# Recorded from Keras: the output of every layer has the compute dtype, all weights the variable dtype.
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda p: layers.Dense(3, activation="softmax", dtype=p),
        lambda p: layers.BatchNormalization(dtype=p),
        lambda p: layers.LayerNormalization(dtype=p),
        lambda p: layers.Dropout(0.5, dtype=p),
        lambda p: layers.Flatten(dtype=p),
        lambda p: layers.ReLU(dtype=p),
        lambda p: layers.Rescaling(2.0, dtype=p),
    ],
)
def test_dtypes_of_layers(make, policy, training):
    layer = make(policy)
    y = layer(X, training=training)
    assert y.dtype == DTypePolicy(policy).compute_dtype
    assert {w.dtype for w in layer.weights} <= {DTypePolicy(policy).variable_dtype}
    assert np.isfinite(yeoul.ops.cast(y, "float32").numpy()).all()


def test_statistics_are_taken_in_float32():
    x = np.random.default_rng(0).normal(size=(4096, 2)).astype(np.float32) * 0.1 + 300
    layer = layers.BatchNormalization(dtype="mixed_float16", momentum=0.0)
    layer(x, training=True)
    np.testing.assert_allclose(layer.moving_mean, x.astype(np.float16).mean(0, dtype=np.float64), rtol=1e-5)
    # The squares, 90000, are beyond float16.
    assert np.isfinite(layer.moving_variance.numpy()).all()


def test_models_under_the_global_policy():
    config.set_dtype_policy("mixed_float16")
    start = yeoul.Input((6,))
    assert start.dtype == "float32"
    hidden = layers.Dense(4)(start)
    assert hidden.dtype == "float16"
    end = layers.Dense(2, dtype="float32")(hidden)
    model = Model(start, end)
    assert model.dtype_policy.name == "mixed_float16"
    assert model.predict(X, verbose=0).dtype == np.float32
    half = Sequential([layers.Dense(2)])
    assert half.predict(X, verbose=0).dtype == np.float16
    config.set_dtype_policy("mixed_bfloat16")
    assert str(Sequential([layers.Dense(2)]).predict(X, verbose=0).dtype) == "bfloat16"


class Passing(layers.Layer):
    def call(self, x):
        return x * 1.0


def subclassed(layer):
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.part = layer

        def call(self, x):
            return self.part(x)

    return Own()


def test_inputs_of_models_keep_their_dtype():
    # Recorded from Keras: only a subclassed model casts its inputs.
    config.set_dtype_policy("mixed_float16")
    x = np.array([[1 / 3, 1000.1]], np.float32)
    start = yeoul.Input((2,))
    for model in (
        Model(start, Passing(dtype="float32")(start)),
        Sequential([yeoul.Input((2,)), Passing(dtype="float32")]),
    ):
        np.testing.assert_array_equal(model.predict(x, verbose=0), x)
        np.testing.assert_array_equal(model(x), x)
    model = subclassed(Passing(dtype="float32"))
    np.testing.assert_array_equal(model.predict(x, verbose=0), x.astype(np.float16).astype(np.float32))


def test_compile_scales_the_loss_of_float16():
    config.set_dtype_policy("mixed_float16")
    model = Sequential([layers.Dense(2)])
    model.compile("sgd", "mse")
    assert isinstance(model.optimizer, optimizers.LossScaleOptimizer)
    assert isinstance(model.optimizer.inner_optimizer, optimizers.SGD)
    assert model.optimizer.name == "loss_scale_optimizer"
    model.compile(optimizers.LossScaleOptimizer(optimizers.Adam()), "mse")
    assert isinstance(model.optimizer.inner_optimizer, optimizers.Adam)
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert isinstance(model.optimizer, optimizers.SGD)
    config.set_dtype_policy("mixed_bfloat16")
    other = Sequential([layers.Dense(2)])
    other.compile("sgd", "mse")
    assert isinstance(other.optimizer, optimizers.SGD)


def learned(policy, engine, run_eagerly=False):
    config.set_engine(engine)
    yeoul.utils.clear_session()
    yeoul.random.set_random_seed(1)
    config.set_dtype_policy(policy)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(256, 8)).astype(np.float32)
    y = (x @ rng.normal(size=(8, 3))).argmax(1)
    model = Sequential(
        [
            layers.Dense(24, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.05),
            layers.Dense(16, activation="gelu"),
            layers.LayerNormalization(),
            layers.Dense(3, dtype="float32"),
        ]
    )
    model.compile(
        optimizers.Adam(0.02),
        losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        run_eagerly=run_eagerly,
    )
    history = model.fit(x, y, epochs=1 if run_eagerly else 8, verbose=0, batch_size=32).history
    return model, history


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_fits_learn(policy):
    model, history = learned(policy, "native")
    assert history["accuracy"][-1] > 0.9
    assert {w.dtype for w in model.weights} == {"float32"}
    _, plain = learned("float32", "native")
    assert history["loss"][-1] == pytest.approx(plain["loss"][-1], rel=0.2)
    _, other = learned(policy, "reference")
    np.testing.assert_allclose(history["loss"], other["loss"], rtol=0.05)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_eager_steps_agree(policy):
    _, eager = learned(policy, "native", run_eagerly=True)
    _, compiled = learned(policy, "native")
    assert eager["loss"][0] == pytest.approx(compiled["loss"][0], rel=0.02)


def test_an_overflow_changes_no_weight_and_halves_the_scale():
    config.set_dtype_policy("mixed_float16")
    model = Sequential([layers.Dense(1)])
    model.compile(optimizers.SGD(0.1), "mse")
    model.predict(X, verbose=0)
    before = model.get_weights()
    model.fit(X * 100, np.full((4, 1), 6e4, np.float32), epochs=1, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(model.optimizer.dynamic_scale) == 2.0**14


def test_policy_map():
    chosen = DTypePolicyMap("float32", {"a.*": "float16", "b": DTypePolicy("mixed_float16")})
    assert [chosen[name].name for name in ("a1", "b", "b1", "c")] == ["float16", "mixed_float16", "float32", "float32"]
    assert (chosen.name, chosen.compute_dtype, chosen.variable_dtype) == ("map_float32", "float32", "float32")
    assert list(chosen) == ["a.*", "b"]
    assert len(chosen) == 2
    assert repr(chosen) == (
        "<DTypePolicyMap default_policy=float32, mapping=[('a.*', 'float16'), ('b', 'mixed_float16')]>"
    )
    assert layers.Dense(1, dtype=chosen, name="a1").compute_dtype == "float16"
    assert layers.Dense(1, dtype=chosen, name="x").compute_dtype == "float32"
    again = dtype_policies.deserialize(dtype_policies.serialize(chosen))
    assert again == chosen
    with pytest.raises(ValueError, match="'b' has a policy already"):
        chosen["b"] = "float16"
    chosen[".1"] = "float64"
    with pytest.raises(ValueError, match="'a1' matches several expressions"):
        chosen["a1"]
    del chosen[".1"]
    assert DTypePolicyMap().default_policy == config.dtype_policy()


def test_convert_input():
    policy = DTypePolicy("mixed_float16")
    assert policy.convert_input(X, True, "float16").dtype == "float16"
    assert policy.convert_input(X, False, "float16").dtype == "float32"
    assert policy.convert_input(np.arange(3), True, "float16").dtype == "int64"
    assert policy.convert_input("text", True, "float16") == "text"
