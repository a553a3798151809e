"""Limits on gradients."""

from __future__ import annotations

from yeoul import ops
from yeoul.core.tensor import Tensor


def clipped(
    grads: list[Tensor], clipnorm: float | None, global_clipnorm: float | None, clipvalue: float | None
) -> list[Tensor]:
    """The gradients within the one limit that is set and positive.

    Args:
        clipnorm: the largest norm of each gradient.
        global_clipnorm: the largest norm of all gradients together.
        clipvalue: the largest magnitude of an element.
    """
    if clipnorm and clipnorm > 0:
        return [_within(g, _norm([g]), clipnorm) for g in grads]
    if global_clipnorm and global_clipnorm > 0:
        norm = _norm(grads)
        norm = norm + (norm - norm)  # an infinite norm makes every gradient NaN, so that the overflow is seen
        return [_within(g, norm, global_clipnorm) for g in grads]
    if clipvalue and clipvalue > 0:
        return [ops.clip(g, -clipvalue, clipvalue) for g in grads]
    return grads


def _norm(grads: list[Tensor]) -> Tensor:
    total = ops.sum(ops.square(grads[0]))
    for g in grads[1:]:
        total = total + ops.sum(ops.square(g))
    return ops.sqrt(total)


def _within(g: Tensor, norm: Tensor, limit: float) -> Tensor:
    return g * ops.cast(limit / ops.maximum(norm, limit), g.dtype)
