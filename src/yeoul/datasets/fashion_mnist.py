"""Fashion-MNIST: 70,000 grey pictures of clothing, 28 x 28, in ten classes. Xiao, Rasul, Vollgraf 2017; MIT licence."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yeoul.datasets.idx import read_idx
from yeoul.utils import cache

CLASS_NAMES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]

_SYSTEM = Path("/usr/share/datasets/fashion-mnist")  # Debian: dataset-fashion-mnist
_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_FILES = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}

Arrays = tuple[np.ndarray, np.ndarray]


def is_available() -> bool:
    """Whether all files are on this machine."""
    return all(_find(name) is not None for name in _FILES)


def _find(name: str) -> Path | None:
    folders = [folder / "fashion-mnist" for folder in cache.cache_folders()] + [_SYSTEM]
    return cache.find((name, name.removesuffix(".gz")), folders)


def load_data() -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)): uint8 pictures (60000, 28, 28) and (10000, 28, 28), uint8 labels 0 to 9.

    Looked for in the cache and in the system's folder of data sets, then downloaded.

    Raises: OSError if the files are not there and cannot be fetched; ValueError if one is damaged.
    """
    arrays = []
    for name, sha256 in _FILES.items():
        path = _find(name)
        if path is None:
            target = cache.cache_folders()[0] / "fashion-mnist" / name
            path = cache.download(_URL + name, target, sha256, "Fashion-MNIST")
        arrays.append(read_idx(path, 3 if "images" in name else 1))
    return (arrays[0], arrays[1]), (arrays[2], arrays[3])
