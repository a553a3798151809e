"""What users pass as data, turned into named arrays or a stream of batches."""

from __future__ import annotations

import contextlib
import itertools
import queue
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np

from yeoul.core import config, dtypes, tree
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.training.py_dataset import PyDataset
from yeoul.training.sparse_rows import SparseRows, is_sparse, rows_of, written_out

_END = object()


# -- one array -------------------------------------------------------------------------------------------------------
def to_array(value: Any, name: str = "data") -> np.ndarray:
    """A C-contiguous array from an array, tensor, frame, sparse matrix or list; floats become `floatx()`. Not
    copied if it fits. A large sparse matrix becomes `SparseRows`.

    Raises: ValueError for strings, ragged lists and objects.
    """
    if isinstance(value, SparseRows):
        return value  # type: ignore[return-value]
    if is_sparse(value):
        return rows_of(value, dtypes.to_numpy(config.floatx()))
    if type(value) is np.ndarray:
        array = value
    elif isinstance(value, Tensor):
        array = np.asarray(value)
    elif isinstance(value, Variable):
        array = value.numpy()
    elif hasattr(value, "detach") and hasattr(value, "cpu"):
        array = _from_torch(value)
    elif hasattr(value, "iloc"):
        array = _from_pandas(value, name)
    elif hasattr(value, "__array__"):
        array = np.asarray(value)
    else:
        if not isinstance(value, (Sequence, Number)):
            raise ValueError(
                f"Unrecognized data type: {name}={value!r} (of type {type(value)}). Pass arrays, or something that "
                "gives batches: a PyDataset, a generator, a data loader."
            )
        try:
            array = np.asarray(value)
        except ValueError:
            array = np.empty(0, object)
        if array.dtype == np.int64 and not isinstance(value, np.generic):
            array = array.astype(np.int32)
    if array.dtype == object:
        with contextlib.suppress(TypeError, ValueError):
            array = array.astype(config.floatx()) if array.size else array
    kind = array.dtype.kind
    if kind == "f":
        target = dtypes.to_numpy(config.floatx())
        if array.dtype != target:
            array = array.astype(target)
    elif kind in "OUSMm":
        what = {
            "O": "objects or lists of different length",
            "U": "strings",
            "S": "strings",
            "M": "dates",
            "m": "durations",
        }[kind]
        how = ", with StringLookup, Hashing or FeatureSpace called on the data" if what == "strings" else ""
        raise ValueError(f"`{name}` holds {what}, and a model takes numbers. Turn them into numbers first{how}.")
    elif kind == "c":
        raise ValueError(f"`{name}` is complex, and a model takes real numbers. Pass its real and imaginary parts.")
    return array if array.flags.c_contiguous and array.flags.aligned else np.ascontiguousarray(array)


def _from_torch(tensor: Any) -> np.ndarray:
    tensor = tensor.detach().cpu()
    return (tensor.float() if "bfloat16" in str(getattr(tensor, "dtype", "")) else tensor).numpy()


def _from_pandas(frame: Any, name: str) -> np.ndarray:
    """The numbers in a DataFrame or Series; what is missing becomes NaN.

    Raises: ValueError with the columns that hold something else.
    """
    array = frame.to_numpy()
    if array.dtype != object:
        return array
    try:
        return frame.to_numpy(dtype=config.floatx(), na_value=np.nan)
    except (TypeError, ValueError):
        columns = getattr(frame, "columns", None)
        if columns is None:
            listed = f"values of dtype {frame.dtype}"
        else:
            kinds = zip(columns, frame.dtypes, strict=True)
            listed = ", ".join(f"{name!r} ({kind})" for name, kind in kinds if getattr(kind, "kind", "O") not in "biuf")
        raise ValueError(
            f"`{name}` holds something else than numbers: {listed}. Turn it into numbers first, for example with "
            "pandas.get_dummies or pandas.factorize."
        ) from None


def _is_leaf(value: Any) -> bool:
    """Whether `value` is one array: not a dict, nor a list of several arrays."""
    if isinstance(value, dict):
        return False
    if isinstance(value, (list, tuple)):
        return all(isinstance(part, (int, float, bool, str, np.generic)) or _is_plain_list(part) for part in value)
    return True


