"""SparseRows: a SciPy matrix too large to be written out, of which only batches become dense."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core import tree

#: Bytes up to which a matrix is simply made dense: then whole epochs run inside the engine.
DENSE_LIMIT = 1 << 26


def is_sparse(value: Any) -> bool:
    """Whether `value` is a matrix or array of scipy.sparse, or one like it."""
    return hasattr(value, "tocsr")


class SparseRows:
    """Rows of a sparse matrix; indexing with a slice or row numbers gives them as a dense array.

    Args:
        matrix: in compressed rows.
        dtype: of the dense rows.
    """

    ndim = 2

    def __init__(self, matrix: Any, dtype: np.dtype):
        self._matrix = matrix
        self.shape: tuple[int, int] = tuple(matrix.shape)  # type: ignore[assignment]
        self.dtype = dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        return np.ascontiguousarray(self._matrix[rows].toarray(), self.dtype)

    def part(self, start: int, stop: int) -> SparseRows:
        """The rows from `start` to before `stop`, still sparse."""
        return SparseRows(self._matrix[start:stop], self.dtype)


def written_out(arrays: Any) -> Any:
    """Nested arrays, with those that are sparse made dense."""
    return tree.map_structure(lambda a: a[:] if isinstance(a, SparseRows) else a, arrays)


def rows_of(matrix: Any, float_dtype: np.dtype) -> Any:
    """A dense array if it is within DENSE_LIMIT, else SparseRows. Floats become `float_dtype`."""
    if math.prod(getattr(matrix, "shape", ())) * float_dtype.itemsize <= DENSE_LIMIT:
        array = matrix.toarray()
        return np.ascontiguousarray(array, float_dtype if array.dtype.kind == "f" else array.dtype)
    return SparseRows(matrix.tocsr(), float_dtype if matrix.dtype.kind == "f" else np.dtype(matrix.dtype))
