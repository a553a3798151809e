"""The boundary between what is computed and who computes it: graphs go down, arrays go both ways."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from yeoul.core import config, tensor
from yeoul.core.graph import Graph


@dataclass(eq=False)
class Feed:
    """Where the samples of an epoch lie and in which order they are taken.

    `arrays` have one row a sample on their first axis. `shuffle`, if not None, is the uint32[2] state (seed, counter) that the
    permutation is drawn from; the counter goes up by one an epoch.
    """

    arrays: list[np.ndarray]
    batch_size: int
    shuffle: np.ndarray | None = None
    steps: int | None = None  # whole batches an epoch; None = all, with the smaller last one

    @property
    def samples(self) -> int:
        return len(self.arrays[0])


@dataclass(eq=False)
class Phase:
    """A part of an epoch: training, or validation after it.

    `step` and `tail` take one batch of each array in `feed` (`tail` the smaller last one); `result` computes the logs (scalars) from
    variables at the end; `reset` clears those variables at the beginning. Without `result` the outputs of the last step are the logs.
    """

    feed: Feed
    step: Graph | None
    tail: Graph | None = None
    result: Graph | None = None
    reset: Graph | None = None
    n_logs: int = 0


@dataclass(frozen=True)
class LargeValue:
    """A value in the memory of a program.

    Args:
        layer: the layer that computes it, or the last one with weights before it; "" if none is.
        op: the op whose result it is.
        shape, dtype: of the value.
        bytes: its size.
    """

    layer: str
    op: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass(frozen=True)
class ProgramMemory:
    """What a compiled graph takes beside its variables, in bytes.

    Args:
        arena: memory that its values share, by when they live.
        unshared: what the values would take if each had memory of its own.
        workspace: what threads need while an instruction runs.
        constants: numbers that are part of the program.
        batch: the arrays that go in and come out.
        largest: the largest values that live where the arena is fullest, largest first.
    """

    arena: int
    unshared: int
    workspace: int
    constants: int
    batch: int
    largest: tuple[LargeValue, ...]


class Program(Protocol):
    """A compiled graph."""

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]: ...


class Loop(Protocol):
    """Compiled epochs. State lives in the variables; the loop remembers where it stopped."""

    def run(self, max_epochs: int, max_steps: int, time_slice: float) -> tuple[int, int, int]:
        """Goes on until `max_epochs` more epochs are done, or `max_steps` more training steps, or `time_slice` seconds are over (-1: no
        limit). Returns (epochs finished in this call, step within the epoch, phase)."""
        ...

    def rows(self) -> np.ndarray:
        """Logs of the epochs finished since the last call, float64 (epochs, logs of all phases)."""
        ...

    def peek(self) -> np.ndarray:
        """Logs of the current phase as they stand now."""
        ...


class Engine(Protocol):
    name: str

    def execute(self, op: Any, arrays: list[np.ndarray], attributes: dict[str, Any]) -> Any: ...

    def compile(self, graph: Graph) -> Program: ...

    def compile_loop(self, phases: list[Phase]) -> Loop: ...

    def memory_of(self, graph: Graph) -> ProgramMemory:
        """What `graph` takes when it is compiled. Raises: ValueError if the engine plans no memory."""
        ...


_factories: dict[str, Callable[[], Engine]] = {}
_current: Engine | None = None


def register(name: str, factory: Callable[[], Engine]) -> None:
    _factories[name] = factory


def names() -> list[str]:
    return sorted(_factories)


def use(name: str) -> Engine:
    """Makes the engine `name` the current one.

    Raises: ValueError if there is none of that name.
    """
    global _current
    if not _factories:
        importlib.import_module("yeoul.engines")
    if name not in _factories:
        raise ValueError(f"There is no engine {name!r}. Engines: {', '.join(names())}.")
    if _current is None or _current.name != name:
        _current = _factories[name]()
        tensor.set_executor(_current.execute)
    return _current


def current() -> Engine:
    return _current if _current is not None else use(config.default_engine_name())


def _first_execution(op: Any, arrays: list[np.ndarray], attributes: dict[str, Any]) -> Any:
    return current().execute(op, arrays, attributes)


tensor.set_executor(_first_execution)
