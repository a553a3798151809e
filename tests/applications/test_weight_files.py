"""Weight files of Keras, and where they come from."""

import json
import shutil
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.applications import cases
from yeoul import Input, Model, applications, initializers, layers, ops, utils
from yeoul.applications import heads, pretrained

h5py = pytest.importorskip("h5py")
HERE = Path(__file__).parent
ORIGINS = json.loads((HERE / "golden_files.json").read_text())


@pytest.fixture(autouse=True)
def fresh_names():
    utils.clear_session()


def emptied(model):
    expected = model.get_weights()
    model.set_weights([np.zeros_like(w) for w in expected])
    return expected


@pytest.mark.parametrize(
    "name, keras",
    [("tiny.weights.h5", yeoul), ("tiny_model.h5", cases.Flat(yeoul)), ("tiny_weights.h5", cases.Flat(yeoul))],
)
@pytest.mark.parametrize("has_other_names", [False, True])
def test_files_of_keras_are_read(name, keras, has_other_names):
    if has_other_names:
        layers.Conv2D(1, 1)  # the model's unnamed layers get other numbers
    model = cases.tiny_model(keras)
    expected = emptied(model)
    pretrained.load_weights(model, HERE / name)
    for a, b in zip(expected, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_in_a_keras_file_are_read(tmp_path):
    model = cases.tiny_model(yeoul)
    expected = emptied(model)
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        archive.write(HERE / "tiny.weights.h5", "model.weights.h5")
    pretrained.load_weights(model, tmp_path / "a.keras")
    for a, b in zip(expected, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with zipfile.ZipFile(tmp_path / "b.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ValueError, match=r"there is no model.weights.h5 in it"):
        pretrained.load_weights(model, tmp_path / "b.keras")


def test_a_file_of_another_model_changes_nothing():
    images = Input((8, 8, 3))
    model = Model(images, layers.Conv2D(5, 3, name="first")(images))
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"Layer count mismatch .* expected 1 layers, found 7 saved layers"):
        pretrained.load_weights(model, HERE / "tiny_weights.h5")
    with pytest.raises(
        ValueError, match=r"does not fit the model: layer 'first' has 2 weights, and the file has 1 for"
    ):
        pretrained.load_weights(model, HERE / "tiny.weights.h5")
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model = cases.tiny_model(cases.Flat(yeoul))
    other = Model(model.input, layers.Dense(4, name="predictions")(model.layers[-2].output))
    with pytest.raises(
        ValueError, match=r"layer 'predictions' has weights of shapes \[\(2, 4\), \(4,\)\], the file has"
    ):
        pretrained.load_weights(other, HERE / "tiny_weights.h5")


def test_what_is_no_weight_file(tmp_path):
    model = cases.tiny_model(yeoul)
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(ValueError, match=r"text.h5 is no HDF5 file"):
        pretrained.load_weights(model, tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(ValueError, match=r"other.h5 holds no weights of Keras"):
        pretrained.load_weights(model, tmp_path / "other.h5")


def published(model, path):
    """Writes a file as the published ones are: bytes for names, in the order of layers."""
    with h5py.File(path, "w") as file:
        with_weights = [layer for layer in model.layers if layer.weights]
        file.attrs["layer_names"] = [f"old_{layer.name}".encode() for layer in with_weights]
        for layer in with_weights:
            group = file.create_group(f"old_{layer.name}")
            names = [f"{layer.name}_{i}".encode() for i in range(len(layer.weights))]
            group.attrs["weight_names"] = names
            for name, weight in zip(names, layer.weights, strict=True):
                group[name.decode()] = weight.numpy()


def test_imagenet_looks_into_the_cache_of_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("YEOUL_HOME", str(tmp_path / "yeoul"))
    settings = {"alpha": 0.25, "include_top": False, "input_shape": (128, 128, 3)}
    model = applications.MobileNet(weights=None, **settings)
    cases.fill(model)
    folder = tmp_path / "keras" / "models"
    folder.mkdir(parents=True)
    published(model, folder / "mobilenet_2_5_128_tf_no_top.h5")
    found = applications.MobileNet(**settings)
    for a, b in zip(model.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    shutil.copy(folder / "mobilenet_2_5_128_tf_no_top.h5", tmp_path / "mine.h5")
    found = applications.MobileNet(weights=str(tmp_path / "mine.h5"), **settings)
    np.testing.assert_array_equal(found.get_weights()[0], model.get_weights()[0])


class Asked(Exception):
    """Raised with the file that a model would load."""


@pytest.mark.parametrize("key", sorted(ORIGINS))
def test_published_files_are_those_of_keras(key, monkeypatch):
    name, include_top, settings = json.loads(key)
    if include_top and name in ("VGG16", "VGG19"):
        pytest.skip("Its dense layers are large, and the name is made as for the other one.")

    def ask(file_name, folder):
        raise Asked(pretrained.origin_of(file_name, folder), pretrained.MD5.get(file_name))

    monkeypatch.setattr(heads, "file_with", ask)
    monkeypatch.setattr(initializers.VarianceScaling, "__call__", lambda self, shape, dtype=None: ops.zeros(shape))
    with pytest.raises(Asked) as asked, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`input_shape` is undefined")
        getattr(applications, name)(include_top=include_top, **settings)
    assert list(asked.value.args) == ORIGINS[key]


def test_published_efficientnet_divides_once_more(monkeypatch):
    """Its weights were trained on colours divided by the variance, and not by its root."""
    monkeypatch.setattr(heads, "file_with", lambda *where: None)
    monkeypatch.setattr(heads, "load_weights", lambda model, path: None)
    monkeypatch.setattr(initializers.VarianceScaling, "__call__", lambda self, shape, dtype=None: ops.zeros(shape))
    model = applications.EfficientNetB0(weights="imagenet")
    assert [layer.name for layer in model.layers[1:5]] == ["rescaling", "normalization", "rescaling_1", "stem_conv_pad"]
    np.testing.assert_allclose(model.layers[3].scale, np.array([0.229, 0.224, 0.225]) ** -0.5)
    assert model.count_params() == 5330571
