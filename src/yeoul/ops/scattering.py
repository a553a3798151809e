"""Writing into tensors at indices: scatter, scatter_update, slice_update."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.elementwise import equal, logical_and, maximum, minimum, select
from yeoul.ops.layout import broadcast_primitive, gather_primitive, positions_primitive, scatter_add_primitive
from yeoul.ops.registry import Primitive, cast, convert, primitive
from yeoul.ops.shaping import length_of, reshape, reshape_by, take

__all__ = ["scatter", "scatter_update", "slice_update"]

_COMBINE = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


@primitive
class _ScatterRows(Primitive):
    """x, with the rows at `indices` replaced by `updates` (the last one for equal indices), or combined with all of them.

    `reduction` is None, "add", "max", "min" or "mul"; x has shape (rows, width), indices (n,), updates (n, width).
    """

    name = "scatter_rows"

    def infer(self, x: Any, indices: Any, updates: Any, *, reduction: str | None) -> Spec:
        return Spec(x.shape, x.dtype)

    def reference(
        self, x: np.ndarray, indices: np.ndarray, updates: np.ndarray, *, reduction: str | None
    ) -> np.ndarray:
        y = x.copy()
        if reduction is None:
            y[indices] = updates
        else:
            _COMBINE[reduction].at(y, indices, updates)
        return y

    def gradient(
        self, g: Tensor, x: Tensor, indices: Tensor, updates: Tensor, y: Tensor, *, reduction: str | None
    ) -> tuple:
        if not dtypes.is_float(x.dtype):
            return None, None, None

        def at(t: Tensor) -> Tensor:
            return gather_primitive(t, indices, axis=0)

        def total(t: Tensor) -> Tensor:
            return scatter_add_primitive(t, indices, axis=0, size=x.shape[0], rank=1)

        if reduction == "add":
            return g, None, at(g)
        if reduction is None:
            order = convert(np.arange(indices.shape[0], dtype=np.int32).reshape(-1, 1))
            nobody = convert(np.full((x.shape[0], 1), -1, np.int32))  # type: ignore[arg-type]
            last = scatter_rows(nobody, indices, order, reduction=None)  # which update each row holds
            return select(last < 0, g, 0), None, select(equal(at(last), order), at(g), 0)
        if reduction == "mul":
            # The product of all other factors, right also where one of them is zero.
            is_zero = equal(updates, 0)
            factors = select(is_zero, 1, updates)
            other_zeros = at(total(cast(is_zero, x.dtype))) - cast(is_zero, x.dtype)
            others = at(scatter_rows(x, indices, factors, reduction="mul")) / factors
            ones = broadcast_primitive(convert(1, x.dtype), shape=tuple(x.shape))
            at_x = g * scatter_rows(ones, indices, updates, reduction="mul")
            return at_x, None, select(other_zeros > 0, 0, others) * at(g)
        # All that equal the extreme share the gradient.
        won, updates_won = cast(equal(x, y), x.dtype), cast(equal(updates, at(y)), x.dtype)
        share = g / (won + total(updates_won))
        return won * share, None, updates_won * at(share)


scatter_rows: Any = _ScatterRows


def _rows_of(indices: Any, sizes: Sequence, name: str) -> tuple[Tensor, int]:
    """Row numbers of `indices` (..., depth) in a tensor whose first `depth` axes are joined, and that depth.

    `sizes` are those of the tensor's axes: ints, or scalar tensors.
    """
    indices = convert(indices)
    if indices.ndim < 2 or not dtypes.is_integer(indices.dtype):
        raise ValueError(
            f"{name} needs integer indices of shape (..., depth), one row for each place, and got {indices.dtype} of shape "
            f"{indices.shape}."
        )
    depth: Any = indices.shape[-1]
    if depth is None or depth > len(sizes):
        raise ValueError(f"{name}: indices of shape {indices.shape} do not fit a tensor of rank {len(sizes)}.")
    rows: Any = 0
    for axis in range(depth):
        at = cast(take(indices, axis, -1), "int32")
        rows = rows * sizes[axis] + select(at < 0, at + sizes[axis], at)
    return reshape(rows, -1), depth


def scatter(indices: Any, values: Any, shape: Any) -> Tensor:
    """Zeros of `shape` with `values` added at `indices`; values of equal indices are summed.

    Args:
        indices: integers of shape (..., depth): places along the first `depth` axes.
        values: of shape (..., *shape[depth:]).
    """
    values = convert(values)
    shape = tuple(int(s) for s in shape)
    rows, depth = _rows_of(indices, shape, "scatter")
    parts = reshape(values, (-1, *shape[depth:]))
    y = scatter_add_primitive(parts, rows, axis=0, size=math.prod(shape[:depth]), rank=1)
    return reshape(y, shape)


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Tensor:
    """`inputs` with the elements at `indices` replaced by `updates`, or combined with them.

    Args:
        indices: integers of shape (..., depth): places along the first `depth` axes.
        updates: of shape (..., *inputs.shape[depth:]).
        reduction: None to replace (the last of equal indices stays), "add", "max", "min" or "mul".

    Raises: ValueError for another reduction.
    """
    if reduction not in (None, *_COMBINE):
        raise ValueError(f"scatter_update knows the reductions None, add, max, min and mul, and got {reduction!r}.")
    x = convert(inputs)
    updates = convert(updates, x.dtype)
    if reduction == "add" and None not in x.shape:
        return x + scatter(indices, updates, x.shape)
    rows, depth = _rows_of(indices, [length_of(x, axis) for axis in range(x.ndim)], "scatter_update")
    # Where sizes are unknown, one of the two of a matrix of rows can be left to the reshape.
    outer, inner = x.shape[:depth], x.shape[depth:]
    width = -1 if None in inner else math.prod(inner)
    count: Any = (x, 0) if depth == 1 else -1 if None in outer else math.prod(outer)
    if width == count == -1:
        raise ValueError(
            f"scatter_update: a tensor of shape {x.shape} has unknown sizes both among the first {depth} axes and after them."
        )
    table = reshape_by(x, (-1 if width != -1 else count, width))
    y = scatter_rows(table, rows, reshape_by(updates, ((rows, 0), width)), reduction=reduction)
    return reshape_by(y, [(x, axis) for axis in range(x.ndim)])


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Tensor:
    """`inputs` with the block that begins at `start_indices` replaced by `updates`.

    A block that would reach beyond the end is moved back until it fits, as in Keras.
    """
    x = convert(inputs)
    block = convert(updates, x.dtype)
    if block.ndim != x.ndim or len(start_indices) != x.ndim:
        raise ValueError(
            f"slice_update needs a block and a start for each of the {x.ndim} axes of the tensor, and got a block of shape "
            f"{block.shape} and {len(start_indices)} starts."
        )
    is_inside: Any = True
    for axis in range(x.ndim):
        size, length = x.shape[axis], block.shape[axis]
        if size is not None and length is not None and length > size:
            raise ValueError(f"slice_update: a block of shape {block.shape} does not fit a tensor of shape {x.shape}.")
        if size == length and (size is not None or _is_zero(start_indices[axis])):
            continue  # the whole axis
        n = length_of(block, axis)
        start = minimum(maximum(cast(start_indices[axis], "int32"), 0), length_of(x, axis) - n)
        place = positions_primitive(x, axis=axis) - start
        block = take(block, minimum(maximum(place, 0), n - 1), axis)
        along = logical_and(place >= 0, place < n)
        is_inside = logical_and(is_inside, reshape(along, [-1 if i == axis else 1 for i in range(x.ndim)]))
    return select(is_inside, block, x)


def _is_zero(start: Any) -> bool:
    return not isinstance(start, Tensor) and int(start) == 0
