"""Primitives of dense linear algebra on stacks of matrices: factors, inverses, solutions. NumPy's LAPACK computes them.

Gradients: Giles 2008, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation",
unless a class names another source.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.shapes import Shape, broadcast
from yeoul.core.tensor import Spec, Tensor, from_array
from yeoul.ops.elementwise import equal, select
from yeoul.ops.layout import concatenate_primitive, reshape_primitive, slice_primitive
from yeoul.ops.product import matmul_primitive as matmul
from yeoul.ops.product import matrix_transpose
from yeoul.ops.reduction import sum_
from yeoul.ops.registry import Primitive, cast, primitive, unbroadcast


def require_square(x: Any, name: str) -> None:
    """Raises ValueError unless the last two sizes of `x` are equal."""
    if len(x.shape) < 2 or (x.shape[-1] != x.shape[-2] and None not in x.shape[-2:]):
        raise ValueError(f"{name} needs square matrices, of shape (..., n, n), and got shape {tuple(x.shape)}.")


def require_matrix(x: Any, name: str) -> None:
    """Raises ValueError unless `x` has rank 2 or more."""
    if len(x.shape) < 2:
        raise ValueError(f"{name} needs matrices, of shape (..., m, n), and got shape {tuple(x.shape)}.")


class Factorization(Primitive):
    """An op that LAPACK computes: half-width floats in float32, failures in our words."""

    failure = "does not converge: are there NaNs in it?"

    def compute(self, *arrays: np.ndarray, **attributes: Any) -> Any:
        raise NotImplementedError

    def reference(self, *arrays: np.ndarray, **attributes: Any) -> Any:
        dtype = arrays[0].dtype
        if dtype.itemsize == 2:
            arrays = tuple(a.astype(np.float32) for a in arrays)
        try:
            result = self.compute(*arrays, **attributes)
        except np.linalg.LinAlgError:
            raise ValueError(f"{self.name}: the matrix {self.failure}") from None
        if isinstance(result, tuple):
            return tuple(np.asarray(r, dtype) if r.dtype.kind == "f" else r for r in result)
        return np.asarray(result, dtype)


def _inverse_gap(values: Tensor) -> Tensor:
    """F[i, j] = 1 / (values[j] - values[i]); 0 where they are equal."""
    *lead, n = values.shape
    columns = reshape_primitive(values, shape=(*lead, 1, n))
    rows = reshape_primitive(values, shape=(*lead, n, 1))
    gap = columns - rows
    return select(equal(gap, 0), 0, 1 / select(equal(gap, 0), 1, gap))


def diagonal_matrix(values: Tensor) -> Tensor:
    """(..., n) on the diagonals of (..., n, n)."""
    n: Any = values.shape[-1]
    rows = reshape_primitive(values, shape=(*values.shape[:-1], 1, n))
    return select(np.eye(n, dtype=bool), rows, 0)


def diagonal_of(x: Tensor) -> Tensor:
    """The diagonals of (..., n, n): (..., n)."""
    n: Any = x.shape[-1]
    return sum_(select(np.eye(n, dtype=bool), x, 0), axes=(x.ndim - 1,))


def lower(x: Tensor, k: int = 0) -> Tensor:
    """`x` with zeros above diagonal `k`."""
    return select(np.tri(*x.shape[-2:], k=k, dtype=bool), x, 0)  # type: ignore[arg-type]


def upper(x: Tensor, k: int = 0) -> Tensor:
    """`x` with zeros below diagonal `k`."""
    return select(~np.tri(*x.shape[-2:], k=k - 1, dtype=bool), x, 0)  # type: ignore[arg-type]


def _symmetric(x: Tensor) -> Tensor:
    return (x + matrix_transpose(x)) * 0.5


def _symmetric_array(x: np.ndarray) -> np.ndarray:
    return (x + np.swapaxes(x, -1, -2)) / 2


def _columns(x: Tensor, start: int, stop: int) -> Tensor:
    rank = x.ndim
    starts = (0,) * (rank - 1) + (start,)
    return slice_primitive(x, starts=starts, stops=(*x.shape[:-1], stop), steps=(1,) * rank)


# -- factors ------------------------------------------------------------------------------------------------------------
@primitive
class _Cholesky(Factorization):
    """L, lower triangular, with x = L L'. The symmetric part of x counts.

    Gradient: Murray 2016, "Differentiation of the Cholesky decomposition", equation 10.
    """

    name = "cholesky"
    failure = "is not positive definite."

    def infer(self, x: Any) -> Spec:
        require_square(x, self.name)
        return Spec(x.shape, x.dtype)

    def compute(self, x: np.ndarray) -> np.ndarray:
        return np.linalg.cholesky(_symmetric_array(x))

    def gradient(self, g: Tensor, x: Tensor, y: Tensor) -> tuple:
        transposed = matrix_transpose(y)
        middle = lower(matmul(transposed, g))
        middle = middle - diagonal_matrix(diagonal_of(middle)) * 0.5
        left = solve_triangular_primitive(transposed, middle, lower=False)
        right = solve_triangular_primitive(transposed, matrix_transpose(left), lower=False)
        return (_symmetric(matrix_transpose(right)),)


@primitive
class _LU(Factorization):
    """(LU, p): the unit lower and the upper factor in one matrix, with x[p] = L U; p is a permutation, int32.

    Doolittle's elimination with partial pivoting. Gradient: de Hoog, Anderssen & Lukas 2011,
    "Differentiation of matrix functionals using triangular factorization".
    """

    name = "lu"

    def infer(self, x: Any) -> list[Spec]:
        require_square(x, self.name)
        return [Spec(x.shape, x.dtype), Spec(x.shape[:-1], "int32")]

    def compute(self, x: np.ndarray) -> tuple:
        n = x.shape[-1]
        lu = x.reshape(-1, n, n).copy()
        batch = np.arange(len(lu))
        order = np.tile(np.arange(n, dtype=np.int32), (len(lu), 1))
        for k in range(n - 1):
            best = k + np.argmax(np.abs(lu[:, k:, k]), 1)
            lu[batch, k], lu[batch, best] = lu[batch, best], lu[batch, k].copy()
            order[batch, k], order[batch, best] = order[batch, best], order[batch, k].copy()
            pivot = lu[:, k, k, None]
            lu[:, k + 1 :, k] /= np.where(pivot == 0, 1, pivot)
            lu[:, k + 1 :, k + 1 :] -= lu[:, k + 1 :, k, None] * lu[:, k, None, k + 1 :]
        return lu.reshape(x.shape), order.reshape(x.shape[:-1])

    def gradient(self, g: Any, x: Tensor, y: Any) -> tuple:
        n: Any = x.shape[-1]
        factors, order = y
        unit = lower(factors, -1) + from_array(np.eye(n, dtype=dtypes.to_numpy(x.dtype)))
        above = upper(factors)
        middle = lower(matmul(matrix_transpose(unit), lower(g[0], -1)), -1)
        middle = middle + upper(matmul(upper(g[0]), matrix_transpose(above)))
        left = solve_triangular_primitive(matrix_transpose(unit), middle, lower=False)
        right = solve_triangular_primitive(above, matrix_transpose(left), lower=False)
        # right = U^-1 left'; its transpose is left U'^-1. Rows go back to where elimination took them from.
        places = equal(reshape_primitive(order, shape=(*order.shape, 1)), np.arange(n, dtype=np.int32))
        return (matmul(matrix_transpose(cast(places, x.dtype)), matrix_transpose(right)),)


@primitive
class _QR(Factorization):
    """(Q, R) with x = Q R; Q has orthonormal columns, R is upper triangular. `mode`: "reduced" or "complete".

    Gradient: Walter & Lehmann 2010, "Algorithmic differentiation of linear algebra functions"; for wide matrices Roberts &
    Roberts 2020, "QR and LQ decomposition matrix backpropagation algorithms".
    """

    name = "qr"

    def infer(self, x: Any, *, mode: str) -> list[Spec]:
        require_matrix(x, self.name)
        *lead, m, n = x.shape
        k = m if mode == "complete" else min(m, n)
        return [Spec((*lead, m, k), x.dtype), Spec((*lead, k, n), x.dtype)]

    def compute(self, x: np.ndarray, *, mode: str) -> tuple:
        return tuple(np.linalg.qr(x, mode))

    def gradient(self, g: Any, x: Tensor, y: Any, *, mode: str) -> tuple:
        m, n = x.shape[-2:]
        if mode == "complete" and m > n:  # type: ignore[operator]
            raise NotImplementedError(
                f'qr: mode="complete" has no gradient for tall matrices ({m} x {n}). Use mode="reduced".'
            )
        (grad_q, grad_r), (q, r) = g, y
        if m < n:  # type: ignore[operator]
            rest = _columns(x, m, n)  # type: ignore[arg-type]
            grad_rest = _columns(grad_r, m, n)  # type: ignore[arg-type]
            grad_q = grad_q + matmul(rest, matrix_transpose(grad_rest))
            grad_left = self._tall(grad_q, _columns(grad_r, 0, m), q, _columns(r, 0, m))  # type: ignore[arg-type]
            return (concatenate_primitive(grad_left, matmul(q, grad_rest), axis=x.ndim - 1),)
        return (self._tall(grad_q, grad_r, q, r),)

    @staticmethod
    def _tall(grad_q: Tensor, grad_r: Tensor, q: Tensor, r: Tensor) -> Tensor:
        middle = matmul(r, matrix_transpose(upper(grad_r))) - matmul(matrix_transpose(grad_q), q)
        middle = lower(middle) + matrix_transpose(lower(middle, -1))
        total = grad_q + matmul(q, middle)
        return matrix_transpose(solve_triangular_primitive(r, matrix_transpose(total), lower=False))


@primitive
class _Eigh(Factorization):
    """(w, V) with x = V diag(w) V'; w ascending. The symmetric part of x counts. Gradient: Giles 2008, section 3.1."""

    name = "eigh"

    def infer(self, x: Any) -> list[Spec]:
        require_square(x, self.name)
        return [Spec(x.shape[:-1], x.dtype), Spec(x.shape, x.dtype)]

    def compute(self, x: np.ndarray) -> tuple:
        return tuple(np.linalg.eigh(_symmetric_array(x)))

    def gradient(self, g: Any, x: Tensor, y: Any) -> tuple:
        (grad_w, grad_v), (w, v) = g, y
        transposed = matrix_transpose(v)
        middle = diagonal_matrix(grad_w) + _inverse_gap(w) * matmul(transposed, grad_v)
        return (_symmetric(matmul(matmul(v, middle), transposed)),)


