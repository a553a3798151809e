"""Images from files, into files, and in folders."""

import copy
import io
import sys
from pathlib import Path

import numpy as np
import pytest

import yeoul
from tests.utils import image_cases
from yeoul import Input, Sequential, layers, utils
from yeoul.utils import image_dataset_from_directory

Image = pytest.importorskip("PIL.Image")


def noise(height, width, seed=0):
    return np.random.RandomState(seed).randint(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("cat", "dog")):
        (tmp_path / name / "more").mkdir(parents=True)
        for i in range(5):
            Image.fromarray(noise(20 + i, 30, 10 * number + i)).save(tmp_path / name / f"{i}.png")
        Image.fromarray(noise(20, 30)).save(tmp_path / name / "more" / "z.png")
    (tmp_path / "cat" / "readme.txt").write_text("no image")
    return tmp_path


def names(dataset, folder):
    return ["/".join(path.split("/")[-2:]).removeprefix(str(folder)) for path in dataset.file_paths]


# -- one image -----------------------------------------------------------------------------------------------------------
def test_load_img(tmp_path):
    array = noise(30, 40)
    Image.fromarray(array).save(tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(utils.load_img(tmp_path / "a.png")), array)
    assert utils.load_img(str(tmp_path / "a.png"), color_mode="grayscale").mode == "L"
    made = utils.load_img(tmp_path / "a.png", color_mode="rgba", target_size=(10, 20), keep_aspect_ratio=True)
    assert made.mode == "RGBA" and made.size == (20, 10)
    assert utils.load_img(io.BytesIO((tmp_path / "a.png").read_bytes())).size == (40, 30)


def test_load_img_says_what_is_wrong(tmp_path):
    Image.fromarray(noise(30, 40)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match='color_mode must be "grayscale", "rgb", or "rgba"'):
        utils.load_img(tmp_path / "a.png", color_mode="x")
    with pytest.raises(ValueError, match="Invalid interpolation method x specified"):
        utils.load_img(tmp_path / "a.png", interpolation="x")
    with pytest.raises(
        ValueError, match=r"Invalid `target_size` value. Expected a tuple of 2 integers. .*target_size=6"
    ):
        utils.load_img(tmp_path / "a.png", target_size=6)
    with pytest.raises(TypeError, match="path should be path-like"):
        utils.load_img(3)
    with pytest.raises(FileNotFoundError):
        utils.load_img(tmp_path / "b.png")
    (tmp_path / "c.png").write_bytes((tmp_path / "a.png").read_bytes()[:300])
    (tmp_path / "d.png").write_text("no image")
    (tmp_path / "e.png").touch()
    for name, why in (("d.png", "it is of no kind that Pillow knows"), ("e.png", "it is empty")):
        with pytest.raises(ValueError, match=rf"{name}' can not be read as an image: {why}. Is"):
            utils.load_img(tmp_path / name)
    for name in ("c.png", "d.png"):
        with pytest.raises(ValueError, match=rf"{name}' can not be read as an image: .* Is the file damaged\?"):
            utils.load_img(tmp_path / name)


def test_arrays_and_images():
    assert utils.img_to_array(np.arange(6).reshape(2, 3)).shape == (2, 3, 1)
    assert utils.img_to_array(np.zeros((2, 3, 4)), data_format="channels_first").shape == (4, 2, 3)
    x = np.arange(12).reshape(2, 2, 3)
    assert utils.array_to_img(x).getpixel((1, 1)) == (208, 231, 255)
    assert utils.array_to_img(x, scale=False).getpixel((1, 1)) == (9, 10, 11)
    assert utils.array_to_img(np.arange(4).reshape(2, 2, 1) * 300, scale=False).mode == "I"
    assert utils.array_to_img(np.arange(16).reshape(2, 2, 4)).mode == "RGBA"
    for call, message in [
        (lambda: utils.img_to_array(np.zeros((2, 3, 4, 5))), r"Unsupported image shape: \(2, 3, 4, 5\)"),
        (lambda: utils.array_to_img(np.zeros((2, 2))), r"Expected image array to have rank 3 .* \(2, 2\)"),
        (lambda: utils.array_to_img(np.zeros((2, 2, 5))), "Unsupported channel number: 5"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def test_save_img(tmp_path):
    x = noise(5, 6).astype(np.float32)
    utils.save_img(tmp_path / "a.png", x, scale=False)
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(tmp_path / "a.png")), x)
    utils.save_img(tmp_path / "b.jpg", np.concatenate([x, x[:, :, :1]], -1))
    assert utils.load_img(tmp_path / "b.jpg").size == (6, 5)
    utils.save_img(tmp_path / "c", x, file_format="jpg")
    assert Image.open(tmp_path / "c").format == "JPEG"


