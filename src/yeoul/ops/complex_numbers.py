"""Complex tensors: made from two real ones and taken apart again. They live on the host and are not differentiated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.shapes import broadcast
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.creation import full_like, zeros_like
from yeoul.ops.elementwise import arctan2, cos, equal, select, sin
from yeoul.ops.registry import Primitive, cast, convert, primitive, promoted, register
from yeoul.ops.shaping import stack, unstack

__all__ = [
    "angle",
    "conj",
    "conjugate",
    "imag",
    "isreal",
    "polar",
    "real",
    "view_as_complex",
    "view_as_real",
]


@primitive
class _Complex(Primitive):
    """y = a + i b, complex64 (complex128 from float64)."""

    name = "complex"

    def infer(self, a: Any, b: Any) -> Spec:
        shape = broadcast(a.shape, b.shape, context="complex")
        return Spec(shape, "complex128" if a.dtype == "float64" else "complex64")

    def reference(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray(a + 1j * b, np.complex128 if a.dtype == np.float64 else np.complex64)

    def gradient(self, g: Tensor, a: Tensor, b: Tensor, y: Tensor) -> tuple:
        return None, None


class _Part(Primitive):
    """The real or the imaginary part."""

    def __init__(self, name: str, function: Any):
        self.name = name
        self.function = function

    def infer(self, x: Any) -> Spec:
        return Spec(x.shape, "float64" if x.dtype == "complex128" else "float32")

    def reference(self, x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(self.function(x))

    def gradient(self, g: Tensor, x: Tensor, y: Tensor) -> tuple:
        return (None,)


complex_primitive: Any = _Complex
real_part_primitive: Any = register(_Part("real_part", np.real))
imaginary_part_primitive: Any = register(_Part("imaginary_part", np.imag))


def view_as_complex(x: Any) -> Tensor:
    """(..., 2) real -> (...) complex: the last axis holds the real and the imaginary part.

    Raises: ValueError if the last axis has another size.
    """
    x = convert(x)
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(f"Last dimension of input must be size 2 (real and imaginary). Received shape: {x.shape}")
    real, imaginary = unstack(x, axis=-1)
    return complex_primitive(*promoted(real, imaginary, to_float=True))


def view_as_real(x: Any) -> Tensor:
    """(...) -> (..., 2): real and imaginary parts along a new last axis; zeros for the latter if `x` is real."""
    x = convert(x)
    if x.dtype not in dtypes.COMPLEX:
        x = x if dtypes.is_float(x.dtype) else cast(x, config.floatx())
        return stack([x, x * 0], -1)
    return stack([real_part_primitive(x), imaginary_part_primitive(x)], -1)


def polar(abs_: Any, angle: Any) -> Tensor:
    """abs_ (cos(angle) + i sin(angle))."""
    size, angle = promoted(abs_, angle, to_float=True)
    return complex_primitive(size * cos(angle), size * sin(angle))


# -- parts, which real tensors have, too ----------------------------------------------------------------------------------
def _is_complex(x: Tensor) -> bool:
    return x.dtype in dtypes.COMPLEX


def real(x: Any) -> Tensor:
    """The real part: of a real tensor, itself."""
    x = convert(x)
    return real_part_primitive(x) if _is_complex(x) else x


def imag(x: Any) -> Tensor:
    """The imaginary part: of a real tensor, zeros."""
    x = convert(x)
    return imaginary_part_primitive(x) if _is_complex(x) else zeros_like(x)


def conjugate(x: Any) -> Tensor:
    """The complex conjugate: of a real tensor, itself."""
    x = convert(x)
    return complex_primitive(real_part_primitive(x), -imaginary_part_primitive(x)) if _is_complex(x) else x


def conj(x: Any) -> Tensor:
    """The complex conjugate: of a real tensor, itself."""
    return conjugate(x)


def angle(x: Any) -> Tensor:
    """The angle in the complex plane: of real numbers pi where they are negative, 0 elsewhere."""
    x = convert(x)
    if _is_complex(x):
        return arctan2(imaginary_part_primitive(x), real_part_primitive(x))
    x = x if dtypes.is_float(x.dtype) else cast(x, config.floatx())
    return select(x < 0, full_like(x, math.pi), zeros_like(x))


def isreal(x: Any) -> Tensor:
    """Whether the imaginary part is 0."""
    return equal(imag(x), 0)
