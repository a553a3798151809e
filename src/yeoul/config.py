"""Settings a user may see and change: float type, epsilon, image layout, engine, threads."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

import numpy as np

import yeoul
import yeoul.engines  # registers the engines
from yeoul.core import engine as engines
from yeoul.core.config import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    standardize_data_format,
)
from yeoul.dtype_policies import dtype_policy, set_dtype_policy

try:
    from yeoul import _native
except ImportError:
    _native = None  # type: ignore[assignment]

__all__ = [
    "backend",
    "dtype_policy",
    "engine",
    "epsilon",
    "floatx",
    "image_data_format",
    "num_threads",
    "set_dtype_policy",
    "set_engine",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_num_threads",
    "settings",
    "show_config",
    "standardize_data_format",
    "version",
]


def engine() -> str:
    """Name of the engine in use: "native" or "reference"."""
    return engines.current().name


def backend() -> str:
    """The same as `engine()`; lessons written for Keras ask for it by this name."""
    return engine()


def set_engine(name: str) -> None:
    """Chooses who runs programs: "native" (compiled, the default) or "reference" (NumPy).

    Models compiled before keep the programs they have until they are compiled again.

    Raises: ValueError if there is no such engine.
    """
    engines.use(name)


def num_threads() -> int:
    """How many threads the native engine uses."""
    return int(_native.num_threads()) if _native is not None else 1


def set_num_threads(count: int) -> None:
    """Sets the number of threads of the native engine; results are the same bits for any number.

    Raises: ValueError if `count` is less than 1.
    """
    if int(count) < 1:
        raise ValueError(f"The number of threads must be 1 or more, and got {count}.")
    if _native is not None:
        _native.set_num_threads(int(count))


def version() -> str:
    """The version of yeoul."""
    return yeoul.__version__


def settings() -> dict[str, Any]:
    """What `show_config` prints, as a dict."""
    return {
        "yeoul": yeoul.__version__,
        "engine": engine(),
        "instruction set": _native.isa() if _native is not None else "none (extension module not built)",
        "threads": num_threads(),
        "processors": os.cpu_count(),
        "float type": floatx(),
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "platform": platform.platform(),
    }


def show_config() -> None:
    """Prints version, engine, instruction set and threads."""
    found = settings()
    width = max(len(name) for name in found)
    for name, value in found.items():
        print(f"{name:<{width}}  {value}")
