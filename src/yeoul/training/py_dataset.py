"""PyDataset: batches that a user's class makes one by one, by number."""

from __future__ import annotations

import warnings
from typing import Any


class PyDataset:
    """Base class of datasets that make batch number `index` when asked.

    Override `__getitem__`, which returns (inputs, targets) or (inputs, targets, sample_weights), and `__len__` (or
    the property
    `num_batches`), the number of batches; `on_epoch_begin` and `on_epoch_end` if wanted.

    Args:
        workers: threads that make batches ahead of use; 0 or 1: one.
        use_multiprocessing: accepted; batches are made in threads.
        max_queue_size: batches kept ahead of use.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10):
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    def _warn_if_super_not_called(self) -> None:
        if not hasattr(self, "_workers"):
            warnings.warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in its constructor. `**kwargs` can "
                "include "
                "`workers`, `use_multiprocessing`, `max_queue_size`. Do not pass these arguments to `fit()`, as "
                "they will be ignored.",
                stacklevel=3,
            )
            PyDataset.__init__(self)

    @property
    def workers(self) -> int:
        return getattr(self, "_workers", 1)

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        return getattr(self, "_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        return getattr(self, "_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} must define __getitem__(self, index), which returns batch number `index`."
        )

    @property
    def num_batches(self) -> int | None:
        """Number of batches; None for infinitely many."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(f"{type(self).__name__} must define __len__(self) or the property num_batches.")

    def on_epoch_begin(self) -> None:
        """Called before every epoch."""

    def on_epoch_end(self) -> None:
        """Called after every epoch."""
