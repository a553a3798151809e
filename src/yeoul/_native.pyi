"""The extension module: flat programs, the instances that run them, and loops over batches of data."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPCODES: dict[str, int]
MAP_OPS: dict[str, int]
MAP_OP_WORDS: int
DTYPES: dict[str, int]
REDUCTIONS: dict[str, int]
CONVOLUTIONS: dict[str, int]
POOLINGS: dict[str, int]

def isa() -> str: ...
def version() -> str: ...
def num_threads() -> int: ...
def set_num_threads(count: int) -> None: ...

class Program:
    """A checked program. Raises ValueError naming the instruction and what is wrong with it."""

    def __init__(
        self,
        values: NDArray[np.int64],
        slots: NDArray[np.int64],
        arena_bytes: int,
        constants: bytes,
        code: NDArray[np.int64],
        numbers: NDArray[np.float64],
        host: list[Callable[[list[NDArray[np.uint8]], list[NDArray[np.uint8]]], Any]],
    ) -> None: ...
    @property
    def work(self) -> float:
        """Estimated nanoseconds of one run on one thread."""
    @property
    def scratch_bytes(self) -> int:
        """What each thread needs while an instruction runs."""
    @property
    def shared_scratch_bytes(self) -> int:
        """What all threads together need while an instruction runs."""
    def __len__(self) -> int:
        """The number of instructions."""

class Instance:
    """A program with an arena of its own and arrays bound to its slots; None = given at each run."""

    def __init__(self, program: Program, slots: list[NDArray[Any] | None]) -> None: ...
    def run(self, arrays: list[NDArray[Any]]) -> None:
        """Runs once, on one array for each unbound slot in order."""

class Phase:
    """A part of an epoch. `data` holds (array, slot of `step`, slot of `tail`), -1 where a program does not take it."""

    def __init__(
        self,
        samples: int,
        batch: int,
        steps: int,
        step: Instance | None,
        tail: Instance | None = None,
        result: Instance | None = None,
        reset: Instance | None = None,
        logs: NDArray[np.float64] | None = None,
        data: list[tuple[NDArray[Any], int, int]] = ...,
        shuffle: NDArray[np.uint32] | None = None,
    ) -> None: ...

class Loop:
    """Epochs of phases, remembered from run to run."""

    def __init__(self, phases: list[Phase]) -> None: ...
    def run(self, max_epochs: int = -1, max_steps: int = -1, time_slice: float = -1.0) -> tuple[int, int, int]:
        """Runs on until a limit is met (-1 = none). Returns (epochs finished in this call, step, phase)."""
    def rows(self) -> NDArray[np.float64]:
        """Logs of the epochs finished since the last call, (epochs, logs of all phases)."""
    def peek(self) -> NDArray[np.float64]:
        """Logs of the current phase as they stand now."""
