"""Indexing: x[key] with NumPy's keys, and blocks of a tensor."""

from __future__ import annotations

import builtins
import math
import operator
from typing import Any

import numpy as np

from yeoul.core.tensor import Tensor, from_array
from yeoul.core.variable import Variable
from yeoul.ops import layout
from yeoul.ops.elementwise import maximum, minimum, select
from yeoul.ops.registry import cast, convert
from yeoul.ops.shaping import cut, length_of, moveaxis, take

__all__ = ["get_item", "getitem", "slice_"]


def get_item(x: Any, key: Any) -> Tensor:
    """x[key]."""
    return getitem(convert(x), key)


def getitem(x: Tensor, key: Any) -> Tensor:
    """NumPy's indexing with ints, slices, None, Ellipsis, integer arrays and, on concrete tensors, boolean masks."""
    keys = list(key) if isinstance(key, tuple) else [key]
    keys = [k.array if isinstance(k, Tensor) and k.array is not None else k for k in keys]
    keys = [k.array if isinstance(k, Variable) else k for k in keys]
    if builtins.any(_is_mask(k) for k in keys):
        if x.array is None:
            raise TypeError(
                "A boolean mask gives a tensor whose size depends on values: use where() in a model, or index eagerly."
            )
        keys = [np.asarray(k) if _is_mask(k) else k for k in keys]
        if len(keys) > 1:
            return from_array(np.ascontiguousarray(x.array[tuple(keys)]))
        if keys[0].shape != x.shape[: keys[0].ndim]:
            raise IndexError(f"A mask of shape {keys[0].shape} does not fit a tensor of shape {x.shape}.")
        keys = [i.astype(np.int32) for i in np.nonzero(keys[0])]
    used = builtins.sum(1 for k in keys if k is not None and k is not Ellipsis)
    if used > x.ndim:
        raise IndexError(f"Too many indices: {used} for a tensor of shape {x.shape}.")
    if Ellipsis in [k for k in keys if not isinstance(k, (np.ndarray, list, Tensor))]:
        at = next(i for i, k in enumerate(keys) if k is Ellipsis)
        keys[at : at + 1] = [slice(None)] * (x.ndim - used)
    keys += [slice(None)] * (x.ndim - builtins.sum(1 for k in keys if k is not None))
    starts, stops, steps, flips, gathers, new_shape, limited = [], [], [], [], [], [], []
    axis = 0
    for k in keys:
        if k is None:
            new_shape.append(("new", 1))
            continue
        n: Any = x.shape[axis]
        if isinstance(k, (int, np.integer)) and not isinstance(k, bool):
            i = int(k)
            if n is not None and not -n <= i < n:
                raise IndexError(f"Index {i} is out of range for axis {axis} of size {n}.")
            i = i if i >= 0 or n is None else i + n
            starts.append(i), stops.append(None if i == -1 else i + 1), steps.append(1)
            new_shape.append(("drop", axis))
        elif isinstance(k, slice):
            if n is None:
                first, last = (None if edge is None else operator.index(edge) for edge in (k.start, k.stop))
                step = 1 if k.step is None else operator.index(k.step)
                if step < 0:  # the same elements of the axis reversed: element i lies at ~i there
                    x = layout.flip_primitive(x, axes=(axis,))
                    first, last = (None if edge is None else ~edge for edge in (first, last))
                starts.append(first or 0), stops.append(last), steps.append(builtins.abs(step))
                if first or last is not None:
                    limited.append(axis)
            else:
                start, stop, step = k.indices(n)
                if step < 0:
                    count = len(range(start, stop, step))
                    lowest = start + (count - 1) * step if count else 0
                    start, stop, step = lowest, (start + 1 if count else 0), -step
                    flips.append(axis)
                starts.append(start), stops.append(builtins.max(start, stop)), steps.append(step)
            new_shape.append(("keep", axis))
        elif isinstance(k, (float, np.floating)):
            raise IndexError(
                f"Axis {axis} is indexed with {k!r}; an index is an int, a slice, None or an integer array."
            )
        else:
            starts.append(0), stops.append(n), steps.append(1)
            gathers.append((axis, convert(k)))
            new_shape.append(("keep", axis))
        axis += 1
    bounds = {"limited": tuple(limited)} if limited else {}
    y = layout.slice_primitive(x, starts=tuple(starts), stops=tuple(stops), steps=tuple(steps), **bounds)
    if flips:
        y = layout.flip_primitive(y, axes=tuple(flips))
    if len(gathers) > 1:
        return _gather_many(y, gathers, [kind for kind, _ in new_shape])
    if gathers:
        a, indices = gathers[0]
        y = take(y, indices, a)
        there = layout.known_or_axis(y.shape)
        sizes: list = []
        for kind, which in new_shape:
            if kind == "new":
                sizes.append(1)
            elif kind == "keep":
                at = which if which <= a else which + indices.ndim - 1
                sizes.extend(there[a : a + indices.ndim] if which == a else (there[at],))
        return layout.reshape_primitive(y, shape=tuple(sizes))
    there = layout.known_or_axis(y.shape)
    sizes = [1 if kind == "new" else there[which] for kind, which in new_shape if kind != "drop"]
    return y if tuple(sizes) == there else layout.reshape_primitive(y, shape=tuple(sizes))


