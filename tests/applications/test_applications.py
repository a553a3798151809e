"""Models of Keras' applications: layers, weights and outputs are those of Keras."""

import json
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.applications import cases
from yeoul import Input, Model, applications, initializers, layers, ops, utils

GOLDEN = json.loads(Path(__file__).with_name("golden_applications.json").read_text())


def differences(model, golden):
    found = cases.summary(model)
    return {key: (found[key], golden[key]) for key in found if found[key] != golden[key]}


@pytest.fixture(autouse=True)
def fresh_names():
    utils.clear_session()


@pytest.fixture
def no_draws(monkeypatch):
    """Kernels are zeros, so that models of a hundred million weights are made quickly."""
    monkeypatch.setattr(initializers.VarianceScaling, "__call__", lambda self, shape, dtype=None: ops.zeros(shape))


@pytest.mark.parametrize("name", cases.MODELS)
def test_layers_and_weights_are_those_of_keras(name, no_draws):
    model = getattr(applications, name)(weights=None)
    assert differences(model, GOLDEN["models"][name]) == {}


@pytest.mark.parametrize("label", sorted(cases.VARIANTS))
@pytest.mark.filterwarnings("ignore:This model usually expects")
def test_arguments_change_models_as_in_keras(label, no_draws):
    name, settings = cases.VARIANTS[label]
    model = getattr(applications, name)(weights=None, **settings)
    assert differences(model, GOLDEN["variants"][label]) == {}


@pytest.mark.parametrize("name", cases.MODELS)
def test_is_documented(name):
    assert getattr(applications, name).__doc__


@pytest.mark.parametrize("name", sorted(cases.SMALL))
def test_outputs_are_those_of_keras(name):
    model = cases.small_model(applications, name)
    images = cases.prepared(name, cases.SMALL[name]["input_shape"])
    golden = np.array(GOLDEN["outputs"][name])
    outputs = np.asarray(model.predict(images, verbose=0))[:, : golden.shape[1]]
    assert np.abs(golden[0] - golden[1]).max() > 1e-3 * np.abs(golden).max()
    np.testing.assert_allclose(outputs, golden, atol=2e-4 * np.abs(golden).max(), rtol=2e-4)


@pytest.mark.parametrize("name", cases.MODULES)
@pytest.mark.parametrize("as_tensor", [False, True])
def test_preprocess_input(name, as_tensor):
    module = getattr(applications, name)
    images = cases.images((2, 2, 3))
    before = images.copy()
    for place, data_format in (("last", None), ("first", "channels_first")):
        x = np.ascontiguousarray(np.moveaxis(images, -1, 1)) if place == "first" else images
        found = module.preprocess_input(ops.convert_to_tensor(x) if as_tensor else x, data_format=data_format)
        assert isinstance(found, yeoul.Tensor if as_tensor else np.ndarray)
        np.testing.assert_allclose(np.asarray(found).ravel(), GOLDEN["preprocessed"][name][place], rtol=2e-5, atol=2e-5)
    np.testing.assert_array_equal(images, before)


def test_preprocess_input_takes_bytes_and_one_image():
    image = np.full((2, 2, 3), 255, np.uint8)
    found = applications.imagenet_utils.preprocess_input(image, mode="tf")
    assert found.dtype == np.float32
    assert (found == 1).all()
    with pytest.raises(ValueError, match="Expected mode to be one of `caffe`, `tf` or `torch`"):
        applications.imagenet_utils.preprocess_input(image, mode="x")