@primitive
class _SVD(Factorization):
    """(U, s, V') with x = U diag(s) V'; s descending. `full`: square U and V.

    Gradient: Townsend 2016, "Differentiating the singular value decomposition". Columns of full factors beyond the smaller
    size are taken to move only as far as orthogonality makes them.
    """

    name = "svd"

    def infer(self, x: Any, *, full: bool) -> list[Spec]:
        require_matrix(x, self.name)
        *lead, m, n = x.shape
        k = min(m, n)
        columns, rows = (m, n) if full else (k, k)
        return [Spec((*lead, m, columns), x.dtype), Spec((*lead, k), x.dtype), Spec((*lead, rows, n), x.dtype)]

    def compute(self, x: np.ndarray, *, full: bool) -> tuple:
        return tuple(np.linalg.svd(x, full))

    def gradient(self, g: Any, x: Tensor, y: Any, *, full: bool) -> tuple:
        k: Any = y[1].shape[-1]
        grad_u, u = _core(g[0], y[0], k)
        grad_v, v = _core(matrix_transpose(g[2]), matrix_transpose(y[2]), k)
        grad_s, s = g[1], y[1]
        ut, vt = matrix_transpose(u), matrix_transpose(v)
        gap = _inverse_gap(s * s)
        row = reshape_primitive(s, shape=(*s.shape[:-1], 1, k))
        column = reshape_primitive(s, shape=(*s.shape[:-1], k, 1))
        turned_u = matmul(ut, grad_u)
        turned_v = matmul(vt, grad_v)
        middle = gap * (turned_u - matrix_transpose(turned_u)) * row
        middle = middle + column * (gap * (turned_v - matrix_transpose(turned_v))) + diagonal_matrix(grad_s)
        left = matmul(u, middle) + (grad_u - matmul(u, turned_u)) / row
        right = matrix_transpose((grad_v - matmul(v, turned_v)) / row)
        return (matmul(left, vt) + matmul(u, right),)


