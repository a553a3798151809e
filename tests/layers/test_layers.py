"""Layers: values, weights, errors."""

import numpy as np
import pytest

from yeoul import Input, Layer, Model, Sequential, activations, config, initializers, layers, optimizers, regularizers

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def test_dense():
    dense = layers.Dense(3, activation="relu")
    y = dense(X)
    kernel, bias = dense.get_weights()
    np.testing.assert_allclose(y, np.maximum(X @ kernel + bias, 0), rtol=1e-5)
    assert [w.path for w in dense.weights] == [f"{dense.name}/kernel", f"{dense.name}/bias"]
    assert dense.count_params() == 15


def test_dense_names_the_way_out():
    model = Sequential([Input((784,)), layers.Dense(10)])
    with pytest.raises(
        ValueError, match=r"built for inputs whose last axis is 784, and got shape \(32, 28, 28\).*\n.*Flatten"
    ):
        model.layers[0](np.zeros((32, 28, 28), np.float32))


def test_batch_normalization_follows_the_batch():
    layer = layers.BatchNormalization(momentum=0.9)
    y = np.asarray(layer(X, training=True))
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(y.std(0), 1, atol=1e-2)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9 + 0.1 * X.var(0), rtol=1e-5)
    again = np.asarray(layer(X, training=False))
    np.testing.assert_allclose(
        again, (X - layer.moving_mean.numpy()) / np.sqrt(layer.moving_variance.numpy() + 1e-3), rtol=1e-4
    )


def test_dropout_only_while_training():
    layer = layers.Dropout(0.5, seed=1)
    ones = np.ones((100, 100), np.float32)
    np.testing.assert_array_equal(layer(ones), ones)
    y = np.asarray(layer(ones, training=True))
    assert set(np.unique(y)) == {0.0, 2.0} and abs(y.mean() - 1) < 0.05
    assert not np.array_equal(y, layer(ones, training=True))


def test_normalization_adapts_and_inverts():
    layer = layers.Normalization()
    layer.adapt(X)
    y = np.asarray(layer(X))
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-6)
    back = layers.Normalization(mean=X.mean(0), variance=X.var(0), invert=True)
    np.testing.assert_allclose(back(y), X, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (lambda: layers.Add(), lambda a, b: a + b),
        (lambda: layers.Subtract(), lambda a, b: a - b),
        (lambda: layers.Multiply(), lambda a, b: a * b),
        (lambda: layers.Average(), lambda a, b: (a + b) / 2),
        (lambda: layers.Maximum(), np.maximum),
        (lambda: layers.Minimum(), np.minimum),
        (lambda: layers.Concatenate(), lambda a, b: np.concatenate([a, b], -1)),
    ],
)
def test_merging(layer, expected):
    np.testing.assert_allclose(layer()([X, -2 * X]), expected(X, -2 * X), rtol=1e-6)


def test_shapes_of_a_functional_model():
    x = Input((4, 6))
    assert layers.Flatten()(x).shape == (None, 24)
    assert layers.Reshape((3, -1))(x).shape == (None, 3, 8)
    assert layers.Permute((2, 1))(x).shape == (None, 6, 4)
    assert layers.RepeatVector(5)(layers.Flatten()(x)).shape == (None, 5, 24)
    assert layers.Embedding(10, 3)(Input((7,), dtype="int32")).shape == (None, 7, 3)


def test_user_layer_with_parts_and_loss():
    class Block(Layer):
        def __init__(self, units):
            super().__init__()
            self.parts = [layers.Dense(units), layers.Dense(2)]
            self.norm = layers.BatchNormalization()

        def call(self, x, training=False):
            y = self.norm(self.parts[0](x), training=training)
            self.add_loss(0.0 * y[0, 0] + 1.5)
            return self.parts[1](y)

    block = Block(3)
    assert np.asarray(block(X)).shape == (6, 2)
    assert len(block.trainable_weights) == 6 and len(block.non_trainable_weights) == 2
    assert float(block.losses[0]) == 1.5
    block.trainable = False
    assert not block.trainable_weights


