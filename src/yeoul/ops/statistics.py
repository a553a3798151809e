"""Statistics beyond sums: quantiles, histograms, correlation, differences, integrals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.shapes import normalize_axes, normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import (
    ceil,
    equal,
    floor,
    isnan,
    logical_and,
    maximum,
    minimum,
    not_equal,
    rint,
    select,
    sqrt,
)
from yeoul.ops.layout import known_or_axis, reshape_primitive, scatter_add_primitive
from yeoul.ops.product import matmul_primitive, matrix_transpose
from yeoul.ops.reduction import count_
from yeoul.ops.reductions import any as any_of
from yeoul.ops.reductions import max as largest
from yeoul.ops.reductions import mean
from yeoul.ops.reductions import min as smallest
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import cast, convert, promoted
from yeoul.ops.searching import searchsorted
from yeoul.ops.shaping import moveaxis, pad, ravel, sort, take, take_along_axis

__all__ = [
    "corrcoef",
    "correlate",
    "diff",
    "histogram",
    "median",
    "percentile",
    "ptp",
    "quantile",
    "trapezoid",
]

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def float_of(x: Any) -> Tensor:
    """`x` as a tensor, integers as floatx."""
    x = convert(x)
    return x if dtypes.is_float(x.dtype) else cast(x, config.floatx())


# -- quantiles ----------------------------------------------------------------------------------------------------------
def quantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The numbers below which a share `q` of the elements over `axis` lies.

    Args:
        q: a share from 0 to 1, or a vector of them, which becomes the first axis of the result.
        method: what to give between two elements: "linear", "lower", "higher", "midpoint", "nearest".

    Returns: floats; NaN where an element is NaN.
    Raises: ValueError for an unknown method.
    """
    x = float_of(x)
    rows, axes = rows_over(x, axis)
    total = count_(x, axes=axes, dtype="float64")
    y = quantiles_of_sorted(sort(rows), total, q, method)
    y = select(any_of(isnan(rows), -1, keepdims=True), convert(math.nan, x.dtype), y)
    return place_quantiles(y, q, x, axes, keepdims)


def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`quantile`, with `q` from 0 to 100."""
    return quantile(x, convert(q, "float64") / 100.0, axis, method, keepdims)


def median(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The middle element over `axis`, or the mean of the two in the middle."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


def rows_over(x: Tensor, axis: Any) -> tuple[Tensor, tuple[int, ...]]:
    """`x` with its axes named in `axis` joined to one at the end, and those axes as numbers."""
    axes = normalize_axes(axis, x.ndim)
    moved = moveaxis(x, axes, tuple(range(x.ndim - len(axes), x.ndim)))
    return reshape_primitive(moved, shape=(*known_or_axis(moved.shape)[: x.ndim - len(axes)], -1)), axes


def quantiles_of_sorted(rows: Tensor, total: Tensor, q: Any, method: str) -> Tensor:
    """Quantiles of each of the sorted `rows`, of which the first `total` elements count; along the last axis, one for each q."""
    if method not in METHODS:
        raise ValueError(f"quantile knows the methods {', '.join(METHODS)}, and got {method!r}.")
    place = ravel(convert(q, "float64")) * maximum(total - 1.0, 0.0)
    low, high = floor(place), ceil(place)
    if method == "nearest":
        low = high = rint(place)
    elif method in ("lower", "higher"):
        low = high = low if method == "lower" else high
    below, above = _at(rows, low), _at(rows, high)
    if method == "midpoint":
        return (below + above) * 0.5
    return below if low is high else below + (above - below) * cast(place - low, rows.dtype)


def _at(rows: Tensor, place: Tensor) -> Tensor:
    index = cast(place, "int32")
    return take(rows, index, rows.ndim - 1) if index.ndim == 1 else take_along_axis(rows, index, -1)


def place_quantiles(y: Tensor, q: Any, x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    """Quantiles of `x` over `axes`, from the last axis of `y` to where `q` and `keepdims` want them."""
    y = moveaxis(y, -1, 0)
    sizes = iter(known_or_axis(y.shape)[1:])
    kept = [1 if i in axes else next(sizes) for i in range(x.ndim) if keepdims or i not in axes]
    return reshape_primitive(y, shape=(*convert(q).shape, *kept))


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Largest minus smallest element over `axis`."""
    x = convert(x)
    return largest(x, axis, keepdims) - smallest(x, axis, keepdims)


