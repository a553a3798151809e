"""Finding elements: places in sorted sequences, members of sets, distinct values, elements that are not zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.creation import full_like
from yeoul.ops.elementwise import equal, logical_not, minimum
from yeoul.ops.registry import Primitive, concrete, convert, primitive, promoted
from yeoul.ops.shaping import argsort, ravel, sort, take

__all__ = ["argpartition", "digitize", "isin", "nonzero", "searchsorted", "unique", "unravel_index"]


@primitive
class _SearchSorted(Primitive):
    """y = where in the ascending vector `sequence` each value belongs: before equal elements, or after them ("right")."""

    name = "searchsorted"

    def infer(self, sequence: Any, values: Any, *, side: str) -> Spec:
        return Spec(values.shape, "int32")

    def reference(self, sequence: np.ndarray, values: np.ndarray, *, side: str) -> np.ndarray:
        return np.searchsorted(sequence, values, side).astype(np.int32)

    def gradient(self, g: Tensor, sequence: Tensor, values: Tensor, y: Tensor, *, side: str) -> tuple:
        return None, None


_searchsorted: Any = _SearchSorted


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Tensor:
    """Where in an ascending vector the `values` would have to be inserted to keep its order, int32.

    Args:
        side: "left" to stand before equal elements, "right" after them.

    Raises: ValueError if the sequence is no vector, or for another side.
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted knows the sides left and right, and got {side!r}.")
    sequence, values = promoted(sorted_sequence, values)
    if sequence.ndim != 1:
        raise ValueError(f"searchsorted needs a sorted vector, and got shape {sequence.shape}.")
    return _searchsorted(sequence, values, side=side)


def digitize(x: Any, bins: Any) -> Tensor:
    """The number of the interval each element lies in: how many of the ascending edges `bins` are not above it, int32."""
    return searchsorted(bins, x, side="right")


def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element of `x1` is an element of `x2`; whether it is not, with `invert`.

    `assume_unique` changes nothing but what is promised.
    """
    a, b = promoted(x1, x2)
    b = sort(ravel(b))
    if b.shape[0] == 0:
        return full_like(a, invert, "bool")
    place = minimum(searchsorted(b, a), b.shape[0] - 1)  # type: ignore[operator]
    found = equal(take(b, place, 0), a)
    return logical_not(found) if invert else found


def argpartition(x: Any, kth: int, axis: int | None = -1) -> Tensor:
    """Indices, int32, that bring to place `kth` along `axis` the element that stands there when sorted, smaller ones before it.

    They sort the tensor altogether: of several partitions, this one.
    """
    x = convert(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, x.ndim)
    if x.shape[axis] is not None and not -x.shape[axis] <= kth < x.shape[axis]:
        raise ValueError(f"argpartition: kth={kth} is out of range for axis {axis} of size {x.shape[axis]}.")
    return argsort(x, axis)


def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """For indices into a flattened tensor of `shape`, the index along each axis; indices beyond it start again."""
    rest = convert(indices)
    found = []
    for size in reversed([int(s) for s in shape]):
        found.append(rest % size)
        rest = rest // size
    return tuple(reversed(found))


# -- results whose size depends on values ---------------------------------------------------------------------------------
def nonzero(x: Any) -> list[Tensor]:
    """The indices of the elements that are not 0, int32: one vector for each axis.

    Raises: TypeError if the tensor is symbolic.
    """
    array = concrete(x, "nonzero", "Use where(condition, x1, x2) or multiply by a mask.")
    return [convert(i.astype(np.int32)) for i in np.nonzero(np.atleast_1d(array))]


class _Unique(Primitive):
    """(values, first indices, inverse, counts) of the distinct elements, or subtensors along `axis`, of x: `size` of them."""

    name = "unique"

    def infer(self, x: Any, *, size: int, fill_value: Any, axis: int | None, is_sorted: bool) -> list[Spec]:
        shape = (size,) if axis is None else (*x.shape[:axis], size, *x.shape[axis + 1 :])
        inverse = x.shape if axis is None else (x.shape[axis],)
        return [Spec(shape, x.dtype), Spec((size,), "int32"), Spec(inverse, "int32"), Spec((size,), "int32")]

    def reference(
        self, x: np.ndarray, *, size: int, fill_value: Any, axis: int | None, is_sorted: bool
    ) -> tuple[np.ndarray, ...]:
        values, first, inverse, counts = distinct(x, axis, is_sorted)
        along, n = axis or 0, len(first)
        if n >= size:
            kept = np.arange(size)
            return np.take(values, kept, along), first[:size], np.minimum(inverse, size - 1), counts[:size]
        widths = [(0, size - n if i == along else 0) for i in range(values.ndim)]
        values = np.pad(values, widths, constant_values=0 if fill_value is None else fill_value)
        more = (0, size - n)
        return values, np.pad(first, more, constant_values=first[0] if n else 0), inverse, np.pad(counts, more)

    def gradient(self, g: Any, x: Tensor, y: Any, **attributes: Any) -> tuple:
        return (None,)


def distinct(x: np.ndarray, axis: int | None, is_sorted: bool) -> tuple[np.ndarray, ...]:
    values, first, inverse, counts = np.unique(x, True, True, True, axis=axis)
    if not is_sorted:  # in the order of their first appearance
        order = np.argsort(first, kind="stable")
        values, first, counts = np.take(values, order, axis or 0), first[order], counts[order]
        inverse = np.argsort(order)[inverse]
    shape = x.shape if axis is None else (x.shape[axis],)
    return values, first.astype(np.int32), inverse.reshape(shape).astype(np.int32), counts.astype(np.int32)


_unique: Any = primitive(_Unique)


def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The distinct elements of `x`, ascending, or in the order they appear in if not `sorted`.

    Args:
        return_index, return_inverse, return_counts: whether to give also where each first appears, which of them each
            element of `x` is, and how often each appears, int32.
        axis: compares subtensors along this axis; single elements if None.
        size: how many to give: needed in a model, whose sizes must be known. Further ones are cut off; places left over
            hold `fill_value` (0 if not given).

    Raises: TypeError without `size` if the tensor is symbolic.
    """
    x = convert(x)
    axis = None if axis is None else normalize_axis(axis, x.ndim)
    if size is None:
        array = concrete(x, "unique", "Give `size`, how many distinct values to make room for.")
        results = [convert(part) for part in distinct(array, axis, sorted)]
    else:
        results = _unique(x, size=int(size), fill_value=fill_value, axis=axis, is_sorted=sorted)
    wanted = [results[0]] + [
        r for r, is_wanted in zip(results[1:], (return_index, return_inverse, return_counts), strict=True) if is_wanted
    ]
    return wanted[0] if len(wanted) == 1 else tuple(wanted)
