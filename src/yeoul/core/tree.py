"""Nested structures of lists, tuples and dicts, with anything else as leaves. Dicts are walked in the order of their sorted keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Structure(NamedTuple):
    """What remains of a nested structure without its leaves. Hashable, so that it can be part of a key."""

    kind: Any  # None for a leaf, "none" for None, else list, tuple, dict or a class of named tuples
    keys: tuple[Any, ...] = ()
    parts: tuple[Any, ...] = ()


LEAF = Structure(None)
NONE = Structure("none")


def is_nested(value: Any) -> bool:
    return isinstance(value, (list, tuple, dict))


def flatten(value: Any) -> list[Any]:
    """The leaves, in order. None is a leaf."""
    leaves: list[Any] = []
    _collect(value, leaves)
    return leaves


def _collect(value: Any, leaves: list[Any]) -> None:
    if isinstance(value, (list, tuple)):
        for part in value:
            _collect(part, leaves)
    elif isinstance(value, dict):
        for key in sorted_keys(value):
            _collect(value[key], leaves)
    else:
        leaves.append(value)


def sorted_keys(value: dict) -> list[Any]:
    try:
        return sorted(value)
    except TypeError:
        return list(value)


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
        keys = sorted_keys(value)
        return Structure(dict, tuple(keys), tuple(_structure(value[key], leaves) for key in keys))
    leaves.append(value)
    return LEAF


def assemble(structure: Structure, leaves: Any) -> Any:
    """The inverse of `disassemble`."""
    return _assemble(structure, iter(leaves))


def _assemble(structure: Structure, leaves: Any) -> Any:
    kind = structure.kind
    if kind is None:
        return next(leaves)
    if kind == "none":
        return None
    parts = [_assemble(part, leaves) for part in structure.parts]
    if kind is list:
        return parts
    if kind is tuple:
        return tuple(parts)
    if kind is dict:
        return dict(zip(structure.keys, parts, strict=True))
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)


def map_structure(function: Callable, value: Any) -> Any:
    """`value` with `function` applied to every leaf that is not None."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        parts = [map_structure(function, part) for part in value]
        if type(value) is list:
            return parts
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, dict):
        return {key: map_structure(function, part) for key, part in value.items()}
    return function(value)
