"""Tensors from numbers: zeros, ones, ranges, one-hot codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor, from_array
from yeoul.core.variable import Variable
from yeoul.ops.elementwise import equal, logical_and, select
from yeoul.ops.layout import broadcast_primitive, known_or_axis, reshape_primitive
from yeoul.ops.reductions import max as largest
from yeoul.ops.registry import cast, convert

__all__ = [
    "arange",
    "array",
    "convert_to_numpy",
    "convert_to_tensor",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "is_tensor",
    "linspace",
    "logspace",
    "meshgrid",
    "multi_hot",
    "one_hot",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Tensor:
    """A tensor from an array, number, nested list or variable."""
    return convert(x, None if dtype is None else dtypes.name_of(dtype))


def convert_to_numpy(x: Any) -> np.ndarray:
    """A NumPy array with the values of `x`."""
    return x.numpy() if isinstance(x, (Tensor, Variable)) else np.asarray(x)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor."""
    return isinstance(x, (Tensor, Variable))


def _shape(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(s) for s in shape)


def _dtype(dtype: Any) -> str:
    return dtypes.name_of(dtype) if dtype is not None else config.floatx()


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """A tensor of `shape` whose elements all are `fill_value`."""
    if isinstance(fill_value, Tensor) and fill_value.array is None:
        return broadcast_primitive(fill_value if dtype is None else cast(fill_value, dtype), shape=_shape(shape))
    return from_array(np.full(_shape(shape), np.asarray(fill_value), dtypes.to_numpy(_dtype(dtype))))


def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of zeros."""
    return from_array(np.zeros(_shape(shape), dtypes.to_numpy(_dtype(dtype))))


def ones(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of ones."""
    return from_array(np.ones(_shape(shape), dtypes.to_numpy(_dtype(dtype))))


def empty(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor whose values do not matter; they are zeros."""
    return zeros(shape, dtype)


def array(x: Any, dtype: Any = None) -> Tensor:
    """A tensor from an array, number, nested list or variable."""
    return convert_to_tensor(x, dtype)


def empty_like(x: Any, dtype: Any = None) -> Tensor:
    """A tensor in the shape of `x`; its elements are 0, and mean nothing."""
    return full_like(x, 0, dtype)


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """`fill_value` in the shape of `x`."""
    x = convert(x)
    scalar = convert(fill_value, dtypes.name_of(dtype) if dtype is not None else x.dtype)
    if None in x.shape:  # the shape comes from x itself
        return select(equal(x, x), scalar, scalar)
    return broadcast_primitive(scalar, shape=tuple(x.shape))


def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """Zeros of the shape and dtype of `x`."""
    return full_like(x, 0, dtype)


def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """Ones of the shape and dtype of `x`."""
    return full_like(x, 1, dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix with ones on diagonal `k` and zeros elsewhere, (N, M)."""
    return from_array(np.eye(N, M, k, dtype=dtypes.to_numpy(_dtype(dtype))))


def identity(n: int, dtype: Any = None) -> Tensor:
    """A square matrix with ones on the diagonal, (n, n)."""
    return eye(n, dtype=dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Numbers from `start` (0 if only one is given) to before `stop`."""
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    if dtype is None:
        values = (start, stop, step)
        dtype = config.floatx() if any(isinstance(v, float) for v in values) else "int32"
    return from_array(np.arange(start, stop, step, dtype=dtypes.to_numpy(dtypes.name_of(dtype))))


def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` numbers spread evenly from `start` to `stop`."""
    values, step = np.linspace(np.asarray(start), np.asarray(stop), num, endpoint, True, axis=axis)
    result = from_array(np.asarray(values, dtypes.to_numpy(_dtype(dtype))))
    return (result, step) if retstep else result


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: float = 10, dtype: Any = None, axis: int = 0
) -> Tensor:
    """`num` numbers from base^start to base^stop, whose logarithms are evenly spaced along `axis`."""
    values = np.logspace(np.asarray(start), np.asarray(stop), num, endpoint, base, axis=axis)
    return from_array(np.asarray(values, dtypes.to_numpy(_dtype(dtype))))


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Tensor:
    """`num` numbers from `start` to `stop`, each the same multiple of the one before."""
    values = np.geomspace(np.asarray(start), np.asarray(stop), num, endpoint, axis=axis)
    return from_array(np.asarray(values, dtypes.to_numpy(_dtype(dtype))))


def meshgrid(*x: Any, indexing: str = "xy") -> list[Tensor]:
    """Every input repeated along the axes of the others, so that together they name the points of a grid.

    Args:
        x: numbers along one axis each; more axes are laid out flat.
        indexing: "xy" puts the first input along axis 1 and the second along axis 0, "ij" keeps their order.

    Raises: ValueError for another indexing.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f'meshgrid: indexing must be "xy" or "ij", and is {indexing!r}.')
    places = list(range(len(x)))
    if indexing == "xy" and len(x) > 1:
        places[:2] = 1, 0
    lines: list[Tensor] = []
    for values, place in zip(x, places, strict=True):
        shape = tuple(-1 if axis == place else 1 for axis in range(len(x)))
        lines.append(reshape_primitive(convert(values), shape=shape))  # type: ignore[operator]
    # Comparing broadcasts, whether sizes are known or not.
    everywhere = equal(lines[0], lines[0]) if lines else None
    for line in lines[1:]:
        everywhere = logical_and(everywhere, equal(line, line))
    return [select(everywhere, line, line) for line in lines]


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """1 at the class, 0 elsewhere; a row of zeros for a class out of range.

    Args:
        x: integer classes.
        num_classes: size of the new axis, which stands at `axis`.
    """
    x = convert(x)
    if x.dtype not in ("int32", "int64"):
        x = cast(x, "int32")
    rank = x.ndim + 1
    axis = normalize_axis(axis, rank)
    sizes = iter(known_or_axis(x.shape))
    spread = reshape_primitive(x, shape=tuple(1 if i == axis else next(sizes) for i in range(rank)))
    classes = np.arange(num_classes, dtype=dtypes.to_numpy(x.dtype))
    codes = classes.reshape([num_classes if i == axis else 1 for i in range(rank)])
    return cast(equal(spread, codes), _dtype(dtype))


def multi_hot(
    inputs: Any, num_classes: int | None = None, axis: int = -1, dtype: Any = None, sparse: bool = False, **kwargs: Any
) -> Tensor:
    """1 for every class that occurs along the last axis; the classes lie along `axis`.

    Raises: ValueError without `num_classes`.
    """
    num_classes = kwargs.pop("num_tokens", num_classes)
    if kwargs:
        raise TypeError(f"multi_hot has no argument {next(iter(kwargs))!r}.")
    if num_classes is None:
        raise ValueError("multi_hot needs `num_classes`, the size of the axis it makes.")
    inputs = convert(inputs)
    return largest(one_hot(inputs, num_classes, axis, dtype), axis=max(inputs.ndim - 1, 0))
