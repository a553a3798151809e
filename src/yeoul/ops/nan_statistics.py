"""Reductions that pass over NaN. Integers have none and are reduced as they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from yeoul.core import dtypes
from yeoul.core.tensor import Tensor
from yeoul.ops import reductions
from yeoul.ops.elementwise import isnan, logical_not, select, sqrt, square
from yeoul.ops.registry import cast, convert
from yeoul.ops.shaping import sort
from yeoul.ops.statistics import float_of, place_quantiles, quantiles_of_sorted, rows_over

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
]


def _with(number: float, x: Any) -> Tensor:
    """`x` with `number` in place of NaN."""
    x = convert(x)
    return select(isnan(x), convert(number, x.dtype), x) if dtypes.is_float(x.dtype) else x


def _is_all_nan(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    return reductions.all(isnan(x), axis, keepdims)


def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis` of the elements that are not NaN."""
    return reductions.sum(_with(0, x), axis, keepdims)


def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Product over `axis` of the elements that are not NaN."""
    return reductions.prod(_with(1, x), axis, keepdims)


def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running sums along `axis`, NaN counting as 0."""
    return reductions.cumsum(_with(0, x), axis, dtype)


def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running products along `axis`, NaN counting as 1."""
    return reductions.cumprod(_with(1, x), axis, dtype)


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Largest element over `axis` that is not NaN; NaN if there is none."""
    return _extreme(reductions.max, -math.inf, x, axis, keepdims)


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Smallest element over `axis` that is not NaN; NaN if there is none."""
    return _extreme(reductions.min, math.inf, x, axis, keepdims)


def _extreme(reduce: Callable, neutral: float, x: Any, axis: Any, keepdims: bool) -> Tensor:
    x = convert(x)
    y = reduce(_with(neutral, x), axis, keepdims)
    if not dtypes.is_float(x.dtype):
        return y
    return select(_is_all_nan(x, axis, keepdims), convert(math.nan, x.dtype), y)


def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the first largest element along `axis` that is not NaN, int32; -1 if there is none."""
    return _place(reductions.argmax, -math.inf, x, axis, keepdims)


def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the first smallest element along `axis` that is not NaN, int32; -1 if there is none."""
    return _place(reductions.argmin, math.inf, x, axis, keepdims)


def _place(reduce: Callable, neutral: float, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    x = convert(x)
    y = reduce(_with(neutral, x), axis, keepdims)
    return select(_is_all_nan(x, axis, keepdims), -1, y) if dtypes.is_float(x.dtype) else y


def _count(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    return reductions.sum(cast(logical_not(isnan(x)), x.dtype), axis, keepdims)


def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean over `axis` of the elements that are not NaN; NaN if there is none."""
    x = float_of(x)
    return nansum(x, axis, keepdims) / _count(x, axis, keepdims)


def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Population variance over `axis` of the elements that are not NaN; NaN if there is none."""
    x = float_of(x)
    deviation = _with(0, x - nanmean(x, axis, keepdims=True))
    return reductions.sum(square(deviation), axis, keepdims) / _count(x, axis, keepdims)


def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Population standard deviation over `axis` of the elements that are not NaN."""
    return sqrt(nanvar(x, axis, keepdims))


def nanquantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`quantile` of the elements that are not NaN; NaN if there is none."""
    x = float_of(x)
    rows, axes = rows_over(x, axis)
    total = reductions.sum(cast(logical_not(isnan(rows)), "float64"), -1, keepdims=True)
    y = quantiles_of_sorted(sort(rows), total, q, method)  # NaN stand at the end of a sorted row
    return place_quantiles(y, q, x, axes, keepdims)


def nanpercentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`nanquantile`, with `q` from 0 to 100."""
    return nanquantile(x, convert(q, "float64") / 100.0, axis, method, keepdims)


def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """`median` of the elements that are not NaN; NaN if there is none."""
    return nanquantile(x, 0.5, axis, keepdims=keepdims)
