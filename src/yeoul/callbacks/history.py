"""History: the logs of every epoch, as `fit` returns them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from yeoul.callbacks.callback import Callback, Logs

__all__ = ["History"]


class History(Callback):
    """Collects logs. `history` maps each name to its values by epoch, `epoch` holds the numbers of the epochs,
    from 0.
    """

    replays_logs = True

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self

    def replay(self, first_epoch: int, names: Sequence[str], rows: np.ndarray, seconds: float) -> None:
        self.epoch.extend(range(first_epoch, first_epoch + len(rows)))
        for i, name in enumerate(names):
            self.history.setdefault(name, []).extend(rows[:, i].tolist())
        self.model.history = self

    def plot(self, title: str | None = None, log_scale: bool | None = None) -> Any:
        """Draws every logged value by epoch, training beside validation. See `visualization.plot_history`."""
        # Pictures stand floors above: this floor asks for them by name, only when someone wants to see one.
        return import_module("yeoul.visualization").plot_history(self, title, log_scale)
