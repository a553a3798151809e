"""Where the values of a graph lie, and in which order instructions compute them.

The data's way: Graph -> Group (what one instruction computes) -> order -> Storage (where values lie: slots, constants, the arena).
"""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

import numpy as np

from yeoul import _native
from yeoul.core import dtypes
from yeoul.core.graph import Graph, topological
from yeoul.core.shapes import size_of
from yeoul.core.tensor import Tensor
from yeoul.engines.native.fusion import REDUCE_NAMES, Group, fuse, is_product, reduces_in_place
from yeoul.engines.native.memory import ARENA, CONSTANT, SLOT, Storage, plan

# Complex numbers are words of their size to the native engine: it moves them and leaves arithmetic to the host.
DTYPES = {**_native.DTYPES, "complex64": _native.DTYPES["uint64"], "complex128": _native.DTYPES["uint64"]}
SIZES = {name: dtype.itemsize for name, dtype in dtypes.NUMPY_DTYPES.items()}


def bytes_of(tensor: Tensor) -> int:
    return size_of(tensor.shape) * SIZES[tensor.dtype]


class Placed(NamedTuple):
    """A value in the arena: its tensor, where it lies, and the instruction that writes it with its place in the order."""

    tensor: Tensor
    storage: Storage
    group: Group
    position: int


