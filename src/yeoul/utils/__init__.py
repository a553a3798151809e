"""What stands around models: labels, seeds, batches made by a class."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import dtype_policies
from yeoul.callbacks.progress import Progbar
from yeoul.core import naming
from yeoul.random import set_random_seed
from yeoul.serialization import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    register_keras_serializable,
    serialize_keras_object,
)
from yeoul.training.py_dataset import PyDataset
from yeoul.utils.plot_model import ModelPlot, plot_model

__all__ = [
    "CustomObjectScope",
    "ModelPlot",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "get_custom_objects",
    "normalize",
    "plot_model",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "to_categorical",
]

Sequence = PyDataset


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """One-hot codes, float64 as in Keras: (...,) -> (..., num_classes). A last axis of size 1 is dropped first.

    Raises: ValueError if a class is negative or not below `num_classes`.
    """
    labels = np.asarray(x).astype(np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    count = int(labels.max()) + 1 if num_classes is None else int(num_classes)
    if labels.size and (labels.min() < 0 or labels.max() >= count):
        wrong = labels[(labels < 0) | (labels >= count)].reshape(-1)[0]
        raise ValueError(f"to_categorical: the class {wrong} is not between 0 and {count - 1}.")
    return np.eye(count)[labels]


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """x divided by its norm along `axis`; zero vectors stay."""
    x = np.asarray(x)
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)


def clear_session(free_memory: bool = True) -> None:
    """Starts the numbers in names again (the next Dense is `dense`) and forgets the global dtype policy."""
    naming.reset()
    dtype_policies.set_dtype_policy(None)
