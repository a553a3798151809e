"""Images in folders as batches, read by threads ahead of use."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from yeoul.callbacks.progress import print_message
from yeoul.core.config import standardize_data_format
from yeoul.training.adapters import epoch_of
from yeoul.training.py_dataset import PyDataset
from yeoul.utils.image_sizes import INTERPOLATIONS, centred_part, check_size, resized, resized_inside
from yeoul.utils.images import MODES, opened, shallow

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
#: Methods of `tf.data.Dataset` that programs call, and what to do instead.
_INSTEAD = {
    "take": "iterate over it and stop, as in `for images, labels in dataset: ...; break`, or use dataset[0]",
    "prefetch": "leave it out: batches are read ahead by threads",
    "cache": "leave it out, or keep the batches with list(dataset)",
    "shuffle": "give shuffle=True and seed to image_dataset_from_directory",
    "batch": "give batch_size to image_dataset_from_directory",
    "unbatch": "give batch_size=None to image_dataset_from_directory",
    "map": "put layers that change images into the model, or into a generator that goes over the batches",
}


class ImageDataset(PyDataset):
    """Batches of images from files: float32 (batch, height, width, channels) of 0 to 255, with labels if there are any.

    Attributes:
        class_names: names by class number; None without labels.
        file_paths: files, in the order of `labels`.
    """

    def __init__(
        self,
        file_paths: list[str],
        labels: np.ndarray | None,
        class_names: list[str] | None,
        *,
        color_mode: str,
        batch_size: int | None,
        image_size: tuple[int, int],
        generator: np.random.Generator | None,
        interpolation: str,
        fitting: str,
        data_format: str,
        on_error: str,
    ):
        super().__init__(workers=min(8, os.cpu_count() or 1), max_queue_size=8)
        self.file_paths, self.labels, self.class_names = file_paths, labels, class_names
        self._color_mode, self._batch_size, self._image_size = color_mode, batch_size, image_size
        self._generator, self._interpolation, self._fitting = generator, interpolation, fitting
        self._data_format, self._on_error = data_format, on_error
        self._damaged: set[str] = set()
        self.on_epoch_begin()

    def __getattr__(self, name: str) -> Any:
        if name in _INSTEAD:
            raise AttributeError(f"ImageDataset is a PyDataset and has no {name!r}: {_INSTEAD[name]}.")
        raise AttributeError(f"'ImageDataset' object has no attribute {name!r}")

    def __len__(self) -> int:
        return -(-len(self.file_paths) // (self._batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"Batch {index} of {len(self)}.")
        size = self._batch_size or 1
        rows, images = [], []
        for row in self._order[index * size : (index + 1) * size]:
            image = self._image(self.file_paths[row])
            if image is not None:
                rows.append(row)
                images.append(image)
        if not images:
            raise ValueError(f"None of the files of batch {index} can be read as an image.")
        if self._batch_size is None:
            return images[0] if self.labels is None else (images[0], self.labels[rows[0]])
        batch = np.stack(images)
        return batch if self.labels is None else (batch, self.labels[rows])

    def _image(self, path: str) -> np.ndarray | None:
        """The image of a file; None if it is damaged and that is to be passed over."""
        try:
            image = np.asarray(shallow(opened(path)).convert(MODES[self._color_mode]))
        except ValueError as error:
            if self._on_error == "raise":
                raise
            if path not in self._damaged:
                self._damaged.add(path)
                warnings.warn(f"Left out: {error}", stacklevel=2)
            return None
        image = image[..., None] if image.ndim == 2 else image
        height, width = self._image_size
        if self._fitting == "crop":
            top, left, tall, wide = centred_part(image.shape[0], image.shape[1], height, width)
            image = image[top : top + tall, left : left + wide]
        bring = resized_inside if self._fitting == "pad" else resized
        image = bring(image, self._image_size, self._interpolation)
        return image if self._data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(image, -1, 0))

    def __iter__(self) -> Iterator[Any]:
        self.on_epoch_begin()
        return epoch_of(self, shuffle=False)

    def on_epoch_begin(self) -> None:
        count = len(self.file_paths)
        self._order = np.arange(count) if self._generator is None else self._generator.permutation(count)


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
    *,
    on_error: str = "raise",
) -> Any:
    """The images in a folder, which `fit`, `evaluate` and `predict` take, and which can be gone over.

    Args:
        directory: folder with a sub-folder for every class, or with images if `labels` is not "inferred".
        labels: "inferred" from sub-folders, None, or a class number for every file in the order of their names.
        label_mode: "int"; "binary": 0.0 or 1.0, (batch, 1); "categorical": one-hot; None for no labels.
        class_names: names of sub-folders, in the order of their numbers; alphabetical if None.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size: images a batch; None for single images.
        image_size: (height, width) that images are brought to.
        shuffle: whether images come in a new order every epoch; `seed` makes it repeatable.
        validation_split: share of the files for validation, the last ones of the (shuffled) list.
        subset: "training", "validation" or "both".
        interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or "mitchellcubic".
        follow_links: whether links to folders are followed.
        crop_to_aspect_ratio, pad_to_aspect_ratio: cut, or put zeros, around images of other proportions.
        format: accepted; what is returned is a `PyDataset`.
        verbose: whether the number of files is printed.
        on_error: "raise", or "skip" to leave out files that are damaged, with a warning that names them.

    Returns: an `ImageDataset`; two of them for subset="both".

    Raises: ValueError for arguments that make no data set, and for a damaged file when it is read.
    """
    size = check_size(image_size, "image_size")
    form = standardize_data_format(data_format)
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    _check_choices(labels, label_mode, class_names, color_mode, interpolation, on_error)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to `True`.")
    check_split(validation_split, subset, shuffle, seed)
    paths, numbers, names = index_folder(directory, labels, class_names, follow_links, FORMATS)
    if label_mode is None or labels is None:
        numbers, names = None, None
    if label_mode == "binary" and names is not None and len(names) != 2:
        raise ValueError(
            f'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: class_names={names}'
        )
    if verbose:
        belonging = f" belonging to {len(names)} classes" if names is not None else ""
        print_message(f"Found {len(paths)} files{belonging}.\n")
    if not paths:
        raise ValueError(
            f"No images found in directory {directory}. Allowed formats: {FORMATS}{_hint(directory, labels)}"
        )
    given_seed = int(np.random.randint(10**6)) if seed is None else seed
    if shuffle:
        order = np.arange(len(paths))
        np.random.RandomState(given_seed).shuffle(order)
        paths = [paths[i] for i in order]
        numbers = None if numbers is None else numbers[order]
    values = None if numbers is None else labels_as(numbers, label_mode, len(names or ()))

    def part(rows: slice) -> ImageDataset:
        return ImageDataset(
            paths[rows],
            None if values is None else values[rows],
            names,
            color_mode=color_mode,
            batch_size=batch_size,
            image_size=size,
            generator=np.random.default_rng(given_seed) if shuffle else None,
            interpolation=interpolation,
            fitting="crop" if crop_to_aspect_ratio else "pad" if pad_to_aspect_ratio else "stretch",
            data_format=form,
            on_error=on_error,
        )

    if not validation_split:
        return part(slice(None))
    at = len(paths) - int(validation_split * len(paths))
    rows = {"training": slice(0, at), "validation": slice(at, None)}
    wanted = list(rows) if subset == "both" else [str(subset)]
    for name in wanted:
        if verbose:
            print_message(f"Using {len(paths[rows[name]])} files for {name}.\n")
        if not paths[rows[name]]:
            raise ValueError(f"No images found in directory {directory}. Allowed formats: {FORMATS}")
    made = [part(rows[name]) for name in wanted]
    return made if subset == "both" else made[0]


def _check_choices(
    labels: Any, label_mode: Any, class_names: Any, color_mode: Any, interpolation: Any, on_error: str
) -> None:
    if labels not in ("inferred", None) if isinstance(labels, str) or labels is None else False:
        raise ValueError(
            "`labels` argument should be a list/tuple of integer labels, of the same size as the number of image files "
            "in the target directory. If you wish to infer the labels from the subdirectory names in the target "
            'directory, pass `labels="inferred"`. If you wish to get a dataset that only contains images (no labels), '
            f"pass `labels=None`. Received: labels={labels}"
        )
    if labels is None and class_names is not None:
        raise ValueError("When `labels=None` (no labels), argument `class_names` cannot be specified.")
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(
            '`label_mode` argument must be one of "int", "categorical", "binary", or None. '
            f"Received: label_mode={label_mode}"
        )
    if color_mode not in _CHANNELS:
        raise ValueError(
            f'`color_mode` must be one of {{"rgb", "rgba", "grayscale"}}. Received: color_mode={color_mode}'
        )
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"Argument `interpolation` should be one of {INTERPOLATIONS}. Received: interpolation={interpolation}"
        )
    if on_error not in ("raise", "skip"):
        raise ValueError(f"`on_error` must be 'raise' or 'skip', received: {on_error}")


def check_split(validation_split: Any, subset: Any, shuffle: bool, seed: Any) -> None:
    """Raises: ValueError for a split that is none, or one whose halves could overlap."""
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1, received: {validation_split}")
    if (validation_split or subset) and not (validation_split and subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f'`subset` must be either "training", "validation" or "both", received: {subset}')
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` argument, to make sure that "
            "there is no overlap between the training and validation subset."
        )


def files_under(folder: Path, follow_links: bool, formats: tuple[str, ...]) -> list[str]:
    """Files with these endings in a folder and those in it, in the order of their names."""
    found: list[str] = []
    for place, folders, names in os.walk(folder, followlinks=follow_links):
        folders.sort()
        found.extend(os.path.join(place, name) for name in sorted(names) if name.lower().endswith(formats))
    return found


def _hint(directory: Any, labels: Any) -> str:
    """What to do about images that lie in no folder of a class."""
    if not isinstance(labels, str) or not any(p.suffix.lower() in FORMATS for p in Path(directory).iterdir()):
        return ""
    return ". There are images in the directory itself: put them into one folder a class, or pass labels=None."


def index_folder(
    directory: Any, labels: Any, class_names: Any, follow_links: bool, formats: tuple[str, ...]
) -> tuple[list[str], np.ndarray | None, list[str] | None]:
    """Paths, class numbers and class names of the files in a folder.

    Raises: ValueError if class names or labels do not fit what is there; FileNotFoundError if the folder is not.
    """
    base = Path(directory)
    if labels != "inferred" if isinstance(labels, str) or labels is None else True:
        paths = files_under(base, follow_links, formats) if base.is_dir() else [str(p) for p in base.iterdir()]
        if labels is None:
            return paths, None, None
        if len(labels) != len(paths):
            raise ValueError(
                "Expected the lengths of `labels` to match the number of files in the target directory. len(labels) is "
                f"{len(labels)} while we found {len(paths)} files in directory {directory}."
            )
        numbers = np.asarray(labels, np.int32)
        names = [str(label) for label in sorted(set(numbers.tolist()))] if class_names is None else list(class_names)
        return paths, numbers, names
    folders = sorted(p.name for p in base.iterdir() if p.is_dir() and not p.name.startswith("."))
    names = folders if class_names is None else list(class_names)
    if not set(names) <= set(folders):
        raise ValueError(
            "The `class_names` passed did not match the names of the subdirectories of the target directory. "
            f"Expected: {folders} (or a subset of it), but received: class_names={names}"
        )
    listed = [files_under(base / name, follow_links, formats) for name in names]
    numbers = np.repeat(np.arange(len(names), dtype=np.int32), [len(files) for files in listed])
    return [path for files in listed for path in files], numbers, names


def labels_as(numbers: np.ndarray, label_mode: Any, classes: int) -> np.ndarray:
    """Class numbers as `label_mode` says."""
    if label_mode == "binary":
        return numbers.astype(np.float32)[:, None]
    if label_mode == "categorical":
        return np.eye(classes, dtype=np.float32)[numbers]
    return numbers.astype(np.int32)
