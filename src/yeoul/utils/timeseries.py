"""Windows over a series of measurements, as batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.training.py_dataset import PyDataset


class WindowDataset(PyDataset):
    """Batches of windows, cut from the series when they are asked for.

    Args:
        data: (steps, ...).
        targets: one for each step at which a window may start; None for none.
        starts: first steps of the windows, in chronological order.
        offsets: steps of a window, from its first.
        batch_size: windows a batch; None for single windows without a batch axis.
        generator: draws a new order of the windows every epoch; None for chronological order.
    """

    def __init__(
        self,
        data: np.ndarray,
        targets: np.ndarray | None,
        starts: np.ndarray,
        offsets: np.ndarray,
        batch_size: int | None,
        generator: np.random.Generator | None,
    ):
        super().__init__()
        self._data, self._targets, self._starts = data, targets, starts
        self._offsets, self._batch_size, self._generator = offsets, batch_size, generator
        self.on_epoch_begin()

    def __len__(self) -> int:
        return -(-len(self._starts) // (self._batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"Batch {index} of {len(self)}.")
        rows = index if self._batch_size is None else slice(index * self._batch_size, (index + 1) * self._batch_size)
        starts = self._starts[self._order[rows]]
        windows = self._data[np.add.outer(starts, self._offsets)]
        return windows if self._targets is None else (windows, self._targets[starts])

    def __iter__(self) -> Iterator[Any]:
        self.on_epoch_begin()
        for index in range(len(self)):
            yield self[index]

    def on_epoch_begin(self) -> None:
        count = len(self._starts)
        self._order = np.arange(count) if self._generator is None else self._generator.permutation(count)


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> WindowDataset:
    """Sliding windows over a series: batches (batch, sequence_length, ...), with targets if there are any.

    Args:
        data: measurements at equal intervals, (steps, ...).
        targets: `targets[i]` belongs to the window that starts at step i; None for none.
        sequence_length: steps of a window.
        sequence_stride: steps between the starts of two windows.
        sampling_rate: steps between two steps of a window.
        batch_size: windows a batch; None for single windows.
        shuffle: whether windows come in a new order every epoch; `seed` makes it repeatable.
        start_index, end_index: steps before the first and from the second on are not used.
        format: accepted; what is returned is a `PyDataset`.

    Raises: ValueError for numbers that make no window.
    """
    steps = len(data)
    for name, index in (("start_index", start_index), ("end_index", end_index)):
        if not index:
            continue
        if index < 0:
            raise ValueError(f"`{name}` must be 0 or greater. Received: {name}={index}")
        if index > steps or (name == "start_index" and index == steps):
            raise ValueError(
                f"`{name}` must be lower than the length of the data. Received: {name}={index}, for data of length "
                f"{steps}"
            )
    first, last = start_index or 0, end_index or steps
    if start_index and end_index and last <= first:
        raise ValueError(
            f"`end_index` must be higher than `start_index`. Received: start_index={first}, and end_index={last} "
        )
    for name, number in (
        ("sampling_rate", sampling_rate),
        ("sequence_stride", sequence_stride),
        ("sequence_length", sequence_length),
    ):
        if number <= 0:
            raise ValueError(f"`{name}` must be higher than 0. Received: {name}={number}")
        if number >= steps and name != "sequence_length":
            raise ValueError(
                f"`{name}` must be lower than the length of the data. Received: {name}={number}, for data of length "
                f"{steps}"
            )
    series = np.asarray(data)
    answers = None if targets is None else np.asarray(targets)
    count = last - first - (sequence_length - 1) * sampling_rate
    if answers is not None:
        count = min(count, len(answers) - first)
    starts = first + np.arange(0, max(count, 0), sequence_stride)
    offsets = np.arange(sequence_length) * sampling_rate
    generator = np.random.default_rng(seed) if shuffle else None
    return WindowDataset(series, answers, starts, offsets, batch_size, generator)
