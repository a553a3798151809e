"""Shapes and pieces: reshape, transpose, join, split, repeat, pad, index."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.shapes import normalize_axes, normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops import layout, reduction, reductions
from yeoul.ops.elementwise import maximum, minimum, select
from yeoul.ops.registry import cast, convert, result_type

__all__ = [
    "argsort",
    "array_split",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flip",
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
    """The number of axes."""
    return convert(x).ndim


def size(x: Any) -> int | None:
    """The number of elements."""
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
    sizes = tuple(-1 if s is None else s for s in _sizes(newshape))
    if builtins.min(sizes, default=0) < -1:
        raise ValueError(f"Sizes of the new shape must be -1 or more, and got {sizes}.")
    return layout.reshape_primitive(x, shape=sizes)


def reshape_by(x: Tensor, sizes: Sequence[Any]) -> Tensor:
    """`x` under the shape `sizes`: each an int, or (tensor, axis) for the size that this tensor has along it."""
    known = [s if isinstance(s, int) else s[0].shape[s[1]] for s in sizes]
    if None not in known:
        return layout.reshape_primitive(x, shape=tuple(known))
    references: list[Tensor] = []
    codes = []
    for given, size in zip(sizes, known, strict=True):
        if size is None:
            tensor, axis = given
            if not builtins.any(tensor is r for r in references):
                references.append(tensor)
            at = next(i for i, r in enumerate(references) if r is tensor)
            size = layout.size_of_axis(builtins.sum(r.ndim for r in references[:at]) + axis)
        codes.append(size)
    return layout.reshape_like_primitive(x, *references, shape=tuple(codes))


def ravel(x: Any) -> Tensor:
    """All elements in one axis."""
    return reshape(x, -1)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Tensor:
    """Axes in another order; reversed if `axes` is None."""
    x = convert(x)
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(normalize_axis(a, x.ndim) for a in axes)
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(f"axes must be an ordering of 0 to {x.ndim - 1}, and got {tuple(axes or ())}.")
    return layout.transpose_primitive(x, permutation=order)


def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Two axes in each other's place."""
    x = convert(x)
    order = list(range(x.ndim))
    a, b = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
    order[a], order[b] = order[b], order[a]
    return transpose(x, order)


def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    """The axes `source` moved to the places `destination`; the others keep their order."""
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
    sizes = iter(layout.known_or_axis(x.shape))
    return layout.reshape_primitive(x, shape=tuple(1 if i in places else next(sizes) for i in range(rank)))


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
    return reductions.drop_axes(x, axes)


def broadcast_to(x: Any, shape: Any) -> Tensor:
    """`x` repeated along axes of size 1 and new ones in front, until it has `shape`; a size of None is that of `x`.

    Raises: ValueError if it cannot have that shape.
    """
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
    """Tensors joined along axis 1, or axis 0 if they have one axis."""
    parts = [convert(x) for x in xs]
    return concatenate([reshape(p, -1) if p.ndim == 0 else p for p in parts], 0 if parts[0].ndim <= 1 else 1)


def vstack(xs: Sequence) -> Tensor:
    """Tensors joined along axis 0, vectors as rows."""
    return concatenate([reshape(p, (1, -1)) if p.ndim <= 1 else p for p in (convert(x) for x in xs)], 0)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """`x` cut along `axis`, in equal sections (an int) or at the given indices.

    Raises: ValueError if the sections cannot be equal, or the axis has no known size.
    """
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    if not isinstance(indices_or_sections, (int, np.integer)):
        return _cut_at(x, axis, [int(i) for i in indices_or_sections])
    length = _length_to_split(x, axis, "split")
    if length % indices_or_sections:
        raise ValueError(
            f"Axis {axis} has size {length} and cannot be split into {indices_or_sections} equal sections."
            " Use array_split for uneven ones."
        )
    step = length // int(indices_or_sections)
    return _cut_at(x, axis, [step * i for i in range(1, int(indices_or_sections))])


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Like `split`; of a length that sections do not divide, the first ones get one element more."""
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    if not isinstance(indices_or_sections, (int, np.integer)):
        return split(x, indices_or_sections, axis)
    step, longer = divmod(_length_to_split(x, axis, "array_split"), int(indices_or_sections))
    return _cut_at(x, axis, [step * i + builtins.min(i, longer) for i in range(1, int(indices_or_sections))])


def _length_to_split(x: Tensor, axis: int, name: str) -> int:
    length = x.shape[axis]
    if length is None:
        raise ValueError(
            f"{name}: axis {axis} of a tensor of shape {x.shape} has no known size, so its sections have none. "
            "Split it at indices, or fix the size."
        )
    return length


def _cut_at(x: Tensor, axis: int, indices: list[int]) -> list[Tensor]:
    edges: list[Any] = [0, *indices, None]
    return [cut(x, axis, a, b, is_limited=True) for a, b in itertools.pairwise(edges)]


def cut(x: Tensor, axis: int, start: int, stop: int | None, is_limited: bool = False) -> Tensor:
    """x[start:stop] along `axis`; past its end only with `is_limited`."""
    if is_limited and x.shape[axis] is not None:
        start, stop, _ = slice(start, stop).indices(x.shape[axis])
        stop, is_limited = builtins.max(start, stop), False
    starts = tuple(start if i == axis else 0 for i in range(x.ndim))
    stops = tuple(stop if i == axis else s for i, s in enumerate(x.shape))
    limited = {"limited": (axis,)} if is_limited and (start or stop is not None) else {}
    return layout.slice_primitive(x, starts=starts, stops=stops, steps=(1,) * x.ndim, **limited)


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """The entries along `axis` as a list of tensors without it."""
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    count: Any = num or _length_to_split(x, axis, "unstack")
    return [squeeze(cut(x, axis, i, i + 1), axis) for i in range(count)]


def flip(x: Any, axis: Any = None) -> Tensor:
    """Entries along `axis` in reverse order; along all axes if None."""
    x = convert(x)
    return layout.flip_primitive(x, axes=normalize_axes(axis, x.ndim))


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each entry along `axis` repeated in place; of all elements in one axis if None."""
    x = convert(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, x.ndim)
    counts = np.asarray(repeats)
    if counts.size == 1:  # each element as often: copies on a new axis, joined with the old one
        copies = concatenate([expand_dims(x, axis + 1)] * int(counts.reshape(())), axis + 1)
        sizes = layout.known_or_axis(copies.shape)
        return layout.reshape_primitive(copies, shape=(*sizes[:axis], -1, *sizes[axis + 2 :]))
    if x.shape[axis] not in (None, len(counts)):
        raise ValueError(
            f"repeat needs one number for axis {axis} of size {x.shape[axis]}, or as many, and got {len(counts)}."
        )
    return take(x, np.repeat(np.arange(len(counts)), counts).astype(np.int32), axis)


