"""Images read at places between pixels: coordinates, affine and projective transforms."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor
from yeoul.ops.creation import ones_like
from yeoul.ops.elementwise import absolute, floor, greater_equal, less, logical_and, mod, rint, select, sign
from yeoul.ops.functional import clip
from yeoul.ops.image_frames import Frame
from yeoul.ops.layout import gather_primitive
from yeoul.ops.reductions import cumsum
from yeoul.ops.registry import cast, convert
from yeoul.ops.shaping import concatenate, reshape

__all__ = ["affine_transform", "map_coordinates", "perspective_transform"]

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def _within(index: Tensor, size: int, fill_mode: str) -> Tensor:
    """Where an index outside of an axis of `size` reads."""
    if fill_mode == "wrap":
        return mod(index, float(size))
    if fill_mode == "mirror" and size > 1:  # d c b | a b c d | c b a
        return absolute(mod(index + (size - 1.0), 2.0 * (size - 1)) - (size - 1.0))
    if fill_mode == "reflect":  # d c b a | a b c d | d c b a
        place = mod(index, 2.0 * size)
        return select(less(place, float(size)), place, 2.0 * size - 1.0 - place)
    return clip(index, 0.0, size - 1.0)


def sample(
    rows: Tensor, sizes: tuple, coordinates: list, base: Any, order: int, fill_mode: str, fill_value: Any
) -> Tensor:
    """Elements of an array at `coordinates`: the nearest (order 0) or a mean of the 2^rank around (order 1).

    Args:
        rows: the array with its axes of `sizes` (after those that `base` counts) flattened: (places, ...).
        coordinates: one float tensor for each of `sizes`.
        base: int32 tensor, the first row of the part that each coordinate reads; or 0.
    """
    rank = rows.ndim - 1
    ends = []
    for c in coordinates:
        if order == 0:
            ends.append([(rint(c), None)])
        else:
            low = floor(c)
            ends.append([(low, 1.0 - (c - low)), (low + 1.0, c - low)])
    total: Any = None
    for corner in itertools.product(*ends):
        index, weight, is_inside = None, None, None
        for (place, share), size in zip(corner, sizes, strict=True):
            if fill_mode == "constant":
                here = logical_and(greater_equal(place, 0.0), less(place, float(size)))
                is_inside = here if is_inside is None else logical_and(is_inside, here)
            at = cast(_within(place, size, fill_mode), "int32")
            index = at if index is None else index * size + at
            if share is not None:
                weight = share if weight is None else weight * share
        value = gather_primitive(rows, convert(index + base), axis=0)  # type: ignore[operator]

        def spread(t: Tensor) -> Tensor:
            return reshape(t, (*t.shape, *(1 for _ in range(rank)))) if rank else t

        if is_inside is not None:
            value = select(spread(is_inside), value, fill_value)
        if weight is not None:
            value = value * cast(spread(weight), value.dtype)
        total = value if total is None else total + value
    return total


def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Tensor:
    """Elements of `inputs` at fractional `coordinates`.

    Args:
        inputs: array of any rank.
        coordinates: (rank, ...): one coordinate for each axis.
        order: 0 for the nearest element, 1 for linear interpolation.
        fill_mode: what lies outside: "constant" (`fill_value`), "nearest" (the edge), "wrap" (the other side), "mirror" (inwards
            from the edge's centre) or "reflect" (inwards from the edge).

    Raises: ValueError for another order or fill mode, or coordinates for another rank.
    """
    if order not in (0, 1):
        raise ValueError(f"map_coordinates: order must be 0 (nearest) or 1 (linear), and got {order!r}.")
    if fill_mode not in FILL_MODES:
        raise ValueError(f"map_coordinates: fill_mode must be one of {', '.join(FILL_MODES)}, and got {fill_mode!r}.")
    x, at = convert(inputs), convert(coordinates)
    if at.ndim < 2 or at.shape[0] != x.ndim:
        raise ValueError(
            f"map_coordinates: coordinates must have shape (rank, ...) with one row for each axis of the inputs {x.shape}, "
            f"and got {at.shape}."
        )
    is_float = dtypes.is_float(x.dtype)
    at = at if dtypes.is_float(at.dtype) else cast(at, config.floatx())
    rows = reshape(x if is_float or order == 0 else cast(x, config.floatx()), (-1,))
    y = sample(rows, x.shape, [at[i] for i in range(x.ndim)], 0, order, fill_mode, fill_value)
    return y if is_float or order == 0 else cast(rint(y), x.dtype)


def sample_images(x: Tensor, ys: Tensor, xs: Tensor, interpolation: str, fill_mode: str, fill_value: float) -> Tensor:
    """A channels-last batch read at rows `ys` and columns `xs`, both (batch or 1, height, width)."""
    batch, height, width, channels = x.shape
    if height is None or width is None:
        return x
    # The number of each image, also where the batch is not known yet.
    number = (
        convert(np.arange(batch, dtype=np.int32))
        if batch is not None
        else cumsum(ones_like(x[:, 0, 0, 0], "int32"), 0) - 1
    )
    base = reshape(number, (-1, 1, 1)) * (height * width)
    order = 0 if interpolation == "nearest" else 1
    if order == 0:  # halves go away from zero
        ys, xs = (sign(c) * floor(absolute(c) + 0.5) for c in (ys, xs))
    is_float = dtypes.is_float(x.dtype)
    rows = reshape(x if is_float or order == 0 else cast(x, config.floatx()), (-1, channels))
    return cast(sample(rows, (height, width), [ys, xs], base, order, fill_mode, fill_value), x.dtype)


#: Fill modes of transforms of images.
IMAGE_FILL_MODES = ("constant", "nearest", "wrap", "reflect")


def check_modes(name: str, interpolation: str, fill_mode: str = "constant") -> None:
    """Raises ValueError for modes that transforms of images do not know."""
    if interpolation not in ("nearest", "bilinear"):
        raise ValueError(f"{name}: interpolation must be 'nearest' or 'bilinear', and got {interpolation!r}.")
    if fill_mode not in IMAGE_FILL_MODES:
        raise ValueError(f"{name}: fill_mode must be one of {', '.join(IMAGE_FILL_MODES)}, and got {fill_mode!r}.")


def transformed_images(x: Tensor, transform: Tensor, interpolation: str, fill_mode: str, fill_value: float) -> Tensor:
    """A channels-last batch under transforms (batch or 1, 8), as `affine_transform` says."""
    if x.shape[1] is None or x.shape[2] is None:
        return sample_images(x, x, x, interpolation, fill_mode, fill_value)
    transform = transform if dtypes.is_float(transform.dtype) else cast(transform, config.floatx())
    a = [reshape(transform[:, i], (-1, 1, 1)) for i in range(8)]
    dtype = dtypes.to_numpy(transform.dtype)
    across = np.arange(x.shape[2], dtype=dtype).reshape(1, 1, -1)
    down = np.arange(x.shape[1], dtype=dtype).reshape(1, -1, 1)
    depth = a[6] * across + a[7] * down + 1.0
    xs, ys = (a[0] * across + a[1] * down + a[2]) / depth, (a[3] * across + a[4] * down + a[5]) / depth
    return sample_images(x, ys, xs, interpolation, fill_mode, fill_value)


def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images whose pixel (x, y) is read at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k = c0 x + c1 y + 1.

    Args:
        images: (batch, height, width, channels), or one image.
        transform: [a0, a1, a2, b0, b1, b2, c0, c1], one for all images (8,) or one for each (batch, 8).
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside: "constant" (`fill_value`), "nearest", "wrap" or "reflect", as in `map_coordinates`.

    Raises: ValueError for another mode or shape.
    """
    check_modes("affine_transform", interpolation, fill_mode)
    frame = Frame("affine_transform", images, data_format)
    transform = convert(transform)
    transform = reshape(transform, (1, -1)) if transform.ndim == 1 else transform
    if transform.ndim != 2 or transform.shape[1] != 8:
        raise ValueError(f"affine_transform: transform must have shape (8,) or (batch, 8), and got {transform.shape}.")
    batch = frame.images.shape[0]
    if batch is not None and transform.shape[0] not in (None, 1, batch):
        raise ValueError(
            f"affine_transform: there are {transform.shape[0]} transforms for {batch} image(s). Give one, or one for each."
        )
    return frame.back(transformed_images(frame.images, transform, interpolation, fill_mode, fill_value))


def _from_unit_square(points: Tensor) -> list[list[Tensor]]:
    """The 3 x 3 projective map of (0, 0), (1, 0), (0, 1), (1, 1) to `points` (batch, 4, 2). Source: Heckbert 1989, section 2.2.3."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (
        (reshape(points[:, i, 0], (-1, 1)), reshape(points[:, i, 1], (-1, 1))) for i in range(4)
    )
    dx1, dx2, dx3 = x1 - x3, x2 - x3, x0 - x1 + x3 - x2
    dy1, dy2, dy3 = y1 - y3, y2 - y3, y0 - y1 + y3 - y2
    scale = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / scale, (dx1 * dy3 - dx3 * dy1) / scale
    one = ones_like(g)
    return [
        [x1 - x0 + g * x1, x2 - x0 + h * x2, x0],
        [y1 - y0 + g * y1, y2 - y0 + h * y2, y0],
        [g, h, one],
    ]


def _adjugate(m: list[list[Tensor]]) -> list[list[Tensor]]:
    """The inverse of a 3 x 3 matrix times its determinant, which does not matter to a projective map."""

    def minor(i: int, j: int) -> Tensor:
        rows, columns = [r for r in range(3) if r != j], [c for c in range(3) if c != i]
        return m[rows[0]][columns[0]] * m[rows[1]][columns[1]] - m[rows[0]][columns[1]] * m[rows[1]][columns[0]]

    return [[minor(i, j) if (i + j) % 2 == 0 else -minor(i, j) for j in range(3)] for i in range(3)]


def perspective_between(start_points: Tensor, end_points: Tensor) -> Tensor:
    """The transforms (batch, 8) of images that move four points (x, y) from start to end, both (batch, 4, 2)."""
    a, b = _from_unit_square(start_points), _adjugate(_from_unit_square(end_points))
    m = [[a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j] for j in range(3)] for i in range(3)]
    return concatenate([m[i][j] / m[2][2] for i in range(3) for j in range(3) if (i, j) != (2, 2)], -1)


def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images in which four points (x, y) moved from `start_points` to `end_points`, all else with them in perspective.

    Args:
        images: (batch, height, width, channels), or one image.
        start_points, end_points: (4, 2) or (batch, 4, 2): top left, top right, bottom left, bottom right.
        interpolation: "nearest" or "bilinear". Outside lies `fill_value`.

    Raises: ValueError for another interpolation or other shapes.
    """
    check_modes("perspective_transform", interpolation)
    frame = Frame("perspective_transform", images, data_format)
    points = []
    for name, given in (("start_points", start_points), ("end_points", end_points)):
        p = convert(given, config.floatx())
        p = reshape(p, (1, *p.shape)) if p.ndim == 2 else p
        if p.ndim != 3 or p.shape[1:] != (4, 2):
            raise ValueError(
                f"perspective_transform: {name} must have shape (4, 2) or (batch, 4, 2), and got {p.shape}."
            )
        points.append(p)
    transform = perspective_between(*points)
    return frame.back(transformed_images(frame.images, transform, interpolation, "constant", fill_value))
