"""Sums, extremes, moments and other reductions with Keras' `axis` and `keepdims`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yeoul.core import dtypes
from yeoul.core.shapes import normalize_axes, normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import exp, log, maximum, minimum, select, sqrt, square, stop_gradient
from yeoul.ops.elementwise import isfinite as is_finite
from yeoul.ops.layout import broadcast_primitive, known_or_axis, reshape_primitive
from yeoul.ops.reduction import (
    argmax_,
    argmin_,
    cumprod_primitive,
    cumsum_primitive,
    max_,
    mean_,
    min_,
    prod_,
    sum_,
    variance_,
)
from yeoul.ops.registry import as_float, cast, convert, promoted

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
    """`y`, reduced from `x` over `axes`, with axes of size 1 in their places."""
    left = iter(known_or_axis(y.shape))
    return reshape_primitive(y, shape=tuple(1 if i in axes else next(left) for i in range(x.ndim)))


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
    x = as_float(x)
    axes = normalize_axes(axis, x.ndim)
    y = mean_(x, axes) if axes else x
    return _keep(y, x, axes) if keepdims else y


def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Largest element over `axis`, and of `initial` if given.

    Raises: ValueError if there is no element and no `initial`.
    """
    return _extreme(max_, maximum, convert(x), axis, keepdims, initial)


def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Smallest element over `axis`, and of `initial` if given.

    Raises: ValueError if there is no element and no `initial`.
    """
    return _extreme(min_, minimum, convert(x), axis, keepdims, initial)


def _extreme(primitive: Any, winner: Any, x: Tensor, axis: Axis, keepdims: bool, initial: Any) -> Tensor:
    if initial is None:
        return _reduce(primitive, x, axis, keepdims)
    first = convert(initial, x.dtype)
    axes = normalize_axes(axis, x.ndim)
    if 0 in [x.shape[a] for a in axes]:
        nothing = tuple(1 if i in axes else s for i, s in enumerate(x.shape) if keepdims or i not in axes)
        return broadcast_primitive(first, shape=nothing)
    return winner(_reduce(primitive, x, axis, keepdims), first)


def amax(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest element over `axis`."""
    return max(x, axis, keepdims)


def amin(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest element over `axis`."""
    return min(x, axis, keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element over `axis` is true."""
    return _reduce(min_, cast(x, "bool"), axis, keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether some element over `axis` is true."""
    return _reduce(max_, cast(x, "bool"), axis, keepdims)


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Population variance over `axis`."""
    x = as_float(x)
    if not dtypes.is_float(x.dtype) or not normalize_axes(axis, x.ndim):
        return mean(square(x - mean(x, axis, keepdims=True)), axis, keepdims)
    return _reduce(variance_, x, axis, keepdims)


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
    return y if keepdims else drop_axes(y, normalize_axes(axis, x.ndim))


def drop_axes(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """`x` without `axes`, which have size 1."""
    return reshape_primitive(x, shape=tuple(s for i, s in enumerate(known_or_axis(x.shape)) if i not in axes))


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
    x = convert(x) if dtype is None else cast(x, dtype)
    if x.dtype == "bool":
        x = cast(x, "int32")
    if axis is None:
        return primitive(reshape_primitive(x, shape=(-1,)), axis=0)
    return primitive(x, axis=normalize_axis(axis, x.ndim))


def average(x: Any, axis: Axis = None, weights: Any = None) -> Tensor:
    """Mean of `x` over `axis`, weighted by `weights`: of x's shape, or a vector along a single axis.

    Raises: ValueError if the weights fit neither.
    """
    if weights is None:
        return mean(x, axis)
    x, w = promoted(x, weights, to_float=True)
    if w.ndim != x.ndim:
        if w.ndim != 1 or not isinstance(axis, int):
            raise ValueError(
                f"average needs weights of the shape {x.shape} or a vector along one axis, and got weights of shape {w.shape} "
                f"and axis={axis}."
            )
        at = normalize_axis(axis, x.ndim)
        w = reshape_primitive(w, shape=tuple(-1 if i == at else 1 for i in range(x.ndim)))
        return sum(x * w, axis) / sum(w)
    return sum(x * w, axis) / sum(w, axis)


def count_nonzero(x: Any, axis: Axis = None) -> Tensor:
    """How many elements are not 0, int32."""
    return sum(cast(cast(x, "bool"), "int32"), axis)
