"""Classes from what people have: numbers, one-hot rows, scores of a softmax, probabilities of a sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np


def class_numbers(values: Any) -> np.ndarray | None:
    """The class of every sample. Rows give the place of their largest value; single values that are no whole numbers are
    probabilities of class 1.
    """
    if values is None:
        return None
    array = np.asarray(values)
    if array.ndim > 1 and array.shape[-1] > 1:
        return array.argmax(axis=-1).reshape(-1)
    array = array.reshape(-1)
    if array.dtype.kind == "f" and not np.all(array == np.round(array)):
        return (array > 0.5).astype(int)
    return array.astype(int)


def confidence(values: Any) -> np.ndarray | None:
    """The probability of the class that is given; None if `values` are no probabilities."""
    if values is None:
        return None
    array = np.asarray(values)
    if array.dtype.kind != "f" or not array.size or array.min() < 0 or array.max() > 1 + 1e-5:
        return None
    if array.ndim > 1 and array.shape[-1] > 1:
        sums = array.sum(axis=-1)
        is_one_hot = bool(np.all((array == 0) | (array == 1)))
        return None if is_one_hot or not np.allclose(sums, 1, atol=1e-3) else array.max(axis=-1).reshape(-1)
    array = array.reshape(-1)
    return None if np.all(array == np.round(array)) else np.maximum(array, 1 - array)


def class_name(names: Any, number: Any) -> str:
    """The name of a class, its number if it has none."""
    if names is None or (not isinstance(names, dict) and int(number) >= len(names)):
        return str(int(number))
    return str(names[int(number)])
