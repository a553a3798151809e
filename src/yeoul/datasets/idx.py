"""The IDX file format of MNIST and Fashion-MNIST. Source: Y. LeCun, The MNIST database."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

_UNSIGNED_BYTE = 8


def read_idx(path: Path, rank: int) -> np.ndarray:
    """The uint8 array in an IDX file, gzipped or not.

    Raises: ValueError, naming the file, if it is not a whole IDX file of bytes with `rank` axes.
    """
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is damaged: {error}. Delete it and load again.") from None
    if len(data) < 4 + 4 * rank or data[0] != 0 or data[1] != 0 or data[2] != _UNSIGNED_BYTE or data[3] != rank:
        raise ValueError(f"{path} is no IDX file of bytes with {rank} axes. Delete it and load again.")
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", rank, 4))
    count = 1
    for n in shape:
        count *= n
    if len(data) - 4 - 4 * rank != count:
        raise ValueError(
            f"{path} should hold {count} bytes of data for shape {shape}, and holds {len(data) - 4 - 4 * rank}."
        )
    return np.frombuffer(data, np.uint8, count, 4 + 4 * rank).reshape(shape).copy()
