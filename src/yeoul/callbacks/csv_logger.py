"""CSVLogger: the logs of every epoch as a row of a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from typing import IO, Any

import numpy as np

from yeoul.callbacks.callback import Callback, Logs

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes one row an epoch.

    Args:
        filename: the file to write, "run1.csv".
        separator: what stands between two fields.
        append: whether rows are added to a file that exists.
    """

    replays_logs = True

    def __init__(self, filename: Any, separator: str = ",", append: bool = False):
        super().__init__()
        self.sep = separator
        self.filename = os.fspath(filename)
        self.append = append
        self.keys: list[str] | None = None
        self.append_header = True
        self.csv_file: IO[str] | None = None
        self.writer: Any = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.append and os.path.exists(self.filename):
            with open(self.filename, newline="") as file:
                self.append_header = not file.readline()
        self._close()
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="")  # noqa: SIM115 - closed in on_train_end
        self.writer = None
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._write(epoch, logs or {})
        assert self.csv_file is not None
        self.csv_file.flush()

    def replay(self, first_epoch: int, names: Sequence[str], rows: np.ndarray, seconds: float) -> None:
        for i, row in enumerate(rows.tolist()):
            self._write(first_epoch + i, dict(zip(names, row, strict=True)))
        assert self.csv_file is not None
        self.csv_file.flush()

    def _write(self, epoch: int, logs: Logs) -> None:
        if self.keys is None:
            self.keys = sorted(logs)
            if self.keys and not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        if self.writer is None:
            self.writer = csv.writer(self.csv_file, delimiter=self.sep)  # type: ignore[arg-type]
            if self.append_header:
                self.writer.writerow(["epoch", *self.keys])
        self.writer.writerow([epoch, *(_field(logs.get(key, "NA")) for key in self.keys)])

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()
        self.writer = None

    def _close(self) -> None:
        if self.csv_file is not None and not self.csv_file.closed:
            self.csv_file.close()


def _field(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value
    return f'"[{", ".join(map(str, value))}]"'
