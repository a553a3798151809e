"""Nested structures: lists, tuples, named tuples, deques and dicts of leaves."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


def is_nested(structure: Any) -> bool:
    """Whether `structure` is a list, tuple, dict, deque or one of their subclasses."""
    return isinstance(structure, (list, tuple, dict, deque))


def ordered_keys(structure: dict) -> list[Any]:
    """The keys in flatten's order: sorted; as they stand in an OrderedDict; by type first if they do not compare."""
    if isinstance(structure, OrderedDict):
        return list(structure)
    try:
        return sorted(structure)
    except TypeError:
        return sorted(structure, key=lambda key: (type(key).__name__, key))


def flatten(structure: Any) -> list[Any]:
    """The leaves in order; dicts by sorted key; a leaf alone as a list of one; None is a leaf."""
    leaves: list[Any] = []
    _collect(structure, leaves)
    return leaves


def _collect(structure: Any, leaves: list[Any]) -> None:
    if isinstance(structure, dict):
        for key in ordered_keys(structure):
            _collect(structure[key], leaves)
    elif isinstance(structure, (list, tuple, deque)):
        for part in structure:
            _collect(part, leaves)
    else:
        leaves.append(structure)


def children(structure: Any) -> list[tuple[Any, Any]]:
    """(key, part) for each part of a nested structure, in flatten's order; the keys of sequences are indices."""
    if isinstance(structure, dict):
        return [(key, structure[key]) for key in ordered_keys(structure)]
    return list(enumerate(structure))


def rebuild(structure: Any, parts: list[Any]) -> Any:
    """A structure of the same kind around other `parts`, given in the order of `children`."""
    kind = type(structure)
    if kind is list or kind is tuple:
        return kind(parts)
    if isinstance(structure, dict):
        made = dict(zip(ordered_keys(structure), parts, strict=True))
        items = [(key, made[key]) for key in structure]
        if isinstance(structure, defaultdict):
            return type(structure)(structure.default_factory, items)
        return type(structure)(items)
    if hasattr(structure, "_fields"):
        return type(structure)(*parts)
    if isinstance(structure, deque):
        return type(structure)(parts, structure.maxlen)
    return type(structure)(parts)


def require_same_kind(first: Any, other: Any) -> None:
    """Raises ValueError unless `other` is a structure with the same parts as `first`, which is nested."""
    if isinstance(first, dict):
        if not isinstance(other, dict):
            raise ValueError(f"The structures differ: expected an instance of dict, and got {other!r}.")
        if first.keys() != other.keys():
            raise ValueError(
                f"The structures differ: expected a dict with the keys {ordered_keys(first)}, and got {ordered_keys(other)}."
            )
        return
    if type(first) is not type(other):
        raise ValueError(f"The structures differ: expected an instance of {type(first).__name__}, and got {other!r}.")
    if len(first) != len(other):
        raise ValueError(
            f"The structures differ: expected a {type(first).__name__} of length {len(first)}, and got length {len(other)}: {other!r}."
        )


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """The same structure with `function` applied to the leaves (of all `structures` together).

    Raises: ValueError if the structures differ, or there is none.
    """
    if not structures:
        raise ValueError("Must provide at least one structure")
    first = structures[0]
    if len(structures) == 1:
        return _mapped(function, first)
    if not is_nested(first):
        for other in structures[1:]:
            if is_nested(other):
                raise ValueError(f"The structures differ: expected a leaf, and got {other!r}.")
        return function(*structures)
    for other in structures[1:]:
        require_same_kind(first, other)
    columns: list[Any] = list(structures)
    if isinstance(first, dict):
        keys = ordered_keys(first)
        columns = [[structure[key] for key in keys] for structure in structures]
    return rebuild(first, [map_structure(function, *parts) for parts in zip(*columns, strict=True)])


def _mapped(function: Callable[..., Any], structure: Any) -> Any:
    if isinstance(structure, dict):
        return rebuild(structure, [_mapped(function, structure[key]) for key in ordered_keys(structure)])
    if isinstance(structure, (list, tuple, deque)):
        return rebuild(structure, [_mapped(function, part) for part in structure])
    return function(structure)


def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """`structure` with its leaves replaced, in flatten's order.

    Raises: ValueError if there are too few or too many; TypeError if they can not be iterated over.
    """
    leaves = list(flat_sequence)
    count = len(flatten(structure))
    if len(leaves) != count:
        few = "few" if len(leaves) < count else "many"
        raise ValueError(f"Too {few} leaves for the structure: expected {count}, and got {len(leaves)}.")
    return _pack(structure, iter(leaves))


def _pack(structure: Any, source: Iterator[Any]) -> Any:
    if isinstance(structure, dict):
        return rebuild(structure, [_pack(structure[key], source) for key in ordered_keys(structure)])
    if isinstance(structure, (list, tuple, deque)):
        return rebuild(structure, [_pack(part, source) for part in structure])
    return next(source)


class Structure(NamedTuple):
    """What remains of a nested structure without its leaves. Hashable, so that it can be part of a key."""

    kind: Any  # None for a leaf, "none" for None, else list, tuple, dict or a class of named tuples
    keys: tuple[Any, ...] = ()  # of a dict, as they stand in it; its parts are sorted by them
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
        return Structure(dict, tuple(value), tuple(_structure(value[key], leaves) for key in sorted(value)))
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
        made = dict(zip(sorted(structure.keys), parts, strict=True))
        return {key: made[key] for key in structure.keys}
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
