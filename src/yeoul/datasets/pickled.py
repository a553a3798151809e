"""Pickles and object arrays of data sets, read without running anything that may be hidden in them."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

_ARRAYS = {"_reconstruct", "scalar"}
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")


class _DataUnpickler(pickle.Unpickler):
    """Builds containers, numbers, strings and arrays, and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _MULTIARRAY and name in _ARRAYS:
            return getattr(np._core.multiarray if hasattr(np, "_core") else np.core.multiarray, name)  # type: ignore[attr-defined]
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        if module == "_codecs" and name == "encode":
            return _encode
        raise pickle.UnpicklingError(f"it names {module}.{name}, and data may only hold containers, numbers and arrays")


def _encode(text: str, encoding: str = "latin1") -> bytes:
    return text.encode("latin1") if encoding == "latin1" else text.encode("utf-8")


def read_pickle(path: Path) -> Any:
    """The object in a pickle file of Python 2 or 3; strings of Python 2 as bytes.

    Raises: ValueError, naming the file, if it is damaged or holds more than data.
    """
    try:
        with path.open("rb") as file:
            return _DataUnpickler(file, encoding="bytes").load()
    except (pickle.UnpicklingError, EOFError, ImportError, AttributeError, IndexError) as error:
        raise ValueError(f"{path} can not be read: {error}. Delete it and load again.") from None


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, those of objects too.

    Raises: ValueError, naming the file, if it is damaged or holds more than data.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as file:
                    arrays[name.removesuffix(".npy")] = _read_array(file)
    except (pickle.UnpicklingError, zipfile.BadZipFile, EOFError, ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} can not be read: {error}. Delete it and load again.") from None
    return arrays


def _read_array(file: IO[bytes]) -> np.ndarray:
    form = np.lib.format
    version = form.read_magic(file)
    read_header = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
    shape, is_fortran, dtype = read_header(file)
    if dtype.hasobject:
        array = np.asarray(_DataUnpickler(file).load(), object)
    else:
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(file.read(), dtype, count).copy()
    array = array.reshape(shape[::-1]).T if is_fortran else array.reshape(shape)
    return array
