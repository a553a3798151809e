"""Settings of the process: default float type, epsilon, image layout, engine and threads."""

from __future__ import annotations

import os

from yeoul.core import dtypes

_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"


def floatx() -> str:
    """The default float dtype, "float32" unless set."""
    return _floatx


def set_floatx(value: str) -> None:
    """Sets the dtype of floats where none is given.

    Raises: ValueError if there is no such float dtype.
    """
    global _floatx
    name = dtypes.name_of(value)
    if name not in dtypes.FLOATS:
        raise ValueError(f"floatx must be one of {', '.join(dtypes.FLOATS)}, and got {value!r}.")
    _floatx = name


def epsilon() -> float:
    """The small number added where a division or a logarithm could fail, 1e-7 unless set."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Sets the small number that keeps divisions and logarithms finite."""
    global _epsilon
    _epsilon = float(value)


def image_data_format() -> str:
    """The default layout of images: "channels_last" or "channels_first"."""
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Sets where image layers expect channels: "channels_last" or "channels_first".

    Raises: ValueError for anything else.
    """
    global _image_data_format
    _image_data_format = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """The data format, that of the configuration for None.

    Raises: ValueError for anything but "channels_last" and "channels_first".
    """
    if data_format is None:
        return _image_data_format
    name = str(data_format).lower()
    if name not in ("channels_last", "channels_first"):
        raise ValueError(f"data_format must be 'channels_last' or 'channels_first', and got {data_format!r}.")
    return name


def default_engine_name() -> str:
    return os.environ.get("YEOUL_ENGINE", "native")