def _is_mask(k: Any) -> bool:
    if isinstance(k, Tensor):
        return k.dtype == "bool"
    if isinstance(k, np.ndarray):
        return k.dtype == np.bool_
    return isinstance(k, list) and bool(k) and isinstance(k[0], bool)


def _gather_many(y: Tensor, gathers: list[tuple[int, Tensor]], kinds: list[str]) -> Tensor:
    axes = [a for a, _ in gathers]
    if "new" in kinds or "drop" in kinds:
        raise IndexError("Several index arrays take no None or int beside them. Index in two steps.")
    first = (
        axes[0] if axes == list(range(axes[0], axes[0] + len(axes))) else 0
    )  # where the axes of the indices will stand
    y = moveaxis(y, axes, list(range(len(axes))))
    flat: Any = 0
    for at, (axis, indices) in enumerate(gathers):
        n = length_of(y, at)
        if indices.array is not None and isinstance(n, int) and indices.size:
            low, high = indices.array.min(), indices.array.max()
            if low < -n or high >= n:
                raise IndexError(f"Index {low if low < -n else high} is out of range for axis {axis} of size {n}.")
        i = cast(indices, "int32")
        flat = flat * n + select(i < 0, i + n, i)
    lead, rest = y.shape[: len(axes)], layout.known_or_axis(y.shape)[len(axes) :]
    y = layout.reshape_primitive(y, shape=(-1 if None in lead else math.prod(lead), *rest))
    y = take(y, flat, 0)
    return moveaxis(y, list(range(flat.ndim)), list(range(first, first + flat.ndim))) if first else y


def slice_(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    """The block of `shape` that starts at `start_indices`; a size of -1 reaches to the end.

    Where a start is symbolic, a block that would reach beyond the end is moved back until it fits.
    """
    x = convert(inputs)
    if len(start_indices) != x.ndim or len(shape) != x.ndim:
        raise ValueError(
            f"slice needs a start and a size for each axis of {x.shape}, and got {start_indices} and {shape}."
        )
    for axis, (start, size) in enumerate(zip(start_indices, shape, strict=True)):
        if isinstance(start, Tensor) and start.is_symbolic:
            start = minimum(maximum(cast(start, "int32"), 0), length_of(x, axis) - int(size))
            x = take(x, start + np.arange(int(size), dtype=np.int32), axis)
        else:
            x = cut(x, axis, int(start), None if int(size) == -1 else int(start) + int(size))
    return x
