"""Batches of an ImageDataGenerator: from arrays, from folders, from frames."""

from __future__ import annotations

import os
import warnings
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

    def _changed(self, generator: Any, image: np.ndarray) -> np.ndarray:
        settings = generator.get_random_transform(image.shape, random=self._random)
        return generator.standardize(generator.apply_transform(image, settings))

    def _saved(self, batch: np.ndarray, rows: np.ndarray, save: tuple, data_format: str) -> None:
        folder, prefix, form = save
        if not folder:
            return
        for image, row in zip(batch, rows, strict=True):
            name = f"{prefix}_{row}_{np.random.randint(10**7)}.{form}"
            array_to_img(image, data_format, scale=True).save(os.path.join(folder, name))


class NumpyArrayIterator(Iterator):
    """Batches from arrays: images, (images, targets) or (images, targets, weights).

    Raises: ValueError for arrays of different length, or images of another rank.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        save: tuple = (None, "", "png"),
        ignore_class_split: bool = False,
        subset: str | None = None,
    ):
        self.generator, self._save = image_data_generator, save
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
            if subset not in ("training", "validation"):
                raise ValueError(f'Invalid subset name: {subset}; expected "training" or "validation".')
            at = int(len(self.x) * image_data_generator._validation_split)
            if self.y is not None and not ignore_class_split:
                if not np.array_equal(np.unique(self.y[:at]), np.unique(self.y[at:])):
                    raise ValueError(
                        "Training and validation subsets have different number of classes after the split. If your "
                        "numpy arrays are sorted by the label, you might want to shuffle them."
                    )
            rows = slice(0, at) if subset == "validation" else slice(at, None)
            self.x = self.x[rows]
            self.y = None if self.y is None else self.y[rows]
            self.sample_weight = None if self.sample_weight is None else self.sample_weight[rows]
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _batch(self, rows: np.ndarray) -> Any:
        batch = np.stack([self._changed(self.generator, self.x[row]) for row in rows]).astype(self.generator.dtype)
        self._saved(batch, rows, self._save, self.generator.data_format)
        parts = [batch, *(v[rows] for v in (self.y, self.sample_weight) if v is not None)]
        return batch if self.y is None and self.sample_weight is None else tuple(parts)


class FileIterator(Iterator):
    """Batches from files: what folders and frames have in common.

    A subclass sets `filepaths` and `targets` (None, or an array or list of arrays, one row a file).
    """

    filepaths: list[str]
    directory: Any

    def _set_up(
        self,
        image_data_generator: Any,
        target_size: Any,
        color_mode: str,
        interpolation: str,
        keep_aspect_ratio: bool,
        save: tuple,
    ) -> None:
        if color_mode not in _CHANNELS:
            raise ValueError(f'Invalid color mode: {color_mode}; expected "rgb", "rgba", or "grayscale".')
        self.generator = image_data_generator
        self.target_size, self.color_mode, self._save = check_size(target_size, "target_size"), color_mode, save
        self.data_format = image_data_generator.data_format
        size, channels = self.target_size, _CHANNELS[color_mode]
        self.image_shape = (*size, channels) if self.data_format == "channels_last" else (channels, *size)
        self._reading = (color_mode, self.target_size, interpolation, keep_aspect_ratio)

    def _split(self, subset: str | None) -> tuple[float, float]:
        """The share of every class's files that belongs to `subset`."""
        if subset is None:
            return 0.0, 1.0
        share = self.generator._validation_split
        if subset not in ("training", "validation"):
            raise ValueError(f'Invalid subset name: {subset};expected "training" or "validation"')
        return (0.0, share) if subset == "validation" else (share, 1.0)

    def _images(self, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            where = f" in {self.directory}" if self.directory else ""
            raise ValueError(
                f"{type(self).__name__} has no images{where}. Images belong into one folder a class; with a small "
                "validation_split a class may have too few images for a subset."
            )
        made = []
        for row in rows:
            image = img_to_array(load_img(self.filepaths[row], *self._reading), self.data_format)
            made.append(self._changed(self.generator, image))
        batch = np.stack(made).astype(self.generator.dtype)
        self._saved(batch, rows, self._save, self.data_format)
        return batch


class DirectoryIterator(FileIterator):
    """Batches from a folder with a sub-folder for every class.

    Attributes:
        class_indices: class numbers by name.
        classes: the class of every file.
        filenames, filepaths: files, relative to the folder and in full.
    """

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save: tuple = (None, "", "png"),
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ):
        self._set_up(image_data_generator, target_size, color_mode, interpolation, keep_aspect_ratio, save)
        if class_mode not in ("categorical", "binary", "sparse", "input", None):
            raise ValueError(
                f'Invalid class_mode: {class_mode}; expected one of: "categorical", "binary", "sparse", "input", None'
            )
        self.directory, self.class_mode = directory, class_mode
        base = Path(directory)
        names = sorted(p.name for p in base.iterdir() if p.is_dir()) if not classes else list(classes)
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.num_classes = len(names)
        first, last = self._split(subset)
        self.filepaths, numbers = [], []
        for number, name in enumerate(names):
            files = files_under(base / name, follow_links, FORMATS)
            part = files[int(first * len(files)) : int(last * len(files))]
            self.filepaths.extend(part)
            numbers.extend([number] * len(part))
        self.classes = np.array(numbers, np.int32)
        self.filenames = [os.path.relpath(path, base) for path in self.filepaths]
        self.samples = len(self.filepaths)
        print_message(f"Found {self.samples} images belonging to {self.num_classes} classes.\n")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _batch(self, rows: np.ndarray) -> Any:
        batch = self._images(rows)
        if self.class_mode is None:
            return batch
        if self.class_mode == "input":
            return batch, batch.copy()
        return batch, coded(self.classes[rows], self.class_mode, self.num_classes, self.generator.dtype)


