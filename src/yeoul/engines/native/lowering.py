"""From a graph to a flat program: simplify, fuse, order, plan memory, write instructions.

The data's way: Graph -> Group (what one instruction computes) -> order -> Storage (where values lie) -> words for the extension module.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from yeoul import _native
from yeoul.core import dtypes
from yeoul.core.graph import Graph, topological
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.engines.native.bytecode import MapWords, map_words
from yeoul.engines.native.fusion import COMPUTED, Group, fuse, is_product, reduces_in_place
from yeoul.engines.native.memory import ARENA, CONSTANT, SLOT, Storage, plan
from yeoul.engines.native.windows import POOLINGS, conv_words, is_windowed, pool_words
from yeoul.graph.simplify import simplify
from yeoul.graph.widen import widen

_OPCODES = _native.OPCODES
# Complex numbers are words of their size to the native engine: it moves them and leaves arithmetic to the host.
_DTYPES = {**_native.DTYPES, "complex64": _native.DTYPES["uint64"], "complex128": _native.DTYPES["uint64"]}
_REDUCTIONS = _native.REDUCTIONS
_SIZES = {name: dtype.itemsize for name, dtype in dtypes.NUMPY_DTYPES.items()}


@dataclass(eq=False)
class Lowered:
    """A program and what must be bound to its slots, in order: variables, inputs, outputs."""

    program: Any
    variables: list[Variable]
    n_inputs: int
    outputs: list[tuple[tuple[int, ...], np.dtype]]
    arena_bytes: int
    listing: list[str]

    def instance(self) -> Any:
        bound = [variable.array for variable in self.variables]
        return _native.Instance(self.program, [*bound, *[None] * (self.n_inputs + len(self.outputs))])

    def bound_instance(self, outputs: list[np.ndarray]) -> Any:
        """An instance whose outputs are written to the given arrays at every run."""
        bound = [variable.array for variable in self.variables]
        return _native.Instance(self.program, [*bound, *[None] * self.n_inputs, *outputs])


def lower(graph: Graph) -> Lowered:
    """The native program of `graph`.

    Raises: ValueError if a shape in it is not known.
    """
    return _Lowering(simplify(widen(graph))).run()


class _Lowering:
    def __init__(self, graph: Graph):
        self.graph = graph
        self.values: list[tuple[Storage, int, int, int]] = []  # storage, offset, bytes, dtype
        self.value_ids: dict[int, int] = {}
        self.homes: dict[int, tuple[Storage, int]] = {}  # tensor id -> storage and byte offset in it
        self.slots: list[tuple[int, int]] = []
        self.constants = bytearray()
        self.code: list[int] = []
        self.numbers: list[float] = []
        self.number_ids: dict[float, int] = {}
        self.host: list[Callable] = []
        self.aliases: dict[int, Tensor] = {}
        self.folded: set[int] = set()  # aliases that stand for their input transposed
        self.arena: list[Storage] = []
        self.listing: list[str] = []
        self.extra: list[tuple[Tensor, Storage]] = []  # copies at the end: results that lie elsewhere
        self.saved: dict[
            int, Storage
        ] = {}  # storages that such copies both read and write, with where the old value is kept

    def run(self) -> Lowered:
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
        output_storages = [self._new_slot(self._bytes(tensor), 1, "outputs") for tensor in graph.outputs]

        producers: dict[int, Group] = {}
        for group in groups:
            for t in self._written_by(group):
                producers[id(t)] = group
        self._place_results(order, groups, producers, output_storages)
        ordered = self._schedule(groups, producers)
        self._live(ordered)
        # Values that no instruction before has placed get arena memory as they appear.
        arena_bytes = plan(self.arena)
        for group in ordered:
            self._emit(group)
        self._emit_extra()
        program = _native.Program(
            self._value_table(),
            np.array(self.slots, np.int64).reshape(-1, 2),
            arena_bytes,
            bytes(self.constants),
            np.array(self.code, np.int64),
            np.array(self.numbers, np.float64),
            self.host,
        )
        return Lowered(
            program,
            [variable for variable, _ in graph.variables],
            len(graph.inputs),
            [(t.shape, dtypes.to_numpy(t.dtype)) for t in graph.outputs],  # type: ignore[misc]
            arena_bytes,
            self.listing,
        )

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
                or (node.op.name == "broadcast_to" and x is not None and _elements(x.shape) == _elements(t.shape))
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

    @staticmethod
    def _bytes(tensor: Tensor) -> int:
        return _elements(tensor.shape) * _SIZES[tensor.dtype]

    def _new_slot(self, size: int, is_writable: int, kind: str) -> Storage:
        storage = Storage(SLOT, len(self.slots), size, kind=kind)
        self.slots.append((size, is_writable))
        return storage

    def _slot(self, tensor: Tensor, is_writable: int, kind: str) -> None:
        self.homes[id(tensor)] = (self._new_slot(self._bytes(tensor), is_writable, kind), 0)

    def _home(self, tensor: Tensor) -> tuple[Storage, int]:
        root = self._root(tensor)
        home = self.homes.get(id(root))
        if home is None:
            if root.array is not None:
                home = self._constant(root)
            elif root.node is None:
                raise ValueError(f"A tensor of shape {root.shape} is used and is no input of the graph.")
            else:
                storage = Storage(ARENA, 0, self._bytes(root))
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
            found = self._add_value(storage, offset, self._bytes(tensor), tensor.dtype)
            self.value_ids[id(tensor)] = found
        return found

    def _add_value(self, storage: Storage, offset: int, size: int, dtype: str) -> int:
        self.values.append((storage, offset, size, _DTYPES[dtype]))
        return len(self.values) - 1

    def _value_table(self) -> np.ndarray:
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
                and _elements(root.shape) * _SIZES[root.dtype] == slot.size
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
            if id(root) in producers and id(root) not in placed and self._bytes(root) == storage.size:
                placed[id(root)] = self.homes[id(root)] = (storage, 0)
            else:
                self.extra.insert(0, (tensor, storage))

    def _reads_unevenly(self, group: Group, old: Tensor) -> bool:
        """Whether the group reads the variable other than element by element beside what it writes."""
        if group.barrier is not None or (group.reduction is not None and not group.members):
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
        for t in group.members:
            for x in t.node.inputs:  # type: ignore[union-attr]
                if id(x) not in inside:
                    found[id(x)] = x
        return list(found.values())

    def _written_by(self, group: Group) -> list[Tensor]:
        if group.barrier is not None:
            return [group.barrier]
        written = list(group.stored)
        if group.reduction is not None:
            written.append(group.reduction)
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
        while ready:
            group = by_id[heapq.heappop(ready)[2]]
            ordered.append(group)
            for key in after[id(group)]:
                missing[key] -= 1
                if not missing[key]:
                    heapq.heappush(ready, (by_id[key].level, by_id[key].position, key))
        if len(ordered) != len(groups):
            raise AssertionError("The instructions of a program depend on each other in a circle.")
        return ordered

    def _live(self, ordered: list[Group]) -> None:
        for i, group in enumerate(ordered):
            for t in self._written_by(group):
                storage = self._home(t)[0]
                if storage.first < 0:
                    storage.first = i
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
        # Scratch that an instruction needs beside its operands is planned with it.
        for i, group in enumerate(ordered):
            needed = self._scratch(group)
            if needed:
                storage = Storage(ARENA, 0, needed, first=i, last=i, kind="workspace")
                self.arena.append(storage)
                self.homes[id(group)] = (storage, 0)

    def _scratch(self, group: Group) -> int:
        t = group.barrier
        if t is None or t.node is None:
            return 0
        name = t.node.op.name
        if name in _REDUCE_NAMES and not reduces_in_place(t.node.inputs[0].shape, t.node.attributes["axes"]):
            return self._bytes(t.node.inputs[0])
        if name == "matmul":
            return sum(
                _elements((*lead, *x.shape[-2:])) * _SIZES[x.dtype]
                for x, lead in zip(t.node.inputs, [_lead_of(t)] * 2, strict=True)
                if _needs_broadcast(t, x)
            )
        return 0

    # -- instructions ---------------------------------------------------------------------------------------------------
    def _write(self, name: str, words: list[int], note: str = "") -> None:
        self.code.append(_OPCODES[name])
        self.code.append(len(words))
        self.code.extend(words)
        self.listing.append(f"{name} {note}")

    def _number(self, number: float) -> int:
        key = float(number)
        if key != key:
            self.numbers.append(key)
            return len(self.numbers) - 1
        found = self.number_ids.get((key, str(key)))  # type: ignore[arg-type]
        if found is None:
            found = len(self.numbers)
            self.numbers.append(key)
            self.number_ids[(key, str(key))] = found  # type: ignore[index]
        return found

    def _emit(self, group: Group) -> None:
        if group.barrier is not None:
            self._emit_barrier(group)
            return
        note = "+".join(t.node.op.name for t in group.members)  # type: ignore[union-attr]
        words = MapWords(self._value, self._number, group)
        if group.product is not None:
            body = map_words(words, group, accumulator=group.product)
            out = self._value(group.product) if self._is_product_stored(group) else -1
            name, head = self._product_words(group.product, group)
            self._write(name, [*head, out, 1, *body], note)
        elif group.reduction is not None:
            t = group.reduction
            node: Any = t.node
            body = map_words(words, group, reduced=node.inputs[0])
            outer, reduced, inner = _folded(node.inputs[0].shape, node.attributes["axes"])
            kind = _REDUCTIONS[_REDUCE_NAMES[node.op.name]]
            self._write("reduce", [kind, _DTYPES[t.dtype], outer, reduced, inner, -1, self._value(t), 1, *body], note)
        else:
            self._write("map", map_words(words, group), f"{group.members[0].shape} {note}")

    def _operand(self, x: Tensor) -> tuple[Tensor, bool]:
        """A product's operand, with a transposition of its last two axes looked through."""
        return (self.aliases[id(x)], True) if id(x) in self.folded else (x, False)

    def _product_words(self, t: Tensor, group: Group) -> tuple[str, list[int]]:
        """The opcode of a product and its payload up to the value of the result."""
        if t.node.op.name == "matmul":  # type: ignore[union-attr]
            return "gemm", self._gemm_words(t, group)
        return conv_words(t, self._value)

    def _gemm_words(self, t: Tensor, group: Group) -> list[int]:
        node: Any = t.node
        m, n = t.shape[-2:]
        k = node.inputs[0].shape[-1]
        lead = _lead_of(t)
        batch = _elements(lead)
        operands = []
        offset = 0
        for x in node.inputs:
            source, is_transposed = self._operand(x)
            rows, columns = source.shape[-2:]
            own = _elements(source.shape[:-2])
            value = self._value(source)
            step = 0 if own == 1 else rows * columns
            if _needs_broadcast(t, x):
                # Leading axes that broadcast unevenly are spelled out.
                storage = self.homes[id(group)][0]
                size = _elements((*lead, rows, columns)) * _SIZES[t.dtype]
                value = self._add_value(storage, offset, size, t.dtype)
                offset += size
                self._emit_broadcast(source, (*lead, rows, columns), value)
                step = rows * columns
            operands.append((value, step, (1, columns) if is_transposed else (columns, 1)))
        (a, a_step, a_strides), (b, b_step, b_strides) = operands
        if batch > 1 and b_step == 0 and a_step and a_strides == (k, 1):
            m, batch, a_step = m * batch, 1, 0  # one matrix for all: rows of all batches in one product
        return [_DTYPES[t.dtype], batch, m, n, k, a, a_step, *a_strides, b, b_step, *b_strides]  # type: ignore[list-item]

    def _emit_barrier(self, group: Group) -> None:
        t: Any = group.barrier
        name = t.node.op.name
        if is_product(t):
            opcode, head = self._product_words(t, group)
            self._write(opcode, [*head, self._value(t), 0], f"{name} {t.shape}")
        elif name in POOLINGS and is_windowed(t):
            self._write("pool", pool_words(t, self._value), f"{name} {t.shape}")
        elif name in _REDUCE_NAMES and t.dtype in ("float32", "float64", "int32", "int64", "bool"):
            self._emit_reduce(group, t)
        elif name in ("argmax", "argmin") and t.node.inputs[0].dtype in COMPUTED - {"uint32"}:
            x, axis = t.node.inputs[0], t.node.attributes["axis"]
            outer, reduced, inner = _folded(x.shape, (axis,))
            words = [_REDUCTIONS[name], _DTYPES[x.dtype], outer, reduced, inner, self._value(x), self._value(t), 0]
            self._write("reduce", words, f"{name} {x.shape}")
        elif name in _EMITTERS:
            _EMITTERS[name](self, t)
        else:
            self._emit_host(t)

    def _emit_reduce(self, group: Group, t: Any) -> None:
        x, axes = t.node.inputs[0], t.node.attributes["axes"]
        kind = _REDUCTIONS[_REDUCE_NAMES[t.node.op.name]]
        if t.node.op.name in ("sum", "prod") and t.dtype == "bool":
            self._emit_host(t)
            return
        value = self._value(x)
        shape = x.shape
        if not reduces_in_place(shape, axes):
            kept = tuple(i for i in range(len(shape)) if i not in axes)
            permutation = (*kept, *axes)
            storage = self.homes[id(group)][0]
            moved = self._add_value(storage, 0, self._bytes(x), x.dtype)
            self._emit_permuted(x, permutation, moved)
            value = moved
            shape = tuple(shape[i] for i in permutation)
            axes = tuple(range(len(kept), len(shape)))
        outer, reduced, inner = _folded(shape, axes)
        self._write("reduce", [kind, _DTYPES[t.dtype], outer, reduced, inner, value, self._value(t), 0], str(x.shape))

    def _copy(
        self,
        size: int,
        dims: tuple,
        src: int,
        src_offset: int,
        src_strides: tuple,
        dst: int,
        dst_offset: int,
        dst_strides: tuple,
    ) -> None:
        if 0 in dims:
            return
        if size == 16:  # complex128: pairs of words
            size, dims, src_offset, dst_offset = 8, (*dims, 2), 2 * src_offset, 2 * dst_offset
            src_strides, dst_strides = (*(2 * s for s in src_strides), 1), (*(2 * s for s in dst_strides), 1)
        kept = [i for i, d in enumerate(dims) if d != 1]
        # Axes that are one run on both sides become one, so that the kernel sees long rows.
        merged: list[list[int]] = []
        for i in kept:
            d, s, e = dims[i], src_strides[i], dst_strides[i]
            if merged and merged[-1][1] == d * s and merged[-1][2] == d * e:
                merged[-1] = [merged[-1][0] * d, s, e]
            else:
                merged.append([d, s, e])
        words = [size, len(merged), *[m[0] for m in merged], src, src_offset, *[m[1] for m in merged]]
        self._write("copy", [*words, dst, dst_offset, *[m[2] for m in merged]], str(dims))

    def _emit_permuted(self, x: Tensor, permutation: tuple[int, ...], dst: int) -> None:
        strides = _strides(x.shape)
        dims = tuple(x.shape[i] for i in permutation)
        self._copy(
            _SIZES[x.dtype], dims, self._value(x), 0, tuple(strides[i] for i in permutation), dst, 0, _strides(dims)
        )

    def _emit_broadcast(self, x: Tensor, shape: tuple, dst: int) -> None:
        lead = len(shape) - len(x.shape)
        own = _strides(x.shape)
        strides = (0,) * lead + tuple(0 if a == 1 else s for a, s in zip(x.shape, own, strict=True))
        self._copy(_SIZES[x.dtype], shape, self._value(x), 0, strides, dst, 0, _strides(shape))

    def _emit_extra(self) -> None:
        """Copies results that were not computed in place to where they belong."""
        saved = set()
        for tensor, _ in self.extra:
            home = self._home(tensor)[0]
            if id(home) in self.saved and id(home) not in saved:
                saved.add(id(home))
                self._emit_run(
                    self._value(tensor), self._add_value(self.saved[id(home)], 0, home.size, tensor.dtype), tensor
                )
        for tensor, storage in self.extra:
            home = self._home(tensor)[0]
            source = self._value(tensor)
            if id(home) in self.saved:
                source = self._add_value(self.saved[id(home)], 0, home.size, tensor.dtype)
            self._emit_run(source, self._add_value(storage, 0, storage.size, tensor.dtype), tensor)

    def _emit_run(self, source: int, target: int, tensor: Tensor) -> None:
        self._copy(_SIZES[tensor.dtype], (_elements(tensor.shape),), source, 0, (1,), target, 0, (1,))

    def _emit_host(self, t: Any) -> None:
        node = t.node
        in_specs = [(x.shape, dtypes.to_numpy(x.dtype)) for x in node.inputs]
        out_dtype, out_shape, index = dtypes.to_numpy(t.dtype), t.shape, t.index
        op, attributes = node.op, node.attributes
        is_multiple = node.siblings is not None

        def call(inputs: list[np.ndarray], outputs: list[np.ndarray]) -> None:
            arrays = [raw.view(dtype).reshape(shape) for raw, (shape, dtype) in zip(inputs, in_specs, strict=True)]
            result = op.reference(*arrays, **attributes)
            outputs[0].view(out_dtype).reshape(out_shape)[...] = result[index] if is_multiple else result

        self.host.append(call)
        words = [len(self.host) - 1, len(node.inputs), *[self._value(x) for x in node.inputs], 1, self._value(t)]
        self._write("host", words, op.name)