# -- counts -------------------------------------------------------------------------------------------------------------
def histogram(x: Any, bins: int = 10, range: Any = None) -> tuple[Tensor, Tensor]:
    """How many elements lie in each of `bins` intervals of equal width, and the edges of these.

    Args:
        range: (lowest, highest) edge; those of the data if not given. Elements outside are not counted.

    Returns: counts of shape (bins,), in the dtype of floats `x`, int32 for others, and edges, floats, of shape (bins + 1,).
        The last interval holds its right edge.
    Raises: ValueError if `bins` is not positive or the range is empty.
    """
    if not isinstance(bins, (int, np.integer)) or bins <= 0:
        raise ValueError(f"histogram needs a positive number of bins, and got {bins!r}.")
    if range is not None and (len(range) != 2 or not range[0] < range[1]):
        raise ValueError(f"histogram needs a range (lowest, highest), and got {range!r}.")
    x = convert(x)
    dtype = x.dtype if dtypes.is_float(x.dtype) else "int32"
    x = ravel(float_of(x))
    if range is None:
        low, high = smallest(x), largest(x)
        is_point = equal(low, high)
        low, high = select(is_point, low - 0.5, low), select(is_point, high + 0.5, high)
    else:
        low, high = (convert(float(v), x.dtype) for v in range)
    share = np.arange(bins + 1) / bins
    edges = select(share == 1, high, low + (high - low) * cast(share, x.dtype))
    place = minimum(searchsorted(edges, x, side="right") - 1, bins - 1)
    is_inside = logical_and(x >= low, x <= high)
    counts = scatter_add_primitive(
        cast(is_inside, "int32"), select(is_inside, place, 0), axis=0, size=int(bins), rank=1
    )
    return cast(counts, dtype), edges


# -- correlation --------------------------------------------------------------------------------------------------------
def corrcoef(x: Any) -> Tensor:
    """Pearson's correlation of each pair of rows of `x`, from -1 to 1; 1 for a single vector."""
    x = float_of(x)
    rows = reshape_primitive(x, shape=(1, -1)) if x.ndim < 2 else x
    rows = rows - mean(rows, -1, keepdims=True)
    products = matmul_primitive(rows, matrix_transpose(rows))
    across = sqrt(sum_of(rows * rows, -1, keepdims=True))
    down = matrix_transpose(across)
    y = minimum(maximum(products / across / down, -1.0), 1.0)
    return reshape_primitive(y, shape=()) if x.ndim < 2 else y


def correlate(x1: Any, x2: Any, mode: str = "valid") -> Tensor:
    """c[k] = sum over n of x1[n + k] x2[n] for two vectors.

    Args:
        mode: "full" for all k at which the vectors overlap, "same" for the middle ones, as many as the longer vector has
            elements, "valid" for those at which the shorter lies within the longer.

    Raises: ValueError for an unknown mode, or tensors of another rank.
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"correlate knows the modes valid, same and full, and got {mode!r}.")
    a, b = promoted(x1, x2, to_float=True)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"correlate takes two vectors, and got shapes {a.shape} and {b.shape}.")
    n, m = a.shape[0], b.shape[0]
    if n is None or m is None:
        raise ValueError(f"correlate needs vectors of known length, and got shapes {a.shape} and {b.shape}.")
    first, count = {
        "full": (0, n + m - 1),
        "same": ((min(n, m) - 1) // 2, max(n, m)),
        "valid": (min(n, m) - 1, max(n, m) - min(n, m) + 1),
    }[mode]
    windows = first + np.arange(count)[:, None] + np.arange(m)
    padded = pad(a, ((m - 1, m - 1),))
    return reshape_primitive(
        matmul_primitive(take(padded, windows.astype(np.int32), 0), reshape_primitive(b, shape=(m, 1))), shape=(count,)
    )


# -- differences and integrals ------------------------------------------------------------------------------------------
def _along(x: Tensor, axis: int, start: int | None, stop: int | None) -> Tensor:
    return x[tuple(slice(start, stop) if i == axis else slice(None) for i in range(x.ndim))]


def diff(a: Any, n: int = 1, axis: int = -1) -> Tensor:
    """The `n`-th differences a[i + 1] - a[i] along `axis`; whether they differ, for booleans."""
    a = convert(a)
    axis = normalize_axis(axis, a.ndim)
    if n < 0:
        raise ValueError(f"diff needs n of 0 or more, and got {n}.")
    for _ in range(n):
        later, sooner = _along(a, axis, 1, None), _along(a, axis, None, -1)
        a = not_equal(later, sooner) if a.dtype == "bool" else later - sooner
    return a


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """The integral of `y` along `axis` by the trapezoid rule.

    Args:
        x: where the elements stand: a vector, or a tensor like `y`. If not given, they stand `dx` apart.
    """
    y = float_of(y)
    axis = normalize_axis(axis, y.ndim)
    if x is None:
        width: Any = convert(dx, y.dtype)
    else:
        x = convert(x, y.dtype)
        width = diff(x, axis=-1 if x.ndim == 1 else axis)
        if x.ndim == 1 and y.ndim > 1:
            width = reshape_primitive(width, shape=tuple(-1 if i == axis else 1 for i in range(y.ndim)))
    return sum_of((_along(y, axis, 1, None) + _along(y, axis, None, -1)) * 0.5 * width, axis)
