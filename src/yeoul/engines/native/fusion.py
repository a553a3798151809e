"""Which nodes become one instruction.

Element-wise nodes are grouped by level: a level counts how many instructions must come before. Nodes of one level and shape can never depend on each
other through a third instruction, so a group of them is free of cycles by construction. Products and other barriers stand as early as they can;
element-wise nodes as late as their users allow, so that what only the backward pass needs is computed there and never stored.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from yeoul.core.tensor import Tensor
from yeoul.engines.native.windows import CONVOLUTIONS, is_windowed

#: Primitives that the byte code of a map knows, by the name it has there.
MAP_NAMES: dict[str, str] = {
    **{
        name: name
        for name in [
            "neg",
            "abs",
            "sign",
            "floor",
            "ceil",
            "round",
            "trunc",
            "sqrt",
            "rsqrt",
            "square",
            "reciprocal",
            "exp",
            "expm1",
            "log",
            "log1p",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
            "sinh",
            "cosh",
            "tanh",
            "asinh",
            "acosh",
            "atanh",
            "sigmoid",
            "erf",
            "softplus",
            "isnan",
            "isinf",
            "isfinite",
            "add",
            "sub",
            "mul",
            "div",
            "floordiv",
            "mod",
            "pow",
            "atan2",
            "max",
            "min",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "shl",
            "shr",
            "select",
            "cast",
        ]
    },
    "logical_not": "not",
    "bitwise_not": "not",
    "logical_and": "and",
    "logical_or": "or",
    "logical_xor": "xor",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
}
COMPUTED = frozenset({"bool", "int32", "int64", "uint32", "float32", "float64"})
_TINY = 64  # elements; unconnected maps this small share an instruction


def is_map(tensor: Tensor) -> bool:
    """Whether the byte code can compute this node."""
    node = tensor.node
    if node is None or node.op.name not in MAP_NAMES:
        return False
    if node.op.name == "cast":
        return True
    return all(x.dtype in COMPUTED for x in node.inputs) and tensor.dtype in COMPUTED


def is_product(tensor: Tensor) -> bool:
    """Whether an instruction that takes an epilogue computes this node."""
    name = tensor.node.op.name  # type: ignore[union-attr]
    if name == "matmul":
        return tensor.dtype in ("float32", "float64")
    return name in CONVOLUTIONS and is_windowed(tensor)


@dataclass(eq=False)
class Group:
    """Nodes that one instruction computes: a map, alone or behind a product, or in front of a reduction."""

    members: list[Tensor]
    level: int
    position: int
    product: Tensor | None = None  # the product whose epilogue this is
    reduction: Tensor | None = None  # the reduction that consumes a member
    barrier: Tensor | None = None  # a node that is no map
    stored: list[Tensor] = field(default_factory=list)  # members that others read


def fuse(order: list[Tensor], results: set[int], aliases: dict[int, Tensor]) -> list[Group]:
    """Groups that compute all of `order`.

    Args:
        order: tensors, inputs first.
        results: ids of the tensors that the graph returns or writes to variables.
        aliases: ids of tensors that share their input's memory and need no instruction, with that input.
    """
    maps = {id(t) for t in order if t.node is not None and is_map(t)}
    consumers: dict[int, list[Tensor]] = {id(t): [] for t in order}
    for t in order:
        if t.node is not None:
            for x in t.node.inputs:
                if id(x) in consumers:
                    consumers[id(x)].append(t)

    def bump(x: Tensor, t: Tensor) -> int:
        return 0 if id(x) in maps and id(t) in maps and x.shape == t.shape else 1

    level: dict[int, int] = {}
    for t in order:
        if t.node is None:
            level[id(t)] = -1
            continue
        if id(t) in aliases:
            level[id(t)] = max([level.get(id(x), -1) for x in t.node.inputs], default=-1)
            continue
        level[id(t)] = max([level.get(id(x), -1) + bump(x, t) for x in t.node.inputs] + [0])
    for t in reversed(order):
        key = id(t)
        if key not in maps or key in results:
            continue
        latest = None
        for c in _through_aliases(t, consumers, aliases, results):
            if c is None:
                latest = None
                break
            allowed = level[id(c)] - (1 if _reads_alias_of(t, c, aliases) else bump(t, c))
            latest = allowed if latest is None else min(latest, allowed)
        if latest is not None:
            level[key] = max(latest, level[key])

    groups: dict[int, Group] = {}
    by_place: dict[tuple[int, tuple], list[Tensor]] = {}
    position = {id(t): i for i, t in enumerate(order)}
    for t in order:
        if t.node is None or id(t) in aliases:
            continue
        if id(t) in maps:
            by_place.setdefault((level[id(t)], t.shape), []).append(t)
        else:
            groups[id(t)] = Group([], level[id(t)], position[id(t)], barrier=t)
    for (at, _), members in by_place.items():
        for part in _components(members):
            group = Group(part, at, position[id(part[0])])
            for t in part:
                groups[id(t)] = group
    for group in {id(g): g for g in groups.values()}.values():
        inside = {id(t) for t in group.members}
        group.stored = [
            t
            for t in group.members
            if id(t) in results or any(id(c) not in inside for c in consumers[id(t)]) or not consumers[id(t)]
        ]
    _attach_products(order, groups, consumers, level, results, aliases)
    _attach_reductions(order, groups, consumers, results)
    unique = {id(g): g for g in groups.values()}
    return list(unique.values())


def _through_aliases(t: Tensor, consumers: dict, aliases: dict, results: set[int]) -> list[Tensor | None]:
    """Users of t's memory; None if one of its aliases is a result."""
    found: list[Tensor | None] = []
    for c in consumers[id(t)]:
        if id(c) in aliases:
            if id(c) in results:
                found.append(None)
            found.extend(_through_aliases(c, consumers, aliases, results))
        else:
            found.append(c)
    return found