_REDUCE_NAMES = {"sum": "sum", "prod": "prod", "reduce_max": "max", "reduce_min": "min"}


def _elements(shape: tuple) -> int:
    size = 1
    for s in shape:
        size *= s
    return size


def _strides(shape: tuple) -> tuple[int, ...]:
    strides, step = [], 1
    for s in reversed(shape):
        strides.append(step)
        step *= s
    return tuple(reversed(strides))


def _folded(shape: tuple, axes: tuple[int, ...]) -> tuple[int, int, int]:
    """(outer, reduced, inner) of a reduction whose axes lie together."""
    real = [i for i, s in enumerate(shape) if s != 1]
    inside = [i for i in real if i in axes]
    if not inside:
        return _elements(shape), 1, 1
    first, last = inside[0], inside[-1]
    return (
        _elements(tuple(shape[i] for i in real if i < first)),
        _elements(tuple(shape[i] for i in inside)),
        _elements(tuple(shape[i] for i in real if i > last)),
    )


def _is_layout_kept(shape: tuple, permutation: tuple[int, ...]) -> bool:
    moved = [i for i in permutation if shape[i] != 1]
    return moved == sorted(moved)


def _lead_of(t: Tensor) -> tuple:
    return t.shape[:-2]


def _needs_broadcast(t: Tensor, x: Tensor) -> bool:
    own = _elements(x.shape[:-2])
    return own != 1 and own != _elements(_lead_of(t))


