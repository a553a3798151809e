"""Shapes and pieces: reshape, transpose, join, split, repeat, pad, index."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.shapes import broadcast, normalize_axes, normalize_axis
from yeoul.core.tensor import Tensor, from_array
from yeoul.core.variable import Variable
from yeoul.ops import layout, reductions
from yeoul.ops.elementwise import select
from yeoul.ops.registry import cast, convert, result_type

__all__ = [
    "argsort",
    "array_split",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flip",
    "getitem",
    "hstack",
    "in_top_k",
    "moveaxis",
    "ndim",
    "pad",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "shape",
    "size",
    "slice_",
    "sort",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "take",
    "take_along_axis",
    "tile",
    "top_k",
    "transpose",
    "unstack",
    "vstack",
]


def shape(x: Any) -> tuple:
    """The shape as a tuple; None where a size is not known yet."""
    return tuple(convert(x).shape)


def ndim(x: Any) -> int:
    return convert(x).ndim


def size(x: Any) -> int | None:
    return convert(x).size


def _sizes(newshape: Any) -> tuple:
    if isinstance(newshape, (int, np.integer)):
        return (int(newshape),)
    return tuple(None if s is None else int(s) for s in newshape)


def reshape(x: Any, newshape: Any) -> Tensor:
    """The same elements under another shape; one size may be -1.

    Raises: ValueError if the number of elements differs.
    """
    x = convert(x)
    return layout.reshape_primitive(x, shape=tuple(-1 if s is None else s for s in _sizes(newshape)))


def ravel(x: Any) -> Tensor:
    return reshape(x, -1)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Tensor:
    """Axes in another order; reversed if `axes` is None."""
    x = convert(x)
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(normalize_axis(a, x.ndim) for a in axes)
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(f"axes must be an ordering of 0 to {x.ndim - 1}, and got {tuple(axes or ())}.")
    return layout.transpose_primitive(x, permutation=order)


def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    x = convert(x)
    order = list(range(x.ndim))
    a, b = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
    order[a], order[b] = order[b], order[a]
    return transpose(x, order)


def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    x = convert(x)
    sources = [source] if isinstance(source, int) else list(source)
    targets = [destination] if isinstance(destination, int) else list(destination)
    sources = [normalize_axis(a, x.ndim) for a in sources]
    targets = [normalize_axis(a, x.ndim) for a in targets]
    order = [a for a in range(x.ndim) if a not in sources]
    for target, a in sorted(zip(targets, sources, strict=True)):
        order.insert(target, a)
    return transpose(x, order)


def expand_dims(x: Any, axis: Any) -> Tensor:
    """`x` with axes of size 1 inserted."""
    x = convert(x)
    axes = [axis] if isinstance(axis, int) else list(axis)
    rank = x.ndim + len(axes)
    places = {normalize_axis(a, rank) for a in axes}
    sizes = iter(x.shape)
    return reshape(x, tuple(1 if i in places else next(sizes) for i in range(rank)))


def squeeze(x: Any, axis: Any = None) -> Tensor:
    """`x` without axes of size 1 (all of them, or those named)."""
    x = convert(x)
    if axis is None:
        axes: Any = tuple(i for i, s in enumerate(x.shape) if s == 1)
    else:
        axes = normalize_axes(axis, x.ndim)
        for a in axes:
            if x.shape[a] not in (1, None):
                raise ValueError(
                    f"Axis {a} of a tensor of shape {x.shape} has size {x.shape[a]} and cannot be squeezed."
                )
    return reshape(x, tuple(s for i, s in enumerate(x.shape) if i not in axes))


def broadcast_to(x: Any, shape: Any) -> Tensor:
    return layout.broadcast_primitive(convert(x), shape=_sizes(shape))


def concatenate(xs: Sequence, axis: int = 0) -> Tensor:
    """Tensors joined along an axis that exists; they are promoted to one dtype."""
    parts = promoted_list(xs)
    if not parts:
        raise ValueError("concatenate needs at least one tensor.")
    return (
        layout.concatenate_primitive(*parts, axis=normalize_axis(axis, parts[0].ndim)) if len(parts) > 1 else parts[0]
    )


def promoted_list(xs: Sequence) -> list[Tensor]:
    tensors = [convert(x) for x in xs]
    kinds = {t.dtype for t in tensors}
    if len(kinds) > 1:
        dtype = result_type(*kinds)
        tensors = [cast(t, dtype) for t in tensors]
    return tensors


def stack(x: Sequence, axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis."""
    parts = promoted_list(x)
    axis = normalize_axis(axis, parts[0].ndim + 1)
    return concatenate([expand_dims(part, axis) for part in parts], axis)


def hstack(xs: Sequence) -> Tensor:
    parts = [convert(x) for x in xs]
    return concatenate([reshape(p, -1) if p.ndim == 0 else p for p in parts], 0 if parts[0].ndim <= 1 else 1)


