"""Distances between points."""

from __future__ import annotations

from typing import Any

from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import select, sqrt, square
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import promoted
from yeoul.ops.shaping import expand_dims

__all__ = ["cdist"]


def cdist(x: Any, y: Any) -> Tensor:
    """Euclidean distances of all pairs: (..., m, d) and (..., n, d) -> (..., m, n). Equal points have the gradient 0."""
    x, y = promoted(x, y, to_float=True)
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-1]:
        raise ValueError(
            f"cdist needs x of shape (..., m, d) and y of shape (..., n, d), and got {x.shape} and {y.shape}."
        )
    squares = sum_of(square(expand_dims(x, -2) - expand_dims(y, -3)), -1)
    return select(squares > 0, sqrt(select(squares > 0, squares, 1)), 0)
