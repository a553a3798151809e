"""The instructions of a placed graph, as words for the extension module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul import _native
from yeoul.core import dtypes
from yeoul.core.graph import Graph
from yeoul.core.shapes import size_of
from yeoul.core.tensor import Tensor
from yeoul.engines.native.bytecode import MapWords, map_words
from yeoul.engines.native.fusion import COMPUTED, REDUCE_NAMES, Group, is_product, reduces_in_place
from yeoul.engines.native.placing import DTYPES, SIZES, Placement, bytes_of, lead_of, needs_broadcast
from yeoul.engines.native.windows import POOLINGS, conv_words, is_windowed, pool_words

_OPCODES = _native.OPCODES
_REDUCTIONS = _native.REDUCTIONS


class Instructions(Placement):
    """What a program consists of: words of code, the numbers they refer to, functions that the host computes, and a listing."""

    def __init__(self, graph: Graph):
        super().__init__(graph)
        self.code: list[int] = []
        self.numbers: list[float] = []
        self.number_ids: dict[float, int] = {}
        self.host: list[Callable] = []
        self.listing: list[str] = []
        for group in self.ordered:
            self._emit(group)
        self._emit_extra()

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
        elif group.reductions:
            self._write("reduce", self._reduce_words(group, words), note)
        else:
            self._write("map", map_words(words, group), f"{group.members[0].shape} {note}")

    def _reduce_words(self, group: Group, words: MapWords) -> list[int]:
        nodes: list[Any] = [t.node for t in group.reductions]
        x: Tensor = nodes[0].inputs[0]
        kinds = [_REDUCTIONS[REDUCE_NAMES[node.op.name]] for node in nodes]
        head = [len(nodes), *kinds, DTYPES[x.dtype], *_folded(x.shape, nodes[0].attributes["axes"])]
        results = [self._value(t) for t in group.reductions]
        if not group.members:
            return [*head, self._value(x), *results, 0]
        return [*head, -1, *results, 1, *map_words(words, group, reduced=[node.inputs[0] for node in nodes])]

    def _product_words(self, t: Tensor, group: Group) -> tuple[str, list[int]]:
        """The opcode of a product and its payload up to the value of the result."""
        if t.node.op.name == "matmul":  # type: ignore[union-attr]
            return "gemm", self._gemm_words(t, group)
        return conv_words(t, self._value)

    def _gemm_words(self, t: Tensor, group: Group) -> list[int]:
        node: Any = t.node
        m, n = t.shape[-2:]
        k = node.inputs[0].shape[-1]
        lead = lead_of(t)
        batch = size_of(lead)
        operands = []
        offset = 0
        for x in node.inputs:
            source, is_transposed = self._operand(x)
            rows, columns = source.shape[-2:]
            own = size_of(source.shape[:-2])
            value = self._value(source)
            step = 0 if own == 1 else rows * columns
            if needs_broadcast(t, x):
                # Leading axes that broadcast unevenly are spelled out.
                storage = self.homes[id(group)][0]
                size = size_of((*lead, rows, columns)) * SIZES[t.dtype]
                value = self._add_value(storage, offset, size, t.dtype)
                offset += size
                self._emit_broadcast(source, (*lead, rows, columns), value)
                step = rows * columns
            operands.append((value, step, (1, columns) if is_transposed else (columns, 1)))
        (a, a_step, a_strides), (b, b_step, b_strides) = operands
        if batch > 1 and b_step == 0 and a_step and a_strides == (k, 1):
            m, batch, a_step = m * batch, 1, 0  # one matrix for all: rows of all batches in one product
        return [DTYPES[t.dtype], batch, m, n, k, a, a_step, *a_strides, b, b_step, *b_strides]  # type: ignore[list-item]

    def _emit_barrier(self, group: Group) -> None:
        t: Any = group.barrier
        name = t.node.op.name
        if is_product(t):
            opcode, head = self._product_words(t, group)
            self._write(opcode, [*head, self._value(t), 0], f"{name} {t.shape}")
        elif name in POOLINGS and is_windowed(t):
            self._write("pool", pool_words(t, self._value), f"{name} {t.shape}")
        elif name in REDUCE_NAMES and t.dtype in ("float32", "float64", "int32", "int64", "bool"):
            self._emit_reduce(group, t)
        elif name in ("argmax", "argmin") and t.node.inputs[0].dtype in COMPUTED - {"uint32"}:
            x, axis = t.node.inputs[0], t.node.attributes["axis"]
            outer, reduced, inner = _folded(x.shape, (axis,))
            words = [1, _REDUCTIONS[name], DTYPES[x.dtype], outer, reduced, inner, self._value(x), self._value(t), 0]
            self._write("reduce", words, f"{name} {x.shape}")
        elif name in _EMITTERS:
            _EMITTERS[name](self, t)
        else:
            self._emit_host(t)

    def _emit_reduce(self, group: Group, t: Any) -> None:
        x, axes = t.node.inputs[0], t.node.attributes["axes"]
        kind = _REDUCTIONS[REDUCE_NAMES[t.node.op.name]]
        if t.node.op.name in ("sum", "prod") and t.dtype == "bool":
            self._emit_host(t)
            return
        value = self._value(x)
        shape = x.shape
        if not reduces_in_place(shape, axes):
            kept = tuple(i for i in range(len(shape)) if i not in axes)
            permutation = (*kept, *axes)
            storage = self.homes[id(group)][0]
            moved = self._add_value(storage, 0, bytes_of(x), x.dtype)
            self._emit_permuted(x, permutation, moved)
            value = moved
            shape = tuple(shape[i] for i in permutation)
            axes = tuple(range(len(kept), len(shape)))
        outer, reduced, inner = _folded(shape, axes)
        self._write("reduce", [1, kind, DTYPES[t.dtype], outer, reduced, inner, value, self._value(t), 0], str(x.shape))

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
            SIZES[x.dtype], dims, self._value(x), 0, tuple(strides[i] for i in permutation), dst, 0, _strides(dims)
        )

    def _emit_broadcast(self, x: Tensor, shape: tuple, dst: int) -> None:
        lead = len(shape) - len(x.shape)
        own = _strides(x.shape)
        strides = (0,) * lead + tuple(0 if a == 1 else s for a, s in zip(x.shape, own, strict=True))
        self._copy(SIZES[x.dtype], shape, self._value(x), 0, strides, dst, 0, _strides(shape))

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
        self._copy(SIZES[tensor.dtype], (size_of(tensor.shape),), source, 0, (1,), target, 0, (1,))

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
        return size_of(shape), 1, 1
    first, last = inside[0], inside[-1]
    return (
        size_of(tuple(shape[i] for i in real if i < first)),
        size_of(tuple(shape[i] for i in inside)),
        size_of(tuple(shape[i] for i in real if i > last)),
    )


# -- rows for ops that move data ------------------------------------------------------------------------------------------
def _emit_transpose(low: Instructions, t: Any) -> None:
    low._emit_permuted(t.node.inputs[0], t.node.attributes["permutation"], low._value(t))


def _emit_broadcast_to(low: Instructions, t: Any) -> None:
    low._emit_broadcast(t.node.inputs[0], t.shape, low._value(t))


def _emit_slice(low: Instructions, t: Any) -> None:
    x, a = t.node.inputs[0], t.node.attributes
    strides = _strides(x.shape)
    offset = sum(s * d for s, d in zip(a["starts"], strides, strict=True))
    steps = tuple(s * d for s, d in zip(a["steps"], strides, strict=True))
    low._copy(SIZES[t.dtype], t.shape, low._value(x), offset, steps, low._value(t), 0, _strides(t.shape))


def _emit_unslice(low: Instructions, t: Any) -> None:
    x, a = t.node.inputs[0], t.node.attributes
    low._write("fill", [low._value(t), DTYPES[t.dtype], low._number(0.0)])
    strides = _strides(t.shape)
    offset = sum(s * d for s, d in zip(a["starts"], strides, strict=True))
    steps = tuple(s * d for s, d in zip(a["steps"], strides, strict=True))
    low._copy(SIZES[t.dtype], x.shape, low._value(x), 0, _strides(x.shape), low._value(t), offset, steps)


def _emit_flip(low: Instructions, t: Any) -> None:
    x, axes = t.node.inputs[0], t.node.attributes["axes"]
    strides = list(_strides(x.shape))
    offset = 0
    for axis in axes:
        offset += (x.shape[axis] - 1) * strides[axis]
        strides[axis] = -strides[axis]
    low._copy(SIZES[t.dtype], t.shape, low._value(x), offset, tuple(strides), low._value(t), 0, _strides(t.shape))


def _emit_pad(low: Instructions, t: Any) -> None:
    x, a = t.node.inputs[0], t.node.attributes
    low._write("fill", [low._value(t), DTYPES[t.dtype], low._number(a["value"])])
    strides = _strides(t.shape)
    offset = sum(before * d for (before, _), d in zip(a["widths"], strides, strict=True))
    low._copy(SIZES[t.dtype], x.shape, low._value(x), 0, _strides(x.shape), low._value(t), offset, strides)


def _emit_concatenate(low: Instructions, t: Any) -> None:
    axis = t.node.attributes["axis"]
    strides = _strides(t.shape)
    start = 0
    for x in t.node.inputs:
        low._copy(
            SIZES[t.dtype], x.shape, low._value(x), 0, _strides(x.shape), low._value(t), start * strides[axis], strides
        )
        start += x.shape[axis]


def _emit_gather(low: Instructions, t: Any) -> None:
    x, indices = t.node.inputs
    axis = t.node.attributes["axis"]
    if indices.dtype not in ("int32", "int64") or SIZES[t.dtype] == 16:
        low._emit_host(t)
        return
    outer, inner = size_of(x.shape[:axis]), size_of(x.shape[axis + 1 :])
    mode = int(t.node.attributes.get("mode", "error") == "clip")
    words = [SIZES[t.dtype], outer, x.shape[axis], inner, size_of(indices.shape), DTYPES[indices.dtype]]
    low._write("gather", [*words, low._value(x), low._value(indices), low._value(t), mode])


def _emit_scatter_add(low: Instructions, t: Any) -> None:
    updates, indices = t.node.inputs
    a = t.node.attributes
    if indices.dtype not in ("int32", "int64") or t.dtype not in ("float32", "float64", "int32", "int64"):
        low._emit_host(t)
        return
    axis, rank = a["axis"], a["rank"]
    outer, inner = size_of(updates.shape[:axis]), size_of(updates.shape[axis + rank :])
    words = [DTYPES[t.dtype], outer, a["size"], inner, size_of(indices.shape), DTYPES[indices.dtype]]
    low._write("scatter_add", [*words, low._value(updates), low._value(indices), low._value(t), 1])


def _emit_random_bits(low: Instructions, t: Any) -> None:
    low._write("random", [low._value(t.node.inputs[0]), low._value(t)])


_EMITTERS: dict[str, Callable[[Instructions, Any], None]] = {
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
