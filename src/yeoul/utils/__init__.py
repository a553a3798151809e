"""What stands around models: labels, seeds, batches made by a class."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import dtype_policies, ops
from yeoul.callbacks.progress import Progbar
from yeoul.core import config, dtypes, naming
from yeoul.core.tensor import KerasTensor, Tensor
from yeoul.layers.feature_space import FeatureSpace
from yeoul.random import set_random_seed
from yeoul.serialization import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from yeoul.training.adapters import pack_x_y_sample_weight, unpack_x_y_sample_weight
from yeoul.training.py_dataset import PyDataset
from yeoul.utils.fetching import get_file
from yeoul.utils.image_dataset import image_dataset_from_directory
from yeoul.utils.images import array_to_img, img_to_array, load_img, save_img
from yeoul.utils.plot_model import ModelPlot, plot_model
from yeoul.utils.sequences import pad_sequences
from yeoul.utils.splitting import split_dataset
from yeoul.utils.timeseries import timeseries_dataset_from_array

__all__ = [
    "CustomObjectScope",
    "FeatureSpace",
    "ModelPlot",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "image_dataset_from_directory",
    "img_to_array",
    "is_keras_tensor",
    "load_img",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
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


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """x divided by its norm along `axis`; zero vectors stay. A tensor gives a tensor."""
    if isinstance(x, Tensor):
        return ops.normalize(x, axis=axis, order=order)
    x = np.asarray(x)
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)


def standardize_dtype(dtype: Any) -> str:
    """The name of a dtype given as a name, a NumPy dtype or a Python type; `floatx()` for None."""
    return config.floatx() if dtype is None else dtypes.name_of(dtype)


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a symbolic tensor of a functional model: an `Input`, or what flows from one."""
    return isinstance(x, KerasTensor)


def clear_session(free_memory: bool = True) -> None:
    """Starts the numbers in names again (the next Dense is `dense`) and forgets the global dtype policy."""
    naming.reset()
    dtype_policies.set_dtype_policy(None)
