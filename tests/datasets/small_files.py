"""Small files in the formats of the data sets, the same every time. Used by the tests and by record_golden_datasets.py."""

import json
import pathlib
import pickle
import tarfile

import numpy as np


def _texts(rng, count):
    made = np.empty(count, object)
    made[:] = [rng.integers(1, 60, size=rng.integers(2, 12)).tolist() for _ in range(count)]
    return made


def _batch(rng, rows, **labels):
    content = {b"data": rng.integers(0, 256, size=(rows, 3072)).astype(np.uint8)}
    for name, classes in labels.items():
        content[name.encode()] = rng.integers(0, classes, size=rows).tolist()
    return content


def make(folder):
    """Writes all files into `folder`."""
    folder = pathlib.Path(folder)
    rng = np.random.default_rng(17)
    np.savez(folder / "boston_housing.npz", x=rng.normal(size=(23, 13)), y=rng.normal(size=23))
    np.savez(folder / "california_housing.npz", x=rng.normal(size=(610, 8)).astype("f4"), y=np.arange(610, dtype="f4"))
    np.savez(
        folder / "imdb.npz",
        x_train=_texts(rng, 14),
        y_train=rng.integers(0, 2, 14),
        x_test=_texts(rng, 9),
        y_test=rng.integers(0, 2, 9),
    )
    np.savez(folder / "reuters.npz", x=_texts(rng, 31), y=rng.integers(0, 46, 31))
    for name in ("imdb", "reuters"):
        (folder / f"{name}_word_index.json").write_text(json.dumps({"the": 1, "naïve": 2}))
    parts = {f"data_batch_{i}": _batch(rng, 3, labels=10) for i in range(1, 6)}
    _tar(folder, "cifar-10-python.tar.gz", "cifar-10-batches-py", {**parts, "test_batch": _batch(rng, 4, labels=10)})
    labels = {"fine_labels": 100, "coarse_labels": 20}
    parts = {"train": _batch(rng, 6, **labels), "test": _batch(rng, 4, **labels)}
    _tar(folder, "cifar-100-python.tar.gz", "cifar-100-python", parts)


def _tar(folder, archive, inner, parts):
    with tarfile.open(folder / archive, "w:gz") as tar:
        for name, content in parts.items():
            path = folder / name
            path.write_bytes(pickle.dumps(content, protocol=4))
            tar.add(path, f"{inner}/{name}")
            path.unlink()
