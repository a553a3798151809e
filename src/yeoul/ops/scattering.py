"""Writing at indices: scatter, scatter_update, slice_update."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.elementwise import maximum, minimum
from yeoul.ops.layout import gather_primitive, scatter_add_primitive
from yeoul.ops.registry import Primitive, cast, convert, primitive
from yeoul.ops.segments import segment_max_primitive, segment_min_primitive, segment_prod_primitive
from yeoul.ops.shaping import reshape

__all__ = ["scatter", "scatter_update", "slice_update"]


@primitive
class _ScatterSet(Primitive):
    """x with rows[i] written at place indices[i] of its first axis, in order: the last of several wins."""

    name = "scatter_set"

    def infer(self, x: Any, indices: Any, rows: Any) -> Spec:
        return Spec(x.shape, x.dtype)

    def reference(self, x: np.ndarray, indices: np.ndarray, rows: np.ndarray) -> np.ndarray:
        y = x.copy()
        if len(indices):
            last = _last_writers(indices, len(x))
            y[indices[last]] = rows[last]
        return y

    def gradient(self, g: Tensor, x: Tensor, indices: Tensor, rows: Tensor, y: Tensor) -> tuple:
        if not dtypes.is_float(x.dtype):
            return None, None, None
        # Who wrote last has the gradient: the place of each row's last writer, compared with its own.
        count: Any = indices.shape[0]
        order = np.arange(count, dtype=np.int32)
        winners = segment_max_primitive(convert(order), indices, size=x.shape[0])
        is_last = cast(gather_primitive(winners, indices, axis=0) == order, x.dtype)
        grad_rows = gather_primitive(g, indices, axis=0) * reshape(is_last, (count, *[1] * (x.ndim - 1)))
        return scatter_set_primitive(g, indices, rows * 0), None, grad_rows


def _last_writers(indices: np.ndarray, size: int) -> np.ndarray:
    writer = np.full(size, -1)
    np.maximum.at(writer, indices, np.arange(len(indices)))
    return writer[writer >= 0]


scatter_set_primitive: Any = _ScatterSet


def _flat(indices: Any, shape: tuple, name: str) -> tuple[Tensor, int]:
    """`indices` (..., k) into the first k axes of `shape` as places on one axis, and k.

    Raises: ValueError if k is too large or a known index is out of range.
    """
    i = convert(indices)
    if not dtypes.is_integer(i.dtype):
        i = cast(i, "int32")
    depth: Any = i.shape[-1] if i.ndim else 0
    if i.ndim < 1 or depth > len(shape):
        raise ValueError(f"{name}: indices of shape {i.shape} do not index into a tensor of shape {shape}.")
    sizes = np.array(shape[:depth], np.int64)
    if i.array is not None and i.array.size and ((i.array < 0) | (i.array >= sizes)).any():
        rows = i.array.reshape(-1, depth)
        wrong = rows[((rows < 0) | (rows >= sizes)).any(1)][0].tolist()
        raise ValueError(f"{name}: index {wrong} does not index into shape {tuple(shape)}.")
    strides = np.append(np.cumprod(sizes[::-1])[::-1][1:], 1)[:depth].astype(dtypes.to_numpy(i.dtype))
    flat = reshape(i, (-1, depth)) * strides
    total = flat[:, 0]
    for axis in range(1, depth):
        total = total + flat[:, axis]
    return total, depth


def scatter(indices: Any, values: Any, shape: Any) -> Tensor:
    """Zeros of `shape` with `values` added at `indices`: (..., k) index into the first k axes.

    Raises: ValueError if an index is out of range.
    """
    values = convert(values)
    shape = tuple(int(s) for s in shape)
    places, depth = _flat(indices, shape, "scatter")
    rest = shape[depth:]
    rows = reshape(values, (places.shape[0], *rest))
    size = int(np.prod(shape[:depth], dtype=int))
    return reshape(scatter_add_primitive(rows, places, axis=0, size=size, rank=1), shape)


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Tensor:
    """`inputs` with `updates` written at `indices`: (updates, k) index into the first k axes.

    Args:
        reduction: None (the last write wins), "add", "max", "min" or "mul", which combine with what was there.
    Raises: ValueError for another reduction, or an index out of range.
    """
    if reduction not in (None, "add", "max", "min", "mul"):
        raise ValueError(f"Invalid reduction: {reduction}. Supported values are: None, 'add', 'max', 'min', 'mul'.")
    x = convert(inputs)
    places, depth = _flat(indices, x.shape, "scatter_update")
    rest = x.shape[depth:]
    size = int(np.prod(x.shape[:depth], dtype=int))  # type: ignore[arg-type]
    rows = reshape(cast(updates, x.dtype), (places.shape[0], *rest))
    flat = reshape(x, (size, *rest))
    if reduction is None:
        y = scatter_set_primitive(flat, places, rows)
    elif reduction == "add":
        y = flat + scatter_add_primitive(rows, places, axis=0, size=size, rank=1)
    elif reduction == "mul":
        y = flat * segment_prod_primitive(rows, places, size=size)
    elif reduction == "max":
        y = maximum(flat, segment_max_primitive(rows, places, size=size))
    else:
        y = minimum(flat, segment_min_primitive(rows, places, size=size))
    return reshape(y, x.shape)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Tensor:
    """`inputs` with the block `updates` written from `start_indices` on; a block that would stick out is moved inside.

    Args:
        start_indices: one integer per axis, or a tensor of them.
        updates: of the same rank as `inputs`, and no larger.
    Raises: ValueError if ranks or sizes do not fit.
    """
    x = convert(inputs)
    block = cast(updates, x.dtype)
    if block.ndim != x.ndim or any(b > s for b, s in zip(block.shape, x.shape, strict=True)):  # type: ignore[operator]
        raise ValueError(f"slice_update: a block of shape {block.shape} does not fit into a tensor of shape {x.shape}.")
    if not x.ndim:
        return block
    places: Any = 0
    for axis, start in enumerate(block_starts(start_indices, block.shape, x.shape)):
        at = start + np.arange(block.shape[axis], dtype=np.int32).reshape(
            [-1 if i == axis else 1 for i in range(x.ndim)]
        )
        places = places * x.shape[axis] + at
    size = int(np.prod(x.shape, dtype=int))  # type: ignore[arg-type]
    y = scatter_set_primitive(reshape(x, (size,)), reshape(convert(places), (-1,)), reshape(block, (-1,)))
    return reshape(y, x.shape)


def block_starts(start_indices: Any, block: tuple, shape: tuple) -> list[Tensor]:
    """The starts as int32 scalars, limited so that a block of these sizes lies within `shape`."""
    starts = start_indices if isinstance(start_indices, Tensor) else list(start_indices)
    if len(starts) != len(shape):
        raise ValueError(f"There must be one start index per axis of {shape}, and got {len(starts)}.")
    return [maximum(minimum(cast(starts[i], "int32"), shape[i] - block[i]), 0) for i in range(len(shape))]
