"""What gradient tapes remember of the ops that run at once."""

from __future__ import annotations

import threading
import weakref
from typing import Any


class Recorder:
    """Keeps how the results of ops were computed, from `open` to `release`.

    A result knows its node for as long as one recorder that saw it is not released: what a loss was computed from goes
    when its tape goes, not when the loss does.
    """

    def __init__(self) -> None:
        self.results: list[weakref.ref[Any]] = []
        self._reads: dict[int, tuple[Any, list[Any]]] = {}  # by id of a variable: it, and the tensors it was read as

    def open(self) -> None:
        open_recorders.list.append(self)

    def close(self) -> None:
        if self in open_recorders.list:
            open_recorders.list.remove(self)

    def reads(self, variable: Any) -> list[Any]:
        """The tensors that `variable` was read as: one for each value it has had."""
        return self._reads.get(id(variable), (variable, []))[1]

    def release(self) -> None:
        results, self.results, self._reads = self.results, [], {}
        for reference in results:
            result = reference()
            if result is None or result.node is None:
                continue
            recorders = result.node.recorders
            if self in recorders:
                recorders.remove(self)
            if not recorders:
                result.node = None


class _OpenRecorders(threading.local):
    """The recorders that this thread has opened; none while recording is paused."""

    def __init__(self) -> None:
        self.list: list[Recorder] = []

    def keep(self, node: Any, results: list[Any]) -> None:
        """Lets the open recorders hold the node of results that were just computed."""
        node.recorders = list(self.list)
        for recorder in self.list:
            recorder.results.extend(weakref.ref(result) for result in results)

    def note_read(self, variable: Any, tensor: Any) -> None:
        for recorder in self.list:
            reads = recorder.reads(variable)
            if not reads:
                recorder._reads[id(variable)] = (variable, reads)
            if not any(tensor is known for known in reads):
                reads.append(tensor)


open_recorders = _OpenRecorders()