def test_decode_predictions(tmp_path, monkeypatch):
    monkeypatch.setenv("YEOUL_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    names = {str(i): [f"n{i:08}", f"thing_{i}"] for i in range(1000)}
    monkeypatch.setattr(applications.imagenet_utils, "_class_names", lambda: names)
    scores = np.zeros((2, 1000), np.float32)
    scores[0, [7, 3]] = 0.6, 0.4
    scores[1, 999] = 1
    found = applications.vgg16.decode_predictions(scores, top=2)
    assert found[0] == [("n00000007", "thing_7", np.float32(0.6)), ("n00000003", "thing_3", np.float32(0.4))]
    assert found[1][0][1] == "thing_999"
    with pytest.raises(ValueError, match=r"a batch of predictions .* Received array with shape: \(1, 5\)"):
        applications.resnet50.decode_predictions(np.zeros((1, 5)))


@pytest.mark.parametrize(
    "name, settings, message",
    [
        ("MobileNet", {"weights": "nothing"}, "The `weights` argument should be either .* Received weights=nothing"),
        ("VGG16", {"classes": 5}, "If using `weights='imagenet'` with `include_top=True`, `classes` should be 1000"),
        ("MobileNet", {"weights": None, "input_shape": (20, 20, 3)}, r"at least 32x32; Received: input_shape=\(20, 20"),
        ("Xception", {"weights": None, "input_shape": (70, 80, 3), "include_top": False}, "at least 71x71"),
        ("InceptionV3", {"weights": None, "input_shape": (80, 70, 3)}, "at least 75x75"),
        ("ResNet50", {"weights": None, "input_shape": (64, 64)}, "`input_shape` must be a tuple of three integers"),
        ("ResNet50", {"weights": None, "input_shape": (None, 64, 3)}, "you should specify a static `input_shape`"),
        ("ResNet50", {"input_shape": (64, 64, 3)}, r"`input_shape` should be \(224, 224, 3\).  Received: .*64"),
        ("ResNet50", {"input_shape": (64, 64, 5), "include_top": False}, "The input must have 3 channels"),
        ("ResNet50", {"classifier_activation": "relu"}, "Only `None` and `softmax` activations are allowed"),
        ("MobileNet", {"alpha": 0.3}, "alpha can be one of`0.25`, `0.50`, `0.75` or `1.0` only.  Received alpha=0.3"),
        ("MobileNet", {"depth_multiplier": 2}, "depth multiplier must be 1.  Received depth_multiplier=2"),
        ("MobileNetV2", {"alpha": 0.3}, "`1.3` or `1.4` only; Received `alpha=0.3`"),
        ("MobileNetV3Small", {"alpha": 0.3}, "Received alpha=0.3"),
        ("VGG16", {"weights": None, "input_tensor": np.zeros((1, 64, 64, 3))}, "`input_tensor` must come from Input"),
    ],
)
def test_errors(name, settings, message):
    with pytest.raises(ValueError, match=message):
        getattr(applications, name)(**settings)


def test_model_goes_on_from_a_tensor():
    images = Input((64, 48, 1), name="grey")
    coloured = layers.Conv2D(3, 1, name="colours")(images)
    model = applications.MobileNet(
        weights=None, input_tensor=coloured, input_shape=(64, 48, 3), include_top=False, pooling="avg", alpha=0.25
    )
    assert model.inputs[0] is images
    assert model.get_layer("colours") is model.layers[1]
    assert model.output_shape == (None, 256)


def test_channels_may_come_first():
    images = cases.noise(2 * 32 * 32 * 3, 1).reshape(2, 32, 32, 3).astype(np.float32)
    settings = {"weights": None, "alpha": 0.25, "include_top": False, "pooling": "avg"}
    last = applications.MobileNetV2(input_shape=(32, 32, 3), **settings)
    before = yeoul.backend.image_data_format()
    yeoul.backend.set_image_data_format("channels_first")
    try:
        first = applications.MobileNetV2(input_shape=(3, 32, 32), **settings)
    finally:
        yeoul.backend.set_image_data_format(before)
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(
        np.asarray(first(np.moveaxis(images, -1, 1))), np.asarray(last(images)), rtol=1e-4, atol=1e-5
    )


def test_model_is_cut_and_trained():
    """Transfer: a model without top, frozen, under a new classifier."""
    base = applications.MobileNet(weights=None, alpha=0.25, include_top=False, input_shape=(32, 32, 3), pooling="avg")
    base.trainable = False
    model = Model(base.input, layers.Dense(2, activation="softmax")(base.output))
    assert len(model.trainable_weights) == 2
    model.compile("adam", "sparse_categorical_crossentropy")
    before = [w.copy() for w in base.get_weights()]
    x = cases.noise(8 * 32 * 32 * 3, 2).reshape(8, 32, 32, 3).astype(np.float32)
    model.fit(x, np.arange(8) % 2, epochs=1, batch_size=4, verbose=0)
    for a, b in zip(before, base.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_everything_is_in_the_package():
    assert set(cases.MODELS) <= set(applications.__all__)
    assert yeoul.applications.resnet50.ResNet50 is applications.resnet.ResNet50 is applications.ResNet50
