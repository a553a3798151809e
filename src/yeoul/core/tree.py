"""Nested structures: lists, tuples, named tuples and dicts of leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def is_nested(structure: Any) -> bool:
    return isinstance(structure, (list, tuple, dict))


def flatten(structure: Any) -> list[Any]:
    """The leaves in order; dicts by sorted key; a leaf alone as a list of one; None is a leaf."""
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """The same structure with `function` applied to the leaves (of all `structures` together)."""
    first = structures[0]
    if isinstance(first, dict):
        return type(first)((k, map_structure(function, *[s[k] for s in structures])) for k in first)  # type: ignore[call-arg]
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*[map_structure(function, *parts) for parts in zip(*structures, strict=True)])
    if isinstance(first, (list, tuple)):
        return type(first)([map_structure(function, *parts) for parts in zip(*structures, strict=True)])
    return function(*structures)


def pack_sequence_as(structure: Any, leaves: Any) -> Any:
    """`structure` with its leaves replaced, in flatten's order."""
    source = iter(leaves)
    return _pack(structure, source)


def _pack(structure: Any, source: Iterator[Any]) -> Any:
    if isinstance(structure, dict):
        made = {key: _pack(structure[key], source) for key in sorted(structure)}
        return type(structure)((key, made[key]) for key in structure)  # type: ignore[call-arg]
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*[_pack(part, source) for part in structure])
    if isinstance(structure, (list, tuple)):
        return type(structure)([_pack(part, source) for part in structure])
    return next(source)
