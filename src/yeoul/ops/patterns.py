"""Axes rearranged by a pattern of names."""

from __future__ import annotations

import re
from typing import Any

from yeoul.core.tensor import Tensor
from yeoul.ops.registry import convert
from yeoul.ops.shaping import reshape, transpose

__all__ = ["rearrange"]


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Tensor:
    """Axes split, ordered anew and merged, as "b (h s) c -> b h (s c)" says; parentheses hold the factors of one axis.

    Args:
        axes_lengths: sizes of named factors; one factor of each axis may be left out.
    Raises: ValueError if the pattern does not fit the tensor.
    Source: Rogozhnikov 2022, "Einops".
    """
    x = convert(tensor)
    left, arrow, right = pattern.partition("->")
    if not arrow:
        raise ValueError(f"rearrange: the pattern {pattern!r} needs an arrow, as in 'a b -> b a'.")
    before, after = _groups(left, pattern), _groups(right, pattern)
    names = [name for group in before for name in group]
    if sorted(names) != sorted(name for group in after for name in group) or len(set(names)) != len(names):
        raise ValueError(f"rearrange: both sides of {pattern!r} must name the same axes, each once.")
    if len(before) != x.ndim:
        raise ValueError(f"rearrange: {pattern!r} names {len(before)} axes, and the tensor has shape {x.shape}.")
    sizes: dict[str, Any] = {name: int(size) for name, size in axes_lengths.items()}
    for group, size in zip(before, x.shape, strict=True):
        _fill_in(group, size, sizes, pattern)
    y = reshape(x, tuple(sizes[name] for name in names))
    y = transpose(y, [names.index(name) for group in after for name in group])
    return reshape(y, tuple(_product([sizes[name] for name in group]) for group in after))


def _groups(side: str, pattern: str) -> list[list[str]]:
    parts = re.findall(r"\([\w\s]*\)|\w+|[^\s\w]", side)
    if any(not re.fullmatch(r"\([\w\s]*\)|[A-Za-z_]\w*|1", part) for part in parts):
        raise ValueError(f"rearrange: {pattern!r} may hold names, 1 and parentheses around names.")
    return [[] if part == "1" else part.strip("()").split() for part in parts]


def _fill_in(group: list[str], size: Any, sizes: dict[str, Any], pattern: str) -> None:
    unknown = [name for name in group if name not in sizes]
    known = _product([sizes[name] for name in group if name in sizes])
    if len(unknown) > 1:
        raise ValueError(f"rearrange: give the sizes of all but one of {group} in {pattern!r}, as {unknown[0]}=2.")
    if unknown:
        sizes[unknown[0]] = None if size is None else size // known
    if size is not None and _product([sizes[name] for name in group]) != size:
        raise ValueError(f"rearrange: an axis of size {size} cannot be split into {group} of {pattern!r} with {sizes}.")


def _product(sizes: list[Any]) -> Any:
    total = 1
    for size in sizes:
        if size is None:
            return None
        total *= size
    return total