def test_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"Image files need Pillow. Install it with: pip install \"yeoul\[image\]\""):
        utils.load_img("a.png")


# -- folders -------------------------------------------------------------------------------------------------------------
def test_folder_in_order(folder, capsys):
    dataset = image_dataset_from_directory(folder, shuffle=False, batch_size=5, image_size=(16, 12))
    assert capsys.readouterr().out == "Found 12 files belonging to 2 classes.\n"
    assert dataset.class_names == ["cat", "dog"]
    assert names(dataset, folder)[:6] == ["cat/0.png", "cat/1.png", "cat/2.png", "cat/3.png", "cat/4.png", "more/z.png"]
    batches = list(dataset)
    assert [x.shape for x, _ in batches] == [(5, 16, 12, 3), (5, 16, 12, 3), (2, 16, 12, 3)]
    labels = np.concatenate([y for _, y in batches])
    assert labels.dtype == np.int32 and labels.tolist() == [0] * 6 + [1] * 6
    expected = yeoul.ops.image.resize(noise(20, 30, 0).astype(np.float32), (16, 12))
    np.testing.assert_allclose(batches[0][0][0], np.asarray(expected), atol=1e-3)


GOLDEN = np.load(Path(__file__).with_name("golden_image_dataset.npz"))


@pytest.mark.parametrize("name", sorted(image_cases.SETTINGS))
def test_what_is_read_is_what_keras_reads(tmp_path, name):
    image_cases.write(tmp_path / "images")
    x, y = image_cases.read(image_dataset_from_directory, tmp_path / "images", name)
    # TensorFlow looks its cubic kernel up in a table, and rounds grey down.
    allowed = {"bicubic": 0.5, "larger": 0.5, "grayscale": 1.01}.get(name, 2e-3)
    np.testing.assert_allclose(x, GOLDEN[f"{name} x"], atol=allowed)
    np.testing.assert_array_equal(y, GOLDEN[f"{name} y"])
    assert y.dtype == GOLDEN[f"{name} y"].dtype


@pytest.mark.parametrize("interpolation", ["nearest", "bicubic", "lanczos3", "lanczos5"])
def test_interpolations_are_those_of_the_op(folder, interpolation):
    x, _ = image_dataset_from_directory(
        folder, shuffle=False, image_size=(9, 7), interpolation=interpolation, verbose=False
    )[0]
    expected = yeoul.ops.image.resize(noise(21, 30, 1).astype(np.float32), (9, 7), interpolation=interpolation)
    np.testing.assert_allclose(x[1], np.asarray(expected), atol=1e-3)


@pytest.mark.parametrize("interpolation", ["area", "gaussian", "mitchellcubic"])
def test_constant_images_stay_constant(folder, interpolation):
    Image.fromarray(np.full((31, 17, 3), 100, np.uint8)).save(folder / "cat" / "0.png")
    x, _ = image_dataset_from_directory(
        folder, shuffle=False, image_size=(9, 7), interpolation=interpolation, verbose=False
    )[0]
    np.testing.assert_allclose(x[0], 100, atol=1e-3)


