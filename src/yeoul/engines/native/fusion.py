"""Which nodes become one instruction.

Element-wise nodes are grouped by level: a level counts how many instructions must come before. Nodes of one level and shape can never depend on each
other through a third instruction, so a group of them is free of cycles by construction. Products and other barriers stand as early as they can;
element-wise nodes as late as their users allow, so that what only the backward pass needs is computed there and never stored.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

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
#: Reductions by the names of their ops.
REDUCE_NAMES = {"sum": "sum", "prod": "prod", "reduce_max": "max", "reduce_min": "min", "variance": "variance"}
COMPUTED = frozenset({"bool", "int32", "int64", "uint32", "float32", "float64"})
_TINY = 64  # elements; unconnected maps this small share an instruction
_MOST_REDUCTIONS = 4  # side by side in one instruction
#: Ops that cost less to compute again than their result costs to store and read.
_CHEAP = frozenset({"add", "sub", "mul", "neg", "square", "max", "min"})
_WORTH_STORING = 16384  # elements; smaller results stay in the cache anyway


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
    """Nodes that one instruction computes: a map, alone or behind a product, or in front of reductions."""

    members: list[Tensor]
    level: int
    position: int
    product: Tensor | None = None  # the product whose epilogue this is
    reductions: list[Tensor] = field(default_factory=list)  # of members, or of what the instruction reads beside them
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
        _find_stored(group, consumers, results)
    _attach_products(order, groups, consumers, level, results, aliases)
    _attach_reductions(order, groups, consumers, level, results, aliases)
    _compute_again(order, groups, consumers, results)
    unique = {id(g): g for g in groups.values()}
    return [g for g in unique.values() if g.members or g.reductions or g.barrier is not None]


def _find_stored(group: Group, consumers: dict, results: set[int]) -> None:
    """Settles which members others read from memory; what only a reduction of the group reads is handed over."""
    inside = {id(t) for t in (*group.members, *group.reductions)}
    group.stored = [
        t
        for t in group.members
        if id(t) in results or any(id(c) not in inside for c in consumers[id(t)]) or not consumers[id(t)]
    ]


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
    if members[0].size <= _TINY:
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


def _attach_reductions(
    order: list[Tensor], groups: dict, consumers: dict, level: dict, results: set[int], aliases: dict
) -> None:
    """Reductions of what a map computes or reads are computed with it, tile by tile, and reductions of one tensor together."""
    reductions: list[Any] = [t for t in order if _is_fused_reduction(t) and id(t) in groups]
    from_memory = []
    for t in reductions:
        x = t.node.inputs[0]
        group = groups.get(id(x))
        if group is not None and group.product is not None:
            group = _split_off(x, group, groups, consumers, results)
        if group is not None and any(m is x for m in group.members) and _fits(t, group, level):
            group.reductions.append(t)
            groups[id(t)] = group
            _find_stored(group, consumers, results)
        else:
            from_memory.append(t)
    for t in from_memory:
        readers = [groups[id(c)] for c in consumers[id(t.node.inputs[0])] if c is not t and id(c) in groups]
        users = _through_aliases(t, consumers, aliases, results)
        needed = min((level[id(c)] for c in users if c is not None), default=len(order))
        group = next((g for g in readers if g.reductions and _fits(t, g, level, needed)), None)
        if group is None:
            group = groups[id(t)]
            group.barrier = None
        else:
            level[id(t)] = level[id(group.reductions[0])]
        group.reductions.append(t)
        groups[id(t)] = group


def _is_fused_reduction(t: Tensor) -> bool:
    node = t.node
    return (
        node is not None
        and node.op.name in REDUCE_NAMES
        and t.dtype in ("float32", "float64", "int32", "int64")
        and reduces_in_place(node.inputs[0].shape, node.attributes["axes"])
    )


def _fits(t: Tensor, group: Group, level: dict, needed: int = 0) -> bool:
    """Whether the group can compute this reduction too: at its own level, or later but before `needed`.

    Reductions of one level do not depend on each other.
    """
    if not group.reductions:
        return group.product is None and group.barrier is None
    first: Any = group.reductions[0]
    x, y = t.node.inputs[0], first.node.inputs[0]  # type: ignore[union-attr]
    return (
        len(group.reductions) < _MOST_REDUCTIONS
        and (level[id(t)] == level[id(first)] or level[id(t)] < level[id(first)] < needed)
        and (x.shape, x.dtype) == (y.shape, y.dtype)
        and t.node.attributes["axes"] == first.node.attributes["axes"]  # type: ignore[union-attr]
    )


def _split_off(x: Tensor, group: Group, groups: dict, consumers: dict, results: set[int]) -> Group | None:
    """Takes out of a product's epilogue what only reductions need: it is computed with them, from what the epilogue stores."""
    private: set[int] = set()
    for m in reversed(group.members):
        if (
            id(m) not in results
            and consumers[id(m)]
            and all(id(c) in private or _is_fused_reduction(c) for c in consumers[id(m)])
        ):
            private.add(id(m))
    if id(x) not in private:
        return None
    wanted = {id(x)}
    for m in reversed(group.members):
        if id(m) in wanted:
            wanted.update(id(y) for y in m.node.inputs if id(y) in private)  # type: ignore[union-attr]
    part = Group([m for m in group.members if id(m) in wanted], group.level, group.position)
    group.members = [m for m in group.members if id(m) not in wanted]
    for m in part.members:
        groups[id(m)] = part
    _find_stored(part, consumers, results)
    if group.members:
        _find_stored(group, consumers, results)
    else:
        group.barrier, group.product, group.stored = group.product, None, []
    return part


