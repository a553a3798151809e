"""Simpler convolutions: zeros padded around an image belong to the convolution that reads it, which needs no padded copy; with windows of one
element, strides only choose elements for a matrix product. Less work around max pooling: where the largest element of a window goes, so does
what is done to it. And sums over windows that are sums over axes, or whose gradients are sums over windows too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yeoul.core import dtypes
from yeoul.core.graph import is_filled_with
from yeoul.core.tensor import Tensor
from yeoul.ops.convolution import Pairs, conv_input_grad_primitive, conv_kernel_grad_primitive, conv_primitive
from yeoul.ops.layout import (
    broadcast_primitive,
    flip_primitive,
    reshape_primitive,
    slice_primitive,
    transpose_primitive,
    unslice_primitive,
)
from yeoul.ops.pooling import max_pool_grad_primitive, sum_pool_primitive
from yeoul.ops.registry import PRIMITIVES, convert

_FEW_FILTERS = 8  # fewer than a vector has lanes
_COMPARISONS = ("gt", "ge", "lt", "le")


def convolution(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x, kernel = inputs
    found = _simpler_image(x, kernel.shape, attributes)
    return None if found is None else conv_primitive(found[0], kernel, **found[1])


def kernel_gradient(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x, dy = inputs
    found = _simpler_image(x, tensor.shape, attributes)
    if found is None:
        return _turned_kernel_gradient(tensor, x, dy, attributes)
    return conv_kernel_grad_primitive(found[0], dy, **found[1])


def _turned_kernel_gradient(tensor: Tensor, x: Tensor, dy: Tensor, attributes: dict) -> Tensor | None:
    """A kernel with few filters: the gradient of the kernel that leads from dy to x, turned round. Products work on many filters at once.

    With p = q - t + low, sum over p of x[p + t - low, c] dy[p, f] = sum over q of dy[q + (T - 1 - t) - (T - 1 - low), f] x[q, c] for each t of T.
    """
    *window, channels, filters = tensor.shape
    is_plain = attributes["groups"] == 1 and all(step == 1 for step in attributes["strides"])
    if not (is_plain and filters < _FEW_FILTERS <= channels) or all(size == 1 for size in window):
        return None
    padding = _turned_padding(window, attributes["dilation"], attributes["padding"])
    if padding is None:
        return None
    shape = (*window, filters, channels)
    turned = conv_kernel_grad_primitive(dy, x, **{**attributes, "padding": padding, "kernel_shape": shape})
    rank = len(window)
    back = flip_primitive(turned, axes=tuple(range(rank)))
    return transpose_primitive(back, permutation=(*range(rank), rank + 1, rank))


def input_gradient(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    dy, kernel = inputs
    chosen = _chosen(tensor.shape, kernel.shape, attributes)
    if chosen is None:
        return None
    shape = (*dy.shape[:-1], tensor.shape[-1])
    g = conv_input_grad_primitive(dy, kernel, **{**_dense(attributes), "input_shape": shape})
    return unslice_primitive(g, shape=tensor.shape, **chosen)


def cropped_input_gradient(tensor: Tensor, x: Tensor, starts: Sequence[int], stops: Sequence[int]) -> Tensor | None:
    """The part [starts, stops) of an input's gradient, without the rest: what pad(x) hands back to x."""
    node: Any = x.node
    if node is None or node.op.name != "conv_input_grad" or None in (*x.shape, *stops):
        return None
    attributes, shape = node.attributes, x.shape
    high = [size - stop for size, stop in zip(shape, stops, strict=True)]
    if starts[0] or high[0] or starts[-1] or high[-1]:
        return None
    padding = _wider(attributes, list(zip(starts, high, strict=True))[1:-1])
    if padding is None:
        return None
    whole = {**attributes, "padding": padding, "input_shape": tuple(tensor.shape)}
    return conv_input_grad_primitive(*node.inputs, **whole)


