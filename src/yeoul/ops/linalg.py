"""Keras' `ops.linalg`: factors, inverses, solutions and norms of matrices, stacked along leading axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.shapes import normalize_axes
from yeoul.core.tensor import Tensor, from_array
from yeoul.ops import factorizations as primitives
from yeoul.ops.elementwise import absolute, greater, log, sqrt, square
from yeoul.ops.product import matmul_primitive, matrix_transpose
from yeoul.ops.reductions import max as largest
from yeoul.ops.reductions import min as smallest
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import as_float, cast, convert, promoted
from yeoul.ops.shaping import argsort, expand_dims, moveaxis, reshape, squeeze

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eig",
    "eigh",
    "inv",
    "jvp",
    "logdet",
    "lstsq",
    "lu_factor",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
]


def _epsilon(dtype: str) -> float:
    return float(np.finfo(dtypes.to_numpy(dtype) if dtype in ("float32", "float64") else np.float32).eps)


# -- factors ------------------------------------------------------------------------------------------------------------
def cholesky(x: Any, upper: bool = False) -> Tensor:
    """L, lower triangular, with x = L L'; with `upper` its transpose.

    Raises: ValueError if a matrix is not positive definite, or not square.
    """
    factor = primitives.cholesky_primitive(as_float(x))
    return matrix_transpose(factor) if upper else factor


def cholesky_inverse(x: Any, upper: bool = False) -> Tensor:
    """The inverse of the matrix whose Cholesky factor is `x`: (L L')^-1, or (U' U)^-1 with `upper`."""
    x = as_float(x)
    primitives.require_square(x, "cholesky_inverse")
    one = from_array(np.eye(x.shape[-1], dtype=dtypes.to_numpy(x.dtype)))
    inverse = primitives.solve_triangular_primitive(x, one, lower=not upper)
    transposed = matrix_transpose(inverse)
    return matmul_primitive(inverse, transposed) if upper else matmul_primitive(transposed, inverse)


def lu_factor(x: Any) -> tuple[Tensor, Tensor]:
    """(LU, p): both factors in one matrix (L's diagonal of ones left out) and where rows are found: x = (L U)[p]."""
    lu, order = primitives.lu_primitive(as_float(x))
    return lu, argsort(order)


def qr(x: Any, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """(Q, R) with x = Q R. `mode`: "reduced" (Q as wide as the smaller size) or "complete" (Q square).

    Raises: ValueError for another mode.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(
            f"`mode` argument value not supported. Expected one of {{'reduced', 'complete'}}. Received: mode={mode}"
        )
    q, r = primitives.qr_primitive(as_float(x), mode=mode)
    return q, r


def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """(U, s, V') with x = U diag(s) V'; only s without `compute_uv`; s is descending."""
    x = as_float(x)
    if not compute_uv:
        return primitives.singular_values_primitive(x)
    return tuple(primitives.svd_primitive(x, full=bool(full_matrices)))


def eig(x: Any) -> tuple[Tensor, Tensor]:
    """(w, V): complex eigenvalues and, in columns, eigenvectors of square matrices. It has no gradient."""
    w, v = primitives.eig_primitive(as_float(x))
    return w, v


def eigh(x: Any) -> tuple[Tensor, Tensor]:
    """(w, V): ascending eigenvalues and, in columns, eigenvectors of symmetric matrices."""
    w, v = primitives.eigh_primitive(as_float(x))
    return w, v


# -- determinants, inverses, solutions ----------------------------------------------------------------------------------
def det(x: Any) -> Tensor:
    """Determinants of square matrices."""
    return primitives.determinant_primitive(as_float(x))


def slogdet(x: Any) -> tuple[Tensor, Tensor]:
    """(sign, log |det x|) of square matrices."""
    sign, logs = primitives.slogdet_primitive(as_float(x))
    return sign, logs


def logdet(x: Any) -> Tensor:
    """log(det x) of symmetric positive definite matrices: 2 sum(log(diagonal of the Cholesky factor))."""
    return sum_of(log(primitives.diagonal_of(cholesky(x))), -1) * 2.0


def inv(x: Any) -> Tensor:
    """Inverses of square matrices.

    Raises: ValueError if a matrix is singular.
    """
    return primitives.inverse_primitive(as_float(x))


def pinv(x: Any, rcond: float | None = None) -> Tensor:
    """Pseudoinverses: (..., m, n) -> (..., n, m). Singular values up to `rcond` times the largest count as zero."""
    x = as_float(x)
    if rcond is None:
        rcond = 10.0 * max(x.shape[-2:]) * _epsilon(x.dtype)  # type: ignore[type-var, operator]
    return primitives.pseudo_inverse_primitive(x, rcond=float(rcond))


def matrix_rank(x: Any, tol: Any = None) -> Tensor:
    """How many singular values exceed `tol` (by default max(m, n) eps times the largest), int32."""
    x = as_float(x)
    values = svd(x, compute_uv=False)
    if tol is None:
        tol = largest(values, -1, keepdims=True) * (max(x.shape[-2:]) * _epsilon(x.dtype))  # type: ignore[type-var, operator]
    elif convert(tol).ndim:
        tol = expand_dims(tol, -1)
    return sum_of(cast(greater(values, tol), "int32"), -1)


def solve(a: Any, b: Any) -> Tensor:
    """x with a x = b, for b of shape (..., n) (where a is (..., n, n)) or (..., n, k).

    Raises: ValueError if a matrix is singular, or the shapes do not fit.
    """
    return _solved(a, b, primitives.solve_primitive)


def solve_triangular(a: Any, b: Any, lower: bool = False) -> Tensor:
    """x with a x = b, reading only the upper (or with `lower` the lower) triangle of a."""
    return _solved(a, b, lambda a, b: primitives.solve_triangular_primitive(a, b, lower=bool(lower)))


def _solved(a: Any, b: Any, solver: Callable) -> Tensor:
    a, b = promoted(a, b, to_float=True)
    if b.ndim == a.ndim - 1:
        return squeeze(solver(a, expand_dims(b, -1)), -1)
    return solver(a, b)


def lstsq(a: Any, b: Any, rcond: float | None = None) -> Tensor:
    """The x of least norm that minimises |b - a x|. Singular values up to `rcond` times the largest count as zero.

    Args:
        a: (m, n).
        b: (m,) or (m, k).
    """
    a, b = promoted(a, b, to_float=True)
    if a.ndim != 2 or b.ndim not in (1, 2) or a.shape[0] != b.shape[0]:
        raise ValueError(
            f"lstsq needs a of shape (m, n) and b of shape (m,) or (m, k), and got {a.shape} and {b.shape}."
        )
    inverse = pinv(a, max(a.shape) * _epsilon(a.dtype) if rcond is None else rcond)  # type: ignore[type-var, operator]
    if b.ndim == 1:
        return squeeze(matmul_primitive(inverse, expand_dims(b, -1)), -1)
    return matmul_primitive(inverse, b)


# -- norms --------------------------------------------------------------------------------------------------------------
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Norm of vectors (one axis) or matrices (two axes), as numpy.linalg.norm; of all elements without `ord` and `axis`.

    Args:
        ord: for vectors any number or infinity; for matrices "fro", "nuc", 1, -1, 2, -2, inf, -inf.
    Raises: ValueError for an order that the vectors or matrices do not have.
    """
    x = as_float(x)
    if axis is None and ord is None:
        return sqrt(sum_of(square(x), None, keepdims))
    axes = tuple(range(x.ndim)) if axis is None else normalize_axes(axis, x.ndim)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        given = axes if axis is None else tuple(a % x.ndim for a in axis)
        return _matrix_norm(x, ord, given, keepdims)
    raise ValueError(f"norm needs one axis (vectors) or two (matrices), and got {axes} for shape {x.shape}.")


def _vector_norm(x: Tensor, order: Any, axis: int, keepdims: bool) -> Tensor:
    if order is None or order == 2:
        return sqrt(sum_of(square(x), axis, keepdims))
    if isinstance(order, str):
        raise ValueError(f"Invalid `ord` argument for vector norm. Received: ord={order}")
    if order == np.inf:
        return largest(absolute(x), axis, keepdims)
    if order == -np.inf:
        return smallest(absolute(x), axis, keepdims)
    if order == 0:
        return sum_of(cast(x != 0, x.dtype), axis, keepdims)
    if order == 1:
        return sum_of(absolute(x), axis, keepdims)
    return sum_of(absolute(x) ** float(order), axis, keepdims) ** (1.0 / order)


def _matrix_norm(x: Tensor, order: Any, axes: tuple[int, int], keepdims: bool) -> Tensor:
    if order in (None, "fro"):
        return sqrt(sum_of(square(x), axes, keepdims))
    y = moveaxis(x, axes, (-2, -1))
    if order in (1, -1, np.inf, -np.inf):
        sums = sum_of(absolute(y), -2 if order in (1, -1) else -1)
        y = (largest if order > 0 else smallest)(sums, -1)
    elif order in (2, -2, "nuc"):
        values = svd(y, compute_uv=False)
        y = sum_of(values, -1) if order == "nuc" else (largest if order == 2 else smallest)(values, -1)
    else:
        raise ValueError(f"Invalid `ord` argument for matrix norm. Received: ord={order}")
    if not keepdims:
        return y
    return reshape(y, tuple(1 if i in axes else s for i, s in enumerate(x.shape)))


# -- directional derivatives --------------------------------------------------------------------------------------------
def jvp(fun: Callable, primals: Any, tangents: Any, has_aux: bool = False) -> tuple:
    """fun(*primals) and its derivative along `tangents`; with `has_aux` what fun returns beside its value, too.

    The gradient of `fun` is linear in what flows into it; its derivative by that, against the tangents, is J tangents.
    """
    from yeoul.graph.forward import jvp as derivative  # gradients are one floor up, and needed only now

    return derivative(fun, primals, tangents, has_aux)
