"""The batches that CIFAR-10 and CIFAR-100 come in. Krizhevsky 2009, Learning multiple layers of features."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from yeoul.core import config
from yeoul.datasets.pickled import read_pickle


def read_batches(paths: Iterable[Path], label_key: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures, uint8 (samples, 32, 32, 3), or channels first if that is set; labels (samples, 1).

    Raises: ValueError, naming the file, if one is damaged.
    """
    pictures, labels = [], []
    for path in paths:
        batch = read_pickle(path)
        if not isinstance(batch, dict) or b"data" not in batch or label_key.encode() not in batch:
            raise ValueError(f"{path} is no batch of CIFAR with {label_key!r}. Delete its folder and load again.")
        pictures.append(np.asarray(batch[b"data"], np.uint8).reshape(-1, 3, 32, 32))
        labels.extend(batch[label_key.encode()])
    x = np.concatenate(pictures)
    if config.image_data_format() == "channels_last":
        x = x.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(x), np.reshape(labels, (-1, 1))
