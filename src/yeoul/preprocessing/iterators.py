"""Batches of an ImageDataGenerator: from arrays, from folders, from frames.

What the generator's `flow` methods are given comes here as a `Batching`, and a `Reading` where there are files.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from yeoul.callbacks.progress import print_message
from yeoul.training.py_dataset import PyDataset
from yeoul.utils.image_dataset import files_under
from yeoul.utils.image_sizes import check_size
from yeoul.utils.images import array_to_img, img_to_array, load_img

FORMATS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


@dataclass(frozen=True)
class Batching:
    """How batches are made: their size, their order, and where their images are written, if anywhere."""

    batch_size: int
    shuffle: bool
    seed: int | None
    save_to_dir: Any
    save_prefix: str
    save_format: str

    def save(self, batch: np.ndarray, rows: np.ndarray, data_format: str) -> None:
        if not self.save_to_dir:
            return
        for image, row in zip(batch, rows, strict=True):
            name = f"{self.save_prefix}_{row}_{np.random.randint(10**7)}.{self.save_format}"
            array_to_img(image, data_format, scale=True).save(os.path.join(self.save_to_dir, name))


@dataclass(frozen=True)
class Reading:
    """How images are read from files.

    Raises: ValueError for an unknown color mode, and a size that is no pair.
    """

    target_size: Any
    color_mode: str
    interpolation: str
    keep_aspect_ratio: bool

    def __post_init__(self) -> None:
        if self.color_mode not in _CHANNELS:
            raise ValueError(f'Invalid color mode: {self.color_mode}; expected "rgb", "rgba", or "grayscale".')
        object.__setattr__(self, "target_size", check_size(self.target_size, "target_size"))

    def image(self, path: str, data_format: str) -> np.ndarray:
        image = load_img(path, self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio)
        return img_to_array(image, data_format)

    def shape(self, data_format: str) -> tuple[int, ...]:
        size, channels = self.target_size, _CHANNELS[self.color_mode]
        return (*size, channels) if data_format == "channels_last" else (channels, *size)


class Iterator(PyDataset):
    """Batches in a new order every epoch; `next` gives them without end.

    Args:
        n: samples.
        seed: makes the order and the changes repeatable: batch number i of all draws from seed + i.
    """

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None):
        super().__init__()
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.index_array: Any = None
        self._random = np.random.RandomState(np.random.randint(2**31 - 1) if seed is None else seed)

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        if idx >= len(self):
            raise ValueError(f"Asked to retrieve element {idx}, but the Sequence has length {len(self)}")
        self._seed_batch()
        if self.index_array is None:
            self._set_order()
        return self._batch(self.index_array[self.batch_size * idx : self.batch_size * (idx + 1)])

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if self.seed is not None:
            self._random.seed(self.seed + self.total_batches_seen)
        if self.batch_index == 0:
            self._set_order()
        start = self.batch_index * self.batch_size
        self.batch_index = self.batch_index + 1 if self.n > start + self.batch_size else 0
        self.total_batches_seen += 1
        return self._batch(self.index_array[start : start + self.batch_size])

    next = __next__

    def reset(self) -> None:
        """Goes back to the first batch."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        self._set_order()

    def _seed_batch(self) -> None:
        if self.seed is not None:
            self._random.seed(self.seed + self.total_batches_seen)
        self.total_batches_seen += 1

    def _set_order(self) -> None:
        self.index_array = self._random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _batch(self, rows: np.ndarray) -> Any:
        raise NotImplementedError


class GeneratedIterator(Iterator):
    """Batches of images that a generator changes."""

    def __init__(self, n: int, image_data_generator: Any, batching: Batching):
        super().__init__(n, batching.batch_size, batching.shuffle, batching.seed)
        self.generator, self._batching = image_data_generator, batching

    def _image(self, row: int) -> np.ndarray:
        """Image number `row`, as it is."""
        raise NotImplementedError

    def _images(self, rows: np.ndarray) -> np.ndarray:
        generator, made = self.generator, []
        for image in map(self._image, rows):
            settings = generator.get_random_transform(image.shape, random=self._random)
            made.append(generator.standardize(generator.apply_transform(image, settings)))
        batch = np.stack(made).astype(generator.dtype)
        self._batching.save(batch, rows, generator.data_format)
        return batch


