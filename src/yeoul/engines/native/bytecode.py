"""The words of a map: iteration space, operands, and the byte code that computes a group tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from yeoul import _native
from yeoul.core import dtypes
from yeoul.core.tensor import Tensor
from yeoul.engines.native import patterns
from yeoul.engines.native.fusion import MAP_NAMES, Group

_OPS = _native.MAP_OPS
_OP_WORDS = _native.MAP_OP_WORDS
_DTYPES = _native.DTYPES
_WIDTHS = {name: dtype.itemsize for name, dtype in dtypes.NUMPY_DTYPES.items()}


class MapWords:
    """How a group's tensors become value ids and numbers."""

    def __init__(self, value: Callable[[Tensor], int], number: Callable[[float], int], group: Group):
        self.value = value
        self.number = number
        self.group = group


def map_words(
    words: MapWords, group: Group, accumulator: Tensor | None = None, reduced: Sequence[Tensor] = ()
) -> list[int]:
    """The payload of a MAP instruction, or of the byte code inside a product or a reduction.

    Args:
        accumulator: the product whose finished tile is input 0.
        reduced: what reductions consume, members or not; they become the last outputs.
    """
    members = group.members
    inside = {id(t) for t in members}
    uses: dict[int, int] = {}
    inputs: list[Tensor] = [] if accumulator is None else [accumulator]
    seen = {id(t) for t in inputs}
    constants: dict[int, Tensor] = {}
    for t in members:
        for x in t.node.inputs:  # type: ignore[union-attr]
            uses[id(x)] = uses.get(id(x), 0) + 1
            if id(x) in inside or id(x) in seen:
                continue
            seen.add(id(x))
            if x.array is not None and x.array.size == 1 and _is_exact(x):
                constants[id(x)] = x
            else:
                inputs.append(x)
    for x in reduced:
        if id(x) not in inside and id(x) not in seen:
            seen.add(id(x))
            inputs.append(x)
    kept = {id(t) for t in (*group.stored, *reduced)}

    ops = _Code(words, inputs, kept)
    ops.write(members, constants, uses, inside)
    shape: Any = members[0].shape
    dims, strides = collapse(shape, [x.shape for x in inputs])
    result = [len(dims), *dims, len(inputs)]
    for x, own in zip(inputs, strides, strict=True):
        result.append(-1 if x is accumulator else words.value(x))
        result.extend(own)
    outputs = [(words.value(t), ops.register[id(t)]) for t in group.stored]
    outputs.extend((-1, ops.register[id(x)]) for x in reduced)
    result.append(len(outputs))
    for value, register in outputs:
        result.extend((value, register))
    result.extend((ops.n_registers, len(ops.words) // _OP_WORDS))
    result.extend(ops.words)
    return result


def _is_exact(x: Tensor) -> bool:
    if dtypes.is_float(x.dtype):
        return x.dtype in ("float32", "float64")
    return abs(int(x.array.reshape(-1)[0])) < 2**53  # type: ignore[union-attr]


class _Code:
    """Byte code with registers handed out and taken back as values live and die."""

    def __init__(self, words: MapWords, inputs: list[Tensor], kept: set[int]):
        self.number = words.number
        self.register: dict[int, int] = {id(x): i for i, x in enumerate(inputs)}
        self.n_registers = len(inputs)
        self.free: list[int] = []
        self.kept = kept
        self.words: list[int] = []

    def take(self) -> int:
        if self.free:
            return self.free.pop()
        self.n_registers += 1
        return self.n_registers - 1

    def write(
        self, members: list[Tensor], constants: dict[int, Tensor], uses: dict[int, int], inside: set[int]
    ) -> None:
        found = patterns.matches(members, lambda t: id(t) in inside and uses[id(t)] == 1 and id(t) not in self.kept)
        absorbed = {id(x) for match in found.values() for x in match.absorbed}
        emitted = [t for t in members if id(t) not in absorbed]
        needed = {id(x) for t in emitted for x in (found[id(t)].operands if id(t) in found else t.node.inputs)}  # type: ignore[union-attr]
        # Constants are filled once before the first tile, so their registers are never reused.
        for key, x in constants.items():
            if key not in needed:
                continue
            self.register[key] = self.take()
            number = self.number(float(x.array.reshape(-1)[0]))  # type: ignore[union-attr]
            self._emit("const", x.dtype, self.register[key], number)
        for t in emitted:
            node: Any = t.node
            operands, name = list(node.inputs), MAP_NAMES[node.op.name]
            match = found.get(id(t))
            if match is not None:
                # What the formula names twice is read once.
                for x in (y for part in (t, *match.absorbed) for y in part.node.inputs):  # type: ignore[union-attr]
                    uses[id(x)] -= 1
                operands, name = match.operands, match.name
                for x in {id(x): x for x in operands}.values():
                    uses[id(x)] += sum(1 for y in operands if y is x)
            registers = [self.register[id(x)] for x in operands]
            dying = []
            for x in {id(x): x for x in operands}.values():
                key = id(x)
                uses[key] -= sum(1 for y in operands if y is x)
                if uses[key] <= 0 and key in inside and key not in self.kept:
                    dying.append((self.register[key], _WIDTHS[x.dtype]))
            # An op may write over what it reads only if both have one width: element i then lies in one place.
            own = _WIDTHS[t.dtype]
            self.free.extend(register for register, width in dying if width == own)
            target = self.take()
            self.free.extend(register for register, width in dying if width != own)
            self.register[id(t)] = target
            if name == "cast":
                registers.append(_DTYPES[t.dtype])
            self._emit(name, operands[-1].dtype, target, *registers)

    def _emit(self, name: str, dtype: str, target: int, *operands: int) -> None:
        words = (_OPS[name], _DTYPES[dtype], target, *operands)
        self.words.extend(words + (0,) * (_OP_WORDS - len(words)))


def collapse(shape: tuple[int, ...], operands: list[tuple[int, ...]]) -> tuple[list[int], list[list[int]]]:
    """The iteration space with axes merged wherever every operand allows it, and each operand's strides in it."""
    count = 1
    for s in shape:
        count *= s
    if all(own == shape or _is_one(own) for own in operands):
        return (
            ([count], [[0 if _is_one(own) and count != 1 else 1] for own in operands])
            if shape
            else ([1], [[1] for _ in operands])
        )
    rank = len(shape)
    columns: list[list[int]] = []
    for own in operands:
        padded = (1,) * (rank - len(own)) + own
        strides, step = [0] * rank, 1
        for axis in range(rank - 1, -1, -1):
            strides[axis] = 0 if padded[axis] == 1 else step
            step *= padded[axis]
        columns.append(strides)
    dims: list[int] = []
    merged: list[list[int]] = [[] for _ in operands]
    for axis in range(rank):
        size = shape[axis]
        if size == 1:
            continue
        if dims and all(m[-1] == c[axis] * size for m, c in zip(merged, columns, strict=True)):
            dims[-1] *= size
            for m, c in zip(merged, columns, strict=True):
                m[-1] = c[axis]
        else:
            dims.append(size)
            for m, c in zip(merged, columns, strict=True):
                m.append(c[axis])
    return dims, merged


def _is_one(shape: tuple[int, ...]) -> bool:
    return all(s == 1 for s in shape)
