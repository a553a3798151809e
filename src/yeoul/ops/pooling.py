"""Largest elements, sums and means over windows of one to three spatial axes. The primitives are channels last.

    max_pool:       y[n, o, c] = max over k of x[n, o stride + k - low, c], places outside x left out
    max_pool_grad:  dy of each window at the place of its largest element, the first in row-major order if several are
    max_pool_pick:  g at those places: the transpose of max_pool_grad in dy
    sum_pool:       y[n, o, c] = sum over k of x[n, o stride + k - low, c], places outside x being zero
    sum_pool_grad:  the transpose of sum_pool

`window` and `strides` have one entry a spatial axis, `padding` one pair (low, high), none negative. A padding is smaller
than its window, so that every window holds an element.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.shapes import Shape
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.convolution import (
    Pairs,
    channels_back,
    channels_last,
    explicit_padding,
    offsets_in,
    padded,
    per_axis,
    widened,
    window_counts,
    windows_of,
)
from yeoul.ops.creation import ones_like
from yeoul.ops.products import matmul
from yeoul.ops.reductions import max as largest
from yeoul.ops.registry import Primitive, cast, primitive
from yeoul.ops.shaping import moveaxis, reshape, take

__all__ = ["adaptive_average_pool", "adaptive_max_pool", "average_pool", "max_pool"]


def _pooled_shape(name: str, shape: Shape, window: tuple, strides: tuple, padding: Pairs) -> Shape:
    counts = window_counts(name, shape[1:-1], window, strides, padding, (1,) * len(window))
    if any(a >= k or b >= k for k, (a, b) in zip(window, padding, strict=True)):
        raise ValueError(f"{name}: each padding must be smaller than its window {window}, and got {padding}.")
    return (shape[0], *counts, shape[-1])


def _lowest(dtype: np.dtype) -> Any:
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return False if dtype.kind == "b" else -np.inf


def _windows(x: np.ndarray, window: tuple, strides: tuple, padding: Pairs, value: Any) -> np.ndarray:
    """(batch, *counts, places, channels): the elements of each window, row-major."""
    counts = _pooled_shape("max_pool", x.shape, window, strides, padding)[1:-1]
    view = windows_of(padded(x, padding, value), window, strides, (1,) * len(window), counts)  # type: ignore[arg-type]
    return view.reshape(x.shape[0], *counts, int(np.prod(window)), x.shape[-1])  # type: ignore[arg-type]


def _first_largest(x: np.ndarray, window: tuple, strides: tuple, padding: Pairs) -> np.ndarray:
    """(batch, *counts, 1, channels): which place of each window holds its largest element; padding never does."""
    elements = _windows(x, window, strides, padding, _lowest(x.dtype))
    if elements.dtype.kind not in "fiub":
        elements = widened(elements)
    largest = elements.max(-2, keepdims=True)
    inside = _windows(np.ones(x.shape, bool), window, strides, padding, False)
    return np.argmax(((elements == largest) | (elements != elements)) & inside, -2, keepdims=True)


@primitive
class _MaxPool(Primitive):
    """y = the largest element of each window; NaN if one is NaN."""

    name = "max_pool"

    def infer(self, x: Any, *, window: tuple, strides: tuple, padding: Pairs) -> Spec:
        return Spec(_pooled_shape(self.name, x.shape, window, strides, padding), x.dtype)

    def reference(self, x: np.ndarray, *, window: tuple, strides: tuple, padding: Pairs) -> np.ndarray:
        return np.ascontiguousarray(_windows(x, window, strides, padding, _lowest(x.dtype)).max(-2))

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, **geometry: Any) -> tuple:
        return (max_pool_grad_primitive(x, y, g, **geometry) if dtypes.is_float(x.dtype) else None,)


@primitive
class _MaxPoolGrad(Primitive):
    """dx of max_pool from x, y = max_pool(x) and dy."""

    name = "max_pool_grad"

    def infer(self, x: Any, y: Any, dy: Any, *, window: tuple, strides: tuple, padding: Pairs) -> Spec:
        return Spec(tuple(x.shape), dy.dtype)

    def reference(
        self, x: np.ndarray, y: np.ndarray, dy: np.ndarray, *, window: tuple, strides: tuple, padding: Pairs
    ) -> np.ndarray:
        chosen = _first_largest(x, window, strides, padding)[..., 0, :]
        dx = np.zeros(padded(x, padding).shape, widened(dy).dtype)
        for i, (_, met) in enumerate(offsets_in(window, strides, (1,) * len(window), y.shape[1:-1])):
            dx[met] += np.where(chosen == i, dy, dy.dtype.type(0))
        return _without(dx, x.shape, padding).astype(dy.dtype, copy=False)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, dy: Tensor, dx: Tensor, **geometry: Any) -> tuple:
        return None, None, max_pool_pick_primitive(x, y, g, **geometry)


@primitive
class _MaxPoolPick(Primitive):
    """The element of g, which has the shape of x, at the place of each window's largest x."""

    name = "max_pool_pick"

    def infer(self, x: Any, y: Any, g: Any, *, window: tuple, strides: tuple, padding: Pairs) -> Spec:
        return Spec(_pooled_shape(self.name, x.shape, window, strides, padding), g.dtype)

    def reference(
        self, x: np.ndarray, y: np.ndarray, g: np.ndarray, *, window: tuple, strides: tuple, padding: Pairs
    ) -> np.ndarray:
        chosen = _first_largest(x, window, strides, padding)
        return np.take_along_axis(_windows(g, window, strides, padding, 0), chosen, -2)[..., 0, :]

    def gradient(self, d: Tensor, x: Tensor, y: Tensor, g: Tensor, picked: Tensor, **geometry: Any) -> tuple:
        return None, None, max_pool_grad_primitive(x, y, d, **geometry)


