"""Sums, extremes, moments and other reductions with Keras' `axis` and `keepdims`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yeoul.core import config, dtypes
from yeoul.core.shapes import normalize_axes, normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import absolute, exp, log, maximum, minimum, select, sqrt, square, stop_gradient
from yeoul.ops.elementwise import isfinite as is_finite
from yeoul.ops.layout import reshape_primitive
from yeoul.ops.reduction import (
    argmax_,
    argmin_,
    cumprod_primitive,
    cumsum_primitive,
    kept_shape,
    max_,
    min_,
    prod_,
    sum_,
)
from yeoul.ops.registry import cast, convert

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "min",
    "moments",
    "norm",
    "prod",
    "std",
    "sum",
    "var",
]

Axis = int | Sequence[int] | None


def _reduce(primitive: Any, x: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    axes = normalize_axes(axis, x.ndim)
    y = primitive(x, axes=axes) if axes else x
    return _keep(y, x, axes) if keepdims else y


def _keep(y: Tensor, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    shape = kept_shape(x.shape, axes)
    return reshape_primitive(y, shape=tuple(-1 if s is None else s for s in shape))


def _summable(x: Any) -> Tensor:
    x = convert(x)
    if x.dtype in ("bool", "int8", "int16"):
        return cast(x, "int32")
    return cast(x, "uint32") if x.dtype in ("uint8", "uint16") else x


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum of the elements over `axis` (all axes if None)."""
    return _reduce(sum_, _summable(x), axis, keepdims)


def prod(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """Product of the elements over `axis`."""
    x = _summable(x) if dtype is None else cast(x, dtype)
    return _reduce(prod_, x, axis, keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean over `axis`; integers give floatx."""
    x = convert(x)
    if not dtypes.is_float(x.dtype):
        x = cast(x, config.floatx())
    axes = normalize_axes(axis, x.ndim)
    count: Any = 1
    for a in axes:
        size = x.shape[a]
        if size is None:
            count = None
            break
        count *= size
    total = _reduce(sum_, x, axis, keepdims)
    if count is None:  # only the shape matters while sizes are unknown
        return total
    return total * (1.0 / count) if count and count & (count - 1) == 0 else total / float(count)


def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Largest element over `axis`."""
    y = _reduce(max_, convert(x), axis, keepdims)
    return y if initial is None else maximum(y, initial)


def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Smallest element over `axis`."""
    y = _reduce(min_, convert(x), axis, keepdims)
    return y if initial is None else minimum(y, initial)


amax, amin = max, min


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element over `axis` is true."""
    return _reduce(min_, cast(x, "bool"), axis, keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether some element over `axis` is true."""
    return _reduce(max_, cast(x, "bool"), axis, keepdims)


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Population variance over `axis`."""
    x = convert(x)
    if not dtypes.is_float(x.dtype):
        x = cast(x, config.floatx())
    return mean(square(x - mean(x, axis, keepdims=True)), axis, keepdims)


def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Population standard deviation over `axis`."""
    return sqrt(var(x, axis, keepdims))


def moments(x: Any, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> tuple[Tensor, Tensor]:
    """Mean and variance over `axes`."""
    return mean(x, axes, keepdims), var(x, axes, keepdims)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over `axis`, without overflow."""
    x = convert(x)
    largest = stop_gradient(max(x, axis, keepdims=True))
    largest = select(is_finite(largest), largest, 0)
    y = log(sum(exp(x - largest), axis, keepdims=True)) + largest
    return y if keepdims else reshape_primitive(y, shape=_dropped(x, axis))


def _dropped(x: Tensor, axis: Axis) -> tuple[int, ...]:
    axes = normalize_axes(axis, x.ndim)
    return tuple(-1 if s is None else s for i, s in enumerate(x.shape) if i not in axes)


def _arg(primitive: Any, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    x = convert(x)
    if axis is None:
        y = primitive(reshape_primitive(x, shape=(-1,)), axis=0)
        return reshape_primitive(y, shape=(1,) * x.ndim) if keepdims else y
    a = normalize_axis(axis, x.ndim)
    y = primitive(x, axis=a)
    return _keep(y, x, (a,)) if keepdims else y


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the first largest element along `axis` (of the flattened tensor if None), int32."""
    return _arg(argmax_, x, axis, keepdims)


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the first smallest element along `axis`, int32."""
    return _arg(argmin_, x, axis, keepdims)


def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running sums along `axis`."""
    return _cumulate(cumsum_primitive, x, axis, dtype)


def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running products along `axis`."""
    return _cumulate(cumprod_primitive, x, axis, dtype)


def _cumulate(primitive: Any, x: Any, axis: int | None, dtype: Any) -> Tensor:
    x = _summable(x) if dtype is None else cast(x, dtype)
    if axis is None:
        return primitive(reshape_primitive(x, shape=(-1,)), axis=0)
    return primitive(x, axis=normalize_axis(axis, x.ndim))


def average(x: Any, axis: Axis = None, weights: Any = None) -> Tensor:
    """Mean of `x` weighted by `weights` (of x's shape)."""
    if weights is None:
        return mean(x, axis)
    x, w = convert(x), convert(weights)
    return sum(x * w, axis) / sum(w, axis)


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Vector norm over `axis`: 2 (the default), 1, or inf."""
    x = convert(x)
    if ord in (None, 2, "fro", "euclidean"):
        return sqrt(sum(square(x), axis, keepdims))
    if ord == 1:
        return sum(absolute(x), axis, keepdims)
    if ord == float("inf"):
        return max(absolute(x), axis, keepdims)
    raise ValueError(f"norm knows the orders 1, 2 and inf, and got {ord!r}.")


def count_nonzero(x: Any, axis: Axis = None) -> Tensor:
    """How many elements are not 0, int32."""
    return sum(cast(cast(x, "bool"), "int32"), axis)
