"""What Keras asks of complex numbers, answered for real ones: a real number is its own conjugate and real part.

These functions take real tensors only.
"""

from __future__ import annotations

import math
from typing import Any

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor
from yeoul.ops.creation import full_like, zeros_like
from yeoul.ops.elementwise import select
from yeoul.ops.registry import cast, convert

__all__ = ["angle", "conj", "conjugate", "imag", "isreal", "real"]


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