def _reads_alias_of(t: Tensor, user: Tensor, aliases: dict) -> bool:
    """Whether `user` reads t's memory by another name: then t must be stored by an instruction before."""
    for x in user.node.inputs:  # type: ignore[union-attr]
        while id(x) in aliases:
            x = aliases[id(x)]
            if x is t:
                return True
    return False


def _components(members: list[Tensor]) -> list[list[Tensor]]:
    """Members connected by data; tiny ones all together."""
    if len(members) == 1:
        return [members]
    size = 1
    for s in members[0].shape:
        size *= s  # type: ignore[operator]
    if size <= _TINY:
        return [members]
    parent = {id(t): id(t) for t in members}

    def find(key: int) -> int:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    shared: dict[int, int] = {}
    for t in members:
        for x in t.node.inputs:  # type: ignore[union-attr]
            if id(x) in parent:
                parent[find(id(t))] = find(id(x))
            elif x.shape == t.shape and x.array is None:
                # Reading the same large operand: one pass over it is cheaper than two.
                first = shared.setdefault(id(x), id(t))
                parent[find(id(t))] = find(first)
    parts: dict[int, list[Tensor]] = {}
    for t in members:
        parts.setdefault(find(id(t)), []).append(t)
    return list(parts.values())


def _attach_products(
    order: list[Tensor], groups: dict, consumers: dict, level: dict, results: set[int], aliases: dict
) -> None:
    """A map that reads a product of its own shape becomes the product's epilogue."""
    for t in reversed(order):
        if t.node is None or id(t) not in groups or not is_product(t):
            continue
        users = _through_aliases(t, consumers, aliases, results)
        if not users or any(c is None for c in users) or id(t) in results:
            continue
        earliest = min(level[id(c)] for c in users if c is not None)
        for c in consumers[id(t)]:
            group = groups.get(id(c))
            if (
                group is not None
                and group.barrier is None
                and group.product is None
                and c.shape == t.shape
                and level[id(c)] == earliest
                and level[id(c)] > level[id(t)]
            ):
                group.product = t
                own = groups[id(t)]
                own.level = -1  # absorbed
                group.position = max(group.position, own.position)
                groups[id(t)] = group
                break


def _attach_reductions(order: list[Tensor], groups: dict, consumers: dict, results: set[int]) -> None:
    """A reduction of a map's value is computed with it, tile by tile."""
    for t in order:
        if t.node is None or t.node.op.name not in ("sum", "prod", "reduce_max", "reduce_min") or id(t) not in groups:
            continue
        own = groups[id(t)]
        x = t.node.inputs[0]
        group = groups.get(id(x))
        if (
            group is None
            or group is own
            or group.barrier is not None
            or group.product is not None
            or group.reduction is not None
        ):
            continue
        if t.dtype not in ("float32", "float64", "int32", "int64"):
            continue
        if not reduces_in_place(x.shape, t.node.attributes["axes"]):
            continue
        group.reduction = t
        groups[id(t)] = group
        inside = {id(m) for m in group.members} | {id(t)}
        if id(x) not in results and all(id(c) in inside for c in consumers[id(x)]):
            group.stored = [m for m in group.stored if m is not x]


def reduces_in_place(shape: tuple, axes: tuple[int, ...]) -> bool:
    """Whether the reduced axes lie next to each other in memory, axes of size 1 aside."""
    flags = [axis in axes for axis, size in enumerate(shape) if size != 1]
    changes = sum(a != b for a, b in itertools.pairwise(flags))
    return changes <= 1 or (changes == 2 and not flags[0])
