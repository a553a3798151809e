"""Data sets of Keras on small files: the same sources, checksums, orders and numbers, without a network."""

import importlib
import json
import os
import pathlib
import pickle

import numpy as np
import pytest

from tests.datasets import small_files
from tests.datasets.cases import CASES, summary
from yeoul import config, datasets
from yeoul.datasets import pickled

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_datasets.json").read_text())
FILES = {  # of each module: the names of its URL and checksum
    "boston_housing": [("_URL", "_SHA256")],
    "california_housing": [("_URL", "_SHA256")],
    "cifar10": [("_URL", "_SHA256")],
    "cifar100": [("_URL", "_SHA256")],
    "imdb": [("_URL", "_SHA256"), ("_INDEX_URL", "_INDEX_MD5")],
    "reuters": [("_URL", "_SHA256"), ("_INDEX_URL", "_INDEX_MD5")],
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    small_files.make(folder)
    return folder


@pytest.fixture
def local(served, tmp_path, monkeypatch):
    """Data sets come from `served`, into an empty cache."""
    monkeypatch.setenv("YEOUL_HOME", str(tmp_path / "yeoul"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name, pairs in FILES.items():
        module = importlib.import_module(f"yeoul.datasets.{name}")
        for url, checksum in pairs:
            monkeypatch.setattr(module, url, (served / getattr(module, url).rsplit("/", 1)[1]).as_uri())
            monkeypatch.setattr(module, checksum, None)
    return tmp_path


@pytest.mark.parametrize("label", list(CASES))
def test_result_equals_keras(label, local):
    name, function, arguments = CASES[label]
    expected = GOLDEN["results"][label]
    load = getattr(getattr(datasets, name), function)
    if isinstance(expected, str):
        kind, message = expected.split(": ", 1)
        with pytest.raises(ValueError) as caught:
            load(**arguments)
        assert kind == "ValueError" and str(caught.value) == message
    else:
        assert json.loads(json.dumps(summary(load(**arguments)))) == expected


def test_sources_and_checksums_are_those_of_keras():
    mine = {}
    for name, pairs in FILES.items():
        module = importlib.import_module(f"yeoul.datasets.{name}")
        for url, checksum in pairs:
            origin = getattr(module, url)
            fname = getattr(module, "_FOLDER", origin.rsplit("/", 1)[1])
            entry = {"fname": fname, "origin": origin, "file_hash": getattr(module, checksum)}
            mine[origin.rsplit("/", 1)[1]] = {**entry, "extract": True} if hasattr(module, "_FOLDER") else entry
    assert mine == GOLDEN["fetched"]


def test_cifar10_joins_its_batches(local, served):
    (x_train, y_train), (x_test, y_test) = datasets.cifar10.load_data()
    assert x_train.shape == (15, 32, 32, 3) and x_test.shape == (4, 32, 32, 3)
    assert y_train.shape == (15, 1) and y_train.dtype == y_test.dtype == x_train.dtype == np.uint8
    folder = local / "yeoul/datasets/cifar-10-batches-py-target/cifar-10-batches-py"
    second = pickle.loads((folder / "data_batch_2").read_bytes())
    np.testing.assert_array_equal(y_train[3:6, 0], second[b"labels"])
    np.testing.assert_array_equal(x_train[3].transpose(2, 0, 1).reshape(-1), second[b"data"][0])
    config.set_image_data_format("channels_first")
    try:
        assert datasets.cifar10.load_data()[0][0].shape == (15, 3, 32, 32)
    finally:
        config.set_image_data_format("channels_last")


def test_cache_of_keras_is_used(local, served, monkeypatch):
    folder = local / "keras/datasets"
    folder.mkdir(parents=True)
    os.link(served / "boston_housing.npz", folder / "boston_housing.npz")
    monkeypatch.setattr(datasets.boston_housing, "_URL", "file:///nowhere/boston_housing.npz")
    assert datasets.boston_housing.load_data()[0][0].shape == (18, 13)
    assert not (local / "yeoul").exists()


def test_missing_network_says_where_to_put_the_file(local, monkeypatch):
    monkeypatch.setattr(datasets.imdb, "_URL", "file:///nowhere/imdb.npz")
    with pytest.raises(
        OSError, match=r"URL fetch failure on file:///nowhere/imdb\.npz.*put the file there as .*imdb\.npz"
    ):
        datasets.imdb.load_data()


def test_older_arguments_of_imdb(local):
    with pytest.warns(UserWarning, match="renamed `num_words`"):
        assert summary(datasets.imdb.load_data(nb_words=30)) == GOLDEN["results"]["imdb_num_words"]
    with pytest.raises(TypeError, match="Unrecognized keyword arguments"):
        datasets.imdb.load_data(words=3)


class Harmful:
    def __reduce__(self):
        return os.system, ("true",)


def test_pickles_hold_data_only(tmp_path):
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({"data": Harmful()}))
    with pytest.raises(ValueError, match=r"batch can not be read: it names posix\.system, and data may only hold"):
        pickled.read_pickle(path)
    np.savez(tmp_path / "a.npz", x=np.array([Harmful(), 1], object))
    with pytest.raises(ValueError, match=r"a\.npz can not be read: it names posix\.system"):
        pickled.read_npz(tmp_path / "a.npz")
    content = {"data": np.arange(6, dtype="i2").reshape(2, 3), "labels": [1, 2], "name": "x", "scalar": np.float32(2)}
    for protocol in range(5):
        path.write_bytes(pickle.dumps(content, protocol=protocol))
        read = pickled.read_pickle(path)
        np.testing.assert_array_equal(read["data"], content["data"])
        assert read["labels"] == [1, 2] and read["scalar"] == 2


def test_npz_of_every_kind_of_array(tmp_path):
    arrays = {
        "c": np.arange(6.0).reshape(2, 3),
        "f": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "empty": np.zeros((0, 3), np.uint8),
        "scalar": np.array(3),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        read = pickled.read_npz(tmp_path / "a.npz")
        for name, array in arrays.items():
            np.testing.assert_array_equal(read[name], array)
            assert read[name].dtype == array.dtype
    (tmp_path / "b.npz").write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"b\.npz can not be read.*Delete it and load again"):
        pickled.read_npz(tmp_path / "b.npz")