def tile(x: Any, repeats: Any) -> Tensor:
    """The whole tensor repeated along each axis."""
    x = convert(x)
    counts = (repeats,) if isinstance(repeats, int) else tuple(int(r) for r in repeats)
    rank = builtins.max(x.ndim, len(counts))
    counts = (1,) * (rank - len(counts)) + counts
    if None in x.shape:
        for axis, count in enumerate(counts):
            x = concatenate([expand_dims(x, 0) if x.ndim < rank else x] * count, axis)
        return x
    sizes: Any = (1,) * (rank - x.ndim) + x.shape
    y = reshape(x, tuple(v for s in sizes for v in (1, s)))
    y = broadcast_to(y, tuple(v for s, c in zip(sizes, counts, strict=True) for v in (c, s)))
    return reshape(y, tuple(-1 if s is None else s * c for s, c in zip(sizes, counts, strict=True)))


def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    """Entries moved on by `shift` along `axis`; what leaves at the end comes in at the beginning."""
    x = convert(x)
    if axis is None:
        return reshape_by(roll(ravel(x), shift, 0), [(x, i) for i in range(x.ndim)])
    shifts = [shift] if isinstance(shift, int) else list(shift)
    axes = [axis] if isinstance(axis, int) else list(axis)
    for by, a in zip(shifts, axes, strict=True):
        a = normalize_axis(a, x.ndim)
        n: Any = x.shape[a]
        if n is None:
            x = take(x, (layout.positions_primitive(x, axis=a) - by) % length_of(x, a), a)
            continue
        by = by % n if n else 0
        if by:
            x = concatenate([cut(x, a, n - by, n), cut(x, a, 0, n - by)], a)
    return x


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """`x` with elements added around it: "constant", "reflect", "symmetric" or "edge"."""
    x = convert(x)
    widths = np.broadcast_to(np.asarray(pad_width, int), (x.ndim, 2)).tolist()
    if mode == "constant":
        value = 0 if constant_values is None else constant_values
        return layout.pad_primitive(x, widths=tuple((a, b) for a, b in widths), value=value)
    for axis, (before, after) in enumerate(widths):
        if (before or after) and x.shape[axis] is None:
            x = take(x, _padding_places(x, axis, before, after, mode), axis)
        elif before or after:
            x = take(x, np.pad(np.arange(x.shape[axis]), (before, after), mode=mode).astype(np.int32), axis)  # type: ignore[call-overload]
    return x


def length_of(x: Tensor, axis: int) -> Any:
    """The size of an axis: an int, or a tensor while it is unknown."""
    size = x.shape[axis]
    return reduction.count_(x, axes=(axis,), dtype="int32") if size is None else size


def _padding_places(x: Tensor, axis: int, before: int, after: int, mode: str) -> Tensor:
    """Which elements stand along a padded axis of unknown size, where it is longer than the padding."""
    n = length_of(x, axis)
    outside = np.arange(-before, 0, dtype=np.int32), np.arange(after, dtype=np.int32)
    place = concatenate([outside[0], layout.positions_primitive(x, axis=axis), n + outside[1]])
    if mode == "edge":
        return minimum(maximum(place, 0), n - 1)
    if mode not in ("reflect", "symmetric"):
        raise ValueError(f"pad knows the modes constant, reflect, symmetric and edge, and got {mode!r}.")
    skip = 1 if mode == "symmetric" else 0
    place = select(place < 0, -place - skip, place)
    return select(place >= n, (n - 1) * 2 - place + skip, place)


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
    i = cast(i, "int32")
    width = length_of(x, x.ndim - 1)
    i = select(i < 0, i + width, i) + _row_starts(x, width)
    return moveaxis(take(reshape(x, (-1,)), i, 0), -1, axis)


def _row_starts(x: Tensor, width: Any) -> Tensor:
    """Where each row (last axis) of `x` begins in the flattened tensor, with a last axis of size 1."""
    row: Any = 0
    for axis in range(x.ndim - 1):
        place = layout.positions_primitive(x, axis=axis)
        row = row * length_of(x, axis) + reshape(place, [-1 if i == axis else 1 for i in range(x.ndim)])
    return row * width


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
    chosen = cut(indices, x.ndim - 1, 0, k)
    return take_along_axis(x, chosen, -1), chosen


def in_top_k(targets: Any, predictions: Any, k: int) -> Tensor:
    """Whether the target's prediction is among the `k` largest of its row; ties count as within."""

    targets, predictions = convert(targets), convert(predictions)
    chosen = take_along_axis(predictions, expand_dims(cast(targets, "int32"), -1), -1)
    larger = reductions.sum(cast(predictions > chosen, "int32"), -1)
    return larger < k
