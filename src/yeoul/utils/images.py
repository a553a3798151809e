"""Images from files and into files, by Pillow."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from yeoul.core import config
from yeoul.core.config import standardize_data_format
from yeoul.utils.image_sizes import centred_part, check_size

#: Colour modes and what Pillow calls them.
MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_INTERPOLATIONS = {
    "nearest": "NEAREST",
    "bilinear": "BILINEAR",
    "bicubic": "BICUBIC",
    "hamming": "HAMMING",
    "box": "BOX",
    "lanczos": "LANCZOS",
}


def pillow() -> Any:
    """Pillow's module `Image`.

    Raises: ImportError that says how to install it.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ImportError('Image files need Pillow. Install it with: pip install "yeoul[image]"') from None
    return Image


def opened(path: Any) -> Any:
    """The Pillow image in a file, or in an `io.BytesIO`, as it is there.

    Raises: ValueError, with the file's name, if it is no image; FileNotFoundError if it is not there.
    """
    image_module = pillow()
    if isinstance(path, io.BytesIO):
        source: Any = path
    elif isinstance(path, (str, Path, bytes)):
        source = io.BytesIO(Path(os.fsdecode(path)).read_bytes())
    else:
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    try:
        image = image_module.open(source)
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        where = "the given bytes" if source is path else f"{os.fsdecode(path)!r}"
        why = str(error)
        if not source.getbuffer().nbytes:
            why = "it is empty"
        elif "cannot identify" in why:
            why = "it is of no kind that Pillow knows"
        raise ValueError(f"{where} can not be read as an image: {why}. Is the file damaged?") from error
    return image


def shallow(image: Any) -> Any:
    """A Pillow image of 16 bits a channel as one of 8: the upper halves. Others as they are."""
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    return pillow().fromarray((np.asarray(image).astype(np.int64) >> 8).astype(np.uint8))


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """A Pillow image from a file.

    Args:
        path: path, or an `io.BytesIO` with the file's contents.
        color_mode: "grayscale", "rgb" or "rgba".
        target_size: (height, width), or None for the size of the file's image.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: take the largest centred part with the proportions of `target_size`.

    Raises: ValueError for another mode or interpolation, and for a file that is no image, with its name.
    """
    if color_mode not in MODES:
        raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported methods are "
            f"{', '.join(_INTERPOLATIONS)}"
        )
    image = opened(path)
    is_deep_grey = color_mode == "grayscale" and image.mode in ("I;16", "I", "L")
    if not is_deep_grey and image.mode != MODES[color_mode]:
        image = image.convert(MODES[color_mode])
    if target_size is None:
        return image
    height, width = check_size(target_size, "target_size")
    if image.size == (width, height):
        return image
    box = None
    if keep_aspect_ratio:
        top, left, rows, columns = centred_part(image.size[1], image.size[0], height, width)
        box = (left, top, left + columns, top + rows)
    return image.resize((width, height), getattr(pillow().Resampling, _INTERPOLATIONS[interpolation]), box)


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """An array (height, width, channels) from a Pillow image or an array.

    Raises: ValueError for an array that is no image.
    """
    form = standardize_data_format(data_format)
    x = np.asarray(img, dtype=dtype or config.floatx())
    if x.ndim not in (2, 3):
        raise ValueError(f"Unsupported image shape: {x.shape}")
    if x.ndim == 2:
        x = x[..., None] if form == "channels_last" else x[None]
    elif form == "channels_first":
        x = np.moveaxis(x, -1, 0)
    return x


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """A Pillow image from an array (height, width, channels).

    Args:
        scale: stretch the values so that the least becomes 0 and the largest 255.

    Raises: ValueError for an array that is no image.
    """
    image_module = pillow()
    form = standardize_data_format(data_format)
    x = np.asarray(x, dtype=dtype or config.floatx())
    if x.ndim != 3:
        raise ValueError(f"Expected image array to have rank 3 (single image). Got array with shape: {x.shape}")
    if form == "channels_first":
        x = np.moveaxis(x, 0, -1)
    if scale:
        x = x - x.min()
        largest = x.max()
        x = x / largest * 255 if largest else x
    channels = x.shape[2]
    if channels == 1:
        return image_module.fromarray(x[:, :, 0].astype("int32" if x.size and x.max() > 255 else "uint8"))
    if channels not in (3, 4):
        raise ValueError(f"Unsupported channel number: {channels}")
    return image_module.fromarray(x.astype("uint8"))


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Writes an array as an image file; its kind is that of the path, or `file_format`."""
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and str(file_format or path).lower().endswith(("jpg", "jpeg")):
        image = image.convert("RGB")
    image.save(path, format="jpeg" if file_format == "jpg" else file_format, **kwargs)
