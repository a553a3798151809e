"""Shapes: tuples of ints in which None stands for a size not known yet."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

Shape = tuple[Any, ...]  # ints, or None for a size not known yet


def broadcast(*shapes: Shape, context: str = "operands") -> Shape:
    """The shape that all `shapes` broadcast to, by NumPy's rule.

    Raises: ValueError if two sizes differ and neither is 1.
    """
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    rank = max(len(shape) for shape in shapes)
    result: list[int | None] = []
    for axis in range(-rank, 0):
        size: int | None = 1
        for shape in shapes:
            other = shape[axis] if -axis <= len(shape) else 1
            if other == size or other == 1:
                continue
            if size == 1 or size is None:
                size = other
            elif other is not None:
                listed = " and ".join(str(shape) for shape in shapes)
                raise ValueError(
                    f"The shapes of {context} do not fit together: {listed}. Sizes must be equal or 1, from the last axis backwards."
                )
        result.append(size)
    return tuple(result)


def normalize_axis(axis: int, rank: int, context: str = "axis") -> int:
    axis = operator.index(axis)
    if not -rank <= axis < rank:
        raise ValueError(f"{context} {axis} is out of range for a tensor of rank {rank}. Use {-rank} to {rank - 1}.")
    return axis % rank if rank else 0


def normalize_axes(axes: int | Iterable[int] | None, rank: int) -> tuple[int, ...]:
    """Sorted axes from 0 to rank - 1; None means all."""
    if axes is None:
        return tuple(range(rank))
    if not isinstance(axes, Iterable):
        axes = (axes,)
    normal = tuple(normalize_axis(axis, rank) for axis in axes)
    if len(set(normal)) != len(normal):
        raise ValueError(f"An axis is named twice in {tuple(axes)}.")
    return tuple(sorted(normal))


def size_of(shape: Shape) -> Any:
    size: Any = 1
    for axis in shape:
        if axis is None:
            return None
        size *= axis
    return size


def is_known(shape: Shape) -> bool:
    return None not in shape
