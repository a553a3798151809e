"""What Keras asks of complex numbers, answered for real ones: there is no complex dtype here.

A real number is its own conjugate and real part; functions whose result would be complex say so and name the pair of real ones.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor
from yeoul.ops.creation import full_like, zeros_like
from yeoul.ops.elementwise import select
from yeoul.ops.registry import cast, convert

__all__ = ["angle", "conj", "conjugate", "imag", "isreal", "polar", "real", "view_as_complex", "view_as_real"]


def real(x: Any) -> Tensor:
    """The real part: `x` itself."""
    return convert(x)


def imag(x: Any) -> Tensor:
    """The imaginary part: zeros."""
    return zeros_like(x)


def conjugate(x: Any) -> Tensor:
    """The complex conjugate: `x` itself."""
    return convert(x)


def conj(x: Any) -> Tensor:
    """The complex conjugate: `x` itself."""
    return convert(x)


def angle(x: Any) -> Tensor:
    """The angle in the complex plane: pi for negative numbers, 0 for others."""
    x = convert(x)
    x = x if dtypes.is_float(x.dtype) else cast(x, config.floatx())
    return select(x < 0, full_like(x, math.pi), zeros_like(x))


def isreal(x: Any) -> Tensor:
    """Whether an element is real: true everywhere."""
    return full_like(x, True, "bool")


def polar(abs_: Any, angle: Any) -> NoReturn:
    """Not available: the result would be complex."""
    _refuse("polar", "Keep the pair (abs * cos(angle), abs * sin(angle)).")


def view_as_complex(x: Any) -> NoReturn:
    """Not available: the result would be complex."""
    _refuse("view_as_complex", "Keep the pair (x[..., 0], x[..., 1]).")


def view_as_real(x: Any) -> NoReturn:
    """Not available: the operand would be complex."""
    _refuse("view_as_real", "Stack the pair of real and imaginary parts: stack([re, im], axis=-1).")


def _refuse(name: str, instead: str) -> NoReturn:
    raise TypeError(f"{name} needs complex numbers, and there is no complex dtype. {instead}")
