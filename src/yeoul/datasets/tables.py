"""Tables of numbers with a target column, shuffled and cut into training and test rows."""

from __future__ import annotations

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray]

#: Where Keras keeps its copies of data sets.
BASE_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def shuffled_split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)) in the order that Keras draws from `seed`.

    Raises: ValueError if `test_split` is not a share.
    """
    if not 0 <= test_split < 1:
        raise ValueError(f"test_split must be from 0 to before 1, and is {test_split}.")
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order], y[order]
    at = int(len(x) * (1 - test_split))
    return (x[:at].copy(), y[:at].copy()), (x[at:].copy(), y[at:].copy())
