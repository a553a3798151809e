"""Primitives that move elements without changing them: reshape, transpose, slice, pad, concatenate, gather, sort."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.shapes import Shape, size_of
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.registry import Primitive, primitive, unbroadcast


@primitive
class _Reshape(Primitive):
    """The same elements in row-major order under another shape; one size may be -1."""

    name = "reshape"

    def infer(self, x: Any, *, shape: Shape) -> Spec:
        return Spec(resolve_shape(x.shape, shape), x.dtype)

    def reference(self, x: np.ndarray, *, shape: Shape) -> np.ndarray:
        return x.reshape(resolve_shape(x.shape, shape))

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, shape: Shape) -> tuple:
        return (reshape_primitive(g, shape=tuple(x.shape)),)


def resolve_shape(old: Shape, new: Shape) -> Shape:
    """`new` with its -1 replaced by the size that keeps the number of elements of `old` (None if that is unknown)."""
    total = size_of(old)
    if any(s is None for s in new):
        new = tuple(-1 if s is None else s for s in new)
        if new.count(-1) > 1:
            return tuple(None if s == -1 else s for s in new)
    if new.count(-1) > 1:
        raise ValueError(f"Only one size can be -1 in the new shape, and got {new}.")
    known = 1
    for s in new:
        known *= 1 if s == -1 else s  # type: ignore[operator]
    if total is None:
        # Elements per unknown: the free size is still fixed when the known sizes agree and a single unknown remains.
        old_known = size_of(tuple(s for s in old if s is not None))
        if -1 in new and list(old).count(None) == 1 and old_known == known:
            return tuple(None if s == -1 else s for s in new)
        return tuple(None if s == -1 else s for s in new)
    if -1 in new:
        if known == 0 or total % known:
            raise ValueError(f"Cannot reshape {old} ({total} elements) to {new}: {total} is not a multiple of {known}.")
        return tuple(total // known if s == -1 else s for s in new)
    if known != total:
        raise ValueError(f"Cannot reshape {old} ({total} elements) to {new} ({known} elements).")
    return tuple(new)


@primitive
class _Transpose(Primitive):
    name = "transpose"

    def infer(self, x: Any, *, permutation: tuple[int, ...]) -> Spec:
        return Spec(tuple(x.shape[i] for i in permutation), x.dtype)

    def reference(self, x: np.ndarray, *, permutation: tuple[int, ...]) -> np.ndarray:
        return np.ascontiguousarray(np.transpose(x, permutation))

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, permutation: tuple[int, ...]) -> tuple:
        return (transpose_primitive(g, permutation=tuple(int(i) for i in np.argsort(permutation))),)


@primitive
class _BroadcastTo(Primitive):
    name = "broadcast_to"

    def infer(self, x: Any, *, shape: Shape) -> Spec:
        lead = len(shape) - len(x.shape)
        if lead < 0 or any(a not in (1, b, None) for a, b in zip(x.shape, shape[lead:], strict=True) if b is not None):
            raise ValueError(f"A tensor of shape {x.shape} cannot be broadcast to {shape}.")
        return Spec(tuple(shape), x.dtype)

    def reference(self, x: np.ndarray, *, shape: Shape) -> np.ndarray:
        return np.ascontiguousarray(np.broadcast_to(x, shape))

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, shape: Shape) -> tuple:
        return (unbroadcast(g, x.shape),)


@primitive
class _Slice(Primitive):
    """x[starts:stops:steps] on every axis; 0 <= start <= stop <= size and step >= 1. A stop of None means the end."""

    name = "slice"

    def infer(self, x: Any, *, starts: tuple, stops: tuple, steps: tuple) -> Spec:
        shape = tuple(
            (None if stop is None and size is None else max(0, -(-((size if stop is None else stop) - start) // step)))
            for size, start, stop, step in zip(x.shape, starts, stops, steps, strict=True)
        )
        return Spec(shape, x.dtype)

    def reference(self, x: np.ndarray, *, starts: tuple, stops: tuple, steps: tuple) -> np.ndarray:
        return np.ascontiguousarray(x[tuple(slice(*s) for s in zip(starts, stops, steps, strict=True))]).reshape(
            self.infer(x, starts=starts, stops=stops, steps=steps).shape
        )

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, starts: tuple, stops: tuple, steps: tuple) -> tuple:
        return (unslice_primitive(g, shape=tuple(x.shape), starts=starts, steps=steps),)


@primitive
class _Unslice(Primitive):
    """Zeros of `shape` with x written at starts, starts + steps, ...: the transpose of slice."""

    name = "unslice"

    def infer(self, x: Any, *, shape: Shape, starts: tuple, steps: tuple) -> Spec:
        return Spec(tuple(shape), x.dtype)

    def reference(self, x: np.ndarray, *, shape: Shape, starts: tuple, steps: tuple) -> np.ndarray:
        y = np.zeros(shape, x.dtype)
        y[tuple(slice(a, a + n * s, s) for a, n, s in zip(starts, x.shape, steps, strict=True))] = x
        return y

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, shape: Shape, starts: tuple, steps: tuple) -> tuple:
        stops = tuple(a + (n - 1) * s + 1 if n else a for a, n, s in zip(starts, x.shape, steps, strict=True))
        return (slice_primitive(g, starts=starts, stops=stops, steps=steps),)


@primitive
class _Flip(Primitive):
    name = "flip"

    def infer(self, x: Any, *, axes: tuple[int, ...]) -> Spec:
        return Spec(x.shape, x.dtype)

    def reference(self, x: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
        return np.ascontiguousarray(np.flip(x, axes))

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, axes: tuple[int, ...]) -> tuple:
        return (flip_primitive(g, axes=axes),)


@primitive
class _Pad(Primitive):
    """x with `widths` (before, after) elements of `value` around each axis."""

    name = "pad"

    def infer(self, x: Any, *, widths: tuple, value: float) -> Spec:
        return Spec(tuple(None if s is None else s + a + b for s, (a, b) in zip(x.shape, widths, strict=True)), x.dtype)

    def reference(self, x: np.ndarray, *, widths: tuple, value: float) -> np.ndarray:
        return np.pad(x, widths, constant_values=value)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, widths: tuple, value: float) -> tuple:
        starts = tuple(a for a, _ in widths)
        stops = tuple(a + s for (a, _), s in zip(widths, x.shape, strict=True))
        return (slice_primitive(g, starts=starts, stops=stops, steps=(1,) * x.ndim),)


@primitive
class _Concatenate(Primitive):
    name = "concatenate"

    def infer(self, *inputs: Any, axis: int) -> Spec:
        first = inputs[0].shape
        for x in inputs[1:]:
            if len(x.shape) != len(first) or any(
                i != axis and a != b and a is not None and b is not None
                for i, (a, b) in enumerate(zip(x.shape, first, strict=False))
            ):
                shapes = ", ".join(str(i.shape) for i in inputs)
                raise ValueError(f"Only axis {axis} may differ between tensors to concatenate; got shapes {shapes}.")
        sizes = [x.shape[axis] for x in inputs]
        total = None if None in sizes else sum(sizes)
        merged = tuple(next((x.shape[i] for x in inputs if x.shape[i] is not None), None) for i in range(len(first)))
        return Spec((*merged[:axis], total, *merged[axis + 1 :]), inputs[0].dtype)

    def reference(self, *arrays: np.ndarray, axis: int) -> np.ndarray:
        return np.concatenate(arrays, axis)

    def gradient(self, g: Tensor, *inputs_then_output: Tensor, axis: int) -> list:
        grads, start = [], 0
        for x in inputs_then_output[:-1]:
            stop = start + x.shape[axis]  # type: ignore[operator]
            starts = tuple(start if i == axis else 0 for i in range(x.ndim))
            stops = tuple(stop if i == axis else s for i, s in enumerate(x.shape))
            grads.append(slice_primitive(g, starts=starts, stops=stops, steps=(1,) * x.ndim))
            start = stop
        return grads


@primitive
class _Gather(Primitive):
    """y = take(x, indices, axis). Negative indices count from the end; others out of range are an error, or clipped."""

    name = "gather"

    def infer(self, x: Any, indices: Any, *, axis: int, mode: str = "error") -> Spec:
        return Spec(x.shape[:axis] + indices.shape + x.shape[axis + 1 :], x.dtype)

    def reference(self, x: np.ndarray, indices: np.ndarray, *, axis: int, mode: str = "error") -> np.ndarray:
        return np.take(x, indices, axis, mode="clip" if mode == "clip" else "raise")

    def gradient(self, g: Tensor, x: Tensor, indices: Tensor, y: Tensor, *, axis: int, mode: str = "error") -> tuple:
        if not dtypes.is_float(x.dtype):
            return None, None
        return scatter_add_primitive(g, indices, axis=axis, size=x.shape[axis], rank=indices.ndim), None


@primitive
class _ScatterAdd(Primitive):
    """Zeros with `size` along `axis`, to which updates are added at indices (of rank `rank`): the transpose of gather."""

    name = "scatter_add"

    def infer(self, updates: Any, indices: Any, *, axis: int, size: int, rank: int) -> Spec:
        return Spec((*updates.shape[:axis], size, *updates.shape[axis + rank :]), updates.dtype)

    def reference(self, updates: np.ndarray, indices: np.ndarray, *, axis: int, size: int, rank: int) -> np.ndarray:
        lead, trail = updates.shape[:axis], updates.shape[axis + rank :]
        outer, inner = int(np.prod(lead, dtype=int)), int(np.prod(trail, dtype=int))
        y = np.zeros((outer, size, inner), updates.dtype)
        flat = updates.reshape(outer, -1, inner)
        np.add.at(y, (slice(None), indices.reshape(-1)), flat)  # type: ignore[arg-type]
        return y.reshape(*lead, size, *trail)

    def gradient(
        self, g: Tensor, updates: Tensor, indices: Tensor, y: Tensor, *, axis: int, size: int, rank: int
    ) -> tuple:
        return gather_primitive(g, indices, axis=axis), None


@primitive
class _Sort(Primitive):
    """(values, indices) in ascending order along the last axis; equal elements keep their order."""

    name = "sort"

    def infer(self, x: Any) -> list[Spec]:
        return [Spec(x.shape, x.dtype), Spec(x.shape, "int32")]

    def reference(self, x: np.ndarray) -> tuple:
        order = np.argsort(x, -1, kind="stable")
        return np.take_along_axis(x, order, -1), order.astype(np.int32)

    def gradient(self, g: Any, x: Tensor, y: Any) -> tuple:
        # Each element's gradient lies where the element went: gather by the inverse permutation.
        indices = y[1]
        inverse = sort_primitive(indices)[1]
        rows = 1
        for s in x.shape[:-1]:
            rows *= s  # type: ignore[assignment, operator]
        n = x.shape[-1]
        offsets = (np.arange(rows, dtype=np.int32) * n).reshape(rows, 1)
        flat = reshape_primitive(g[0], shape=(rows * n,))  # type: ignore[operator]
        taken = gather_primitive(flat, reshape_primitive(inverse, shape=(rows, n)) + offsets, axis=0)
        return (reshape_primitive(taken, shape=tuple(x.shape)),)


reshape_primitive: Any = _Reshape
transpose_primitive: Any = _Transpose
broadcast_primitive: Any = _BroadcastTo
slice_primitive: Any = _Slice
unslice_primitive: Any = _Unslice
flip_primitive: Any = _Flip
pad_primitive: Any = _Pad
concatenate_primitive: Any = _Concatenate
gather_primitive: Any = _Gather
scatter_add_primitive: Any = _ScatterAdd
sort_primitive: Any = _Sort
