"""CIFAR-100: 60,000 colour pictures, 32 x 32, in 100 classes of 20 kinds. Krizhevsky 2009."""

from __future__ import annotations

from pathlib import Path

from yeoul.datasets.cifar import read_batches
from yeoul.datasets.tables import Arrays
from yeoul.utils.fetching import get_file

_FOLDER = "cifar-100-python-target"
_URL = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
_SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)): uint8 pictures (50000, 32, 32, 3) and (10000, 32, 32, 3), int64 labels
    of shape (samples, 1).

    Args:
        label_mode: "fine" for the 100 classes, "coarse" for the 20 kinds.

    Raises: OSError if the file is not there and cannot be fetched; ValueError if it is damaged or there is no such mode.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.')
    folder = Path(get_file(_FOLDER, origin=_URL, extract=True, file_hash=_SHA256)) / "cifar-100-python"
    key = f"{label_mode}_labels"
    return read_batches([folder / "train"], key), read_batches([folder / "test"], key)
