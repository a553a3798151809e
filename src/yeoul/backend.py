"""Keras' `backend`: settings and questions that programs ask of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from yeoul.config import backend, epsilon, floatx, image_data_format, set_epsilon, set_floatx, set_image_data_format
from yeoul.core import config, dtypes
from yeoul.core.tensor import KerasTensor
from yeoul.ops.registry import result_type
from yeoul.utils import clear_session

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]

_counts: Counter[str] = Counter()


def get_uid(prefix: str = "") -> int:
    """How often this was asked for `prefix`: 1 the first time."""
    _counts[prefix] += 1
    return _counts[prefix]


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of a functional model."""
    return isinstance(x, KerasTensor)


def standardize_dtype(dtype: Any) -> str:
    """The name of a dtype; floatx for None.

    Raises: ValueError if there is no such dtype.
    """
    return config.floatx() if dtype is None else dtypes.name_of(dtype)


def is_float_dtype(dtype: Any) -> bool:
    """Whether `dtype` is a float."""
    return dtypes.is_float(standardize_dtype(dtype))


def is_int_dtype(dtype: Any) -> bool:
    """Whether `dtype` is an integer."""
    return dtypes.is_integer(standardize_dtype(dtype))