class NumpyArrayIterator(GeneratedIterator):
    """Batches from arrays: images, (images, targets) or (images, targets, weights).

    Raises: ValueError for arrays of different length, or images of another rank.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batching: Batching,
        sample_weight: Any,
        ignore_class_split: bool,
        subset: str | None,
    ):
        self.x = np.asarray(x, image_data_generator.dtype)
        self.y = None if y is None else np.asarray(y)
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        for name, values in (("labels", self.y), ("sample_weight", self.sample_weight)):
            if values is not None and len(values) != len(self.x):
                raise ValueError(
                    f"`x` (images tensor) and `{name}` should have the same length. Found: x.shape = {self.x.shape}, "
                    f"{name}.shape = {values.shape}"
                )
        if self.x.ndim != 4:
            raise ValueError(
                f"Input data in `NumpyArrayIterator` should have rank 4. You passed an array with shape {self.x.shape}"
            )
        if subset is not None:
            rows = image_data_generator.rows_of(subset, len(self.x))
            if self.y is not None and not ignore_class_split:
                if not np.array_equal(np.unique(self.y[rows]), np.unique(np.delete(self.y, rows, 0))):
                    raise ValueError(
                        "Training and validation subsets have different number of classes after the split. If your "
                        "numpy arrays are sorted by the label, you might want to shuffle them."
                    )
            self.x = self.x[rows]
            self.y = None if self.y is None else self.y[rows]
            self.sample_weight = None if self.sample_weight is None else self.sample_weight[rows]
        super().__init__(len(self.x), image_data_generator, batching)

    def _image(self, row: int) -> np.ndarray:
        return self.x[row]

    def _batch(self, rows: np.ndarray) -> Any:
        batch = self._images(rows)
        parts = [batch, *(v[rows] for v in (self.y, self.sample_weight) if v is not None)]
        return batch if self.y is None and self.sample_weight is None else tuple(parts)


class FileIterator(GeneratedIterator):
    """Batches from files: what folders and frames have in common.

    A subclass finds the files and calls `_take` with them. It sets `classes` where targets are made of them.

    Attributes:
        class_indices: class numbers by name.
        classes: the class of every file.
        filenames, filepaths: files, relative to the folder and in full.
    """

    class_modes: tuple[str | None, ...]

    def __init__(
        self, directory: Any, image_data_generator: Any, batching: Batching, reading: Reading, class_mode: str | None
    ):
        super().__init__(0, image_data_generator, batching)
        if class_mode not in self.class_modes:
            raise ValueError(f"Invalid class_mode: {class_mode}; expected one of: {self.class_modes}")
        self.directory, self.class_mode, self._reading = directory, class_mode, reading
        self.target_size, self.color_mode = reading.target_size, reading.color_mode
        self.data_format = image_data_generator.data_format
        self.image_shape = reading.shape(self.data_format)
        self.class_indices: dict[Any, int] = {}
        self.classes = np.zeros(0, np.int32)
        self.weights: Any = None

    def _take(self, filenames: list[str], filepaths: list[str]) -> None:
        self.filenames, self.filepaths = filenames, filepaths
        self.samples = self.n = len(filepaths)

    def _image(self, row: int) -> np.ndarray:
        return self._reading.image(self.filepaths[row], self.data_format)

    def _targets(self, rows: np.ndarray) -> Any:
        """Classes as numbers or one-hot."""
        numbers, dtype = self.classes[rows], self.generator.dtype
        is_one_hot = self.class_mode == "categorical"
        return np.eye(len(self.class_indices), dtype=dtype)[numbers] if is_one_hot else numbers.astype(dtype)

    def _batch(self, rows: np.ndarray) -> Any:
        if not len(rows):
            where = f" in {self.directory}" if self.directory else ""
            raise ValueError(
                f"{type(self).__name__} has no images{where}. Images belong into one folder a class; with a small "
                "validation_split a class may have too few images for a subset."
            )
        batch = self._images(rows)
        if self.class_mode is None:
            return batch
        targets = batch.copy() if self.class_mode == "input" else self._targets(rows)
        return (batch, targets) if self.weights is None else (batch, targets, self.weights[rows])


class DirectoryIterator(FileIterator):
    """Batches from a folder with a sub-folder for every class."""

    class_modes = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        batching: Batching,
        reading: Reading,
        classes: Any,
        class_mode: str | None,
        follow_links: bool,
        subset: str | None,
    ):
        super().__init__(directory, image_data_generator, batching, reading, class_mode)
        base = Path(directory)
        names = sorted(p.name for p in base.iterdir() if p.is_dir()) if not classes else list(classes)
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.num_classes = len(names)
        found: list[str] = []
        numbers: list[int] = []
        for name, number in self.class_indices.items():
            files = files_under(base / name, follow_links, FORMATS)
            files = files[image_data_generator.rows_of(subset, len(files))]
            found += files
            numbers += [number] * len(files)
        self.classes = np.array(numbers, np.int32)
        self._take([os.path.relpath(path, base) for path in found], found)
        print_message(f"Found {self.samples} images belonging to {self.num_classes} classes.\n")


class DataFrameIterator(FileIterator):
    """Batches from a pandas frame: a column of file names, one or more of targets, maybe one of weights.

    Raises: ValueError for a class mode that does not fit the columns. Files that are not there are left out with a warning.
    """

    class_modes = ("binary", "categorical", "input", "multi_output", "raw", "sparse", None)

    def __init__(
        self,
        dataframe: Any,
        directory: Any,
        image_data_generator: Any,
        batching: Batching,
        reading: Reading,
        x_col: str,
        y_col: Any,
        weight_col: str | None,
        classes: Any,
        class_mode: str | None,
        subset: str | None,
        validate_filenames: bool,
    ):
        super().__init__(directory or "", image_data_generator, batching, reading, class_mode)
        columns = [y_col] if isinstance(y_col, str) else list(y_col or ())
        if class_mode == "multi_output" and isinstance(y_col, str):
            raise ValueError('If class_mode="multi_output", y_col must be a list. Received str.')
        frame = dataframe
        if validate_filenames:
            is_there = [
                os.path.isfile(os.path.join(self.directory, str(name))) and str(name).lower().endswith(FORMATS)
                for name in frame[x_col]
            ]
            missing = len(is_there) - sum(is_there)
            if missing:
                warnings.warn(
                    f'Found {missing} invalid image filename(s) in x_col="{x_col}". These filename(s) will be ignored.',
                    stacklevel=3,
                )
            frame = frame[is_there]
        if class_mode in ("binary", "categorical", "sparse"):
            names = sorted(set(frame[columns[0]])) if not classes else list(classes)
            if class_mode == "binary" and len(names) != 2:
                raise ValueError(f'If class_mode="binary" there must be 2 classes. {len(names)} found in {y_col}.')
            self.class_indices = {name: number for number, name in enumerate(names)}
            frame = frame[[name in self.class_indices for name in frame[columns[0]]]]
        frame = frame.iloc[image_data_generator.rows_of(subset, len(frame))]
        files = [str(name) for name in frame[x_col]]
        self._take(files, [os.path.join(self.directory, name) for name in files])
        if self.class_indices:
            self.classes = np.array([self.class_indices[name] for name in frame[columns[0]]], np.int32)
        elif class_mode == "raw":
            self._values: Any = frame[y_col].to_numpy()
        elif class_mode == "multi_output":
            self._values = [np.stack([np.asarray(v) for v in frame[column]]) for column in columns]
        if weight_col is not None:
            self.weights = frame[weight_col].to_numpy()
        named = f" belonging to {len(self.class_indices)} classes" if self.class_indices else ""
        valid = "validated " if validate_filenames else "non-validated "
        print_message(f"Found {self.samples} {valid}image filenames{named}.\n")

    def _targets(self, rows: np.ndarray) -> Any:
        if self.class_mode == "raw":
            return self._values[rows]
        if self.class_mode == "multi_output":
            return [values[rows] for values in self._values]
        return super()._targets(rows)