@primitive
class _SumPool(Primitive):
    """y = the sum of each window."""

    name = "sum_pool"

    def infer(self, x: Any, *, window: tuple, strides: tuple, padding: Pairs) -> Spec:
        return Spec(_pooled_shape(self.name, x.shape, window, strides, padding), x.dtype)

    def reference(self, x: np.ndarray, *, window: tuple, strides: tuple, padding: Pairs) -> np.ndarray:
        return _windows(widened(x), window, strides, padding, 0).sum(-2).astype(x.dtype, copy=False)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, **geometry: Any) -> tuple:
        return (sum_pool_grad_primitive(g, input_shape=tuple(x.shape), **geometry),)


@primitive
class _SumPoolGrad(Primitive):
    """dx of sum_pool from dy. `input_shape` is that of x; its batch, which may be None, is dy's."""

    name = "sum_pool_grad"

    def infer(self, dy: Any, *, input_shape: Shape, window: tuple, strides: tuple, padding: Pairs) -> Spec:
        return Spec((dy.shape[0], *input_shape[1:]), dy.dtype)

    def reference(
        self, dy: np.ndarray, *, input_shape: Shape, window: tuple, strides: tuple, padding: Pairs
    ) -> np.ndarray:
        shape = (dy.shape[0], *input_shape[1:])
        sizes = [s + a + b for s, (a, b) in zip(shape[1:-1], padding, strict=True)]  # type: ignore[operator]
        dx = np.zeros((shape[0], *sizes, shape[-1]), widened(dy).dtype)
        for _, met in offsets_in(window, strides, (1,) * len(window), dy.shape[1:-1]):
            dx[met] += dy
        return _without(dx, shape, padding).astype(dy.dtype, copy=False)

    def gradient(self, g: Tensor, dy: Tensor, dx: Tensor, *, input_shape: Shape, **geometry: Any) -> tuple:
        return (sum_pool_primitive(g, **geometry),)


def _without(x: np.ndarray, shape: Shape, padding: Pairs) -> np.ndarray:
    """A padded x with its padding taken off again."""
    inner = tuple(slice(a, a + s) for s, (a, _) in zip(shape[1:-1], padding, strict=True))  # type: ignore[operator]
    return np.ascontiguousarray(x[(slice(None), *inner)])


max_pool_primitive: Any = _MaxPool
max_pool_grad_primitive: Any = _MaxPoolGrad
max_pool_pick_primitive: Any = _MaxPoolPick
sum_pool_primitive: Any = _SumPool
sum_pool_grad_primitive: Any = _SumPoolGrad


# -- what users call ----------------------------------------------------------------------------------------------------
def _geometry(name: str, x: Tensor, pool_size: Any, strides: Any, padding: str) -> dict[str, Any]:
    rank = x.ndim - 2
    window = per_axis(pool_size, rank, f"{name}: pool_size")
    strides = window if strides is None else per_axis(strides, rank, f"{name}: strides")
    return {
        "window": window,
        "strides": strides,
        "padding": explicit_padding(name, x, padding, window, strides),
    }