# -- rows for ops that move data ------------------------------------------------------------------------------------------
def _emit_transpose(low: _Lowering, t: Any) -> None:
    low._emit_permuted(t.node.inputs[0], t.node.attributes["permutation"], low._value(t))


def _emit_broadcast_to(low: _Lowering, t: Any) -> None:
    low._emit_broadcast(t.node.inputs[0], t.shape, low._value(t))


def _emit_slice(low: _Lowering, t: Any) -> None:
    x, a = t.node.inputs[0], t.node.attributes
    strides = _strides(x.shape)
    offset = sum(s * d for s, d in zip(a["starts"], strides, strict=True))
    steps = tuple(s * d for s, d in zip(a["steps"], strides, strict=True))
    low._copy(_SIZES[t.dtype], t.shape, low._value(x), offset, steps, low._value(t), 0, _strides(t.shape))


def _emit_unslice(low: _Lowering, t: Any) -> None:
    x, a = t.node.inputs[0], t.node.attributes
    low._write("fill", [low._value(t), _DTYPES[t.dtype], low._number(0.0)])
    strides = _strides(t.shape)
    offset = sum(s * d for s, d in zip(a["starts"], strides, strict=True))
    steps = tuple(s * d for s, d in zip(a["steps"], strides, strict=True))
    low._copy(_SIZES[t.dtype], x.shape, low._value(x), 0, _strides(x.shape), low._value(t), offset, steps)