def test_kinds_of_labels(folder):
    for mode, shape, dtype in (
        ("binary", (3, 1), "float32"),
        ("categorical", (3, 2), "float32"),
        ("int", (3,), "int32"),
    ):
        _, y = image_dataset_from_directory(folder, label_mode=mode, batch_size=3, image_size=(4, 4), verbose=False)[0]
        assert y.shape == shape and y.dtype == dtype
    assert image_dataset_from_directory(folder, label_mode=None, image_size=(4, 4))[0].shape == (12, 4, 4, 3)
    assert image_dataset_from_directory(folder, labels=None, image_size=(4, 4)).class_names is None
    given = image_dataset_from_directory(folder, labels=list(range(12)), shuffle=False, image_size=(4, 4))
    assert given[0][1].tolist() == list(range(12))
    only = image_dataset_from_directory(folder, class_names=["dog"], image_size=(4, 4))
    assert set(only[0][1]) == {0} and len(only.file_paths) == 6
    x, y = next(iter(image_dataset_from_directory(folder, batch_size=None, image_size=(4, 4))))
    assert x.shape == (4, 4, 3) and y in (0, 1)


def test_colours_and_axes(folder):
    for settings, shape in (
        ({"color_mode": "grayscale"}, (12, 8, 6, 1)),
        ({"color_mode": "rgba"}, (12, 8, 6, 4)),
        ({"data_format": "channels_first"}, (12, 3, 8, 6)),
        ({"crop_to_aspect_ratio": True}, (12, 8, 6, 3)),
        ({"pad_to_aspect_ratio": True}, (12, 8, 6, 3)),
    ):
        assert image_dataset_from_directory(folder, image_size=(8, 6), verbose=False, **settings)[0][0].shape == shape


