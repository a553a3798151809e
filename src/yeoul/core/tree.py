"""Nested structures: lists, tuples, named tuples and dicts of leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


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


class Structure(NamedTuple):
    """What remains of a nested structure without its leaves. Hashable, so that it can be part of a key."""

    kind: Any  # None for a leaf, "none" for None, else list, tuple, dict or a class of named tuples
    keys: tuple[Any, ...] = ()
    parts: tuple[Any, ...] = ()


LEAF = Structure(None)
NONE = Structure("none")


def disassemble(value: Any) -> tuple[list[Any], Structure]:
    """The leaves that are not None, and the structure that `assemble` puts them back into."""
    leaves: list[Any] = []
    return leaves, _structure(value, leaves)


def _structure(value: Any, leaves: list[Any]) -> Structure:
    if value is None:
        return NONE
    if isinstance(value, (list, tuple)):
        return Structure(type(value), (), tuple(_structure(part, leaves) for part in value))
    if isinstance(value, dict):
        keys = sorted(value)
        return Structure(dict, tuple(keys), tuple(_structure(value[key], leaves) for key in keys))
    leaves.append(value)
    return LEAF


def assemble(structure: Structure, leaves: Any) -> Any:
    """The inverse of `disassemble`."""
    return _assemble(structure, iter(leaves))


def _assemble(structure: Structure, leaves: Iterator[Any]) -> Any:
    kind = structure.kind
    if kind is None:
        return next(leaves)
    if kind == "none":
        return None
    parts = [_assemble(part, leaves) for part in structure.parts]
    if kind is dict:
        return dict(zip(structure.keys, parts, strict=True))
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