def vstack(xs: Sequence) -> Tensor:
    return concatenate([reshape(p, (1, -1)) if p.ndim <= 1 else p for p in (convert(x) for x in xs)], 0)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """`x` cut along `axis`, in equal sections (an int) or at the given indices."""
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    length: Any = x.shape[axis]
    if isinstance(indices_or_sections, int):
        if length % indices_or_sections:
            raise ValueError(
                f"Axis {axis} has size {length} and cannot be split into {indices_or_sections} equal sections."
            )
        step = length // indices_or_sections
        cuts = [step * i for i in range(1, indices_or_sections)]
    else:
        cuts = [int(i) for i in indices_or_sections]
    edges = [0, *cuts, length]
    return [_cut(x, axis, a, builtins.max(a, b)) for a, b in itertools.pairwise(edges)]


array_split = split


def _cut(x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    starts = tuple(start if i == axis else 0 for i in range(x.ndim))
    stops = tuple(stop if i == axis else s for i, s in enumerate(x.shape))
    return layout.slice_primitive(x, starts=starts, stops=stops, steps=(1,) * x.ndim)


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    count: Any = num or x.shape[axis]
    return [squeeze(_cut(x, axis, i, i + 1), axis) for i in range(count)]


def flip(x: Any, axis: Any = None) -> Tensor:
    x = convert(x)
    return layout.flip_primitive(x, axes=normalize_axes(axis, x.ndim))


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    x = convert(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, x.ndim)
    counts = np.asarray(repeats)
    indices = np.repeat(np.arange(x.shape[axis]), counts).astype(np.int32)
    return take(x, indices, axis)


def tile(x: Any, repeats: Any) -> Tensor:
    x = convert(x)
    counts = (repeats,) if isinstance(repeats, int) else tuple(int(r) for r in repeats)
    rank = builtins.max(x.ndim, len(counts))
    counts = (1,) * (rank - len(counts)) + counts
    sizes: Any = (1,) * (rank - x.ndim) + x.shape
    y = reshape(x, tuple(v for s in sizes for v in (1, s)))
    y = broadcast_to(y, tuple(v for s, c in zip(sizes, counts, strict=True) for v in (c, s)))
    return reshape(y, tuple(-1 if s is None else s * c for s, c in zip(sizes, counts, strict=True)))


def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    x = convert(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    shifts = [shift] if isinstance(shift, int) else list(shift)
    axes = [axis] if isinstance(axis, int) else list(axis)
    for by, a in zip(shifts, axes, strict=True):
        a = normalize_axis(a, x.ndim)
        n: Any = x.shape[a]
        by = by % n if n else 0
        if by:
            x = concatenate([_cut(x, a, n - by, n), _cut(x, a, 0, n - by)], a)
    return x


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """`x` with elements added around it: "constant", "reflect", "symmetric" or "edge"."""
    x = convert(x)
    widths = np.broadcast_to(np.asarray(pad_width, int), (x.ndim, 2)).tolist()
    if mode == "constant":
        value = 0 if constant_values is None else constant_values
        return layout.pad_primitive(x, widths=tuple((a, b) for a, b in widths), value=value)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            x = take(x, np.pad(np.arange(x.shape[axis]), (before, after), mode=mode).astype(np.int32), axis)  # type: ignore[call-overload]
    return x


def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements of `x` at `indices` along `axis` (of the flattened tensor if None). Negative indices count from the end.

    Raises: IndexError for an index out of range.
    """
    x = convert(x)
    i = convert(indices)
    if not dtypes.is_integer(i.dtype):
        i = cast(i, "int32")
    if axis is None:
        x, axis = ravel(x), 0
    return layout.gather_primitive(x, i, axis=normalize_axis(axis, x.ndim))


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """y[..., i, ...] = x[..., indices[..., i, ...], ...] along `axis`."""
    x, i = convert(x), convert(indices)
    if axis is None:
        return take(ravel(x), ravel(i), 0)
    axis = normalize_axis(axis, x.ndim)
    x, i = moveaxis(x, axis, -1), moveaxis(i, axis, -1)
    rows = int(np.prod(x.shape[:-1], dtype=int))
    width: Any = x.shape[-1]
    i = reshape(broadcast_to(i, (*x.shape[:-1], i.shape[-1])), (rows, i.shape[-1]))

    i = cast(i, "int32")
    i = select(i < 0, i + width, i) + (np.arange(rows, dtype=np.int32) * width).reshape(rows, 1)
    y = take(reshape(x, (-1,)), i, 0)
    return moveaxis(reshape(y, (*x.shape[:-1], i.shape[-1])), -1, axis)


def _sorted_last(x: Tensor) -> tuple[Tensor, Tensor]:
    values, indices = layout.sort_primitive(x)
    return values, indices


def sort(x: Any, axis: int = -1) -> Tensor:
    """Elements in ascending order along `axis`."""
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    return moveaxis(_sorted_last(moveaxis(x, axis, -1))[0], -1, axis)


def argsort(x: Any, axis: int | None = -1) -> Tensor:
    """Indices that put `x` in ascending order, int32; equal elements keep their order."""
    x = convert(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, x.ndim)
    return moveaxis(_sorted_last(moveaxis(x, axis, -1))[1], -1, axis)


def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The `k` largest elements along the last axis, largest first, and their indices."""
    x = convert(x)
    _, indices = _sorted_last(-x if dtypes.is_float(x.dtype) or x.dtype.startswith("int") else -cast(x, "int32"))
    chosen = _cut(indices, x.ndim - 1, 0, k)
    return take_along_axis(x, chosen, -1), chosen


def in_top_k(targets: Any, predictions: Any, k: int) -> Tensor:
    """Whether the target's prediction is among the `k` largest of its row; ties count as within."""

    targets, predictions = convert(targets), convert(predictions)
    chosen = take_along_axis(predictions, expand_dims(cast(targets, "int32"), -1), -1)
    larger = reductions.sum(cast(predictions > chosen, "int32"), -1)
    return larger < k


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
        keys = [k if not _is_mask(k) else np.asarray(k) for k in keys]

        return from_array(np.ascontiguousarray(x.array[tuple(keys)]))
    used = builtins.sum(1 for k in keys if k is not None and k is not Ellipsis)
    if used > x.ndim:
        raise IndexError(f"Too many indices: {used} for a tensor of shape {x.shape}.")
    if Ellipsis in [k for k in keys if not isinstance(k, (np.ndarray, list, Tensor))]:
        at = next(i for i, k in enumerate(keys) if k is Ellipsis)
        keys[at : at + 1] = [slice(None)] * (x.ndim - used)
    keys += [slice(None)] * (x.ndim - builtins.sum(1 for k in keys if k is not None))
    starts, stops, steps, flips, gathers, new_shape = [], [], [], [], [], []
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
            if n is None and i < 0:
                raise IndexError(f"Index {i} counts from the end of axis {axis}, whose size is not known yet.")
            i = i if i >= 0 else i + n
            starts.append(i), stops.append(i + 1), steps.append(1)
            new_shape.append(("drop", axis))
        elif isinstance(k, slice):
            if n is None:
                if k.start in (None, 0) and k.stop is None and k.step in (None, 1):
                    starts.append(0), stops.append(None), steps.append(1)
                else:
                    raise IndexError(f"Axis {axis} has no known size yet; it can only be taken whole.")
            else:
                start, stop, step = k.indices(n)
                if step < 0:
                    count = len(range(start, stop, step))
                    lowest = start + (count - 1) * step if count else 0
                    start, stop, step = lowest, (start + 1 if count else 0), -step
                    flips.append(axis)
                starts.append(start), stops.append(builtins.max(start, stop)), steps.append(step)
            new_shape.append(("keep", axis))
        else:
            starts.append(0), stops.append(n), steps.append(1)
            gathers.append((axis, convert(k)))
            new_shape.append(("keep", axis))
        axis += 1
    y = layout.slice_primitive(x, starts=tuple(starts), stops=tuple(stops), steps=tuple(steps))
    if flips:
        y = layout.flip_primitive(y, axes=tuple(flips))
    if len(gathers) > 1:
        return _gather_many(y, gathers, [kind for kind, _ in new_shape])
    if gathers:
        a, indices = gathers[0]
        sizes: list = []
        for kind, which in new_shape:
            if kind == "new":
                sizes.append(1)
            elif kind == "keep":
                sizes.extend(indices.shape if which == a else (y.shape[which],))
        return reshape(take(y, indices, a), sizes)
    sizes = [1 if kind == "new" else y.shape[which] for kind, which in new_shape if kind != "drop"]
    return y if tuple(sizes) == tuple(y.shape) else reshape(y, sizes)


def _is_mask(k: Any) -> bool:
    if isinstance(k, Tensor):
        return k.dtype == "bool"
    if isinstance(k, np.ndarray):
        return k.dtype == np.bool_
    return isinstance(k, list) and bool(k) and isinstance(k[0], bool)


def _gather_many(y: Tensor, gathers: list[tuple[int, Tensor]], kinds: list[str]) -> Tensor:
    axes = [a for a, _ in gathers]
    if axes != list(range(len(axes))) or "new" in kinds or "drop" in kinds:
        raise IndexError("Several index arrays must stand on the first axes, without None or ints beside them.")

    common = broadcast(*[i.shape for _, i in gathers], context="index arrays")
    flat: Any = None
    for a, indices in gathers:
        n: Any = y.shape[a]

        i = cast(indices, "int32")
        i = select(i < 0, i + n, i)
        flat = i if flat is None else flat * n + i
    rest = y.shape[len(axes) :]
    y = reshape(y, (int(np.prod([y.shape[a] for a in axes], dtype=int)), *rest))
    return take(y, broadcast_to(flat, common), 0)


def slice_(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    """The block of `shape` that starts at `start_indices`."""
    x = convert(inputs)
    starts = tuple(int(s) for s in start_indices)
    stops = tuple(a + int(n) for a, n in zip(starts, shape, strict=True))
    return layout.slice_primitive(x, starts=starts, stops=stops, steps=(1,) * x.ndim)
