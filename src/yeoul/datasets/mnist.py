"""MNIST: 70,000 grey pictures of handwritten digits, 28 x 28. LeCun, Cortes, Burges 1998."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yeoul.utils import cache

_NAME = "mnist.npz"
_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

Arrays = tuple[np.ndarray, np.ndarray]


def load_data(path: str = _NAME) -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)): uint8 pictures (60000, 28, 28) and (10000, 28, 28), uint8 labels 0 to 9.

    Raises: OSError if the file is not there and cannot be fetched; ValueError if it is damaged.
    """
    given = Path(path)
    found = given if given.is_absolute() and given.is_file() else cache.find((path,), cache.cache_folders())
    if found is None:
        found = cache.download(_URL, cache.cache_folders()[0] / path, _SHA256, "MNIST")
    try:
        with np.load(found, allow_pickle=False) as data:
            return (data["x_train"], data["y_train"]), (data["x_test"], data["y_test"])
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{found} is damaged: {error}. Delete it and load again.") from None