def _is_plain_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(
        isinstance(part, (int, float, bool, str, np.generic)) or _is_plain_list(part) for part in value
    )


def to_arrays(value: Any, name: str = "data") -> Any:
    """`value` with every array-like in it turned into an array by `to_array`."""
    if value is None:
        return None
    if isinstance(value, dict) and not is_sparse(value):  # one kind of sparse matrix is a dict too
        return {key: to_arrays(part, f"{name}[{key!r}]") for key, part in value.items()}
    if isinstance(value, (list, tuple)) and not _is_leaf(value):
        parts = [to_arrays(part, f"{name}[{i}]") for i, part in enumerate(value)]
        return tuple(parts) if isinstance(value, tuple) else parts
    array = to_array(value, name)
    if array.ndim == 0:
        raise ValueError(f"`{name}` is the single number {array}, and needs a first axis of samples.")
    return array


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) from what one batch is given as: x, (x,), (x, y) or (x, y, sample_weight)."""
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if len(data) == 1:
        return data[0], None, None
    if len(data) == 2:
        return data[0], data[1], None
    if len(data) == 3:
        return data
    raise ValueError(
        f"Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, and has {len(data)} "
        f"parts."
    )


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The inverse of `unpack_x_y_sample_weight`."""
    if y is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


# -- arrays ----------------------------------------------------------------------------------------------------------
@dataclass(eq=False)
class ArrayData:
    """All samples, as arrays with one row a sample."""

    x: Any
    y: Any
    sample_weight: Any
    arrays: list[np.ndarray]
    structure: tree.Structure

    @property
    def samples(self) -> int:
        return len(self.arrays[0])

    @property
    def is_dense(self) -> bool:
        """Whether all samples are in memory as the engine wants them."""
        return not any(isinstance(a, SparseRows) for a in self.arrays)

    def dense(self) -> ArrayData:
        """The same with sparse matrices written out."""
        return self if self.is_dense else self._like(written_out(self.arrays))

    def specs(self, rows: int) -> tuple[tuple[tuple[int, ...], str], ...]:
        """Shape and dtype of each array of a batch of `rows` samples."""
        return tuple(((rows, *a.shape[1:]), dtypes.name_of(a.dtype)) for a in self.arrays)

    def batch(self, rows: Any) -> Any:
        """The samples `rows`, in the structure that steps take."""
        return tree.assemble(self.structure, [a[rows] for a in self.arrays])

    def slice(self, start: int, stop: int) -> ArrayData:
        return self._like([a.part(start, stop) if isinstance(a, SparseRows) else a[start:stop] for a in self.arrays])

    def _like(self, arrays: list[Any]) -> ArrayData:
        x, y, weight = unpack_x_y_sample_weight(tree.assemble(self.structure, arrays))
        return ArrayData(x, y, weight, arrays, self.structure)


def array_data(x: Any, y: Any = None, sample_weight: Any = None) -> ArrayData:
    """`ArrayData` from what a user passes.

    Raises: ValueError if there are no samples, or not as many targets as inputs.
    """
    x = to_arrays(x, "x")
    y = written_out(to_arrays(y, "y"))
    sample_weight = written_out(to_arrays(sample_weight, "sample_weight"))
    arrays, structure = tree.disassemble(pack_x_y_sample_weight(x, y, sample_weight))
    if not arrays:
        raise ValueError("`x` holds no arrays. Pass the inputs of the model.")
    _check_lengths(x, y, sample_weight)
    return ArrayData(x, y, sample_weight, arrays, structure)


def _check_lengths(x: Any, y: Any, sample_weight: Any) -> None:
    lengths: list[tuple[str, int, tuple[int, ...]]] = []
    for name, part in (("x", x), ("y", y), ("sample_weight", sample_weight)):
        for label, array in labelled(name, part):
            lengths.append((label, len(array), array.shape))
    first_name, first, _ = lengths[0]
    for name, length, shape in lengths[1:]:
        if length != first:
            raise ValueError(
                f"`{first_name}` has {first} samples and `{name}` has {length} (shape {shape}). Every array must "
                f"have one row a sample."
            )
    if first == 0:
        raise ValueError(f"`{first_name}` is empty: its shape is {lengths[0][2]}. There must be at least one sample.")


