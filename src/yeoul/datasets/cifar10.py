"""CIFAR-10: 60,000 colour pictures, 32 x 32, in ten classes. Krizhevsky 2009."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yeoul.datasets.cifar import read_batches
from yeoul.datasets.tables import Arrays
from yeoul.utils.fetching import get_file

CLASS_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

_FOLDER = "cifar-10-batches-py-target"
_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data() -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)): uint8 pictures (50000, 32, 32, 3) and (10000, 32, 32, 3), uint8 labels
    0 to 9 of shape (samples, 1).

    Raises: OSError if the file is not there and cannot be fetched; ValueError if it is damaged.
    """
    folder = Path(get_file(_FOLDER, origin=_URL, extract=True, file_hash=_SHA256)) / "cifar-10-batches-py"
    x_train, y_train = read_batches([folder / f"data_batch_{i}" for i in range(1, 6)], "labels")
    x_test, y_test = read_batches([folder / "test_batch"], "labels")
    return (x_train, y_train.astype(np.uint8)), (x_test, y_test.astype(np.uint8))