def masked_pool_gradient(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    """The gradient of relu before max pooling: what x decides about dx, y = max_pool(x) decides about dy, which is smaller.

    select(x > 0, max_pool_grad(x, y, dy), 0) = max_pool_grad(x, y, select(y > 0, dy, 0)), since each dy goes where x = y.
    """
    condition, *choices = inputs
    compared: Any = condition.node
    masked = [
        i for i, choice in enumerate(choices) if choice.node is not None and choice.node.op.name == "max_pool_grad"
    ]
    if len(masked) != 1 or compared is None or compared.op.name not in _COMPARISONS:
        return None
    node: Any = choices[masked[0]].node
    x, y, dy = node.inputs
    limit = compared.inputs[1]
    if (
        compared.inputs[0] is not x
        or limit.array is None
        or limit.size != 1
        or not is_filled_with(choices[1 - masked[0]], 0)
    ):
        return None
    choices[masked[0]], choices[1 - masked[0]] = dy, convert(0, dy.dtype)
    passed = PRIMITIVES["select"](PRIMITIVES[compared.op.name](y, limit), *choices)  # type: ignore[operator]
    return max_pool_grad_primitive(x, y, passed, **node.attributes)


def summed_pool_gradient(x: Tensor, axes: tuple[int, ...]) -> Tensor | None:
    """The sum of a max pooling's gradient over the axes that windows lie along: each dy is there once."""
    node: Any = x.node
    if node is None or node.op.name != "max_pool_grad" or not set(range(1, x.ndim - 1)) <= set(axes):
        return None
    return PRIMITIVES["sum"](node.inputs[2], axes=axes)  # type: ignore[operator]


def sum_pool(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    """One window as large as the image: a sum over its axes."""
    x = inputs[0]
    if not _is_whole(x.shape, attributes) or not dtypes.is_float(x.dtype):
        return None
    total = PRIMITIVES["sum"](x, axes=tuple(range(1, x.ndim - 1)))  # type: ignore[operator]
    return reshape_primitive(total, shape=tuple(tensor.shape))


def sum_pool_gradient(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    """Of one window as large as the image: dy everywhere. Without strides: sums over windows of dy, since x and dy meet alike."""
    dy = inputs[0]
    if _is_whole(tensor.shape, attributes):
        return broadcast_primitive(dy, shape=tuple(tensor.shape))
    window, strides = attributes["window"], attributes["strides"]
    padding = _turned_padding(window, (1,) * len(window), attributes["padding"])
    if any(step != 1 for step in strides) or padding is None:
        return None
    return sum_pool_primitive(dy, window=window, strides=strides, padding=padding)


def _is_whole(shape: Sequence, attributes: dict) -> bool:
    return tuple(shape[1:-1]) == tuple(attributes["window"]) and not any(map(any, attributes["padding"]))


def _turned_padding(window: Sequence, dilation: Sequence, padding: Pairs) -> Pairs | None:
    """The padding of dy under which windows without strides lead from dy back to x; None if it is negative."""
    turned = tuple(
        ((size - 1) * spread - low, (size - 1) * spread - high)
        for size, spread, (low, high) in zip(window, dilation, padding, strict=True)
    )
    return None if any(min(pair) < 0 for pair in turned) else turned


def _simpler_image(x: Tensor, kernel: Sequence, attributes: dict) -> tuple[Tensor, dict] | None:
    """What a convolution can read instead of `x`, and its geometry then: without zeros around, or with the elements chosen."""
    node: Any = x.node
    if node is not None and node.op.name == "pad" and node.attributes["value"] == 0:
        first, *widths, last = node.attributes["widths"]
        padding = None if any((*first, *last)) else _wider(attributes, widths)
        if padding is not None:
            return node.inputs[0], {**attributes, "padding": padding}
    chosen = _chosen(x.shape, kernel, attributes)
    return None if chosen is None else (slice_primitive(x, stops=x.shape, **chosen), _dense(attributes))


def _chosen(shape: Sequence, kernel: Sequence, attributes: dict) -> dict | None:
    """The slice that a convolution by single elements with strides reads; None if it is another convolution."""
    is_point = all(size == 1 for size in kernel[:-2]) and not any(map(any, attributes["padding"]))
    if not is_point or all(step == 1 for step in attributes["strides"]) or None in shape:
        return None
    return {"starts": (0,) * len(shape), "steps": (1, *attributes["strides"], 1)}


def _dense(attributes: dict) -> dict:
    ones = (1,) * len(attributes["strides"])
    return {**attributes, "strides": ones, "dilation": ones}


def _wider(attributes: dict, widths: Sequence) -> Pairs | None:
    """The padding with `widths` more on each side; None if a width is negative."""
    if any(min(pair) < 0 for pair in widths):
        return None
    return tuple((a + c, b + d) for (a, b), (c, d) in zip(attributes["padding"], widths, strict=True))