def labelled(name: str, value: Any) -> Iterator[tuple[str, np.ndarray]]:
    if value is None:
        return
    if isinstance(value, dict):
        for key in sorted(value):
            yield from labelled(f"{name}[{key!r}]", value[key])
    elif isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            yield from labelled(f"{name}[{i}]", part)
    else:
        yield name, value


def train_validation_split(data: ArrayData, validation_split: float) -> tuple[ArrayData, ArrayData]:
    """The first samples and the last `validation_split` of them.

    Raises: ValueError if the fraction is not between 0 and 1 or leaves nothing on either side.
    """
    if not 0 < validation_split < 1:
        raise ValueError(f"validation_split must be between 0 and 1, and is {validation_split}.")
    samples = data.samples
    at = int(np.floor(samples * (1.0 - validation_split)))
    if at in (0, samples):
        left = "training" if at == 0 else "validation"
        raise ValueError(
            f"validation_split={validation_split} of {samples} samples leaves none for {left}. "
            "Use another fraction, or pass validation_data."
        )
    return data.slice(0, at), data.slice(at, samples)


def class_weights(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """A weight for every sample by its class.

    Args:
        y: integer classes (samples,) or (samples, 1), or one-hot rows (samples, classes).
        class_weight: class -> weight; 1 for classes not named.

    Raises: ValueError for several outputs.
    """
    if tree.is_nested(y):
        leaves = tree.flatten(y)
        if len(leaves) != 1:
            raise ValueError("`class_weight` is only supported for Models with a single output.")
        y = leaves[0]
    y = np.asarray(y)
    if y.ndim > 2:
        raise ValueError(f"`class_weight` not supported for 3+ dimensional targets, and y has shape {y.shape}.")
    if y.ndim == 2:
        y = np.argmax(y, axis=1) if y.shape[1] > 1 else y[:, 0]
    classes = np.round(y).astype(np.int64)
    weights = np.ones(len(classes), config.floatx())
    for label, weight in class_weight.items():
        weights[classes == int(label)] = weight
    return weights


# -- streams ---------------------------------------------------------------------------------------------------------
class Stream:
    """Batches that come one at a time.

    Args:
        epoch: makes the iterator of one epoch's batches.
        length: batches an epoch; None if not known.
        is_endless: whether the iterator simply goes on in the next epoch, as a generator does.
    """

    def __init__(
        self,
        epoch: Callable[[], Iterator[Any]],
        length: int | None,
        is_endless: bool = False,
        on_epoch_begin: Callable[[], None] | None = None,
        on_epoch_end: Callable[[], None] | None = None,
    ):
        self._epoch = epoch
        self.length = length
        self.is_endless = is_endless
        self._iterator: Iterator[Any] | None = None
        self._seen = 0
        self.on_epoch_begin = on_epoch_begin or (lambda: None)
        self.on_epoch_end = on_epoch_end or (lambda: None)

    def batches(self, steps: int | None) -> Iterator[tuple[Any, Any, Any]]:
        """One epoch: `steps` batches, or all that there are."""
        if self._iterator is None or (steps is None and not self.is_endless):
            self._iterator = self._epoch()
            self._seen = 0
        taken = 0
        while steps is None or taken < steps:
            data = next(self._iterator, _END)
            if data is _END:
                if not self.is_endless:
                    self._iterator = None
                return
            taken += 1
            self._seen += 1
            yield standard_batch(data)
        if not self.is_endless and self.length is not None and self._seen >= self.length:
            self._iterator = None

    def restart(self) -> None:
        """Makes the next epoch begin with the first batch, unless batches come from a generator."""
        if not self.is_endless:
            self.close()
            self._iterator = None

    def close(self) -> None:
        close = getattr(self._iterator, "close", None)
        if close is not None and not self.is_endless:
            close()


def standard_batch(data: Any) -> tuple[Any, Any, Any]:
    """One batch as (x, y, sample_weight) of arrays."""
    x, y, weight = unpack_x_y_sample_weight(data)
    return written_out((to_arrays(x, "x"), to_arrays(y, "y"), to_arrays(weight, "sample_weight")))


def ahead(iterator: Iterator[Any], size: int = 2) -> Iterator[Any]:
    """`iterator`, run by a thread that stays up to `size` items ahead."""
    items: queue.Queue = queue.Queue(size)
    is_over = threading.Event()

    def fill() -> None:
        try:
            for item in iterator:
                while not is_over.is_set():
                    try:
                        items.put((item, None), timeout=0.1)
                        break
                    except queue.Full:
                        continue
                if is_over.is_set():
                    return
            items.put((_END, None))
        except BaseException as error:  # handed to the consumer, whatever it is
            items.put((_END, error))

    thread = threading.Thread(target=fill, name="yeoul-data", daemon=True)
    thread.start()
    try:
        while True:
            item, error = items.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        is_over.set()


def epoch_of(dataset: PyDataset, shuffle: bool) -> Iterator[Any]:
    """The batches of a PyDataset, made by its threads ahead of use, in order or shuffled."""
    length = dataset.num_batches
    order: Any = range(length) if length is not None else itertools.count()
    if shuffle and length is not None:
        order = random.sample(range(length), length)
    workers = max(1, dataset.workers)
    depth = max(1, dataset.max_queue_size)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers, thread_name_prefix="yeoul-data") as pool:
        waiting: deque = deque()
        indices = iter(order)
        try:
            for index in itertools.islice(indices, depth):
                waiting.append(pool.submit(dataset.__getitem__, index))
            while waiting:
                batch = waiting.popleft().result()
                for index in itertools.islice(indices, 1):
                    waiting.append(pool.submit(dataset.__getitem__, index))
                yield batch
        finally:
            for future in waiting:
                future.cancel()


