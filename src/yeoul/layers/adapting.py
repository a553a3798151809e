"""What `adapt` takes: an array, a list, a source of batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable


def batches_of(data: Any, steps: int | None = None) -> Iterator[Any]:
    """Batches of the samples in `data`.

    Args:
        data: an array-like or list (one batch), a dict of them, a generator or other iterable of batches, or a PyDataset.
            Of batches that are tuples (x, y, ...) the first part counts.
        steps: how many batches to take; all of them if None.

    Raises: ValueError if a source gives nothing.
    """
    if _is_samples(data):
        yield as_host_array(data)
        return
    count = 0
    batches = data
    if hasattr(data, "num_batches") and hasattr(data, "__getitem__") and data.num_batches is not None:
        batches = (data[i] for i in range(data.num_batches))
    for batch in batches:
        if steps is not None and count >= steps:
            return
        yield as_host_array(batch[0] if isinstance(batch, tuple) else batch)
        count += 1
    if not count:
        raise ValueError(f"adapt() got a {type(data).__name__} without any batches. A generator can be read only once.")


def _is_samples(data: Any) -> bool:
    if isinstance(data, (np.ndarray, Tensor, Variable, str, list, tuple, dict)):
        return True
    return hasattr(data, "__array__") or hasattr(data, "to_numpy")


def as_host_array(value: Any) -> Any:
    """`value` as a NumPy array on the host, strings included; dicts keep their keys."""
    if isinstance(value, dict):
        return {key: as_host_array(part) for key, part in value.items()}
    if isinstance(value, Tensor):
        return value.numpy()
    array = value.to_numpy() if hasattr(value, "to_numpy") else np.asarray(value)
    if array.dtype == object:
        flat = array.ravel().tolist()
        if any(isinstance(v, (bytes, str)) for v in flat):
            flat = [v.decode() if isinstance(v, bytes) else str(v) for v in flat]
        array = np.array(flat).reshape(array.shape)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    return array
