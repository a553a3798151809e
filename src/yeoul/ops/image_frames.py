"""Images as batches, and what adds to or takes away from their borders."""

from __future__ import annotations

from typing import Any

from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.ops.layout import pad_primitive, slice_primitive
from yeoul.ops.registry import convert
from yeoul.ops.shaping import moveaxis, reshape

__all__ = ["crop_images", "pad_images"]


class Frame:
    """Images as a channels-last batch, and the way back.

    Args:
        name: of the function, for errors.
        images: (batch, height, width, channels) or one image (height, width, channels); channels may come first. With `axes`
            of 3, volumes.

    Raises: ValueError for another rank.
    """

    def __init__(self, name: str, images: Any, data_format: str | None, axes: int = 2):
        x = convert(images)
        if x.ndim not in (axes + 1, axes + 2):
            what = (
                "one image (rank 3) or a batch of images (rank 4)"
                if axes == 2
                else "a volume (rank 4) or a batch (rank 5)"
            )
            raise ValueError(f"{name} takes {what}, and got shape {x.shape}.")
        self.is_single = x.ndim == axes + 1
        self.is_first = standardize_data_format(data_format) == "channels_first"
        x = reshape(x, (1, *x.shape)) if self.is_single else x
        self.images = moveaxis(x, 1, -1) if self.is_first else x

    def back(self, y: Tensor) -> Tensor:
        """A result of the form of `self.images` in the form in which the images came."""
        y = moveaxis(y, -1, 1) if self.is_first else y
        return reshape(y, y.shape[1:]) if self.is_single else y


def _two_of_three(
    name: str, ends: tuple[str, str, str], size: Any, low: Any, high: Any, target: Any, sign: int
) -> tuple:
    """(low, high) from any two of low, high and the target size; sign is 1 where they add to the size."""
    given = dict(zip(ends, (low, high, target), strict=True))
    if sum(v is not None for v in given.values()) != 2:
        said = ", ".join(f"{k}={v}" for k, v in given.items())
        raise ValueError(f"{name} needs exactly two of {', '.join(ends)}, and got {said}.")
    if target is not None and size is None:
        raise ValueError(f"{name}: {ends[2]} needs images of known size; give {ends[0]} and {ends[1]} instead.")
    if low is None:
        low = sign * (target - size) - high
    if high is None:
        high = sign * (target - size) - low
    for end, value in ((ends[0], low), (ends[1], high)):
        if value < 0:
            raise ValueError(
                f"{name}: {end} must be 0 or more, and is {value} (the images have {size}, {ends[2]}={target})."
            )
    if sign < 0 and size is not None and low + high >= size:
        raise ValueError(f"{name}: {ends[0]}={low} and {ends[1]}={high} leave nothing of images of size {size}.")
    return low, high


def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Images with zeros around them: two of top, bottom and target height, and two of left, right and target width, are given.

    Raises: ValueError if others are given, or a padding would be negative.
    """
    frame = Frame("pad_images", images, data_format)
    x = frame.images
    ends = ("top_padding", "bottom_padding", "target_height")
    rows = _two_of_three("pad_images", ends, x.shape[1], top_padding, bottom_padding, target_height, 1)
    ends = ("left_padding", "right_padding", "target_width")
    columns = _two_of_three("pad_images", ends, x.shape[2], left_padding, right_padding, target_width, 1)
    return frame.back(pad_primitive(x, widths=((0, 0), rows, columns, (0, 0)), value=0))


def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Images without their border: two of top, bottom and target height, and two of left, right and target width, are given.

    Raises: ValueError if others are given, or a cropping would be negative.
    """
    frame = Frame("crop_images", images, data_format)
    x = frame.images
    ends = ("top_cropping", "bottom_cropping", "target_height")
    top, bottom = _two_of_three("crop_images", ends, x.shape[1], top_cropping, bottom_cropping, target_height, -1)
    ends = ("left_cropping", "right_cropping", "target_width")
    left, right = _two_of_three("crop_images", ends, x.shape[2], left_cropping, right_cropping, target_width, -1)
    return frame.back(cropped(x, (top, bottom), (left, right)))


def cropped(x: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
    """A channels-last batch without `rows` (before, after) and `columns`; an unknown size stays unknown."""
    starts, stops = [0], [x.shape[0]]
    for size, (before, after) in zip(x.shape[1:3], (rows, columns), strict=True):
        starts.append(0 if size is None else before)
        stops.append(None if size is None else max(size - after, before))
    return slice_primitive(x, starts=(*starts, 0), stops=(*stops, x.shape[3]), steps=(1, 1, 1, 1))
