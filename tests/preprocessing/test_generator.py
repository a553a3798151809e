"""ImageDataGenerator on arrays, folders and frames."""

import numpy as np
import pytest

import yeoul
from tests.preprocessing import cases
from yeoul import Input, Sequential, layers
from yeoul.preprocessing.image import ImageDataGenerator

pytest.importorskip("PIL")


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for i, picture in enumerate(cases.pictures(5)):
            yeoul.utils.save_img(tmp_path / name / f"{i}.png", (picture + number) % 256, scale=False)
    return tmp_path


@pytest.mark.parametrize(
    "mode, shape", [("categorical", (4, 2)), ("binary", (4,)), ("sparse", (4,)), ("input", (4, 6, 7, 3)), (None, None)]
)
def test_from_directory(folder, mode, shape, capsys):
    flow = ImageDataGenerator().flow_from_directory(folder, (6, 7), class_mode=mode, batch_size=4, shuffle=False)
    assert capsys.readouterr().out == "Found 10 images belonging to 2 classes.\n"
    assert len(flow) == 3 and flow.class_indices == {"cat": 0, "dog": 1} and flow.filenames[5] == "dog/0.png"
    batch = flow[0]
    x = batch if mode is None else batch[0]
    assert x.shape == (4, 6, 7, 3) and x.dtype == np.float32
    if mode is not None:
        assert batch[1].shape == shape and batch[1].dtype == np.float32


def test_parts_of_a_directory(folder):
    generator = ImageDataGenerator(validation_split=0.2)
    parts = [generator.flow_from_directory(folder, (6, 6), subset=s) for s in ("training", "validation")]
    assert [len(p.filenames) for p in parts] == [8, 2]
    assert not set(parts[0].filenames) & set(parts[1].filenames)
    with pytest.raises(ValueError, match=r'Invalid subset name: other; expected "training" or "validation"'):
        generator.flow_from_directory(folder, subset="other")


def test_from_dataframe(folder):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "filename": ["cat/0.png", "dog/1.png", "missing.png", "cat/2.png"],
            "class": ["c", "d", "d", "c"],
            "size": [1.0, 2.0, 3.0, 4.0],
            "w": [0.1, 0.2, 0.3, 0.4],
        }
    )
    generator = ImageDataGenerator()
    with pytest.warns(UserWarning, match=r'Found 1 invalid image filename\(s\) in x_col="filename"'):
        flow = generator.flow_from_dataframe(frame, folder, target_size=(5, 5), shuffle=False, weight_col="w")
    x, y, w = flow[0]
    assert x.shape == (3, 5, 5, 3) and y.tolist() == [[1, 0], [0, 1], [1, 0]] and w.tolist() == [0.1, 0.2, 0.4]
    frame = frame.drop(2)
    raw = generator.flow_from_dataframe(frame, folder, y_col="size", class_mode="raw", shuffle=False)
    assert raw[0][1].tolist() == [1, 2, 4]
    several = generator.flow_from_dataframe(
        frame, folder, y_col=["size", "w"], class_mode="multi_output", shuffle=False
    )
    assert [part.tolist() for part in several[0][1]] == [[1, 2, 4], [0.1, 0.2, 0.4]]
    with pytest.raises(ValueError, match="Invalid class_mode: other"):
        generator.flow_from_dataframe(frame, folder, class_mode="other")


def test_trains(folder):
    flow = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow_from_directory(
        folder, (6, 6), class_mode="sparse", batch_size=4, seed=1
    )
    model = Sequential([Input((6, 6, 3)), layers.Flatten(), layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    history = model.fit(flow, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert model.predict(flow, verbose=0).shape == (10, 2)


def test_batches_can_be_saved(tmp_path):
    flow = ImageDataGenerator().flow(cases.pictures(3), batch_size=3, save_to_dir=tmp_path, save_prefix="made")
    next(flow)
    assert len(list(tmp_path.glob("made_*.png"))) == 3


def test_subsets_of_arrays():
    x, y = cases.pictures(10), np.arange(10) % 2
    generator = ImageDataGenerator(validation_split=0.4)
    assert len(generator.flow(x, y, subset="validation")[0][0]) == 4
    assert len(generator.flow(x, y, subset="training", batch_size=10)[0][0]) == 6
    with pytest.raises(ValueError, match="Training and validation subsets have different number of classes"):
        generator.flow(x, np.arange(10), subset="training")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: ImageDataGenerator(zoom_range="x"), "`zoom_range` should be a float or a tuple"),
        (lambda: ImageDataGenerator(validation_split=2), "`validation_split` must be strictly between 0 and 1"),
        (lambda: ImageDataGenerator(brightness_range=[1]), "should be tuple or list of two floats"),
        (lambda: ImageDataGenerator(brightness_range=3), "should be tuple or list of two floats. Received: 3"),
        (
            lambda: ImageDataGenerator().flow_from_directory(".", target_size=150),
            "Invalid `target_size` value. Expected a tuple of 2 integers. Received: target_size=150",
        ),
        (lambda: ImageDataGenerator().flow(np.zeros((2, 3))), "should have rank 4"),
        (lambda: ImageDataGenerator().flow(cases.pictures(3), [1]), "should have the same length"),
        (lambda: ImageDataGenerator().fit(np.zeros((2, 3))), "should have rank 4"),
        (
            lambda: ImageDataGenerator(featurewise_center=True).standardize(cases.pictures(1)[0]),
            "hasn't been fit on any training data",
        ),
        (
            lambda: ImageDataGenerator(rotation_range=5, interpolation_order=3).random_transform(cases.pictures(1)[0]),
            "interpolation_order must be 0",
        ),
        (
            lambda: ImageDataGenerator(rotation_range=5, fill_mode="x").random_transform(cases.pictures(1)[0]),
            "fill_mode must be one of constant, nearest, reflect, wrap, and is 'x'",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_folder_without_images_of_classes_is_named(tmp_path):
    flow = ImageDataGenerator().flow_from_directory(tmp_path, target_size=(4, 4))
    assert flow.samples == len(flow) == 0
    with pytest.raises(ValueError, match=rf"DirectoryIterator has no images in {tmp_path}. .* one folder a class"):
        next(flow)