class Placement:
    """The homes of a graph's values and the order of its instructions.

    Raises: ValueError if a shape in the graph is not known.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.values: list[tuple[Storage, int, int, int]] = []  # storage, offset, bytes, dtype
        self.value_ids: dict[int, int] = {}
        self.homes: dict[int, tuple[Storage, int]] = {}  # tensor id -> storage and byte offset in it
        self.slots: list[tuple[int, int]] = []
        self.constants = bytearray()
        self.aliases: dict[int, Tensor] = {}
        self.folded: set[int] = set()  # aliases that stand for their input transposed
        self.arena: list[Storage] = []
        self.extra: list[tuple[Tensor, Storage]] = []  # copies at the end: results that lie elsewhere
        self.saved: dict[
            int, Storage
        ] = {}  # storages that such copies both read and write, with where the old value is kept
        self.ordered = self._place()
        self.arena_bytes = plan(self.arena)

    def _place(self) -> list[Group]:
        """Gives every value a home, and the instructions an order."""
        graph = self.graph
        order = topological(graph.outputs + [value for _, value in graph.updates])
        for tensor in order:
            if None in tensor.shape:
                raise ValueError(f"An engine needs whole shapes, and a tensor has shape {tensor.shape}.")
        results = {id(t) for t in graph.outputs} | {id(value) for _, value in graph.updates}
        self.result_ids = frozenset(results)
        self._find_aliases(order)
        for t in list(graph.outputs) + [value for _, value in graph.updates]:
            results.add(id(self._root(t)))
        groups = fuse(order, results, self.aliases)
        groups = [g for g in groups if g.level >= 0]

        # Slots: variables, inputs, outputs.
        written = {id(variable) for variable, _ in graph.updates}
        for variable, tensor in graph.variables:
            self._slot(tensor, int(id(variable) in written), "parameters")
        for tensor in graph.inputs:
            self._slot(tensor, 0, "inputs")
        output_storages = [self._new_slot(bytes_of(tensor), 1, "outputs") for tensor in graph.outputs]

        producers: dict[int, Group] = {}
        for group in groups:
            for t in self._written_by(group):
                producers[id(t)] = group
        self._place_results(order, groups, producers, output_storages)
        ordered = self._schedule(groups, producers)
        self._live(ordered)
        return ordered

    # -- where values lie -----------------------------------------------------------------------------------------------
    def _find_aliases(self, order: list[Tensor]) -> None:
        self.users: dict[int, list[Tensor]] = {}
        for t in order:
            if t.node is not None:
                for x in t.node.inputs:
                    self.users.setdefault(id(x), []).append(t)
        for t in order:
            node = t.node
            if node is None:
                continue
            x = node.inputs[0] if node.inputs else None  # type: ignore[assignment]
            if (
                node.op.name in ("reshape", "stop_gradient", "custom_gradient")
                or (node.op.name == "broadcast_to" and x is not None and size_of(x.shape) == size_of(t.shape))
                or (node.op.name == "transpose" and _is_layout_kept(x.shape, node.attributes["permutation"]))
            ):
                self.aliases[id(t)] = x  # type: ignore[assignment]
            elif node.op.name == "transpose" and self._is_only_multiplied(t):
                self.aliases[id(t)] = x  # type: ignore[assignment]
                self.folded.add(id(t))

    def _is_only_multiplied(self, t: Tensor) -> bool:
        """Whether a transposition of the last two axes is read by products alone, which take it as strides."""
        permutation = t.node.attributes["permutation"]  # type: ignore[union-attr]
        rank = len(permutation)
        users = self.users.get(id(t), [])
        return (
            permutation == (*range(rank - 2), rank - 1, rank - 2)
            and t.dtype in ("float32", "float64")
            and bool(users)
            and all(user.node.op.name == "matmul" for user in users)  # type: ignore[union-attr]
            and id(t) not in self.result_ids
        )

    def _root(self, tensor: Tensor) -> Tensor:
        while id(tensor) in self.aliases:
            tensor = self.aliases[id(tensor)]
        return tensor

    def _new_slot(self, size: int, is_writable: int, kind: str) -> Storage:
        storage = Storage(SLOT, len(self.slots), size, kind=kind)
        self.slots.append((size, is_writable))
        return storage

    def _slot(self, tensor: Tensor, is_writable: int, kind: str) -> None:
        self.homes[id(tensor)] = (self._new_slot(bytes_of(tensor), is_writable, kind), 0)

    def _home(self, tensor: Tensor) -> tuple[Storage, int]:
        root = self._root(tensor)
        home = self.homes.get(id(root))
        if home is None:
            if root.array is not None:
                home = self._constant(root)
            elif root.node is None:
                raise ValueError(f"A tensor of shape {root.shape} is used and is no input of the graph.")
            else:
                storage = Storage(ARENA, 0, bytes_of(root))
                self.arena.append(storage)
                home = (storage, 0)
            self.homes[id(root)] = home
        return home

    def _constant(self, tensor: Tensor) -> tuple[Storage, int]:
        offset = -(-len(self.constants) // 64) * 64
        self.constants.extend(b"\0" * (offset - len(self.constants)))
        data = np.ascontiguousarray(tensor.array).tobytes()
        self.constants.extend(data)
        return Storage(CONSTANT, 0, len(data), offset=offset, kind="constants"), 0

    def _value(self, tensor: Tensor) -> int:
        found = self.value_ids.get(id(tensor))
        if found is None:
            storage, offset = self._home(tensor)
            found = self._add_value(storage, offset, bytes_of(tensor), tensor.dtype)
            self.value_ids[id(tensor)] = found
        return found

    def _add_value(self, storage: Storage, offset: int, size: int, dtype: str) -> int:
        self.values.append((storage, offset, size, DTYPES[dtype]))
        return len(self.values) - 1

    def arena_values(self) -> list[Placed]:
        """What instructions write into the arena, in their order."""
        placed = [
            Placed(tensor, self._home(tensor)[0], group, position)
            for position, group in enumerate(self.ordered)
            for tensor in self._written_by(group)
        ]
        return [value for value in placed if value.storage.place == ARENA]

    def value_table(self) -> np.ndarray:
        rows = [
            (s.place, s.index, (s.offset if s.place != SLOT else 0) + offset, size, dtype)
            for s, offset, size, dtype in self.values
        ]
        return np.array(rows, np.int64).reshape(-1, 5)

    # -- results ------------------------------------------------------------------------------------------------------
    def _place_results(
        self, order: list[Tensor], groups: list[Group], producers: dict[int, Group], outputs: list[Storage]
    ) -> None:
        """Computes results straight into variables and output slots where no one else needs the old value afterwards."""
        placed: dict[int, tuple[Storage, int]] = {}
        self.waits: list[tuple[Group, Group]] = []  # (reader of the old value, writer of the new one)
        placeholders = {id(variable): tensor for variable, tensor in self.graph.variables}
        readers: dict[int, list[Group]] = {}
        for group in groups:
            for x in self._read_by(group):
                readers.setdefault(id(self._root(x)), []).append(group)
        followers: dict[int, list[Group]] = {}
        for group in groups:
            for x in self._read_by(group):
                source = producers.get(id(self._root(x)))
                if source is not None and source is not group:
                    followers.setdefault(id(source), []).append(group)
        # A variable that itself is a result elsewhere must be copied out before it is overwritten.
        leaf_results = {id(self._root(t)) for t in self.graph.outputs} | {
            id(self._root(v)) for _, v in self.graph.updates
        }
        for variable, value in self.graph.updates:
            old = placeholders[id(variable)]
            slot = self.homes[id(old)][0]
            root = self._root(value)
            writer = producers.get(id(root))
            others = [g for g in readers.get(id(old), []) if g is not writer]
            if (
                writer is not None
                and id(root) not in placed
                and id(old) not in leaf_results
                and bytes_of(root) == slot.size
                and not self._reads_unevenly(writer, old)
                and not self._is_reached(writer, others, followers)
            ):
                placed[id(root)] = self.homes[id(root)] = (slot, 0)
                for reader in others:
                    self.waits.append((reader, writer))
                    followers.setdefault(id(reader), []).append(writer)
            else:
                self.extra.append((value, slot))
        for tensor, storage in zip(self.graph.outputs, outputs, strict=True):
            root = self._root(tensor)
            if id(root) in producers and id(root) not in placed and bytes_of(root) == storage.size:
                placed[id(root)] = self.homes[id(root)] = (storage, 0)
            else:
                self.extra.insert(0, (tensor, storage))

    def _reads_unevenly(self, group: Group, old: Tensor) -> bool:
        """Whether the group reads the variable other than element by element beside what it writes."""
        if not group.members:
            return any(self._root(x) is old for x in self._read_by(group))
        if group.product is not None and any(self._root(x) is old for x in group.product.node.inputs):  # type: ignore[union-attr]
            return True
        shape = group.members[0].shape
        return any(
            self._root(x) is old and x.shape != shape
            for member in group.members
            for x in member.node.inputs  # type: ignore[union-attr]
        )

    @staticmethod
    def _is_reached(start: Group, goals: list[Group], followers: dict[int, list[Group]]) -> bool:
        if not goals:
            return False
        wanted = {id(goal) for goal in goals}
        stack, seen = [start], {id(start)}
        while stack:
            for following in followers.get(id(stack.pop()), ()):
                if id(following) in wanted:
                    return True
                if id(following) not in seen:
                    seen.add(id(following))
                    stack.append(following)
        return False

    # -- order ----------------------------------------------------------------------------------------------------------
    def _operand(self, x: Tensor) -> tuple[Tensor, bool]:
        """A product's operand, with a transposition of its last two axes looked through."""
        return (self.aliases[id(x)], True) if id(x) in self.folded else (x, False)

    def _read_by(self, group: Group) -> list[Tensor]:
        """Tensors that the instruction reads from memory."""
        if group.barrier is not None:
            return list(group.barrier.node.inputs)  # type: ignore[union-attr]
        inside = {id(t) for t in group.members}
        found: dict[int, Tensor] = {}
        if group.product is not None:
            inside.add(id(group.product))
            for x in group.product.node.inputs:  # type: ignore[union-attr]
                found[id(x)] = self._operand(x)[0]
        for t in (*group.members, *group.reductions):
            for x in t.node.inputs:  # type: ignore[union-attr]
                if id(x) not in inside:
                    found[id(x)] = x
        return list(found.values())

    def _written_by(self, group: Group) -> list[Tensor]:
        if group.barrier is not None:
            return [group.barrier]
        written = [*group.stored, *group.reductions]
        if group.product is not None and self._is_product_stored(group):
            written.append(group.product)
        return written

    def _is_product_stored(self, group: Group) -> bool:
        inside = {id(t) for t in group.members}
        return any(id(c) not in inside for c in self.users.get(id(group.product), []))

    def _schedule(self, groups: list[Group], producers: dict[int, Group]) -> list[Group]:
        after: dict[int, set[int]] = {id(g): set() for g in groups}
        missing: dict[int, int] = {id(g): 0 for g in groups}
        by_id = {id(g): g for g in groups}

        def must_precede(first: Group, second: Group) -> None:
            if first is not second and id(second) not in after[id(first)]:
                after[id(first)].add(id(second))
                missing[id(second)] += 1

        for group in groups:
            for x in self._read_by(group):
                source = producers.get(id(self._root(x)))
                if source is not None:
                    must_precede(source, group)
        for reader, writer in self.waits:
            must_precede(reader, writer)
        ready = [(g.level, g.position, id(g)) for g in groups if not missing[id(g)]]
        heapq.heapify(ready)
        ordered: list[Group] = []
        self.followers: set[int] = set()
        while ready:
            group = by_id[heapq.heappop(ready)[2]]
            ordered.append(group)
            is_followed = False
            for key in sorted(after[id(group)], key=lambda key: by_id[key].position):
                missing[key] -= 1
                if missing[key]:
                    continue
                level = by_id[key].level
                if not is_followed and self._follows(by_id[key], group):
                    is_followed, level = True, -1  # it comes next
                    self.followers.add(key)
                heapq.heappush(ready, (level, by_id[key].position, key))
        if len(ordered) != len(groups):
            raise AssertionError("The instructions of a program depend on each other in a circle.")
        return ordered

    @staticmethod
    def _follows(group: Group, product: Group) -> bool:
        """Whether the group sums up the rows of a product, which the engine does piece by piece right behind it."""
        made = product.barrier if product.product is None else product.product
        if not group.reductions or made is None or not is_product(made):
            return False
        node: Any = group.reductions[0].node
        x = node.inputs[0]
        return x.shape == made.shape and set(node.attributes["axes"]) == set(range(x.ndim - 1))

    def _begin(self, position: int, group: Group) -> int:
        """From when on an instruction writes: what follows a product does so while that still reads."""
        return position - 1 if id(group) in self.followers else position

    def _live(self, ordered: list[Group]) -> None:
        for i, group in enumerate(ordered):
            for t in self._written_by(group):
                storage = self._home(t)[0]
                if storage.first < 0:
                    storage.first = self._begin(i, group)
                storage.last = max(storage.last, i)
            for x in self._read_by(group):
                storage = self._home(x)[0]
                if storage.first < 0:
                    storage.first = i
                storage.last = i
        end = len(ordered)
        targets = {id(storage) for _, storage in self.extra}
        for tensor, _ in self.extra:
            home = self._home(tensor)[0]
            home.last = end
            if id(home) in targets and id(home) not in self.saved:
                # Another copy will overwrite it: its value is set aside first.
                self.saved[id(home)] = Storage(ARENA, 0, home.size, first=end, last=end)
                self.arena.append(self.saved[id(home)])
        self._write_over_inputs(ordered)
        # Scratch that an instruction needs beside its operands is planned with it.
        for i, group in enumerate(ordered):
            needed = self._scratch(group)
            if needed:
                storage = Storage(ARENA, 0, needed, first=i, last=i, kind="workspace")
                self.arena.append(storage)
                self.homes[id(group)] = (storage, 0)

    def _write_over_inputs(self, ordered: list[Group]) -> None:
        """A map writes over what it is the last to read, element by element, where sizes allow: its lines are in the cache already."""
        for i, group in enumerate(ordered):
            if group.product is not None or not group.members:
                continue
            # What is read in another layout, or by a reduction itself, must stay as it is.
            kept = {
                id(self._home(x)[0])
                for t in (*group.members, *group.reductions)
                for x in t.node.inputs  # type: ignore[union-attr]
                if x.shape != t.shape
            }
            read = {id(storage): storage for storage in (self._home(x)[0] for x in self._read_by(group))}
            free = [s for s in read.values() if s.place == ARENA and s.first < i == s.last and id(s) not in kept]
            for t in group.stored:
                own = self._home(t)[0]
                found = next((s for s in free if s.size == own.size), None)
                if own.place != ARENA or own.first != self._begin(i, group) or found is None:
                    continue
                free.remove(found)
                found.last = own.last
                self.arena.remove(own)
                self.homes[id(self._root(t))] = (found, 0)

    def _scratch(self, group: Group) -> int:
        t = group.barrier
        if t is None or t.node is None:
            return 0
        name = t.node.op.name
        if name in REDUCE_NAMES and not reduces_in_place(t.node.inputs[0].shape, t.node.attributes["axes"]):
            return bytes_of(t.node.inputs[0])
        if name == "matmul":
            return sum(
                size_of((*lead, *x.shape[-2:])) * SIZES[x.dtype]
                for x, lead in zip(t.node.inputs, [lead_of(t)] * 2, strict=True)
                if needs_broadcast(t, x)
            )
        return 0


def _is_layout_kept(shape: tuple, permutation: tuple[int, ...]) -> bool:
    moved = [i for i in permutation if shape[i] != 1]
    return moved == sorted(moved)


def lead_of(t: Tensor) -> tuple:
    return t.shape[:-2]


def needs_broadcast(t: Tensor, x: Tensor) -> bool:
    own = size_of(x.shape[:-2])
    return own != 1 and own != size_of(lead_of(t))
