"""Functions on nested structures: lists, tuples, named tuples, deques and dicts, in any depth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul.core.tree import children, flatten, is_nested, pack_sequence_as, rebuild, require_same_kind
from yeoul.core.tree import map_structure as _map_structure

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """The same structure with `func` applied to the leaves (of all `structures` together).

    Args:
        none_is_leaf: whether `func` gets None too; otherwise None stays None.

    Raises: ValueError if the structures differ, or there is none.
    """
    if none_is_leaf:
        return _map_structure(func, *structures)

    def around_none(*leaves: Any) -> Any:
        missing = sum(leaf is None for leaf in leaves)
        if 0 < missing < len(leaves):
            raise ValueError(f"The structures differ: one has None where another has a leaf: {leaves!r}.")
        return None if missing else func(*leaves)

    return _map_structure(around_none, *structures)


class MAP_TO_NONE:
    """What a function returns to `traverse` to put None in a part's place."""


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Calls `func` on the structure and on each of its parts, depth first, and puts what it returns in their place.

    None keeps the part; going down, a part that was replaced is not entered. MAP_TO_NONE puts None.

    Raises: TypeError if `func` cannot be called.
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable, got {func} of type {type(func)}")
    if top_down:
        made = func(structure)
        if made is None:
            if not is_nested(structure):
                return structure
            return rebuild(structure, [traverse(func, part) for _, part in children(structure)])
    else:
        if is_nested(structure):
            structure = rebuild(structure, [traverse(func, part, False) for _, part in children(structure)])
        made = func(structure)
        if made is None:
            return structure
    return None if made is MAP_TO_NONE else made


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """(path, leaf) for every leaf; a path is the keys and indices that lead to it."""
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, part in children(structure) for path, leaf in flatten_with_path(part)]


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """`func` applied to the parts of `structures` that stand where `shallow_structure` has its leaves.

    Raises: ValueError if a structure is shallower, or there is none.
    """
    if not structures:
        raise ValueError("Must provide at least one structure")
    if not is_nested(shallow_structure):
        return func(*structures)
    for structure in structures:
        require_same_kind(shallow_structure, structure)
    columns = [[structure[key] for key, _ in children(shallow_structure)] for structure in structures]
    parts = [part for _, part in children(shallow_structure)]
    made = [map_structure_up_to(part, func, *row) for part, *row in zip(parts, *columns, strict=True)]
    return rebuild(shallow_structure, made)


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """`map_structure` with shapes (lists and tuples of ints and Nones) as leaves."""
    if isinstance(structure, (list, tuple)) and all(size is None or isinstance(size, int) for size in structure):
        return func(structure)
    if not is_nested(structure):
        return func(structure)
    return rebuild(structure, [map_shape_structure(func, part) for _, part in children(structure)])


def lists_to_tuples(structure: Any) -> Any:
    """The same structure with tuples in place of lists."""
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Raises ValueError unless `a` and `b` are nested in the same way: same kinds, lengths and keys. Leaves do not count."""
    if is_nested(a):
        require_same_kind(a, b)
        for key, part in children(a):
            assert_same_structure(part, b[key])
    elif is_nested(b):
        raise ValueError(f"Structures don't have the same nested structure. `a` has a leaf where `b` has {b!r}.")


def assert_same_paths(a: Any, b: Any) -> None:
    """Raises ValueError unless the same keys and indices lead to the leaves of `a` and `b`; kinds do not count."""
    paths_a = {path for path, _ in flatten_with_path(a)}
    paths_b = {path for path, _ in flatten_with_path(b)}
    if paths_a == paths_b:
        return
    message = "`a` and `b` don't have the same paths."
    if missing := paths_a - paths_b:
        message += f"\nPaths in `a` missing in `b`:\n{missing}"
    if missing := paths_b - paths_a:
        message += f"\nPaths in `b` missing in `a`:\n{missing}"
    raise ValueError(message)
