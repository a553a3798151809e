"""Convolution of one to three spatial axes. Three primitives, channels last, are each other's gradients.

With padded input X[i] = x[i - low] (zero outside), kernel offset k in the window and channels of one group:

    conv:              y[n, o, c] = sum over k, i of X[n, o stride + k dilation, i] kernel[k, i, c]
    conv_input_grad:   the transpose of conv in x:      dx from dy and kernel
    conv_kernel_grad:  the transpose of conv in kernel: dkernel from x and dy

Shapes: x (batch, *sizes, channels), kernel (*window, channels // groups, filters), y (batch, *out, filters) with
out = (size + low + high - (window - 1) dilation - 1) // stride + 1. A depthwise convolution has groups = channels.
Filters of group g are the g-th block of filters // groups. Attributes are tuples of ints: strides and dilation with one
entry an axis, padding with one pair (low, high), none of them negative.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from yeoul.core.config import standardize_data_format
from yeoul.core.shapes import Shape
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.layout import pad_primitive
from yeoul.ops.registry import Primitive, convert, primitive, promoted
from yeoul.ops.shaping import moveaxis, reshape

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]

Pairs = tuple[tuple[int, int], ...]


def window_count(size: int | None, window: int, stride: int, pads: tuple[int, int], dilation: int = 1) -> int | None:
    """How many windows fit along an axis of `size` elements; None if the size is unknown."""
    if size is None:
        return None
    return (size + pads[0] + pads[1] - (window - 1) * dilation - 1) // stride + 1


def window_counts(
    name: str,
    sizes: Shape,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
) -> Shape:
    """How many windows fit along each axis.

    Raises: ValueError if an attribute has another number of axes, or no window fits.
    """
    rank = len(sizes)
    for what, value in (("window", window), ("strides", strides), ("padding", padding), ("dilation", dilation)):
        if len(value) != rank:
            raise ValueError(f"{name}: the input has {rank} spatial axes, and {what} is {value}.")
    counts = tuple(map(window_count, sizes, window, strides, padding, dilation))
    if any(c is not None and c < 1 for c in counts):
        reach = tuple((k - 1) * d + 1 for k, d in zip(window, dilation, strict=True))
        raise ValueError(
            f"{name}: a window that reaches over {reach} elements does not fit into an input of spatial size {tuple(sizes)} "
            f"with padding {padding}. Use a smaller window, padding='same', or a larger input."
        )
    return counts


def padded(x: np.ndarray, padding: Pairs, value: Any = 0) -> np.ndarray:
    """`x` with `padding` around its spatial axes."""
    if not any(a or b for a, b in padding):
        return x
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def windows_of(
    x: np.ndarray, window: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...], counts: tuple[int, ...]
) -> np.ndarray:
    """A view (batch, *counts, *window, channels) of the windows of a padded x (batch, *sizes, channels)."""
    batch, *spatial, channel = x.strides
    return np.lib.stride_tricks.as_strided(
        x,
        (x.shape[0], *counts, *window, x.shape[-1]),
        (
            batch,
            *(s * step for s, step in zip(strides, spatial, strict=True)),
            *(d * step for d, step in zip(dilation, spatial, strict=True)),
            channel,
        ),
        writeable=False,
    )


def offsets_in(
    window: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...], counts: tuple[int, ...]
) -> Any:
    """For each place in the window, row-major: the place, and the slices of a padded x that it meets."""
    for place in itertools.product(*map(range, window)):
        met = tuple(
            slice(p * d, p * d + (n - 1) * s + 1, s)
            for p, d, n, s in zip(place, dilation, counts, strides, strict=True)
        )
        yield place, (slice(None), *met)


def widened(x: np.ndarray) -> np.ndarray:
    """Half precision as float32, in which sums are formed."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 and x.dtype.kind not in "iu" else x


