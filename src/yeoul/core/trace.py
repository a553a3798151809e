"""Trace: what a Python function does to variables while it is called on symbolic tensors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from yeoul.core.tensor import Tensor, operators, placeholder

if TYPE_CHECKING:
    from yeoul.core.variable import Variable


class Trace:
    """Variables read and written during a trace. A read gives the symbolic current value; a write replaces it."""

    def __init__(self) -> None:
        self._by_id: dict[int, tuple[Variable, Tensor]] = {}
        self._current: dict[int, Tensor] = {}
        self.losses: list[Tensor] = []

    def read(self, variable: Variable) -> Tensor:
        key = id(variable)
        value = self._current.get(key)
        if value is None:
            value = placeholder(variable.shape, variable.storage_dtype, variable.name)
            self._by_id[key] = (variable, value)
            self._current[key] = value
        return value

    def begin_with(self, variable: Variable, value: Tensor) -> None:
        """Takes `value` for the variable's before the trace, in place of a placeholder."""
        self._by_id[id(variable)] = (variable, value)
        self._current[id(variable)] = value

    def write(self, variable: Variable, value: Tensor) -> None:
        self.read(variable)
        self._current[id(variable)] = value

    @property
    def variables(self) -> list[tuple[Variable, Tensor]]:
        """Each variable met, with the placeholder of its value before the program runs."""
        return list(self._by_id.values())

    @property
    def updates(self) -> list[tuple[Variable, Tensor]]:
        """Each variable written, with its value afterwards."""
        return [(v, self._current[k]) for k, (v, first) in self._by_id.items() if self._current[k] is not first]


def holding(owner: str, lists: dict[str, tuple[Any, Any]]) -> Trace:
    """A trace in which variables have given values: {name of the list: (variables, values)}.

    Raises: ValueError, naming the owner, if a list has not one value for each variable.
    """
    state = Trace()
    for name, (variables, values) in lists.items():
        if len(values) != len(variables):
            raise ValueError(f"{owner}: {name} must hold {len(variables)} value(s), and got {len(values)}.")
        for variable, value in zip(variables, values, strict=True):
            state.begin_with(variable, operators["convert"](value, variable.storage_dtype))
    return state


class _Active(threading.local):
    def __init__(self) -> None:
        self.stack: list[Trace | None] = []


_active = _Active()


def current() -> Trace | None:
    """The innermost trace of this thread, or None."""
    stack = _active.stack
    return stack[-1] if stack else None


@contextmanager
def tracing(trace: Trace | None = None) -> Iterator[Any]:
    """Within it variables are read and written symbolically. `tracing(None)` makes a new trace."""
    trace = trace or Trace()
    _active.stack.append(trace)
    try:
        yield trace
    finally:
        _active.stack.pop()


@contextmanager
def concretely() -> Iterator[None]:
    """Suspends tracing: a weight made while a model is traced gets its value at once."""
    _active.stack.append(None)
    try:
        yield
    finally:
        _active.stack.pop()
