"""More ways to join, cut, turn and take: NumPy's names for special cases of those in `shaping`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops.registry import convert
from yeoul.ops.shaping import concatenate, expand_dims, flip, ravel, reshape, split, transpose

__all__ = ["append", "dsplit", "dstack", "fliplr", "flipud", "hsplit", "rot90", "vsplit"]


def append(x1: Any, x2: Any, axis: int | None = None) -> Tensor:
    """`x2` after `x1` along `axis`; both flattened if None."""
    return concatenate([ravel(x1), ravel(x2)]) if axis is None else concatenate([x1, x2], axis)


def dstack(xs: Sequence) -> Tensor:
    """Tensors joined along the third axis; vectors become rows of shape (1, n, 1), matrices get a last axis of size 1."""
    parts = []
    for x in xs:
        x = convert(x)
        parts.append(reshape(x, (1, -1, 1)) if x.ndim < 2 else expand_dims(x, -1) if x.ndim == 2 else x)
    return concatenate(parts, 2)


def _split_along(x: Any, indices_or_sections: Any, axis: int, least: int, name: str) -> list[Tensor]:
    x = convert(x)
    if x.ndim < least:
        raise ValueError(f"{name} needs a tensor of rank {least} or more, and got shape {x.shape}.")
    return split(x, indices_or_sections, axis)


def hsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the second axis, or the only one of a vector."""
    x = convert(x)
    return _split_along(x, indices_or_sections, 1 if x.ndim > 1 else 0, 1, "hsplit")


def vsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the first axis of a tensor of rank 2 or more."""
    return _split_along(x, indices_or_sections, 0, 2, "vsplit")


def dsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the third axis."""
    return _split_along(x, indices_or_sections, 2, 3, "dsplit")


def fliplr(x: Any) -> Tensor:
    """`x` reversed along its second axis."""
    return flip(x, 1)


def flipud(x: Any) -> Tensor:
    """`x` reversed along its first axis."""
    return flip(x, 0)


def rot90(array: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """`array` turned `k` times by a quarter, from the first towards the second of `axes`.

    Raises: ValueError if the axes are the same, or not two.
    """
    x = convert(array)
    if x.ndim < 2 or len(axes) != 2:
        raise ValueError(
            f"rot90 needs a tensor of rank 2 or more and two axes, and got shape {x.shape} and axes {axes}."
        )
    first, second = (normalize_axis(a, x.ndim) for a in axes)
    if first == second:
        raise ValueError(f"rot90 needs two different axes, and got {tuple(axes)}.")
    order = list(range(x.ndim))
    order[first], order[second] = second, first
    turns = k % 4
    if turns == 0:
        return x
    if turns == 2:
        return flip(x, (first, second))
    return transpose(flip(x, second), order) if turns == 1 else flip(transpose(x, order), second)
