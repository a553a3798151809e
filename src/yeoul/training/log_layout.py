"""Which numbers of a row of logs belong to which log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from yeoul.core import config
from yeoul.core.shapes import size_of


class LogLayout:
    """Logs that lie one after the other in a row of float64: scalars, and the elements of larger ones.

    Args:
        names, shapes: of the logs, in the order of the row.
    """

    def __init__(self, names: Sequence[str], shapes: Sequence[tuple]):
        self.names = list(names)
        self.shapes = [tuple(shape) for shape in shapes]
        sizes = [size_of(shape) for shape in self.shapes]
        ends = np.cumsum([0, *sizes]).tolist()
        self.size = ends[-1]
        self.is_scalar = all(not shape for shape in self.shapes)
        self._sorted = sorted(zip(self.names, ends[:-1], ends[1:], self.shapes, strict=True))

    def __add__(self, other: LogLayout) -> LogLayout:
        return LogLayout(self.names + other.names, self.shapes + other.shapes)

    def prefixed(self, prefix: str) -> LogLayout:
        return LogLayout([prefix + name for name in self.names], self.shapes)

    def column(self, name: str) -> int | None:
        """Where in a row a scalar log stands; None if there is none of that name."""
        return next((start for known, start, _, shape in self._sorted if known == name and not shape), None)

    def read(self, row: np.ndarray) -> dict[str, Any]:
        """The logs of a row sorted by name: floats, and arrays of floatx for logs that are not scalars."""
        values = row.tolist()
        return {
            name: np.array(values[start:end], config.floatx()).reshape(shape) if shape else values[start]
            for name, start, end, shape in self._sorted
        }

    def scalars(self, rows: np.ndarray) -> tuple[list[str], np.ndarray]:
        """Names, sorted, and the columns of many rows in their order, for logs that are all scalars."""
        return [name for name, *_ in self._sorted], rows[:, [start for _, start, *_ in self._sorted]]