def _compute_again(order: list[Tensor], groups: dict, consumers: dict, results: set[int]) -> None:
    """Cheap values of what lies in memory anyway are computed by each instruction that needs them, and not stored."""
    position = {id(t): i for i, t in enumerate(order)}
    chains: dict[int, list[Tensor]] = {}  # how to compute what is not stored: the steps from memory

    def is_in_memory(x: Tensor) -> bool:
        group = groups.get(id(x))
        if x.node is None or group is None:
            return True
        if group.product is x:
            inside = {id(m) for m in group.members}
            return any(id(c) not in inside and id(c) not in chains for c in consumers[id(x)])
        return group.barrier is x or any(m is x for m in group.stored)

    for t in order:
        group = groups.get(id(t))
        if group is None or not any(m is t for m in group.stored) or id(t) in results:
            continue
        size, node = t.size, t.node
        large = {id(x): x for x in node.inputs if 8 * x.size > size}  # type: ignore[union-attr]
        if node.op.name not in _CHEAP or size < _WORTH_STORING or len(large) != 1:  # type: ignore[union-attr]
            continue
        source = next(iter(large.values()))
        steps = chains.get(id(source), [])
        if (source.shape, source.dtype) != (t.shape, t.dtype) or len(steps) > 2 or not (steps or is_in_memory(source)):
            continue
        own = {id(r) for r in group.reductions}  # these take it from the registers
        users = [c for c in consumers[id(t)] if id(c) not in own]
        if any(id(c) not in groups or not any(m is c for m in groups[id(c)].members) for c in users):
            continue  # someone can only read it from memory
        readers = list({id(g): g for c in users for g in [groups[id(c)]]}.values())
        if any(g.members[0].shape != t.shape for g in readers):
            continue
        chains[id(t)] = [*steps, t]
        for reader in readers:
            together = {id(m): m for m in (*reader.members, *chains[id(t)])}
            reader.members = sorted(together.values(), key=lambda m: position[id(m)])
        group.stored = [m for m in group.stored if m is not t]
        _drop_unread(group)
    for group in {id(g): g for g in groups.values()}.values():
        if group.product is not None and not group.members:
            group.barrier, group.product = group.product, None


def _drop_unread(group: Group) -> None:
    """Leaves out members that nobody needs from this instruction."""
    needed = {id(m) for m in group.stored} | {id(t.node.inputs[0]) for t in group.reductions}  # type: ignore[union-attr]
    for m in reversed(group.members):
        if id(m) in needed:
            needed.update(id(x) for x in m.node.inputs)  # type: ignore[union-attr]
    group.members = [m for m in group.members if id(m) in needed]


def reduces_in_place(shape: tuple, axes: tuple[int, ...]) -> bool:
    """Whether the reduced axes lie next to each other in memory, axes of size 1 aside."""
    flags = [axis in axes for axis, size in enumerate(shape) if size != 1]
    changes = sum(a != b for a, b in itertools.pairwise(flags))
    return changes <= 1 or (changes == 2 and not flags[0])
