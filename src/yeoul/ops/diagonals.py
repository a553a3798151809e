"""Diagonals and triangles: taken from a tensor, or written into one."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor, from_array
from yeoul.ops.elementwise import select
from yeoul.ops.layout import known_or_axis, pad_primitive, positions_primitive, reshape_primitive
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import convert
from yeoul.ops.shaping import moveaxis, ravel, take

__all__ = ["diag", "diagflat", "diagonal", "trace", "tri", "tril", "triu"]


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Elements x[i, i + offset] of the matrices that lie along `axis1` and `axis2`, on a new last axis.

    Raises: ValueError if `x` is no matrix, or a size of one is not known.
    """
    x = convert(x)
    if x.ndim < 2:
        raise ValueError(f"A diagonal needs a tensor of rank 2 or more, and got shape {x.shape}.")
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = x.shape[-2:]
    if rows is None or columns is None:
        raise ValueError(
            f"A diagonal needs matrices of known size, and these axes have the sizes {rows} and {columns}."
        )
    first = offset if offset >= 0 else -offset * columns
    count = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    flat = reshape_primitive(x, shape=(*known_or_axis(x.shape)[:-2], rows * columns))
    return take(flat, first + np.arange(count, dtype=np.int32) * (columns + 1), x.ndim - 2)


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum of the diagonal (see `diagonal`)."""
    return sum_of(diagonal(x, offset, axis1, axis2), -1)


def diag(x: Any, k: int = 0) -> Tensor:
    """A square matrix with the vector `x` on its `k`-th diagonal, or the `k`-th diagonal of the matrix `x`.

    Raises: ValueError for another rank.
    """
    x = convert(x)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ValueError(f"diag takes a vector or a matrix, and got shape {x.shape}. Use diagflat or diagonal.")
    square = select(np.eye(x.shape[0], dtype=bool), x, np.zeros((), dtypes.to_numpy(x.dtype)))
    above, below = max(k, 0), max(-k, 0)
    return pad_primitive(square, widths=((below, above), (above, below)), value=0) if k else square


def diagflat(x: Any, k: int = 0) -> Tensor:
    """A square matrix with the elements of `x` on its `k`-th diagonal."""
    return diag(ravel(x), k)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Ones at and below the `k`-th diagonal of an (N, M) matrix, zeros above."""
    return from_array(np.tri(N, M, k, dtypes.to_numpy(dtypes.name_of(dtype or config.floatx()))))


def _band(x: Any, k: int, is_lower: bool) -> Tensor:
    x = convert(x)
    zero = np.zeros((), dtypes.to_numpy(x.dtype))
    if None in x.shape[-2:]:
        rows, columns = (positions_primitive(x, axis=x.ndim - i) for i in (2, 1))
        distance = reshape_primitive(columns, shape=(1, -1)) - reshape_primitive(rows, shape=(-1, 1))
        return select(distance <= k if is_lower else distance >= k, x, zero)
    mask = np.tri(*x.shape[-2:], k=k if is_lower else k - 1, dtype=bool)  # type: ignore[arg-type]
    return select(mask if is_lower else ~mask, x, zero)


def tril(x: Any, k: int = 0) -> Tensor:
    """The lower triangle; zeros above diagonal `k`."""
    return _band(x, k, True)


def triu(x: Any, k: int = 0) -> Tensor:
    """The upper triangle; zeros below diagonal `k`."""
    return _band(x, k, False)
