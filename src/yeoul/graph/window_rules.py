"""Zeros padded around an image belong to the convolution that reads it, which needs no padded copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yeoul.core.tensor import Tensor
from yeoul.ops.convolution import conv_input_grad_primitive, conv_kernel_grad_primitive, conv_primitive

Pairs = tuple[tuple[int, int], ...]


def convolution(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    """conv(pad(x), kernel) -> conv(x, kernel) with more padding."""
    x, kernel = inputs
    found = _padded(x, attributes, kernel.shape[:-2])
    if found is None:
        return None
    inner, padding = found
    return conv_primitive(inner, kernel, **{**attributes, "padding": padding})


def kernel_gradient(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    """The kernel's gradient from pad(x) and dy -> from x and dy."""
    x, dy = inputs
    found = _padded(x, attributes, attributes["kernel_shape"][:-2])
    if found is None:
        return None
    inner, padding = found
    return conv_kernel_grad_primitive(inner, dy, **{**attributes, "padding": padding})


def cropped_input_gradient(tensor: Tensor, x: Tensor, starts: Sequence[int], stops: Sequence[int]) -> Tensor | None:
    """The part [starts, stops) of an input's gradient, without the rest: what pad(x) hands back to x."""
    node: Any = x.node
    if node is None or node.op.name != "conv_input_grad" or None in (*x.shape, *stops):
        return None
    attributes, shape = node.attributes, x.shape
    high = [size - stop for size, stop in zip(shape, stops, strict=True)]
    if starts[0] or high[0] or starts[-1] or high[-1]:
        return None
    padding = _wider(attributes, list(zip(starts, high, strict=True))[1:-1], node.inputs[1].shape[:-2])
    if padding is None:
        return None
    whole = {**attributes, "padding": padding, "input_shape": tuple(tensor.shape)}
    return conv_input_grad_primitive(*node.inputs, **whole)


def _padded(x: Tensor, attributes: dict, window: Sequence[int]) -> tuple[Tensor, Pairs] | None:
    """What is padded in `x`, and the padding of a convolution that reads it instead."""
    node: Any = x.node
    if node is None or node.op.name != "pad" or node.attributes["value"] != 0:
        return None
    widths = node.attributes["widths"]
    if any(widths[0]) or any(widths[-1]):
        return None
    padding = _wider(attributes, widths[1:-1], window)
    return None if padding is None else (node.inputs[0], padding)


def _wider(attributes: dict, widths: Sequence, window: Sequence[int]) -> Pairs | None:
    """The padding with `widths` more, if it stays narrower than the window."""
    padding = []
    for (low, high), (before, after), size, step in zip(
        attributes["padding"], widths, window, attributes["dilation"], strict=True
    ):
        pair = (low + before, high + after)
        if min(before, after) < 0 or max(pair) > (size - 1) * step:
            return None
        padding.append(pair)
    return tuple(padding)
