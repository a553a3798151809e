"""Matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core.shapes import broadcast
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.layout import reshape_primitive, transpose_primitive
from yeoul.ops.registry import Primitive, primitive, unbroadcast


@primitive
class _MatMul(Primitive):
    """c[..., m, n] = sum over k of a[..., m, k] b[..., k, n]; leading axes broadcast. Operands have rank 2 or more."""

    name = "matmul"

    def infer(self, a: Any, b: Any) -> Spec:
        if a.shape[-1] != b.shape[-2] and a.shape[-1] is not None and b.shape[-2] is not None:
            raise ValueError(
                f"matmul: the last axis of the first operand, {a.shape}, must equal the last but one of the second, {b.shape}."
            )
        lead = broadcast(a.shape[:-2], b.shape[:-2], context="matmul") if len(a.shape) + len(b.shape) > 4 else ()
        return Spec((*lead, a.shape[-2], b.shape[-1]), a.dtype)

    def reference(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if a.dtype.itemsize == 2 and a.dtype.kind not in "iu":
            return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
        return np.matmul(a, b)

    def gradient(self, g: Tensor, a: Tensor, b: Tensor, y: Tensor) -> tuple:
        if len(b.shape) == 2 and len(a.shape) > 2:
            # One matrix for all leading axes: its gradient is a single product over all rows.
            rows = reshape_primitive(a, shape=(-1, a.shape[-1]))
            grad_rows = reshape_primitive(g, shape=(-1, g.shape[-1]))
            return matmul_primitive(g, matrix_transpose(b)), matmul_primitive(matrix_transpose(rows), grad_rows)
        grad_a = matmul_primitive(g, matrix_transpose(b))
        grad_b = matmul_primitive(matrix_transpose(a), g)
        return unbroadcast(grad_a, a.shape), unbroadcast(grad_b, b.shape)


matmul_primitive: Any = _MatMul


def matrix_transpose(x: Tensor) -> Tensor:
    """`x` with its last two axes exchanged."""
    rank = len(x.shape)
    return transpose_primitive(x, permutation=(*range(rank - 2), rank - 1, rank - 2))