def _columns(x: np.ndarray, window: tuple, counts: tuple, strides: tuple, dilation: tuple, groups: int) -> np.ndarray:
    """(groups, batch * windows, places * channels of a group) from a padded x."""
    view = windows_of(x, window, strides, dilation, counts)
    rank, channels = len(window), x.shape[-1] // groups
    view = view.reshape(*view.shape[:-1], groups, channels)
    rows = x.shape[0] * int(np.prod(counts))
    order = (2 * rank + 1, *range(2 * rank + 1), 2 * rank + 2)
    return view.transpose(order).reshape(groups, rows, int(np.prod(window)) * channels)


def _by_group(y: np.ndarray, groups: int) -> np.ndarray:
    """(groups, batch * windows, filters of a group) from (batch, *windows, filters)."""
    return y.reshape(-1, groups, y.shape[-1] // groups).transpose(1, 0, 2)


def _kernel_by_group(kernel: np.ndarray, groups: int) -> np.ndarray:
    """(groups, places * channels of a group, filters of a group) from a kernel."""
    filters = kernel.shape[-1]
    return kernel.reshape(-1, groups, filters // groups).transpose(1, 0, 2)


def _check_channels(name: str, channels: int | None, kernel: Shape, groups: int) -> None:
    if channels is not None and channels != kernel[-2] * groups:  # type: ignore[operator]
        raise ValueError(
            f"{name}: an input of {channels} channels in {groups} group(s) needs a kernel of shape "
            f"(*window, {channels} // {groups}, filters), and got {tuple(kernel)}."
        )
    if kernel[-1] % groups:  # type: ignore[operator]
        raise ValueError(f"{name}: the number of filters, {kernel[-1]}, must be a multiple of groups, {groups}.")


@primitive
class _Conv(Primitive):
    """y = conv(x, kernel)."""

    name = "conv"

    def infer(self, x: Any, kernel: Any, *, strides: tuple, padding: Pairs, dilation: tuple, groups: int) -> Spec:
        if len(x.shape) != len(kernel.shape):
            raise ValueError(f"conv: input {x.shape} and kernel {kernel.shape} must have the same rank.")
        _check_channels("conv", x.shape[-1], kernel.shape, groups)
        counts = window_counts("conv", x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
        return Spec((x.shape[0], *counts, kernel.shape[-1]), x.dtype)

    def reference(
        self, x: np.ndarray, kernel: np.ndarray, *, strides: tuple, padding: Pairs, dilation: tuple, groups: int
    ) -> np.ndarray:
        shape = self.infer(x, kernel, strides=strides, padding=padding, dilation=dilation, groups=groups).shape
        counts = tuple(shape[1:-1])
        columns = _columns(padded(widened(x), padding), kernel.shape[:-2], counts, strides, dilation, groups)
        y = np.matmul(columns, _kernel_by_group(widened(kernel), groups))
        return np.ascontiguousarray(y.transpose(1, 0, 2)).reshape(shape).astype(x.dtype, copy=False)

    def gradient(self, g: Tensor, x: Tensor, kernel: Tensor, y: Tensor, **geometry: Any) -> tuple:
        return (
            conv_input_grad_primitive(g, kernel, input_shape=tuple(x.shape), **geometry),
            conv_kernel_grad_primitive(x, g, kernel_shape=tuple(kernel.shape), **geometry),
        )


@primitive
class _ConvInputGrad(Primitive):
    """dx from dy and kernel. `input_shape` is that of x; its batch, which may be None, is dy's."""

    name = "conv_input_grad"

    def infer(
        self,
        dy: Any,
        kernel: Any,
        *,
        input_shape: Shape,
        strides: tuple,
        padding: Pairs,
        dilation: tuple,
        groups: int,
    ) -> Spec:
        _check_channels("conv_input_grad", input_shape[-1], kernel.shape, groups)
        counts = window_counts("conv_input_grad", input_shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
        if any(a is not None and b is not None and a != b for a, b in zip(counts, dy.shape[1:-1], strict=True)):
            raise ValueError(
                f"conv_input_grad: an input of shape {tuple(input_shape)} has {counts} windows, and dy has shape {dy.shape}."
            )
        return Spec((dy.shape[0], *input_shape[1:]), dy.dtype)

    def reference(
        self,
        dy: np.ndarray,
        kernel: np.ndarray,
        *,
        input_shape: Shape,
        strides: tuple,
        padding: Pairs,
        dilation: tuple,
        groups: int,
    ) -> np.ndarray:
        batch, counts, window = dy.shape[0], dy.shape[1:-1], kernel.shape[:-2]
        sizes, channels = input_shape[1:-1], kernel.shape[-2]
        columns = np.matmul(
            _by_group(widened(dy), groups), _kernel_by_group(widened(kernel), groups).transpose(0, 2, 1)
        )
        columns = columns.reshape(groups, batch, *counts, *window, channels)
        rank = len(counts)
        columns = columns.transpose(*range(1, 2 * rank + 2), 0, 2 * rank + 2)
        around = [s + a + b for s, (a, b) in zip(sizes, padding, strict=True)]  # type: ignore[operator]
        whole = np.zeros((batch, *around, groups, channels), columns.dtype)
        every = (slice(None),) * (rank + 1)
        for place, met in offsets_in(window, strides, dilation, counts):
            whole[met] += columns[(*every, *place)]
        inner = tuple(slice(a, a + s) for s, (a, _) in zip(sizes, padding, strict=True))  # type: ignore[operator]
        dx = whole[(slice(None), *inner)].reshape(batch, *sizes, groups * channels)
        return np.ascontiguousarray(dx).astype(dy.dtype, copy=False)

    def gradient(
        self, g: Tensor, dy: Tensor, kernel: Tensor, dx: Tensor, *, input_shape: Shape, **geometry: Any
    ) -> tuple:
        return (
            conv_primitive(g, kernel, **geometry),
            conv_kernel_grad_primitive(g, dy, kernel_shape=tuple(kernel.shape), **geometry),
        )


@primitive
class _ConvKernelGrad(Primitive):
    """dkernel of shape `kernel_shape` from x and dy, summed over the batch and all windows."""

    name = "conv_kernel_grad"

    def infer(
        self,
        x: Any,
        dy: Any,
        *,
        kernel_shape: tuple,
        strides: tuple,
        padding: Pairs,
        dilation: tuple,
        groups: int,
    ) -> Spec:
        _check_channels("conv_kernel_grad", x.shape[-1], kernel_shape, groups)
        counts = window_counts("conv_kernel_grad", x.shape[1:-1], kernel_shape[:-2], strides, padding, dilation)
        if any(a is not None and b is not None and a != b for a, b in zip(counts, dy.shape[1:-1], strict=True)):
            raise ValueError(
                f"conv_kernel_grad: an input of shape {x.shape} has {counts} windows, and dy has shape {dy.shape}."
            )
        return Spec(tuple(kernel_shape), x.dtype)

    def reference(
        self,
        x: np.ndarray,
        dy: np.ndarray,
        *,
        kernel_shape: tuple,
        strides: tuple,
        padding: Pairs,
        dilation: tuple,
        groups: int,
    ) -> np.ndarray:
        columns = _columns(padded(widened(x), padding), kernel_shape[:-2], dy.shape[1:-1], strides, dilation, groups)
        dkernel = np.matmul(columns.transpose(0, 2, 1), _by_group(widened(dy), groups))
        return np.ascontiguousarray(dkernel.transpose(1, 0, 2)).reshape(kernel_shape).astype(x.dtype, copy=False)

    def gradient(
        self, g: Tensor, x: Tensor, dy: Tensor, dkernel: Tensor, *, kernel_shape: tuple, **geometry: Any
    ) -> tuple:
        return (
            conv_input_grad_primitive(dy, g, input_shape=tuple(x.shape), **geometry),
            conv_primitive(x, g, **geometry),
        )


conv_primitive: Any = _Conv
conv_input_grad_primitive: Any = _ConvInputGrad
conv_kernel_grad_primitive: Any = _ConvKernelGrad


# -- what users call ----------------------------------------------------------------------------------------------------
def per_axis(value: Any, rank: int, what: str) -> tuple[int, ...]:
    """`value` as one int for each of `rank` axes.

    Raises: ValueError if it is a sequence of another length, or not positive.
    """
    given = (value,) * rank if isinstance(value, (int, np.integer)) else tuple(value)
    if len(given) == 1:
        given *= rank
    if len(given) != rank or any(not isinstance(v, (int, np.integer)) or v < 1 for v in given):
        raise ValueError(f"{what} must be a positive integer or a tuple of {rank} of them, and got {value!r}.")
    return tuple(int(v) for v in given)


def explicit_padding(
    name: str, x: Tensor, padding: Any, window: tuple, strides: tuple, dilation: tuple | None = None
) -> Pairs:
    """What "valid", "same" or "causal" means for the spatial axes of a channels-last `x`, as (low, high) pairs.

    With "same" there are ceil(size / stride) windows, and an odd element of padding comes last; "causal" pads in front only.

    Raises: ValueError for another name, and where "same" depends on a size that is not known.
    """
    dilation = dilation or (1,) * len(window)
    reach = tuple((k - 1) * d + 1 for k, d in zip(window, dilation, strict=True))
    kind = padding.lower() if isinstance(padding, str) else padding
    if kind == "valid":
        return ((0, 0),) * len(window)
    if kind == "causal" and len(window) == 1 and name == "conv":
        return ((reach[0] - 1, 0),)
    if kind != "same":
        known = "'valid', 'same' or 'causal'" if len(window) == 1 and name == "conv" else "'valid' or 'same'"
        raise ValueError(f"{name}: padding must be {known}, and got {padding!r}.")
    pairs = []
    for size, k, s in zip(x.shape[1:-1], reach, strides, strict=True):
        total = k - s if size is None else (-(-size // s) - 1) * s + k - size
        total = total if total > 0 else 0
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def channels_last(x: Any, data_format: str | None) -> tuple[Tensor, bool]:
    """`x` with its channels on the last axis, and whether they were moved there."""
    x = convert(x)
    if x.ndim < 3:
        raise ValueError(
            f"Expected (batch, *spatial, channels) or (batch, channels, *spatial), and got shape {x.shape}."
        )
    is_first = standardize_data_format(data_format) == "channels_first"
    return (moveaxis(x, 1, -1) if is_first else x), is_first


def channels_back(y: Tensor, is_first: bool) -> Tensor:
    """Undoes `channels_last`."""
    return moveaxis(y, -1, 1) if is_first else y


def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Convolution (as in all networks, without a flip of the kernel) over one to three spatial axes.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) with data_format="channels_first".
        kernel: (*window, channels / groups, filters); the number of groups follows from the channels.
        strides, dilation_rate: an int, or one for each spatial axis.
        padding: "valid", "same", or "causal" with one spatial axis.

    Raises: ValueError if the kernel does not fit the input.
    """
    x, is_first = channels_last(inputs, data_format)
    x, kernel = promoted(x, kernel)
    rank = x.ndim - 2
    _check_rank("conv", x, kernel)
    channels, own = x.shape[-1], kernel.shape[-2]
    if channels is not None and channels % own:
        raise ValueError(
            f"conv: the input's {channels} channels are no multiple of the kernel's {own} (shape {kernel.shape})."
        )
    strides, dilation = per_axis(strides, rank, "conv: strides"), per_axis(dilation_rate, rank, "conv: dilation_rate")
    y = conv_primitive(
        x,
        kernel,
        strides=strides,
        padding=explicit_padding("conv", x, padding, kernel.shape[:-2], strides, dilation),
        dilation=dilation,
        groups=1 if channels is None else channels // own,
    )
    return channels_back(y, is_first)


def _check_rank(name: str, x: Tensor, kernel: Tensor) -> None:
    if not 3 <= x.ndim <= 5 or kernel.ndim != x.ndim:
        raise ValueError(
            f"{name}: the input must have one to three spatial axes and the kernel the same rank, and got shapes "
            f"{x.shape} and {kernel.shape}."
        )


def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Each channel convolved on its own: kernel (*window, channels, multiplier), output channels * multiplier channels.

    Other arguments as in `conv`.
    """
    kernel = convert(kernel)
    *window, channels, multiplier = kernel.shape
    grouped = reshape(kernel, (*window, 1, channels * multiplier))  # type: ignore[operator]
    x = convert(inputs)
    found = x.shape[1 if standardize_data_format(data_format) == "channels_first" else -1]
    if found != channels:
        raise ValueError(
            f"depthwise_conv: the input has {found} channels, and the kernel {kernel.shape} is for {channels}."
        )
    return conv(x, grouped, strides, padding, data_format, dilation_rate)


def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """`depthwise_conv`, then a product of channels: pointwise_kernel (1, ..., 1, channels * multiplier, filters)."""
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, 1, "valid", data_format, 1)


def transposed_size(size: int, reach: int, stride: int, padding: str, extra: int | None) -> int:
    """Size of a transposed convolution's output along an axis; `extra` is the output padding, None for the usual one."""
    if extra is None:
        return size * stride + (max(reach - stride, 0) if padding == "valid" else 0)
    return (size - 1) * stride + reach + extra - (2 * (reach // 2) if padding == "same" else 0)


def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """The transpose of `conv` in its input: it enlarges by `strides`.

    Args:
        inputs: as in `conv`.
        kernel: (*window, filters, channels): the kernel of the convolution that this one transposes.
        output_padding: size added to one side of the output; a usual size is taken if None.

    Raises: ValueError if the kernel does not fit the input.
    """
    x, is_first = channels_last(inputs, data_format)
    x, kernel = promoted(x, kernel)
    rank = x.ndim - 2
    _check_rank("conv_transpose", x, kernel)
    if x.shape[-1] != kernel.shape[-1]:
        raise ValueError(
            f"conv_transpose: the input has {x.shape[-1]} channels, and the kernel {kernel.shape} is for {kernel.shape[-1]}."
        )
    strides = per_axis(strides, rank, "conv_transpose: strides")
    dilation = per_axis(dilation_rate, rank, "conv_transpose: dilation_rate")
    kind = str(padding).lower()
    if kind not in ("valid", "same"):
        raise ValueError(f"conv_transpose: padding must be 'valid' or 'same', and got {padding!r}.")
    extra = (output_padding,) * rank if output_padding is None or isinstance(output_padding, int) else output_padding
    sizes: list[int | None] = []
    pads, behind = [], []
    for size, k, s, d, more in zip(x.shape[1:-1], kernel.shape[:-2], strides, dilation, extra, strict=True):
        if size is None:
            sizes.append(None), pads.append((0, 0)), behind.append((0, 0))
            continue
        reach = (k - 1) * d + 1  # type: ignore[operator]
        out = transposed_size(size, reach, s, kind, more)
        full = (size - 1) * s + reach
        low = max(full - out, 0) // 2 if kind == "same" else 0
        inner = min(out, full)
        sizes.append(inner), pads.append((low, full - low - inner)), behind.append((0, out - inner))
    y = conv_input_grad_primitive(
        x,
        kernel,
        input_shape=(x.shape[0], *sizes, kernel.shape[-2]),
        strides=strides,
        padding=tuple(pads),
        dilation=dilation,
        groups=1,
    )
    if any(b for _, b in behind):
        y = pad_primitive(y, widths=((0, 0), *behind, (0, 0)), value=0)
    return channels_back(y, is_first)