def _core(grad: Tensor, factor: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Gradient and values of the first `k` columns of an orthogonal factor, whose others follow them."""
    size: Any = factor.shape[-1]
    if size == k:
        return grad, factor
    first, rest = _columns(factor, 0, k), _columns(factor, k, size)
    grad_rest = _columns(grad, k, size)
    pull = matmul(rest, matmul(matrix_transpose(grad_rest), first))
    return _columns(grad, 0, k) - pull, first


@primitive
class _SingularValues(Factorization):
    """The singular values, descending."""

    name = "singular_values"

    def infer(self, x: Any) -> Spec:
        require_matrix(x, self.name)
        return Spec((*x.shape[:-2], min(x.shape[-2:])), x.dtype)

    def compute(self, x: np.ndarray) -> np.ndarray:
        return np.linalg.svd(x, compute_uv=False)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor) -> tuple:
        u, _, vh = svd_primitive(x, full=False)
        return (matmul(u * reshape_primitive(g, shape=(*g.shape[:-1], 1, g.shape[-1])), vh),)


@primitive
class _Eig(Factorization):
    """(w, V), complex, with x V = V diag(w). It has no gradient: yeoul differentiates real numbers."""

    name = "eig"

    def infer(self, x: Any) -> list[Spec]:
        require_square(x, self.name)
        dtype = "complex128" if x.dtype == "float64" else "complex64"
        return [Spec(x.shape[:-1], dtype), Spec(x.shape, dtype)]

    def compute(self, x: np.ndarray) -> tuple:
        dtype = np.complex128 if x.dtype == np.float64 else np.complex64
        return tuple(r.astype(dtype) for r in np.linalg.eig(x))

    def gradient(self, g: Any, x: Tensor, y: Any) -> tuple:
        return (None,)


# -- inverses and solutions ---------------------------------------------------------------------------------------------
@primitive
class _Inverse(Factorization):
    name = "inv"
    failure = "is singular. Use pinv for its pseudoinverse."

    def infer(self, x: Any) -> Spec:
        require_square(x, self.name)
        return Spec(x.shape, x.dtype)

    def compute(self, x: np.ndarray) -> np.ndarray:
        return np.linalg.inv(x)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor) -> tuple:
        transposed = matrix_transpose(y)
        return (-matmul(matmul(transposed, g), transposed),)


@primitive
class _Determinant(Factorization):
    """The determinant. Gradient: det(x) x^-T, so that x must be regular for it."""

    name = "det"

    def infer(self, x: Any) -> Spec:
        require_square(x, self.name)
        return Spec(x.shape[:-2], x.dtype)

    def compute(self, x: np.ndarray) -> np.ndarray:
        return np.linalg.det(x)

    def gradient(self, g: Tensor, x: Tensor, y: Tensor) -> tuple:
        factor = reshape_primitive(g * y, shape=(*y.shape, 1, 1))
        return (matrix_transpose(inverse_primitive(x)) * factor,)


@primitive
class _SignAndLogDet(Factorization):
    """(sign, log |det x|). Gradient: x^-T."""

    name = "slogdet"

    def infer(self, x: Any) -> list[Spec]:
        require_square(x, self.name)
        return [Spec(x.shape[:-2], x.dtype), Spec(x.shape[:-2], x.dtype)]

    def compute(self, x: np.ndarray) -> tuple:
        return tuple(np.asarray(r) for r in np.linalg.slogdet(x))

    def gradient(self, g: Any, x: Tensor, y: Any) -> tuple:
        return (matrix_transpose(inverse_primitive(x)) * reshape_primitive(g[1], shape=(*g[1].shape, 1, 1)),)


def _solution(a: Any, b: Any, name: str) -> Spec:
    require_square(a, name)
    if len(b.shape) < 2 or b.shape[-2] != a.shape[-1]:
        raise ValueError(f"{name}: the right side, of shape {b.shape}, needs as many rows as the matrix {a.shape} has.")
    lead: Shape = broadcast(a.shape[:-2], b.shape[:-2], context=name)
    return Spec((*lead, *b.shape[-2:]), b.dtype)


@primitive
class _Solve(Factorization):
    """x with a x = b; leading axes broadcast."""

    name = "solve"
    failure = "is singular. Use lstsq for the least-squares solution."

    def infer(self, a: Any, b: Any) -> Spec:
        return _solution(a, b, self.name)

    def compute(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.linalg.solve(a, b)

    def gradient(self, g: Tensor, a: Tensor, b: Tensor, y: Tensor) -> tuple:
        grad_b = solve_primitive(matrix_transpose(a), g)
        grad_a = -matmul(grad_b, matrix_transpose(y))
        return unbroadcast(grad_a, a.shape), unbroadcast(grad_b, b.shape)


@primitive
class _SolveTriangular(Factorization):
    """x with a x = b; only one triangle of a counts. Forward or back substitution; a zero on the diagonal gives infinities."""

    name = "solve_triangular"

    def infer(self, a: Any, b: Any, *, lower: bool) -> Spec:
        return _solution(a, b, self.name)

    def compute(self, a: np.ndarray, b: np.ndarray, *, lower: bool) -> np.ndarray:
        n = a.shape[-1]
        lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        x = np.array(np.broadcast_to(b, (*lead, *b.shape[-2:])))
        with np.errstate(all="ignore"):
            for i in range(n) if lower else range(n - 1, -1, -1):
                known = slice(0, i) if lower else slice(i + 1, n)
                x[..., i, :] -= np.matmul(a[..., i, None, known], x[..., known, :])[..., 0, :]
                x[..., i, :] /= a[..., i, i, None]
        return x

    def gradient(self, g: Tensor, a: Tensor, b: Tensor, y: Tensor, *, lower: bool) -> tuple:
        grad_b = solve_triangular_primitive(matrix_transpose(a), g, lower=not lower)
        full = -matmul(grad_b, matrix_transpose(y))
        grad_a = globals()["lower" if lower else "upper"](full)
        return unbroadcast(grad_a, a.shape), unbroadcast(grad_b, b.shape)


@primitive
class _PseudoInverse(Factorization):
    """Moore and Penrose's inverse; singular values up to `rcond` times the largest count as zero.

    Gradient: Golub & Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least squares problems".
    """

    name = "pinv"

    def infer(self, x: Any, *, rcond: float) -> Spec:
        require_matrix(x, self.name)
        return Spec((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)

    def compute(self, x: np.ndarray, *, rcond: float) -> np.ndarray:
        return np.linalg.pinv(x, rcond)

    def gradient(self, g: Tensor, x: Tensor, p: Tensor, *, rcond: float) -> tuple:
        pt, gt = matrix_transpose(p), matrix_transpose(g)
        direct = matmul(matmul(pt, g), pt)
        by_rows = matmul(matmul(gt, p), pt)
        by_columns = matmul(matmul(pt, p), gt)
        by_rows = by_rows - matmul(x, matmul(p, by_rows))
        by_columns = by_columns - matmul(matmul(by_columns, p), x)
        return (by_rows + by_columns - direct,)


cholesky_primitive: Any = _Cholesky
lu_primitive: Any = _LU
qr_primitive: Any = _QR
eigh_primitive: Any = _Eigh
svd_primitive: Any = _SVD
singular_values_primitive: Any = _SingularValues
eig_primitive: Any = _Eig
inverse_primitive: Any = _Inverse
determinant_primitive: Any = _Determinant
slogdet_primitive: Any = _SignAndLogDet
solve_primitive: Any = _Solve
solve_triangular_primitive: Any = _SolveTriangular
pseudo_inverse_primitive: Any = _PseudoInverse
