"""Reductions over segments: rows that share a number. Rows with negative numbers belong to none."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.elementwise import equal, logical_and, select
from yeoul.ops.layout import gather_primitive, scatter_add_primitive
from yeoul.ops.registry import Primitive, cast, convert, register

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


class SegmentReduce(Primitive):
    """y[k] = reduce of the rows of x whose id is k, for k < size; the reduction's neutral value where there is none."""

    def __init__(self, name: str, function: Any):
        self.name = name
        self.function = function

    def infer(self, x: Any, ids: Any, *, size: int) -> Spec:
        return Spec((size, *x.shape[1:]), x.dtype)

    def neutral(self, dtype: np.dtype) -> Any:
        if self.function is np.multiply:
            return 1
        limits: Any = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype) if dtype.kind == "f" else None
        if limits is None:  # bfloat16 and bool
            is_max = self.function is np.maximum
            return not is_max if dtype.kind == "b" else (-3.3895314e38 if is_max else 3.3895314e38)
        return limits.min if self.function is np.maximum else limits.max

    def reference(self, x: np.ndarray, ids: np.ndarray, *, size: int) -> np.ndarray:
        y = np.full((size, *x.shape[1:]), self.neutral(x.dtype), x.dtype)
        self.function.at(y, ids, x)
        return y

    def gradient(self, g: Tensor, x: Tensor, ids: Tensor, y: Tensor, *, size: int) -> tuple:
        if not dtypes.is_float(x.dtype):
            return None, None
        spread = gather_primitive(g, ids, axis=0)
        if self.function is not np.multiply:
            # Rows that equal the extreme share its gradient.
            wins = cast(equal(x, gather_primitive(y, ids, axis=0)), x.dtype)
            return spread * wins / gather_primitive(_sums(wins, ids, size), ids, axis=0), None
        # The product of the others: y / x; where there is one zero it alone has a gradient.
        is_zero = equal(x, 0)
        zeros = gather_primitive(_sums(cast(is_zero, x.dtype), ids, size), ids, axis=0)
        safe = select(is_zero, 1, x)
        nonzero = gather_primitive(self(safe, ids, size=size), ids, axis=0)
        others = select(equal(zeros, 0), nonzero / safe, select(logical_and(is_zero, equal(zeros, 1)), nonzero, 0))
        return spread * others, None


segment_max_primitive: Any = register(SegmentReduce("segment_max", np.maximum))
segment_min_primitive: Any = register(SegmentReduce("segment_min", np.minimum))
segment_prod_primitive: Any = register(SegmentReduce("segment_prod", np.multiply))


def _sums(x: Tensor, ids: Tensor, size: int) -> Tensor:
    return scatter_add_primitive(x, ids, axis=0, size=size, rank=1)


def _prepared(data: Any, segment_ids: Any, num_segments: int | None, name: str) -> tuple[Tensor, Tensor, int]:
    data, ids = convert(data), convert(segment_ids)
    if ids.ndim != 1:
        raise ValueError(
            f"Argument `segment_ids` should be an 1-D vector, got shape: {ids.shape}. Flatten it, and the same axes of `data`."
        )
    if data.ndim == 0 or (data.shape[0] != ids.shape[0] and None not in (data.shape[0], ids.shape[0])):
        raise ValueError(f"{name}: data of shape {data.shape} needs one id per row, and got {ids.shape[0]} ids.")
    if ids.dtype not in ("int32", "int64"):
        ids = cast(ids, "int32")
    if num_segments is None:
        if ids.array is None:
            raise ValueError(f"{name}: num_segments must be given when segment_ids have no values yet, as in a model.")
        num_segments = int(ids.array.max(initial=-1)) + 1
    size = int(num_segments)
    if ids.array is not None and ids.array.size and int(ids.array.max()) >= size:
        raise ValueError(f"{name}: segment id {int(ids.array.max())} is out of range for {size} segments.")
    return data, ids, size


def _reduced(primitive: Any, data: Any, segment_ids: Any, num_segments: int | None, name: str) -> Tensor:
    data, ids, size = _prepared(data, segment_ids, num_segments, name)
    # Negative ids go to one segment more, which is then left out.
    return primitive(data, select(ids < 0, size, ids), size=size + 1)[:size]


def segment_sum(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Sums of the rows of `data` that share a segment id: (rows, ...) -> (num_segments, ...).

    Args:
        segment_ids: integers of shape (rows,); rows with negative ones are left out.
        num_segments: the largest id and one more if None.
        sorted: whether the ids are sorted; it makes no difference here.
    Raises: ValueError if an id is out of range.
    """
    return _reduced(_sums, data, segment_ids, num_segments, "segment_sum")


def segment_max(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The largest of the rows that share a segment id; the dtype's least number for an empty segment. See `segment_sum`."""
    return _reduced(segment_max_primitive, data, segment_ids, num_segments, "segment_max")


def segment_min(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The smallest of the rows that share a segment id; the dtype's largest number for an empty segment. See `segment_sum`."""
    return _reduced(segment_min_primitive, data, segment_ids, num_segments, "segment_min")


def segment_prod(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Products of the rows that share a segment id; 1 for an empty segment. See `segment_sum`."""
    return _reduced(segment_prod_primitive, data, segment_ids, num_segments, "segment_prod")