def max_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Tensor:
    """The largest element of each window.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) with data_format="channels_first".
        pool_size: an int, or one for each spatial axis.
        strides: steps between windows; `pool_size` if None.
        padding: "valid" or "same".

    Raises: ValueError if no window fits.
    """
    x, is_first = channels_last(inputs, data_format)
    return channels_back(max_pool_primitive(x, **_geometry("max_pool", x, pool_size, strides, padding)), is_first)


def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Tensor:
    """The mean of each window over the places that lie within the input. Arguments as in `max_pool`."""
    x, is_first = channels_last(inputs, data_format)
    x = x if dtypes.is_float(x.dtype) else cast(x, config.floatx())
    geometry = _geometry("average_pool", x, pool_size, strides, padding)
    total = sum_pool_primitive(x, **geometry)
    if any(a or b for a, b in geometry["padding"]):
        if None in x.shape[1:-1]:
            y = total / sum_pool_primitive(ones_like(x), **geometry)
        else:
            inside = np.ones((1, *x.shape[1:-1], 1))  # type: ignore[arg-type]
            y = total * cast(1.0 / sum_pool_primitive.reference(inside, **geometry), x.dtype)
    else:
        y = total * (1.0 / float(np.prod(geometry["window"])))
    return channels_back(y, is_first)


def _bins(name: str, x: Tensor, output_size: Any) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """(axis, starts, stops) of the bins along each spatial axis: bin i of m holds floor(i n / m) to ceil((i + 1) n / m)."""
    sizes = per_axis(output_size, x.ndim - 2, f"{name}: output_size")
    found = []
    for axis, (n, m) in enumerate(zip(x.shape[1:-1], sizes, strict=True), 1):
        if n is None:
            raise ValueError(f"{name} must know the spatial sizes of its input, and got shape {x.shape}.")
        i = np.arange(m)
        found.append((axis, i * n // m, -(-(i + 1) * n // m)))
    return found


def _equal_windows(x: Tensor, bins: list) -> dict[str, Any] | None:
    """The geometry of plain pooling where every bin has the same size and none overlap."""
    sizes = tuple(n for n in x.shape[1:-1])
    if any(n % len(starts) for n, (_, starts, _) in zip(sizes, bins, strict=True)):  # type: ignore[operator]
        return None
    window = tuple(n // len(starts) for n, (_, starts, _) in zip(sizes, bins, strict=True))  # type: ignore[operator]
    return {"window": window, "strides": window, "padding": ((0, 0),) * len(window)}


def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """Means over as many bins as `output_size` says: bin i of m along an axis of n holds floor(i n / m) to ceil((i + 1) n / m).

    Raises: ValueError if a spatial size is unknown.
    """
    x, is_first = channels_last(inputs, data_format)
    x = x if dtypes.is_float(x.dtype) else cast(x, config.floatx())
    bins = _bins("adaptive_average_pool", x, output_size)
    geometry = _equal_windows(x, bins)
    if geometry is not None:
        return channels_back(sum_pool_primitive(x, **geometry) * (1.0 / float(np.prod(geometry["window"]))), is_first)
    for axis, starts, stops in bins:
        places = np.arange(x.shape[axis])
        weights = ((places >= starts[:, None]) & (places < stops[:, None])) / (stops - starts)[:, None]
        x = moveaxis(matmul(moveaxis(x, axis, -1), cast(weights.T, x.dtype)), -1, axis)
    return channels_back(x, is_first)


def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """Largest elements of the bins of `adaptive_average_pool`.

    Raises: ValueError if a spatial size is unknown.
    """
    x, is_first = channels_last(inputs, data_format)
    bins = _bins("adaptive_max_pool", x, output_size)
    geometry = _equal_windows(x, bins)
    if geometry is not None:
        return channels_back(max_pool_primitive(x, **geometry), is_first)
    for axis, starts, stops in bins:
        width = int((stops - starts).max())
        # Bins shorter than the longest repeat their last element.
        places = np.minimum(starts[:, None] + np.arange(width), stops[:, None] - 1).astype(np.int32)
        shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
        x = largest(reshape(take(x, places.reshape(-1), axis), tuple(-1 if s is None else s for s in shape)), axis + 1)
    return channels_back(x, is_first)
