"""Data sets cut in two."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.training.py_dataset import PyDataset


class SampleDataset:
    """Samples one by one: arrays, or tuples of them. `batch` makes of it what `fit` takes."""

    def __init__(self, arrays: list[np.ndarray], rows: np.ndarray, kind: type | None):
        self._arrays, self._rows, self._kind = arrays, rows, kind

    def __len__(self) -> int:
        return len(self._rows)

    def cardinality(self) -> int:
        """Number of samples."""
        return len(self)

    def __getitem__(self, index: int) -> Any:
        return self._pack(self._rows[index])

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def _pack(self, rows: Any) -> Any:
        parts = [array[rows] for array in self._arrays]
        return parts[0] if self._kind is None else tuple(parts)

    def batch(self, batch_size: int, drop_remainder: bool = False) -> PyDataset:
        """Batches of `batch_size` samples in order."""
        return _Batches(self, batch_size, drop_remainder)


class _Batches(PyDataset):
    def __init__(self, samples: SampleDataset, batch_size: int, drop_remainder: bool):
        super().__init__()
        self._samples, self._batch_size = samples, batch_size
        self._count = len(samples) // batch_size if drop_remainder else -(-len(samples) // batch_size)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < self._count:
            raise IndexError(f"Batch {index} of {self._count}.")
        rows = self._samples._rows[index * self._batch_size : (index + 1) * self._batch_size]
        return self._samples._pack(rows)


def split_dataset(
    dataset: Any,
    left_size: Any = None,
    right_size: Any = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: Any = None,
) -> tuple[Any, Any]:
    """The first samples of a data set and the last ones.

    Args:
        dataset: an array, a tuple or list of arrays of one length, or a `torch.utils.data.Dataset`.
        left_size, right_size: number of samples (an int) or share of them (a float) on each side; one may be None for
            the rest.
        shuffle: whether samples are put in random order before; `seed` makes it repeatable.
        preferred_backend: accepted.

    Returns: two `SampleDataset`s, or two `torch.utils.data.Subset`s of a PyTorch data set.

    Raises: ValueError for sizes that do not fit; TypeError for another kind of data set.
    """
    is_torch = _is_torch_dataset(dataset)
    arrays, kind = ([], None) if is_torch else _arrays_of(dataset)
    total = len(dataset) if is_torch else len(arrays[0])
    left, right = _sizes(left_size, right_size, total)
    rows = np.arange(total)
    if shuffle:
        generator = np.random.default_rng(random.randrange(2**32) if seed is None else seed)
        rows = generator.permutation(total)
    halves = rows[:left], rows[total - right :]
    if is_torch:
        from torch.utils.data import Subset

        return Subset(dataset, halves[0].tolist()), Subset(dataset, halves[1].tolist())
    return SampleDataset(arrays, halves[0], kind), SampleDataset(arrays, halves[1], kind)


def _is_torch_dataset(dataset: Any) -> bool:
    return any(cls.__module__ == "torch.utils.data.dataset" for cls in type(dataset).__mro__)


def _arrays_of(dataset: Any) -> tuple[list[np.ndarray], type | None]:
    if isinstance(dataset, (list, tuple)) and dataset and all(hasattr(part, "__array__") for part in dataset):
        arrays = [np.asarray(part) for part in dataset]
        if all(array.ndim for array in arrays):
            for i, array in enumerate(arrays):
                if len(array) != len(arrays[0]):
                    raise ValueError(
                        f"Received a {type(dataset).__name__} of NumPy arrays with different lengths. Mismatch found at "
                        f"index {i}, Expected shape={arrays[0].shape} Received shape={array.shape}. Please provide a "
                        f"{type(dataset).__name__} of NumPy arrays of the same length."
                    )
            return arrays, tuple
    if hasattr(dataset, "__array__") or (isinstance(dataset, (list, tuple)) and dataset):
        array = np.asarray(dataset)
        if array.ndim:
            return [array], None
    raise TypeError(
        f"Unsupported dataset type: {type(dataset)}. Pass an array, a tuple or list of arrays, or a "
        "torch.utils.data.Dataset."
    )


def _sizes(left: Any, right: Any, total: int) -> tuple[int, int]:
    """Both sizes as numbers of samples."""
    if left is None and right is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. "
            f"Received: left_size={left} and right_size={right}"
        )
    for name, size in (("left_size", left), ("right_size", right)):
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, (int, float, np.integer, np.floating)):
            raise TypeError(
                f"Invalid `{name}` Type. Expected: int or float or None, Received: type({name})={type(size)}."
            )
        is_share = isinstance(size, (float, np.floating))
        if size <= 0 or size >= (1 if is_share else total):
            raise ValueError(
                f"`{name}` should be either a positive integer smaller than {total}, or a float within the range "
                f"`[0, 1]`. Received: {name}={size}"
            )
    if isinstance(left, float) and isinstance(right, float) and left + right > 1:
        raise ValueError(
            "The sum of `left_size` and `right_size` is greater than 1. It must be less than or equal to 1."
        )
    counts = [
        None if size is None else round(size * total) if isinstance(size, (float, np.floating)) else int(size)
        for size in (left, right)
    ]
    first = total - counts[1] if counts[0] is None else counts[0]  # type: ignore[operator]
    second = total - first if counts[1] is None else counts[1]
    if first + second > total:
        raise ValueError(
            f"The sum of `left_size` and `right_size` should be smaller than the {total}. Received: left_size + "
            f"right_size = {first + second} and total_length = {total}"
        )
    for side, count in (("left", first), ("right", second)):
        if count == 0:
            raise ValueError(
                f"With `dataset` of length={total}, `left_size`={first} and `right_size`={second}. Resulting {side} side "
                "dataset split will be empty. Adjust any of the aforementioned parameters"
            )
    return first, second
