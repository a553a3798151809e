"""The words of convolutions and pooling. Their geometry has three axes; a graph's fewer axes stand behind axes of size 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul import _native
from yeoul.core.shapes import size_of
from yeoul.core.tensor import Tensor

_DTYPES = _native.DTYPES
_FEW_PIXELS = 2048  # over all images
CONVOLUTIONS = {
    "conv": _native.CONVOLUTIONS["forward"],
    "conv_input_grad": _native.CONVOLUTIONS["input_grad"],
    "conv_kernel_grad": _native.CONVOLUTIONS["kernel_grad"],
}
POOLINGS = {
    "max_pool": _native.POOLINGS["max"],
    "max_pool_grad": _native.POOLINGS["max_grad"],
    "max_pool_pick": _native.POOLINGS["max_pick"],
    "sum_pool": _native.POOLINGS["sum"],
    "sum_pool_grad": _native.POOLINGS["sum_grad"],
}


def conv_words(t: Tensor, value: Callable[[Tensor], int]) -> tuple[str, list[int]]:
    """The opcode of a convolution or of one of its gradients, and its payload up to the value of the result.

    Windows of one element, and one window over the whole input, make it a plain product.
    """
    node: Any = t.node
    name, (a, b), attributes = node.op.name, node.inputs, node.attributes
    x = t.shape if name == "conv_input_grad" else a.shape
    y = {"conv": t, "conv_input_grad": a, "conv_kernel_grad": b}[name].shape
    kernel = t.shape if name == "conv_kernel_grad" else b.shape
    window, strides, padding = kernel[:-2], attributes["strides"], attributes["padding"]
    groups, dilation = attributes["groups"], attributes["dilation"]
    channels, filters = kernel[-2], kernel[-1]

    is_unpadded = groups == 1 and all(low == 0 for low, _ in padding)
    is_point = all(k == 1 for k in window) and x[:-1] == y[:-1] and all(s == 1 for s in strides)
    is_whole = window == x[1:-1] and all(n == 1 for n in y[1:-1]) and all(d == 1 for d in dilation)
    # A sum over many pixels is left to the convolution, which takes it in blocks and parts.
    is_product = name != "conv_kernel_grad" or size_of(y[:-1]) <= _FEW_PIXELS
    if is_unpadded and (is_whole or (is_point and is_product)):
        rows, depth = size_of(y[:-1]), size_of(window) * channels
        if name == "conv":
            sizes = [rows, filters, depth, value(a), 0, depth, 1, value(b), 0, filters, 1]
        elif name == "conv_input_grad":
            sizes = [rows, depth, filters, value(a), 0, filters, 1, value(b), 0, 1, filters]
        else:
            sizes = [depth, filters, rows, value(a), 0, 1, depth, value(b), 0, filters, 1]
        return "gemm", [_DTYPES[t.dtype], 1, *sizes]  # type: ignore[list-item]

    words = [CONVOLUTIONS[name], _DTYPES[t.dtype], x[0], groups, channels, filters // groups]  # type: ignore[operator]
    axes = [(1, 1, 1, 1, 0, 1)] * (3 - len(window))
    axes += zip(x[1:-1], y[1:-1], window, strides, [low for low, _ in padding], dilation, strict=True)  # type: ignore[arg-type]
    return "conv", [*words, *[word for axis in axes for word in axis], value(a), value(b)]  # type: ignore[list-item]


def pool_words(t: Tensor, value: Callable[[Tensor], int]) -> list[int]:
    """The payload of a POOL instruction."""
    node: Any = t.node
    name, attributes = node.op.name, node.attributes
    x = t.shape if name == "sum_pool_grad" else node.inputs[0].shape
    y = node.inputs[0].shape if name == "sum_pool_grad" else node.inputs[1].shape if len(node.inputs) == 3 else t.shape
    axes: list[tuple] = [(1, 1, 1, 1, 0)] * (5 - len(x))
    axes += zip(
        x[1:-1],
        y[1:-1],
        attributes["window"],
        attributes["strides"],
        [low for low, _ in attributes["padding"]],
        strict=True,
    )
    words = [POOLINGS[name], _DTYPES[t.dtype], x[0], x[-1], *[word for axis in axes for word in axis]]
    return [*words, *[value(operand) for operand in node.inputs], value(t)]


def is_windowed(t: Tensor) -> bool:
    """Whether an instruction computes this node of a convolution or of pooling."""
    node: Any = t.node
    dtypes = {t.dtype, *[x.dtype for x in node.inputs]}
    return dtypes in ({"float32"}, {"float64"})