def _emit_flip(low: _Lowering, t: Any) -> None:
    x, axes = t.node.inputs[0], t.node.attributes["axes"]
    strides = list(_strides(x.shape))
    offset = 0
    for axis in axes:
        offset += (x.shape[axis] - 1) * strides[axis]
        strides[axis] = -strides[axis]
    low._copy(_SIZES[t.dtype], t.shape, low._value(x), offset, tuple(strides), low._value(t), 0, _strides(t.shape))


def _emit_pad(low: _Lowering, t: Any) -> None:
    x, a = t.node.inputs[0], t.node.attributes
    low._write("fill", [low._value(t), _DTYPES[t.dtype], low._number(a["value"])])
    strides = _strides(t.shape)
    offset = sum(before * d for (before, _), d in zip(a["widths"], strides, strict=True))
    low._copy(_SIZES[t.dtype], x.shape, low._value(x), 0, _strides(x.shape), low._value(t), offset, strides)


def _emit_concatenate(low: _Lowering, t: Any) -> None:
    axis = t.node.attributes["axis"]
    strides = _strides(t.shape)
    start = 0
    for x in t.node.inputs:
        low._copy(
            _SIZES[t.dtype], x.shape, low._value(x), 0, _strides(x.shape), low._value(t), start * strides[axis], strides
        )
        start += x.shape[axis]