def coded(numbers: np.ndarray, class_mode: str, classes: int, dtype: Any) -> np.ndarray:
    """Class numbers as numbers or one-hot."""
    return np.eye(classes, dtype=dtype)[numbers] if class_mode == "categorical" else numbers.astype(dtype)


class DataFrameIterator(FileIterator):
    """Batches from a pandas frame: a column of file names, one or more of targets, maybe one of weights.

    Raises: ValueError for a class mode that does not fit the columns. Files that are not there are left out with a warning.
    """

    def __init__(
        self,
        dataframe: Any,
        directory: Any,
        image_data_generator: Any,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save: tuple = (None, "", "png"),
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        keep_aspect_ratio: bool = False,
    ):
        self._set_up(image_data_generator, target_size, color_mode, interpolation, keep_aspect_ratio, save)
        modes = ("binary", "categorical", "input", "multi_output", "raw", "sparse", None)
        if class_mode not in modes:
            raise ValueError(f"Invalid class_mode: {class_mode}; expected one of: {modes}")
        columns = [y_col] if isinstance(y_col, str) else list(y_col or ())
        if class_mode == "multi_output" and isinstance(y_col, str):
            raise ValueError('If class_mode="multi_output", y_col must be a list. Received str.')
        self.class_mode, self.directory = class_mode, directory or ""
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
        self.classes = np.zeros(0, np.int32)
        self.class_indices: dict[Any, int] = {}
        if class_mode in ("binary", "categorical", "sparse"):
            names = sorted(set(frame[columns[0]])) if not classes else list(classes)
            if class_mode == "binary" and len(names) != 2:
                raise ValueError(f'If class_mode="binary" there must be 2 classes. {len(names)} found in {y_col}.')
            self.class_indices = {name: number for number, name in enumerate(names)}
            frame = frame[[name in self.class_indices for name in frame[columns[0]]]]
        first, last = self._split(subset)
        frame = frame.iloc[int(first * len(frame)) : int(last * len(frame))]
        self.filenames = [str(name) for name in frame[x_col]]
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        self.samples = len(self.filepaths)
        if self.class_indices:
            self.classes = np.array([self.class_indices[name] for name in frame[columns[0]]], np.int32)
        elif class_mode == "raw":
            self._values: Any = frame[y_col].to_numpy()
        elif class_mode == "multi_output":
            self._values = [np.stack([np.asarray(v) for v in frame[column]]) for column in columns]
        self.weights = None if weight_col is None else frame[weight_col].to_numpy()
        named = f" belonging to {len(self.class_indices)} classes" if self.class_indices else ""
        valid = "validated " if validate_filenames else "non-validated "
        print_message(f"Found {self.samples} {valid}image filenames{named}.\n")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _batch(self, rows: np.ndarray) -> Any:
        batch = self._images(rows)
        if self.class_mode is None:
            return batch
        if self.class_mode == "input":
            targets: Any = batch.copy()
        elif self.class_mode == "raw":
            targets = self._values[rows]
        elif self.class_mode == "multi_output":
            targets = [values[rows] for values in self._values]
        else:
            targets = coded(self.classes[rows], self.class_mode, len(self.class_indices), self.generator.dtype)
        return (batch, targets) if self.weights is None else (batch, targets, self.weights[rows])