def _limited(iterator: Iterator[Any], limit: int | None) -> Iterator[Any]:
    return iterator if limit is None else itertools.islice(iterator, limit)


def is_stream(x: Any) -> bool:
    """Whether `x` gives batches instead of being the samples."""
    if isinstance(x, PyDataset):
        return True
    if isinstance(x, (np.ndarray, Tensor, Variable, list, tuple, dict, str)) or x is None:
        return False
    if hasattr(x, "__array__") or hasattr(x, "iloc") or is_sparse(x):
        return False
    return hasattr(x, "__next__") or hasattr(x, "__iter__")


def stream(
    x: Any, y: Any = None, sample_weight: Any = None, shuffle: bool = False, total_steps: int | None = None
) -> Stream:
    """A `Stream` from a PyDataset, generator, data loader or any iterable of batches.

    Args:
        total_steps: how many batches will be taken in all, if known; a generator is not read beyond it.

    Raises: ValueError if targets or weights are passed beside it.
    """
    kind = type(x).__name__
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"When x is a {kind}, `{name}` must not be passed: batches are tuples that hold it already."
            )
    if isinstance(x, PyDataset):
        x._warn_if_super_not_called()
        return Stream(
            lambda: epoch_of(x, shuffle),
            x.num_batches,
            on_epoch_begin=x.on_epoch_begin,
            on_epoch_end=x.on_epoch_end,
        )
    if hasattr(x, "__next__"):
        return Stream(lambda: ahead(_limited(x, total_steps)), None, is_endless=True)
    try:
        length = len(x)
    except TypeError:
        length = None
    return Stream(lambda: ahead(iter(x)), length)


def stream_of_arrays(data: ArrayData, batch_size: int, order: Callable[[int], np.ndarray] | None = None) -> Stream:
    """Batches cut from `data`, in the order that `order(samples)` gives for each epoch."""
    samples = data.samples

    def epoch() -> Iterator[Any]:
        rows = order(samples) if order is not None else None
        for start in range(0, samples, batch_size):
            part: Any = slice(start, start + batch_size)
            yield tree.assemble(data.structure, [a[part if rows is None else rows[part]] for a in data.arrays])

    return Stream(epoch, -(-samples // batch_size))
