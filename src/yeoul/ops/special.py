"""Rarer element-wise functions: those NumPy knows become primitives, the others are composed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import (
    absolute,
    divide,
    equal,
    isnan,
    maximum,
    minimum,
    mod,
    multiply,
    power,
    select,
    sign,
    sin,
)
from yeoul.ops.registry import as_float, binary, cast, convert, elementwise, promoted

__all__ = [
    "cbrt",
    "deg2rad",
    "divide_no_nan",
    "fabs",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "heaviside",
    "i0",
    "isneginf",
    "isposinf",
    "lcm",
    "ldexp",
    "nextafter",
    "rad2deg",
    "signbit",
    "sinc",
]


# -- primitives that engines take from NumPy ----------------------------------------------------------------------------
def _in_double(function: Any) -> Any:
    def compute(x: np.ndarray) -> np.ndarray:
        return function(x.astype(np.float64)).astype(x.dtype)

    return compute


def _i0(x: np.ndarray) -> np.ndarray:
    return np.where(np.isinf(x), np.inf, np.i0(np.where(np.isinf(x), 0, x)).reshape(x.shape))


def _i1(x: np.ndarray) -> np.ndarray:
    """Mean of exp(x cos t) cos t over the circle, by the trapezoid rule, which converges exponentially there."""
    total = np.zeros_like(x)
    nodes = 512
    for t in 2 * np.pi * np.arange(nodes) / nodes:
        total += np.exp(x * math.cos(t)) * math.cos(t)
    return np.where(np.isinf(x), x, total / nodes)


def _neighbour(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.dtype.name == "bfloat16":
        return _next_bfloat16(a, b)
    return np.nextafter(a, b)


def _next_bfloat16(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    bits = a.view(np.int16).astype(np.int32)
    towards = a.astype(np.float32), b.astype(np.float32)
    away = (towards[1] > towards[0]) == (towards[0] > 0)
    moved = np.where(away, bits + 1, bits - 1).astype(np.int16).view(a.dtype)
    smallest = np.where(towards[1] > 0, 1, -0x7FFF).astype(np.int16).view(a.dtype)
    moved = np.where(towards[0] == 0, smallest, moved)
    moved = np.where(towards[0] == towards[1], b, moved)
    return np.where(np.isnan(towards[0]) | np.isnan(towards[1]), a + b, moved)


_bessel_i0 = elementwise("i0", _in_double(_i0), lambda g, x, y: g * _bessel_i1(x), result="float")  # type: ignore[has-type]
_bessel_i1 = elementwise(
    "i1",
    _in_double(_i1),
    lambda g, x, y: g * (_bessel_i0(x) - select(equal(x, 0), 0.5, y / select(equal(x, 0), 1, x))),
    result="float",
)
_signbit = elementwise("signbit", np.signbit, result="bool")
_nextafter = binary("nextafter", _neighbour, lambda g, a, b, y: (g, None), result="float")
_gcd = binary("gcd", np.gcd)
_lcm = binary("lcm", np.lcm)


def i0(x: Any) -> Tensor:
    """The modified Bessel function of the first kind and order 0."""
    return _bessel_i0(x)


def signbit(x: Any) -> Tensor:
    """Whether the sign is minus, also of -0."""
    x = convert(x)
    return _signbit(cast(x, "int32") if x.dtype == "bool" else x)


def nextafter(x1: Any, x2: Any) -> Tensor:
    """The number next to `x1` in the direction of `x2`, in the dtype of the result."""
    return _nextafter(x1, x2)


def _of_integers(primitive: Any, x1: Any, x2: Any) -> Tensor:
    a, b = promoted(x1, x2)
    if not dtypes.is_integer(a.dtype):
        raise TypeError(f"{primitive.name} takes integers, and got {convert(x1).dtype} and {convert(x2).dtype}.")
    return primitive(a, b)


def gcd(x1: Any, x2: Any) -> Tensor:
    """The greatest common divisor of integers.

    Raises: TypeError for other dtypes.
    """
    return _of_integers(_gcd, x1, x2)


def lcm(x1: Any, x2: Any) -> Tensor:
    """The least common multiple of integers.

    Raises: TypeError for other dtypes.
    """
    return _of_integers(_lcm, x1, x2)


# -- composed -----------------------------------------------------------------------------------------------------------
def cbrt(x: Any) -> Tensor:
    """The cube root, negative for negative numbers."""
    x = as_float(x)
    return sign(x) * power(absolute(x), 1.0 / 3.0)


def fabs(x: Any) -> Tensor:
    """|x|, always a float."""
    return absolute(as_float(x))


def fmax(x1: Any, x2: Any) -> Tensor:
    """The larger operand; where one is NaN, the other."""
    a, b = promoted(x1, x2)
    return select(isnan(a), b, select(isnan(b), a, maximum(a, b))) if dtypes.is_float(a.dtype) else maximum(a, b)


def fmin(x1: Any, x2: Any) -> Tensor:
    """The smaller operand; where one is NaN, the other."""
    a, b = promoted(x1, x2)
    return select(isnan(a), b, select(isnan(b), a, minimum(a, b))) if dtypes.is_float(a.dtype) else minimum(a, b)


def fmod(x1: Any, x2: Any) -> Tensor:
    """The rest of x1 / x2, with the sign of x1 (`mod` has that of x2)."""
    a, b = promoted(x1, x2)
    if a.dtype == "bool":
        a, b = cast(a, "int32"), cast(b, "int32")
    return multiply(sign(a), mod(absolute(a), absolute(b)))


def heaviside(x1: Any, x2: Any) -> Tensor:
    """0 where x1 < 0, x2 where it is 0, 1 where it is positive; NaN of NaN."""
    a, b = promoted(x1, x2, to_float=True)
    return select(equal(a, 0), b, select(isnan(a), a, cast(a > 0, a.dtype)))


def ldexp(x1: Any, x2: Any) -> Tensor:
    """x1 2^x2, for integers x2.

    Raises: TypeError if `x2` is not of an integer dtype.
    """
    exponent = convert(x2)
    if dtypes.is_float(exponent.dtype):
        raise TypeError(f"ldexp takes an integer exponent, and got {exponent.dtype}.")
    a = promoted(x1, exponent, to_float=True)[0]
    half = exponent // 2  # in two steps, so that 2^x2 alone may overflow
    return a * power(2.0, cast(half, a.dtype)) * power(2.0, cast(exponent - half, a.dtype))


def sinc(x: Any) -> Tensor:
    """sin(pi x) / (pi x), 1 at 0."""
    angle = as_float(x) * math.pi
    is_zero = equal(angle, 0)
    return select(is_zero, 1, sin(angle) / select(is_zero, 1, angle))


def divide_no_nan(x1: Any, x2: Any) -> Tensor:
    """x1 / x2, and 0 where x2 is 0."""
    a, b = promoted(x1, x2, to_float=True)
    is_zero = equal(b, 0)
    return select(is_zero, 0, divide(a, select(is_zero, 1, b)))


def deg2rad(x: Any) -> Tensor:
    """Radians of degrees."""
    return as_float(x) * (math.pi / 180)


def rad2deg(x: Any) -> Tensor:
    """Degrees of radians."""
    return as_float(x) * (180 / math.pi)


def isposinf(x: Any) -> Tensor:
    """Whether an element is positive infinity."""
    return equal(as_float(x), math.inf)


def isneginf(x: Any) -> Tensor:
    """Whether an element is negative infinity."""
    return equal(as_float(x), -math.inf)
