"""Reductions and scans along axes. Primitives take sorted, non-negative axes and drop them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.shapes import Shape
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.elementwise import equal, logical_and, select
from yeoul.ops.layout import (
    broadcast_primitive,
    flip_primitive,
    pad_primitive,
    reshape_primitive,
    slice_primitive,
    transpose_primitive,
)
from yeoul.ops.registry import Primitive, cast, primitive, register


def kept_shape(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """`shape` with the sizes of `axes` replaced by 1."""
    return tuple(1 if i in axes else s for i, s in enumerate(shape))


def restore(y: Tensor, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """`y`, reduced from `x` over `axes`, spread over x's shape again."""
    return broadcast_primitive(reshape_primitive(y, shape=kept_shape(x.shape, axes)), shape=tuple(x.shape))


class Reduce(Primitive):
    """y = reduce of x over `axes`."""

    def __init__(self, name: str, function: Any):
        self.name = name
        self.function = function

    def infer(self, x: Any, *, axes: tuple[int, ...]) -> Spec:
        return Spec(tuple(s for i, s in enumerate(x.shape) if i not in axes), x.dtype)

    def reference(self, x: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
        if x.dtype.itemsize == 2 and x.dtype.kind not in "iu":
            return np.asarray(self.function(x.astype(np.float32), axis=axes), x.dtype)
        return np.asarray(self.function(x, axis=axes), x.dtype)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, axes: tuple[int, ...]) -> tuple:
        if not dtypes.is_float(x.dtype):
            return (None,)
        if self.name == "sum":
            return (restore(g, x, axes),)
        if self.name == "prod":
            return (_product_gradient(g, x, axes),)
        # Elements that equal the extreme share the gradient.
        is_extreme = cast(equal(x, restore(y, x, axes)), x.dtype)
        return (is_extreme * restore(g / sum_(is_extreme, axes=axes), x, axes),)


def _product_gradient(g: Tensor, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    # The product of all other elements, right also where one of them is zero: exclusive products from both ends.
    order = tuple(i for i in range(x.ndim) if i not in axes) + axes
    moved = transpose_primitive(x, permutation=order)
    lead = moved.shape[: x.ndim - len(axes)]
    flat = reshape_primitive(moved, shape=(*lead, int(np.prod([x.shape[a] for a in axes], dtype=int))))
    axis = flat.ndim - 1
    before = _exclusive_product(flat, axis)
    after = flip_primitive(_exclusive_product(flip_primitive(flat, axes=(axis,)), axis), axes=(axis,))
    others = reshape_primitive(before * after, shape=tuple(moved.shape))
    back = tuple(int(i) for i in np.argsort(order))
    return transpose_primitive(others, permutation=back) * restore(g, x, axes)


def _exclusive_product(x: Tensor, axis: int) -> Tensor:
    widths = tuple((0, 0) if i != axis else (1, 0) for i in range(x.ndim))
    starts = (0,) * x.ndim
    stops = tuple(x.shape)
    padded = pad_primitive(x, widths=widths, value=1.0)
    return cumprod_primitive(slice_primitive(padded, starts=starts, stops=stops, steps=(1,) * x.ndim), axis=axis)


@primitive
class _Count(Primitive):
    """How many elements x has over `axes`, as a scalar: for means over axes whose sizes come with the data."""

    name = "count"

    def infer(self, x: Any, *, axes: tuple[int, ...], dtype: str) -> Spec:
        return Spec((), dtype)

    def reference(self, x: np.ndarray, *, axes: tuple[int, ...], dtype: str) -> np.ndarray:
        return np.asarray(math.prod(x.shape[axis] for axis in axes), dtypes.to_numpy(dtype))

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, axes: tuple[int, ...], dtype: str) -> tuple:
        return (None,)


count_: Any = _Count
sum_: Any = register(Reduce("sum", np.sum))
prod_: Any = register(Reduce("prod", np.prod))
max_: Any = register(Reduce("reduce_max", np.max))
min_: Any = register(Reduce("reduce_min", np.min))


def mean_(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The mean of a float tensor over `axes`, which are dropped."""
    total = sum_(x, axes=axes)
    sizes = [x.shape[axis] for axis in axes]
    if None in sizes:
        return total / count_(x, axes=axes, dtype=x.dtype)
    count = math.prod(sizes)  # type: ignore[arg-type]
    return total * (1.0 / count) if count and count & (count - 1) == 0 else total / float(count)


class _Variance(Reduce):
    """Mean squared deviation from the mean of a float tensor, which an engine can find in one pass."""

    def __init__(self) -> None:
        super().__init__("variance", np.var)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, axes: tuple[int, ...]) -> tuple:
        share = 2.0 / count_(x, axes=axes, dtype=x.dtype)
        return (restore(g * share, x, axes) * (x - restore(mean_(x, axes), x, axes)),)


variance_: Any = register(_Variance())


class ArgReduce(Primitive):
    """y = index of the extreme of x along `axis`, int32."""

    def __init__(self, name: str, function: Any):
        self.name = name
        self.function = function

    def infer(self, x: Any, *, axis: int) -> Spec:
        return Spec(x.shape[:axis] + x.shape[axis + 1 :], "int32")

    def reference(self, x: np.ndarray, *, axis: int) -> np.ndarray:
        return np.asarray(self.function(x, axis=axis), np.int32)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, axis: int) -> tuple:
        return (None,)


argmax_: Any = register(ArgReduce("argmax", np.argmax))
argmin_: Any = register(ArgReduce("argmin", np.argmin))


class Cumulative(Primitive):
    """y[i] = reduce of x[0..i] along `axis`."""

    def __init__(self, name: str, function: Any):
        self.name = name
        self.function = function

    def infer(self, x: Any, *, axis: int) -> Spec:
        return Spec(x.shape, x.dtype)

    def reference(self, x: np.ndarray, *, axis: int) -> np.ndarray:
        return np.asarray(self.function(x, axis=axis), x.dtype)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, axis: int) -> tuple:
        def suffix_sum(t: Tensor) -> Tensor:
            return flip_primitive(cumsum_primitive(flip_primitive(t, axes=(axis,)), axis=axis), axes=(axis,))

        if not dtypes.is_float(x.dtype):
            return (None,)
        if self.name == "cumsum":
            return (suffix_sum(g),)
        # Divided by each factor; at the first zero of a row the products without it are computed anew, and later ones get 0.
        is_zero = equal(x, 0)
        zeros = cumsum_primitive(cast(is_zero, "int32"), axis=axis)
        is_first = logical_and(is_zero, equal(zeros, 1))
        without = cumprod_primitive(select(is_first, 1, x), axis=axis)
        return (select(is_first, suffix_sum(g * without), suffix_sum(g * y) / select(is_zero, 1, x)),)


cumsum_primitive: Any = register(Cumulative("cumsum", np.cumsum))
cumprod_primitive: Any = register(Cumulative("cumprod", np.cumprod))
