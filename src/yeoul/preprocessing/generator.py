"""ImageDataGenerator: images changed at random, batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import config
from yeoul.core.config import standardize_data_format
from yeoul.preprocessing.affine import apply_affine_transform, apply_brightness_shift, apply_channel_shift
from yeoul.preprocessing.iterators import Batching, DataFrameIterator, DirectoryIterator, NumpyArrayIterator, Reading


class ImageDataGenerator:
    """Batches of images changed at random. New programs put the augmentation layers into their models instead.

    Args:
        featurewise_center, featurewise_std_normalization: less the mean, over the standard deviation, of the data that
            `fit` saw.
        samplewise_center, samplewise_std_normalization: less the mean, over the standard deviation, of each image.
        zca_whitening, zca_epsilon: decorrelated by the principal components that `fit` found.
        rotation_range: greatest angle in degrees.
        width_shift_range, height_shift_range: greatest shift, in pixels from 1 on, else as a share of the size; or a
            list of shifts to choose from.
        brightness_range: (least, largest) factor of the brightness.
        shear_range: greatest angle in degrees.
        zoom_range: (least, largest) factor; a number z stands for (1 - z, 1 + z).
        channel_shift_range: greatest value added to the channels.
        fill_mode, cval: what stands outside: "constant", "nearest", "reflect" or "wrap".
        horizontal_flip, vertical_flip: whether every second image is mirrored.
        rescale: factor of all values.
        preprocessing_function: takes and gives one image, first of all.
        data_format: where the axis of channels is.
        validation_split: share of the data that is `subset="validation"`.
        interpolation_order: 0 for the nearest value, 1 for linear interpolation.
        dtype: of the batches.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Any = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ):
        self.data_format = standardize_data_format(data_format)
        self.channel_axis, self.row_axis, self.col_axis = (
            (3, 1, 2) if self.data_format == "channels_last" else (1, 2, 3)
        )
        self.dtype = dtype or config.floatx()
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"`validation_split` must be strictly between 0 and 1.  Received: {validation_split}")
        self._validation_split = validation_split
        self.featurewise_center = featurewise_center or featurewise_std_normalization or zca_whitening
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.channel_shift_range = channel_shift_range
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        if isinstance(zoom_range, (float, int)):
            self.zoom_range = [1 - zoom_range, 1 + zoom_range]
        elif len(zoom_range) == 2 and all(isinstance(v, (float, int)) for v in zoom_range):
            self.zoom_range = [zoom_range[0], zoom_range[1]]
        else:
            raise ValueError(f"`zoom_range` should be a float or a tuple or list of two floats. Received: {zoom_range}")
        if brightness_range is not None and np.shape(brightness_range) != (2,):
            raise ValueError(f"`brightness_range should be tuple or list of two floats. Received: {brightness_range}")
        self.brightness_range = brightness_range
        self.mean: Any = None
        self.std: Any = None
        self.zca_whitening_matrix: Any = None

    # -- batches -------------------------------------------------------------------------------------------------------
    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Batches without end from arrays; with `save_to_dir` they are written as files too."""
        batching = Batching(batch_size, shuffle, seed, save_to_dir, save_prefix, save_format)
        return NumpyArrayIterator(x, y, self, batching, sample_weight, ignore_class_split, subset)

    def flow_from_directory(
        self,
        directory: Any,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches without end from a folder with a sub-folder for every class."""
        batching = Batching(batch_size, shuffle, seed, save_to_dir, save_prefix, save_format)
        reading = Reading(target_size, color_mode, interpolation, keep_aspect_ratio)
        return DirectoryIterator(directory, self, batching, reading, classes, class_mode, follow_links, subset)

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: Any = None,
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
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: Any,
    ) -> DataFrameIterator:
        """Batches without end from a pandas frame with a column of file names and one or more of targets."""
        batching = Batching(batch_size, shuffle, seed, save_to_dir, save_prefix, save_format)
        reading = Reading(target_size, color_mode, interpolation, kwargs.get("keep_aspect_ratio", False))
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            batching,
            reading,
            x_col,
            y_col,
            weight_col,
            classes,
            class_mode,
            subset,
            validate_filenames,
        )

    def rows_of(self, subset: str | None, n: int) -> slice:
        """Which of `n` samples belong to `subset`: the first ones are for validation; all of them if None.

        Raises: ValueError for an unknown subset.
        """
        if subset is None:
            return slice(0, n)
        if subset not in ("training", "validation"):
            raise ValueError(f'Invalid subset name: {subset}; expected "training" or "validation".')
        at = int(self._validation_split * n)
        return slice(0, at) if subset == "validation" else slice(at, n)

    # -- one image -----------------------------------------------------------------------------------------------------
    def standardize(self, x: np.ndarray) -> np.ndarray:
        """An image with the settings that are not random applied.

        Raises: ValueError if statistics are needed and `fit` has not been called.
        """
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (np.std(x, keepdims=True) + 1e-6)
        needs = [
            ("featurewise_center", self.featurewise_center, self.mean),
            ("featurewise_std_normalization", self.featurewise_std_normalization, self.std),
            ("zca_whitening", self.zca_whitening, self.zca_whitening_matrix),
        ]
        for name, is_wanted, statistic in needs:
            if is_wanted and statistic is None:
                raise ValueError(
                    f"This ImageDataGenerator specifies `{name}`, but it hasn't been fit on any training data. Fit it "
                    "first by calling `.fit(numpy_data)`."
                )
        if self.featurewise_center:
            x = x - self.mean
        if self.featurewise_std_normalization:
            x = x / (self.std + 1e-6)
        if self.zca_whitening:
            x = (x.reshape(1, -1) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def get_random_transform(self, img_shape: Any, seed: int | None = None, random: Any = None) -> dict[str, Any]:
        """The settings of one random change, for an image of this shape.

        Args:
            random: what draws them, a `numpy.random.RandomState`; NumPy's own if None.
        """
        draw = random if random is not None else np.random
        if seed is not None:
            draw.seed(seed)
        theta = draw.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        tx = self._shift(draw, self.height_shift_range, img_shape[self.row_axis - 1])
        ty = self._shift(draw, self.width_shift_range, img_shape[self.col_axis - 1])
        shear = draw.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = (1, 1) if self.zoom_range == [1, 1] else draw.uniform(self.zoom_range[0], self.zoom_range[1], 2)
        flip_horizontal = (draw.random_sample() < 0.5) * self.horizontal_flip
        flip_vertical = (draw.random_sample() < 0.5) * self.vertical_flip
        shift = self.channel_shift_range
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical,
            "channel_shift_intensity": draw.uniform(-shift, shift) if shift != 0 else None,
            "brightness": draw.uniform(*self.brightness_range) if self.brightness_range is not None else None,
        }

    @staticmethod
    def _shift(draw: Any, reach: Any, size: int) -> Any:
        if not np.any(reach):
            return 0
        if np.ndim(reach) == 1 or isinstance(reach, (int, np.integer)):
            found = draw.choice(reach) * draw.choice([-1, 1])
        else:
            found = draw.uniform(-reach, reach)
        return found * size if np.max(reach) < 1 else found

    def apply_transform(self, x: Any, transform_parameters: dict[str, Any]) -> np.ndarray:
        """One image changed as `transform_parameters` say: some or all of the keys of `get_random_transform`."""
        given: Any = transform_parameters.get
        row, column, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        x = apply_affine_transform(
            x,
            theta=given("theta", 0),
            tx=given("tx", 0),
            ty=given("ty", 0),
            shear=given("shear", 0),
            zx=given("zx", 1),
            zy=given("zy", 1),
            row_axis=row,
            col_axis=column,
            channel_axis=channel,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if given("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, given("channel_shift_intensity"), channel)
        if given("flip_horizontal", False):
            x = np.flip(x, column)
        if given("flip_vertical", False):
            x = np.flip(x, row)
        if given("brightness") is not None:
            x = np.moveaxis(x, channel, -1)
            x = np.moveaxis(apply_brightness_shift(x, given("brightness"), False), -1, channel)
        return x

    def random_transform(self, x: Any, seed: int | None = None) -> np.ndarray:
        """One image changed at random."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Takes mean, deviation and principal components, as far as they are needed, from images.

        Args:
            x: (samples, height, width, channels).
            augment: whether images are changed at random first, `rounds` times each.

        Raises: ValueError for another rank.
        """
        images = np.array(x, dtype=self.dtype)
        if images.ndim != 4:
            raise ValueError(f"Input to `.fit()` should have rank 4. Got array with shape: {images.shape}")
        if seed is not None:
            np.random.seed(seed)
        if augment:
            images = np.stack([self.random_transform(image) for _ in range(rounds) for image in images])
        over = (0, self.row_axis, self.col_axis)
        shape = [1, 1, 1]
        shape[self.channel_axis - 1] = images.shape[self.channel_axis]
        if self.featurewise_center:
            self.mean = np.mean(images, axis=over).reshape(shape)
            images = images - self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(images, axis=over).reshape(shape)
            images = images / (self.std + 1e-6)
        if self.zca_whitening:
            flat = images.reshape(len(images), -1)
            _, s, vt = np.linalg.svd(flat, full_matrices=False)
            inverse = np.sqrt(len(flat)) / (s + self.zca_epsilon)
            self.zca_whitening_matrix = (vt.T * inverse) @ vt
