"""Spatial layers within models: shapes, names, training, errors."""

import numpy as np
import pytest

from yeoul import config, layers, models, utils


@pytest.fixture
def channels_first():
    config.set_image_data_format("channels_first")
    yield
    config.set_image_data_format("channels_last")


def test_a_convolutional_network_learns():
    utils.set_random_seed(1)
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 96)
    x = rng.normal(size=(96, 8, 8, 1)).astype(np.float32) * 0.1
    x[y == 1, :, 2:4] += 1.0
    x[y == 0, 2:4, :] += 1.0
    model = models.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.SpatialDropout2D(0.1),
            layers.Conv2D(8, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.02
    history = model.fit(x, y, epochs=15, batch_size=16, verbose=0)
    assert history.history["accuracy"][-1] > 0.95


def test_unknown_sizes_flow_through_a_model():
    inputs = layers.Input((None, None, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same")(x)
    x = layers.ZeroPadding2D()(x)
    x = layers.Cropping2D(1)(x)
    x = layers.AveragePooling2D(3, strides=1, padding="same")(x)
    x = layers.UpSampling2D(2, interpolation="nearest")(x)
    model = models.Model(inputs, x)
    assert model.output_shape == (None, None, None, 2)
    assert model(np.ones((2, 9, 11, 3))).shape == (2, 20, 24, 2)


def test_data_format_of_the_configuration(channels_first):
    layer = layers.Conv2D(4, 3)
    assert layer.data_format == "channels_first"
    assert layer(np.ones((2, 3, 8, 9))).shape == (2, 4, 6, 7)
    assert layers.MaxPooling2D()(np.ones((2, 3, 8, 9))).shape == (2, 3, 4, 4)
    assert layers.GlobalMaxPooling2D()(np.ones((2, 3, 8, 9))).shape == (2, 3)
    assert layers.UpSampling1D()(np.ones((2, 3, 4))).shape == (2, 6, 4)


def test_names_and_weights():
    layer = layers.SeparableConv2D(4, 3, name="sep")
    layer.build((None, 8, 8, 2))
    assert [(w.path, w.shape) for w in layer.weights] == [
        ("sep/depthwise_kernel", (3, 3, 2, 1)),
        ("sep/pointwise_kernel", (1, 1, 2, 4)),
        ("sep/bias", (4,)),
    ]
    assert layers.MaxPool2D is layers.MaxPooling2D and layers.Convolution2DTranspose is layers.Conv2DTranspose
    assert layers.Conv2DTranspose(1, 1).name.startswith("conv2d_transpose")


def test_spatial_dropout_drops_whole_channels():
    layer = layers.SpatialDropout2D(0.5, seed=1)
    y = np.asarray(layer(np.ones((8, 3, 4, 16), np.float32), training=True))
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (y == y[:, :1, :1, :]).all()
    assert 0.3 < (y == 0).mean() < 0.7
    first = layers.SpatialDropout3D(0.5, data_format="channels_first", seed=1)
    y = np.asarray(first(np.ones((8, 16, 2, 3, 2), np.float32), training=True))
    assert (y == y[:, :, :1, :1, :1]).all() and len(np.unique(y)) == 2
    np.testing.assert_array_equal(layer(np.ones((1, 2, 2, 3))), 1)
    assert "data_format" not in layers.SpatialDropout1D(0.5).get_config()


def test_global_average_of_marked_steps():
    x = np.arange(12.0).reshape(1, 4, 3)
    y = layers.GlobalAveragePooling1D()(x, mask=np.array([[True, False, True, False]]))
    np.testing.assert_allclose(y, [[3, 4, 5]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.Conv2D(0, 3), "Conv2D: filters must be a positive integer, and got 0"),
        (
            lambda: layers.Conv2D(4, (3, 3, 3)),
            r"kernel_size must be an integer of 1 or more, or a tuple of 2 .* \(3, 3, 3\)",
        ),
        (lambda: layers.Conv2D(4, 3, groups=3), "filters must be a multiple of groups, and got 4 and 3"),
        (lambda: layers.Conv2D(4, 3, strides=2, dilation_rate=2), "cannot both be more than 1"),
        (lambda: layers.Conv2D(4, 3, padding="causal"), "padding must be one of 'valid', 'same', and got 'causal'"),
        (
            lambda: layers.Conv1D(4, 3, padding="causal", data_format="channels_first"),
            "needs data_format='channels_last'",
        ),
        (
            lambda: layers.Conv2D(4, 3, groups=2)(np.ones((1, 5, 5, 3))),
            "channels must be a multiple of groups=2, and got 3",
        ),
        (
            lambda: layers.Conv2D(4, 3, name="c")(np.ones((1, 2, 5, 1))),
            r"Conv2D 'c': a window that reaches over \(3, 3\)",
        ),
        (lambda: layers.Conv2D(4, 3, name="c")(np.ones((28, 28, 1))), r"Conv2D 'c' needs an input of rank 4"),
        (
            lambda: layers.Conv2D(4, 3)(layers.Input((28, 28))),
            r"channels are missing, as in grey images, add them: x\[..., None\], with Input\(\(28, 28, 1\)\)",
        ),
        (
            lambda: layers.Conv2D(4, 3, data_format="channels_first")(np.ones((5, 28, 28))),
            r"x\[:, None\], with Input\(\(1, 28, 28\)\). Where the batch is missing, add it: x\[None\]",
        ),
        (lambda: layers.MaxPooling2D(2)(layers.Input((28, 28))), r"x\[..., None\], with Input\(\(28, 28, 1\)\)"),
        (
            lambda: layers.MaxPooling2D(2, name="p")(layers.Input((1, 4, 3))),
            r"MaxPooling2D 'p': a window of \(2, 2\) elements does not fit into an input of spatial size \(1, 4\)",
        ),
        (lambda: layers.AveragePooling1D(4, name="p")(np.ones((2, 3, 1))), "AveragePooling1D 'p': a window of"),
        (lambda: layers.CenterCrop(2, 2, name="c")(np.ones((3, 5))), "CenterCrop 'c' takes one image"),
        (lambda: layers.SpatialDropout2D(2.0), "SpatialDropout2D: rate is a share between 0 and 1"),
        (lambda: layers.Conv2D(4, 3)(layers.Input((4, 4, None))), "must know the size of axis -1"),
        (lambda: layers.Conv2DTranspose(4, 3, strides=2, output_padding=2), "output_padding must be less than strides"),
        (lambda: layers.MaxPooling2D(2)(np.ones((5, 5, 1))), "needs an input of rank 4, and got rank 3"),
        (lambda: layers.MaxPooling2D(0), "pool_size must be an integer of 1 or more"),
        (lambda: layers.Cropping2D(3, name="c")(np.ones((1, 5, 7, 1))), "Cropping2D 'c': cropping=.* leaves nothing"),
        (lambda: layers.Cropping2D(-1), "cropping must be an integer of 0 or more"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), "2 of them, or 2 pairs of them, and got"),
        (lambda: layers.ZeroPadding1D((1, 2, 3)), "a pair of them, and got"),
        (lambda: layers.UpSampling2D(2, interpolation="cubic"), "interpolation must be one of 'nearest'"),
        (lambda: layers.SpatialDropout2D(2.0), "rate is a share between 0 and 1"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_changed_number_of_channels_is_named():
    layer = layers.Conv2D(4, 3, name="first")
    layer(np.ones((1, 5, 5, 2)))
    with pytest.raises(ValueError, match="Conv2D 'first' was built for inputs whose last axis is 2, and got shape"):
        layer(np.ones((1, 5, 5, 3)))


def test_arguments_by_place_and_by_name():
    layer = layers.Conv3DTranspose(2, 3, (2, 2, 2), "same", "channels_last", 1)
    assert (layer.strides, layer.padding, layer.output_padding) == ((2, 2, 2), "same", (1, 1, 1))
    with pytest.raises(TypeError, match="multiple values for argument 'filters'"):
        layers.Conv2D(4, 3, filters=3)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'kernel_size'"):
        layers.Conv2D(4)