def test_forgotten_super_init_is_named():
    class Wrong(Layer):
        def __init__(self):
            self.units = 3

    with pytest.raises(RuntimeError, match=r"call super\(\).__init__\(\)"):
        Wrong()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dense(0), "units must be a positive integer, and got 0"),
        (lambda: layers.Dropout(1.5), "between 0 and 1, and got 1.5"),
        (lambda: layers.Dense(3, activation="rellu"), "Did you mean 'relu'"),
        (lambda: layers.Dense(3, kernel_initializer="he_norml"), "Did you mean 'he_normal'"),
        (lambda: layers.Dense(3, kernel_regularizer="l3"), "Unknown regularizer 'l3'"),
        (lambda: optimizers.get("adm"), "Did you mean 'adam'"),
        (lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0), "Only one of"),
        (lambda: regularizers.L2(-1.0), "must not be negative"),
        (lambda: initializers.VarianceScaling(mode="fan"), "and got 'fan'"),
        (lambda: layers.Add()(X), "takes a list of at least one tensor"),
        (lambda: layers.Dense(3, unit=4), "does not know the argument"),
        (lambda: Model(1, 2), "must come from Input|takes inputs|KerasTensor|Input"),
    ],
)
def test_errors(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_older_arguments_are_accepted():
    with pytest.warns(DeprecationWarning, match="Input"):
        first = layers.Dense(3, input_shape=(4,))
    model = Sequential([first, layers.Dense(1)])
    assert model.built and model.count_params() == 19
    with pytest.warns(DeprecationWarning, match="learning_rate"):
        assert float(optimizers.SGD(lr=0.5).learning_rate) == 0.5


def test_initializers_have_their_spread():
    shape = (200, 300)
    for name, deviation in (
        ("glorot_uniform", (2 / 500) ** 0.5),
        ("he_normal", (2 / 200) ** 0.5),
        ("lecun_normal", (1 / 200) ** 0.5),
    ):
        values = np.asarray(initializers.get(name)(shape))
        assert abs(values.std() / deviation - 1) < 0.02 and abs(values.mean()) < 0.002
    q = np.asarray(initializers.Orthogonal()((50, 20)))
    np.testing.assert_allclose(q.T @ q, np.eye(20), atol=1e-5)


def test_results_are_the_same_bits_for_any_number_of_threads():
    x = np.random.default_rng(0).normal(size=(512, 300)).astype(np.float32)
    y = np.random.default_rng(1).integers(0, 10, 512)
    found = []
    before = config.num_threads()
    try:
        for threads in (1, 2, 4):
            config.set_num_threads(threads)
            from yeoul import utils

            utils.set_random_seed(5)
            stack = [layers.Dense(257, activation="relu"), layers.Dropout(0.3), layers.BatchNormalization()]
            model = Sequential([Input((300,)), *stack, layers.Dense(10, activation="softmax")])
            model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
            history = model.fit(x, y, epochs=3, batch_size=100, verbose=0)
            found.append((history.history, model.get_weights()))
    finally:
        config.set_num_threads(before)
    for history, weights in found[1:]:
        assert history == found[0][0]
        for a, b in zip(weights, found[0][1], strict=True):
            np.testing.assert_array_equal(a, b)


def test_activations_by_name():
    for name in activations.ALL:
        if name in ("threshold", "glu"):
            continue
        values = np.asarray(activations.get(name)(X))
        assert values.shape == X.shape and np.isfinite(values).all()


def test_input_layer_takes_the_older_names_of_its_shapes():
    assert layers.InputLayer(input_shape=(8, 8, 1)).batch_shape == (None, 8, 8, 1)
    assert layers.InputLayer(batch_input_shape=(4, 8, 1)).batch_shape == (4, 8, 1)


def test_the_batch_shape_of_older_lessons_is_that_of_the_model():
    for arguments in ({"batch_input_shape": (4, 8)}, {"input_shape": (8,), "batch_size": 4}):
        assert Sequential([layers.Dense(2, **arguments)]).input_shape == (4, 8)
    assert Sequential([layers.Dense(2, batch_input_shape=(None, 8))]).input_shape == (None, 8)


def test_the_older_scaling_of_layer_normalization():
    """The numbers are of Keras 3.15: the mean stays in x, and there is no beta."""
    with pytest.warns(DeprecationWarning, match="RMSNormalization does the latter"):
        layer = layers.LayerNormalization(rms_scaling=True, epsilon=0.1)
    y = layer(np.arange(6, dtype="float32").reshape(2, 3) ** 2)
    expected = [[0.0, 0.57842237, 2.3136895], [1.3726645, 2.4402924, 3.8129568]]
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    assert [w.name for w in layer.weights] == ["gamma"] and layer.get_config()["rms_scaling"] is True


def test_classes_of_programs_without_a_name():
    program = """
class Net(Model):
    def __init__(self):
        super().__init__()
        self.out = layers.Dense(2)

    def call(self, x):
        return self.out(x)

def distance(y, p):
    return (y - p) ** 2

net = Net()
net.compile("sgd", distance)
net.fit(x, y, verbose=0)
config = net.get_config()
"""
    space = {"Model": Model, "layers": layers, "x": np.ones((3, 2)), "y": np.ones((3, 2))}
    exec(program, space)
    assert space["net"].out.built and isinstance(space["config"], dict)


def test_flatten_has_the_configured_data_format():
    x = np.arange(12.0).reshape(1, 2, 3, 2)
    config.set_image_data_format("channels_first")
    try:
        layer = layers.Flatten()
    finally:
        config.set_image_data_format("channels_last")
    assert layer.data_format == layer.get_config()["data_format"] == "channels_first"
    np.testing.assert_array_equal(layer(x), np.moveaxis(x, 1, -1).reshape(1, -1))
    assert layers.Flatten().data_format == "channels_last"
    with pytest.raises(ValueError, match="data_format must be"):
        layers.Flatten(data_format="last")


@pytest.mark.parametrize("name", ["relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh"])
def test_activations_keep_what_is_no_number(name):
    x = np.full((3, 5), np.nan, np.float32)
    assert np.isnan(activations.get(name)(x)).all()
    inputs = Input((5,))
    assert np.isnan(Model(inputs, layers.Dense(4, activation=name)(inputs)).predict(x, verbose=0)).all()