def _emit_gather(low: _Lowering, t: Any) -> None:
    x, indices = t.node.inputs
    axis = t.node.attributes["axis"]
    if indices.dtype not in ("int32", "int64") or _SIZES[t.dtype] == 16:
        low._emit_host(t)
        return
    outer, inner = _elements(x.shape[:axis]), _elements(x.shape[axis + 1 :])
    mode = int(t.node.attributes.get("mode", "error") == "clip")
    words = [_SIZES[t.dtype], outer, x.shape[axis], inner, _elements(indices.shape), _DTYPES[indices.dtype]]
    low._write("gather", [*words, low._value(x), low._value(indices), low._value(t), mode])


def _emit_scatter_add(low: _Lowering, t: Any) -> None:
    updates, indices = t.node.inputs
    a = t.node.attributes
    if indices.dtype not in ("int32", "int64") or t.dtype not in ("float32", "float64", "int32", "int64"):
        low._emit_host(t)
        return
    axis, rank = a["axis"], a["rank"]
    outer, inner = _elements(updates.shape[:axis]), _elements(updates.shape[axis + rank :])
    words = [_DTYPES[t.dtype], outer, a["size"], inner, _elements(indices.shape), _DTYPES[indices.dtype]]
    low._write("scatter_add", [*words, low._value(updates), low._value(indices), low._value(t), 1])


def _emit_random_bits(low: _Lowering, t: Any) -> None:
    low._write("random", [low._value(t.node.inputs[0]), low._value(t)])


_EMITTERS: dict[str, Callable[[_Lowering, Any], None]] = {
    "transpose": _emit_transpose,
    "broadcast_to": _emit_broadcast_to,
    "slice": _emit_slice,
    "unslice": _emit_unslice,
    "flip": _emit_flip,
    "pad": _emit_pad,
    "concatenate": _emit_concatenate,
    "gather": _emit_gather,
    "scatter_add": _emit_scatter_add,
    "random_bits": _emit_random_bits,
}
