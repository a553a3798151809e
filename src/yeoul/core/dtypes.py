"""Names of dtypes, their NumPy counterparts and the promotion lattice."""

from __future__ import annotations

import functools
from typing import Any

import ml_dtypes
import numpy as np

NUMPY_DTYPES: dict[str, np.dtype] = {
    "bool": np.dtype(np.bool_),
    **{name: np.dtype(name) for name in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")},
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
    "complex64": np.dtype(np.complex64),
    "complex128": np.dtype(np.complex128),
}
_NAMES = {dtype: name for name, dtype in NUMPY_DTYPES.items()}

FLOATS = ("bfloat16", "float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")  # computed on the host, and not differentiated
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")

# Each dtype leads to the next wider ones. "int" and "float" are Python scalars: they take the width of what they meet.
_WIDER: dict[str, tuple[str, ...]] = {
    "bool": ("int",),
    "int": ("uint8", "int8"),
    "uint8": ("uint16", "int16"),
    "int8": ("int16",),
    "uint16": ("uint32", "int32"),
    "int16": ("int32",),
    "uint32": ("uint64", "int64"),
    "int32": ("int64",),
    "uint64": ("float",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}


@functools.cache
def _wider_or_equal(dtype: str) -> frozenset[str]:
    return frozenset({dtype}).union(*(_wider_or_equal(wider) for wider in _WIDER[dtype]))


@functools.cache
def promote(*dtypes: str) -> str:
    """The narrowest dtype that holds all of `dtypes`; may be the weak "int" or "float"."""
    common = frozenset.intersection(*(_wider_or_equal(dtype) for dtype in dtypes))
    return max(common, key=lambda dtype: (len(_wider_or_equal(dtype) & common), dtype))


def is_float(dtype: str) -> bool:
    return dtype in FLOATS or dtype == "float"


def is_integer(dtype: str) -> bool:
    return dtype in INTEGERS or dtype == "int"


def name_of(dtype: Any) -> str:
    """The name of anything that denotes a dtype: a name, a NumPy dtype or scalar type, a Python type.

    Raises: ValueError for anything else.
    """
    if isinstance(dtype, str) and dtype in NUMPY_DTYPES:
        return dtype
    if dtype is float:
        return "float32"
    if dtype is int:
        return "int32"
    try:
        return _NAMES[np.dtype(dtype)]
    except (TypeError, KeyError):
        known = ", ".join(NUMPY_DTYPES)
        raise ValueError(f"Unknown dtype {dtype!r}. Use one of: {known}.") from None


def to_numpy(dtype: str) -> np.dtype:
    return NUMPY_DTYPES[dtype]
