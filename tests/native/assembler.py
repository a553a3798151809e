"""Builds native programs by hand, so that the runtime can be tested without the rest of the package."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import _native

OPCODES, MAP_OPS, DTYPES, REDUCTIONS = _native.OPCODES, _native.MAP_OPS, _native.DTYPES, _native.REDUCTIONS
CONVOLUTIONS, POOLINGS = _native.CONVOLUTIONS, _native.POOLINGS
ARENA, SLOT, CONSTANT = 0, 1, 2


class Assembler:
    """Values, slots and instructions as they are written down."""

    def __init__(self) -> None:
        self.values: list[tuple[int, int, int, int, int]] = []
        self.slots: list[tuple[int, int]] = []
        self.arena_bytes = 0
        self.constants = bytearray()
        self.code: list[int] = []
        self.numbers: list[float] = []
        self.host: list[Any] = []

    def value(self, place: int, index: int, offset: int, size: int, dtype: Any) -> int:
        self.values.append((place, index, offset, size, DTYPES[np.dtype(dtype).name]))
        return len(self.values) - 1

    def slot(self, count: int, dtype: Any = np.float32, writable: bool = False) -> int:
        size = count * np.dtype(dtype).itemsize
        self.slots.append((size, int(writable)))
        return self.value(SLOT, len(self.slots) - 1, 0, size, dtype)

    def arena(self, count: int, dtype: Any = np.float32) -> int:
        size = count * np.dtype(dtype).itemsize
        offset = self.arena_bytes
        self.arena_bytes += -(-size // 64) * 64
        return self.value(ARENA, 0, offset, size, dtype)

    def constant(self, array: np.ndarray) -> int:
        self.constants.extend(b"\0" * (-len(self.constants) % 64))
        offset = len(self.constants)
        self.constants.extend(array.tobytes())
        return self.value(CONSTANT, 0, offset, array.nbytes, array.dtype)

    def number(self, number: float) -> int:
        self.numbers.append(number)
        return len(self.numbers) - 1

    def emit(self, name: str, *words: int) -> None:
        self.code.extend((OPCODES[name], len(words), *words))

    def arrays(self) -> dict[str, Any]:
        return {
            "values": np.array(self.values, np.int64).reshape(-1, 5),
            "slots": np.array(self.slots, np.int64).reshape(-1, 2),
            "arena_bytes": self.arena_bytes,
            "constants": bytes(self.constants),
            "code": np.array(self.code, np.int64),
            "numbers": np.array(self.numbers, np.float64),
            "host": self.host,
        }

    def program(self) -> Any:
        return _native.Program(**self.arrays())

    def run(self, *arrays: np.ndarray) -> None:
        """Runs the program once on arrays for all slots."""
        _native.Instance(self.program(), [None] * len(self.slots)).run(list(arrays))


def byte_code(
    dims: tuple[int, ...],
    inputs: list[tuple[int, tuple[int, ...]]],
    outputs: list[tuple[int, int]],
    n_registers: int,
    ops: list[tuple[Any, ...]],
) -> list[int]:
    """A MAP payload. Inputs are (value, strides), outputs (value, register), ops (name, dtype, dst, operands ...)."""
    words = [len(dims), *dims, len(inputs)]
    for value, strides in inputs:
        words.extend((value, *strides))
    words.append(len(outputs))
    for value, register in outputs:
        words.extend((value, register))
    words.extend((n_registers, len(ops)))
    for name, dtype, *rest in ops:
        op = [MAP_OPS[name], DTYPES[np.dtype(dtype).name], *rest]
        words.extend(op + [0] * (_native.MAP_OP_WORDS - len(op)))
    return words


def strides(*dims: int) -> tuple[int, ...]:
    """Row-major strides in elements."""
    return tuple(int(np.prod(dims[i + 1 :])) for i in range(len(dims)))