def test_padding_keeps_the_whole_image_as_keras_does(tmp_path):
    (tmp_path / "a").mkdir()
    for height, width, size, column in (
        (30, 40, (8, 8), [0, 1, 1, 1, 1, 1, 1, 0]),
        (30, 40, (7, 9), [1, 1, 1, 1, 1, 1, 0]),
        (31, 40, (10, 10), [0, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
        (10, 40, (5, 5), [0, 1, 0, 0, 0]),
    ):
        Image.fromarray(np.full((height, width, 3), 200, np.uint8)).save(tmp_path / "a" / "x.png")
        dataset = image_dataset_from_directory(tmp_path, image_size=size, pad_to_aspect_ratio=True, verbose=False)
        np.testing.assert_allclose(dataset[0][0][0, :, size[1] // 2, 0], 200 * np.array(column), atol=1e-3)


def test_split_is_that_of_keras(folder, capsys):
    settings = {"validation_split": 0.25, "seed": 1, "image_size": (4, 4)}
    both = image_dataset_from_directory(folder, subset="both", **settings)
    assert capsys.readouterr().out.splitlines()[1:] == ["Using 9 files for training.", "Using 3 files for validation."]
    order = np.arange(12)
    np.random.RandomState(1).shuffle(order)
    ordered = image_dataset_from_directory(folder, shuffle=False, image_size=(4, 4))
    expected = [ordered.file_paths[i] for i in order]
    assert both[0].file_paths + both[1].file_paths == expected
    alone = image_dataset_from_directory(folder, subset="validation", **settings)
    assert alone.file_paths == both[1].file_paths
    assert alone.labels.tolist() == both[1].labels.tolist()


def test_order_changes_every_epoch_and_repeats_with_a_seed(folder):
    def epochs():
        dataset = image_dataset_from_directory(folder, seed=5, image_size=(4, 4), batch_size=4, verbose=False)
        return [np.concatenate([x for x, _ in dataset]) for _ in range(2)]

    first, second = epochs()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first.ravel()), np.sort(second.ravel()))
    for a, b in zip((first, second), epochs(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_trains_and_predicts(folder):
    train, test = image_dataset_from_directory(
        folder, validation_split=0.25, subset="both", seed=0, image_size=(8, 8), batch_size=4, verbose=False
    )
    model = Sequential([Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(train, validation_data=test, epochs=2, verbose=0)
    assert set(history.history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert model.evaluate(test, verbose=0)[1] == history.history["val_accuracy"][-1]
    assert model.predict(test, verbose=0).shape == (3, 2)


def test_images_of_16_bits_become_8(tmp_path):
    (tmp_path / "a").mkdir()
    deep = np.arange(0, 65536, 4096, np.uint16).reshape(4, 4)
    Image.fromarray(deep).save(tmp_path / "a" / "deep.png")
    for color_mode in ("grayscale", "rgb"):
        dataset = image_dataset_from_directory(tmp_path, color_mode=color_mode, image_size=(4, 4), verbose=False)
        np.testing.assert_array_equal(dataset[0][0][0, :, :, 0], deep >> 8)


def test_images_outside_of_classes_are_pointed_out(tmp_path):
    Image.fromarray(noise(4, 4)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"No images found .* in the directory itself: .* pass labels=None"):
        image_dataset_from_directory(tmp_path, verbose=False)


def test_methods_of_other_data_sets_are_answered(folder):
    dataset = image_dataset_from_directory(folder, image_size=(4, 4), verbose=False)
    with pytest.raises(AttributeError, match=r"has no 'prefetch': leave it out: batches are read ahead by threads"):
        dataset.prefetch(1)
    with pytest.raises(AttributeError, match=r"has no 'take': .* dataset\[0\]"):
        dataset.take(1)
    with pytest.raises(AttributeError, match="'ImageDataset' object has no attribute 'other'"):
        dataset.other  # noqa: B018
    assert len(copy.deepcopy(dataset)) == len(dataset)


def test_a_damaged_file_is_named_or_left_out(folder):
    damaged = folder / "cat" / "1.png"
    damaged.write_bytes(damaged.read_bytes()[:200])
    settings = {"shuffle": False, "batch_size": 4, "image_size": (4, 4), "verbose": False}
    with pytest.raises(ValueError, match=r"cat/1.png' can not be read as an image"):
        list(image_dataset_from_directory(folder, **settings))
    dataset = image_dataset_from_directory(folder, on_error="skip", **settings)
    with pytest.warns(UserWarning, match=r"Left out: .*cat/1.png' can not be read as an image"):
        batches = list(dataset)
    assert [len(x) for x, _ in batches] == [3, 4, 4]
    assert [len(y) for _, y in batches] == [3, 4, 4]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"labels": "x"}, "`labels` argument should be a list/tuple of integer labels.* Received: labels=x"),
        ({"labels": [1, 2]}, r"Expected the lengths of `labels` .* len\(labels\) is 2 while we found 12 files"),
        ({"labels": None, "class_names": ["a"]}, "When `labels=None` .* `class_names` cannot be specified"),
        ({"label_mode": "x"}, '`label_mode` argument must be one of "int", "categorical", "binary", or None'),
        ({"label_mode": "binary", "class_names": ["cat"]}, r"exactly 2 class_names. Received: class_names=\['cat'\]"),
        ({"class_names": ["cat", "cow"]}, r"Expected: \['cat', 'dog'\] .* received: class_names=\['cat', 'cow'\]"),
        ({"color_mode": "x"}, "`color_mode` must be one of .* Received: color_mode=x"),
        ({"validation_split": 2, "subset": "training"}, "`validation_split` must be between 0 and 1, received: 2"),
        ({"validation_split": 0.2, "subset": "x"}, '`subset` must be either "training", "validation" or "both"'),
        ({"validation_split": 0.2}, "If `subset` is set, `validation_split` must be set, and inversely."),
        ({"subset": "training"}, "If `subset` is set, `validation_split` must be set, and inversely."),
        ({"validation_split": 0.2, "subset": "both"}, "you must provide a `seed` argument"),
        ({"interpolation": "x"}, "Argument `interpolation` should be one of .* Received: interpolation=x"),
        ({"image_size": None}, "Invalid `image_size` value. Expected a tuple of 2 integers. Received: image_size=None"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one of `pad_to_aspect_ratio`"),
        ({"data_format": "x"}, "data_format"),
        ({"on_error": "x"}, "`on_error` must be 'raise' or 'skip', received: x"),
    ],
)
def test_errors(folder, settings, message):
    with pytest.raises(ValueError, match=message):
        image_dataset_from_directory(folder, **settings)


def test_folder_without_images(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(ValueError, match="No images found in directory"):
        image_dataset_from_directory(tmp_path)
    with pytest.raises(FileNotFoundError):
        image_dataset_from_directory(tmp_path / "nothing")
