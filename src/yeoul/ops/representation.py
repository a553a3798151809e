"""How numbers are held: their dtype, a cast that stays in range, their bits under another dtype."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from yeoul.core import dtypes
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.elementwise import isnan, maximum, minimum, select
from yeoul.ops.registry import Primitive, cast, convert, primitive

__all__ = ["copy", "dtype", "saturate_cast", "view"]


def dtype(x: Any) -> str:
    """The name of the dtype of `x`."""
    return convert(x).dtype


def copy(x: Any) -> Tensor:
    """A tensor with the values of `x`, which later changes of an array given as `x` do not reach."""
    return x if isinstance(x, Tensor) else convert(np.array(x) if isinstance(x, np.ndarray) else x)


def saturate_cast(x: Any, dtype: Any) -> Tensor:
    """`x` as `dtype`, numbers beyond its range becoming its largest or smallest, NaN of floats becoming 0 in integers."""
    x = convert(x)
    target = dtypes.name_of(dtype)
    if "bool" in (x.dtype, target) or x.dtype == target:
        return cast(x, target)
    low, high = _range(target)
    own_low, own_high = _range(x.dtype)
    if not dtypes.is_float(x.dtype):
        if dtypes.is_float(target):
            return cast(x, target)
        low_bound, high_bound = (
            np.asarray(v, dtypes.to_numpy(x.dtype)) for v in (max(low, own_low), min(high, own_high))
        )
        return cast(minimum(maximum(x, low_bound), high_bound), target)
    if dtypes.is_float(target):
        return cast(minimum(maximum(x, max(low, own_low)), min(high, own_high)), target)
    inside = select(isnan(x), 0, select(x >= float(high), 0, select(x <= float(low), 0, x)))
    ends = [convert(np.asarray(v, dtypes.to_numpy(target))) for v in (high, low)]
    return select(x >= float(high), ends[0], select(x <= float(low), ends[1], cast(inside, target)))


def _range(name: str) -> tuple[Any, Any]:
    if dtypes.is_float(name):
        info = ml_dtypes.finfo(dtypes.to_numpy(name))
        return float(info.min), float(info.max)
    whole = np.iinfo(dtypes.to_numpy(name))
    return int(whole.min), int(whole.max)


@primitive
class _View(Primitive):
    """The bits of x read as another dtype; the last axis shrinks or grows with the width of an element."""

    name = "view"

    def infer(self, x: Any, *, dtype: str) -> Spec:
        old, new = (dtypes.to_numpy(d).itemsize for d in (dtypes.name_of(x.dtype), dtype))
        if old == new:
            return Spec(x.shape, dtype)
        if not x.shape or (x.shape[-1] is not None and x.shape[-1] * old % new):
            raise ValueError(
                f"view: the last axis of a {x.dtype} tensor of shape {x.shape} has no whole number of {dtype} elements."
            )
        last = None if x.shape[-1] is None else x.shape[-1] * old // new
        return Spec((*x.shape[:-1], last), dtype)

    def reference(self, x: np.ndarray, *, dtype: str) -> np.ndarray:
        shape = self.infer(x, dtype=dtype).shape
        return np.ascontiguousarray(x).view(dtypes.to_numpy(dtype)).reshape(shape)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor, *, dtype: str) -> tuple:
        return (None,)


_view: Any = _View


def view(x: Any, dtype: Any = None) -> Tensor:
    """The bits of `x` read as `dtype`; through another dtype no gradient flows.

    Raises: ValueError if the last axis does not hold a whole number of elements of that dtype.
    """
    x = convert(x)
    target = x.dtype if dtype is None else dtypes.name_of(dtype)
    return x if target == x.dtype else _view(x, dtype=target)
