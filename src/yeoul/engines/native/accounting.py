"""What a program takes in memory, by kind, and which values are the largest when the arena is fullest."""

from __future__ import annotations

from typing import Any

from yeoul import _native
from yeoul.core.engine import LargeValue, ProgramMemory
from yeoul.core.graph import Graph
from yeoul.core.tensor import Tensor
from yeoul.engines.native.fusion import Group
from yeoul.engines.native.lowering import instructions_of, program_of
from yeoul.engines.native.memory import Storage, aligned
from yeoul.engines.native.placing import Placed, bytes_of

_SHOWN = 5


def memory_of(graph: Graph) -> ProgramMemory:
    """The memory of a native program of `graph`."""
    written = instructions_of(graph)
    program = program_of(written)
    # What each thread and all threads together need while an instruction runs.
    own, shared = program.scratch_bytes, program.shared_scratch_bytes
    values = written.arena_values()
    held = {id(value.storage) for value in values}
    # A value that is written over another one has its storage, and would else have one of its own.
    unshared = sum(aligned(bytes_of(value.tensor)) for value in values)
    unshared += sum(aligned(storage.size) for storage in written.arena if id(storage) not in held)
    at = _peak(written.arena)
    alive = [storage for storage in written.arena if storage.first <= at <= storage.last]
    return ProgramMemory(
        arena=written.arena_bytes,
        unshared=unshared,
        workspace=own * _native.num_threads() + shared,
        constants=len(written.constants),
        batch=sum(map(bytes_of, written.graph.inputs + written.graph.outputs)),
        largest=_largest(written.graph, alive, {id(v.storage): v for v in values if v.position <= at}),
    )


def _peak(storages: list[Storage]) -> int:
    """The position of the instruction at which the storages that live are most bytes together."""
    change: dict[int, int] = {}
    for storage in storages:
        change[storage.first] = change.get(storage.first, 0) + aligned(storage.size)
        change[storage.last + 1] = change.get(storage.last + 1, 0) - aligned(storage.size)
    at, most, now = -1, -1, 0
    for position in sorted(change):
        now += change[position]
        if now > most:
            at, most = position, now
    return at


def _largest(graph: Graph, alive: list[Storage], held: dict[int, Placed]) -> tuple[LargeValue, ...]:
    """The largest of `alive` that hold a value, largest first.

    Args:
        held: by id of a storage: the value that it holds.
    """
    variables = {id(tensor): variable for variable, tensor in graph.variables}
    found = []
    for storage in sorted((s for s in alive if id(s) in held), key=lambda s: -s.size)[:_SHOWN]:
        tensor, group = held[id(storage)].tensor, held[id(storage)].group
        layer, op = _layer_of(tensor, variables), _op_of(tensor, group)
        found.append(LargeValue(layer, op, tuple(tensor.shape), tensor.dtype, storage.size))
    return tuple(found)


def _op_of(tensor: Tensor, group: Group) -> str:
    """What computes the tensor: its op, behind the product whose epilogue it stands in."""
    own = tensor.node.op.name  # type: ignore[union-attr]
    if group.product is None or group.product is tensor:
        return own
    return f"{group.product.node.op.name} + {own}"  # type: ignore[union-attr]


def _layer_of(tensor: Tensor, variables: dict[int, Any]) -> str:
    """The owner of the variable that is the fewest ops before the tensor: the layer itself, or the last one with weights."""
    row, seen = [tensor], {id(tensor)}
    while row:
        following: list[Tensor] = []
        for t in row:
            if id(t) in variables:
                return variables[id(t)].path.rpartition("/")[0]
            for x in t.node.inputs if t.node is not None else ():
                if id(x) not in seen:
                    seen.add(id(x))
                    following.append(x)
        row = following
    return ""
