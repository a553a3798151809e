"""One image turned, moved, sheared and stretched, and its colours shifted, in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.utils.images import array_to_img, img_to_array, pillow

FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def affine_matrix(
    theta: float, tx: float, ty: float, shear: float, zx: float, zy: float, height: int, width: int
) -> np.ndarray:
    """(3, 3): the place in the input of a place (row, column, 1) in the output. Angles in degrees, about the centre.

    The parts are matrices of (column, row, 1), and the centre's coordinates stand the other way round, as in Keras.
    """
    a, s = np.deg2rad(theta), np.deg2rad(shear)
    parts = [
        np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]),
        np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]]),
        np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]]),
        np.diag([zx, zy, 1.0]),
    ]
    cy, cx = height / 2 - 0.5, width / 2 - 0.5
    there, back = np.array([[1, 0, cy], [0, 1, cx], [0, 0, 1]]), np.array([[1, 0, -cy], [0, 1, -cx], [0, 0, 1]])
    matrix = there @ parts[0] @ parts[1] @ parts[2] @ parts[3] @ back
    return matrix[np.ix_([1, 0, 2], [1, 0, 2])]


def _inside(places: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Places brought onto 0 to size - 1; for "constant" they stay where they are."""
    if fill_mode == "nearest":
        return np.clip(places, 0, size - 1)
    if fill_mode == "wrap":
        if size == 1:
            return np.zeros_like(places)
        period = size - 1  # the last value stands where the first one does
        before = places + period * (np.floor(-places / period) + 1)
        return np.where(places < 0, before, np.where(places > period, places % period, places))
    if fill_mode == "reflect":
        folded = (places + 0.5) % (2 * size)
        return np.clip(np.where(folded > size, 2 * size - folded, folded) - 0.5, 0, size - 1)
    return places


def sampled(image: np.ndarray, matrix: np.ndarray, fill_mode: str, cval: float, order: int) -> np.ndarray:
    """The image (height, width, channels) where `matrix` says, by the nearest value (order 0) or linearly (order 1).

    Raises: ValueError for another mode or order.
    """
    if fill_mode not in FILL_MODES:
        raise ValueError(f"fill_mode must be one of {', '.join(FILL_MODES)}, and is {fill_mode!r}.")
    if order not in (0, 1):
        raise ValueError(f"interpolation_order must be 0 (nearest) or 1 (linear), and is {order!r}.")
    height, width = image.shape[:2]
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    y = matrix[0, 0] * rows + matrix[0, 1] * columns + matrix[0, 2]
    x = matrix[1, 0] * rows + matrix[1, 1] * columns + matrix[1, 2]
    # What rounding puts just outside counts as the edge.
    y, x = (np.where(np.abs(p - np.rint(p)) < 1e-9, np.rint(p), p) for p in (y, x))
    is_outside = (y < 0) | (y > height - 1) | (x < 0) | (x > width - 1)
    y, x = _inside(y, height, fill_mode), _inside(x, width, fill_mode)
    if order == 0:
        y, x = np.floor(y + 0.5), np.floor(x + 0.5)
    top, left = np.floor(y), np.floor(x)
    down, right = (y - top)[..., None], (x - left)[..., None]
    y0, x0 = (np.clip(p, 0, n - 1).astype(int) for p, n in ((top, height), (left, width)))
    y1, x1 = (np.clip(p + 1, 0, n - 1).astype(int) for p, n in ((top, height), (left, width)))
    upper = image[y0, x0] * (1 - right) + image[y0, x1] * right
    lower = image[y1, x0] * (1 - right) + image[y1, x1] * right
    made = upper * (1 - down) + lower * down
    if fill_mode == "constant":
        made = np.where(is_outside[..., None], cval, made)
    return made.astype(image.dtype)


def apply_affine_transform(
    x: Any,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """An image turned by `theta` degrees, moved by (tx, ty) pixels (down, right), sheared by `shear` degrees, stretched.

    Args:
        x: one image.
        zx, zy: factors of the distances from the centre; below 1 the image grows.
        row_axis, col_axis, channel_axis: axes of `x`, three different ones.
        fill_mode: what stands outside the image: "nearest", "constant" (`cval`), "reflect" or "wrap".
        order: 0 for the nearest value, 1 for linear interpolation.

    Raises: ValueError for axes that are no axes of an image.
    """
    image = np.asarray(x)
    axes = {row_axis, col_axis, channel_axis}
    if image.ndim != 3 or axes != {0, 1, 2}:
        raise ValueError(
            f"'row_axis', 'col_axis', and 'channel_axis' must be the three axes of one image. Got {row_axis}, "
            f"{col_axis} and {channel_axis} for an input of shape {image.shape}."
        )
    if (theta, tx, ty, shear, zx, zy) == (0, 0, 0, 0, 1, 1):
        return image
    last = np.transpose(image, (row_axis, col_axis, channel_axis))
    matrix = affine_matrix(theta, tx, ty, shear, zx, zy, *last.shape[:2])
    made = sampled(last, matrix, fill_mode, cval, order)
    return np.transpose(made, np.argsort((row_axis, col_axis, channel_axis)))


def apply_brightness_shift(x: Any, brightness: float, scale: bool = True) -> np.ndarray:
    """An image (height, width, channels) `brightness` times as bright, as Pillow does it: in whole numbers of 255."""
    pillow()
    from PIL import ImageEnhance

    image = np.asarray(x)
    least, largest = image.min(), image.max()
    is_stretched = bool(least < 0 or largest > 255)
    picture = ImageEnhance.Brightness(array_to_img(image, "channels_last", scale or is_stretched)).enhance(brightness)
    made = img_to_array(picture, "channels_last")
    return made / 255 * (largest - least) + least if is_stretched and not scale else made


def apply_channel_shift(x: Any, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """An image with `intensity` added to its channels, kept within its range."""
    image = np.asarray(x)
    return np.clip(image + intensity, image.min(), image.max())
