"""python -m benchmarks.convolutions: layers of convolutional networks, forward and both gradients, beside torch and the multiply-add peak.

torch (channels last) is measured where it is installed; name its environment with --torch /path/to/venv/bin/python.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.kernels import Family, Works, main, normal, primitive_work
from benchmarks.limits import fma_peak

# name: image size, channels in, filters, window, stride, "same" padding, groups, batch
LAYERS: dict[str, tuple[int, int, int, int, int, bool, int, int]] = {
    "Fashion 28 1-32": (28, 1, 32, 3, 1, False, 1, 32),
    "Fashion 26 32-64": (26, 32, 64, 3, 1, False, 1, 32),
    "Fashion 13 32-64": (13, 32, 64, 3, 1, False, 1, 32),
    "ResNet-20 32 3-16": (32, 3, 16, 3, 1, True, 1, 32),
    "ResNet-20 32 16-16": (32, 16, 16, 3, 1, True, 1, 32),
    "ResNet-20 32 16-32 /2": (32, 16, 32, 3, 2, True, 1, 32),
    "ResNet-20 16 32-32": (16, 32, 32, 3, 1, True, 1, 32),
    "ResNet-20 8 64-64": (8, 64, 64, 3, 1, True, 1, 32),
    "ResNet-50 224 3-64 7x7/2": (224, 3, 64, 7, 2, True, 1, 2),
    "ResNet-50 56 64-64": (56, 64, 64, 3, 1, True, 1, 4),
    "ResNet-50 56 64-256 1x1": (56, 64, 256, 1, 1, False, 1, 4),
    "ResNet-50 56 256-512 1x1/2": (56, 256, 512, 1, 2, False, 1, 4),
    "ResNet-50 28 128-128": (28, 128, 128, 3, 1, True, 1, 4),
    "ResNet-50 14 256-256": (14, 256, 256, 3, 1, True, 1, 8),
    "ResNet-50 7 512-512": (7, 512, 512, 3, 1, True, 1, 8),
    "ResNeXt 28 128-128 in 32 groups": (28, 128, 128, 3, 1, True, 32, 4),
    "autoencoder 28 32-1": (28, 32, 1, 3, 1, True, 1, 32),
    "MobileNetV2 112 32 depthwise": (112, 32, 32, 3, 1, True, 32, 4),
    "MobileNetV2 112 96 depthwise/2": (112, 96, 96, 3, 2, True, 96, 4),
    "MobileNetV2 56 144 depthwise": (56, 144, 144, 3, 1, True, 144, 4),
    "MobileNetV2 14 384 depthwise": (14, 384, 384, 3, 1, True, 384, 8),
    "MobileNetV2 14 96-576 1x1": (14, 96, 576, 1, 1, False, 1, 8),
}


def padding_of(layer: tuple) -> tuple[int, int]:
    size, _, _, window, stride, is_same, *_ = layer
    total = max((-(-size // stride) - 1) * stride + window - size, 0) if is_same else 0
    return total // 2, total - total // 2


def shapes_of(layer: tuple) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Those of x, kernel and dy, channels last."""
    size, channels, filters, window, stride, _, groups, batch = layer
    out = (size + sum(padding_of(layer)) - window) // stride + 1
    return (batch, size, size, channels), (window, window, channels // groups, filters), (batch, out, out, filters)


def multiply_adds(layer: tuple) -> float:
    _, kernel, dy = shapes_of(layer)
    return float(math.prod(kernel) * math.prod(dy[:-1]))


def yeoul_works(layer: tuple) -> Works:
    from yeoul.ops.convolution import conv_input_grad_primitive, conv_kernel_grad_primitive, conv_primitive

    x, kernel, dy = normal(*shapes_of(layer))
    pads = (padding_of(layer),) * 2
    geometry = {"strides": (layer[4],) * 2, "padding": pads, "dilation": (1, 1), "groups": layer[6]}
    return {
        "forward": primitive_work(conv_primitive, x, kernel, **geometry),
        "input gradient": primitive_work(conv_input_grad_primitive, dy, kernel, input_shape=x.shape, **geometry),
        "kernel gradient": primitive_work(conv_kernel_grad_primitive, x, dy, kernel_shape=kernel.shape, **geometry),
    }


def torch_works(layer: tuple) -> Works:
    import torch

    stride, groups = [layer[4]] * 2, layer[6]
    x, kernel, dy = normal(*shapes_of(layer))
    low, high = padding_of(layer)
    if low != high:  # torch pads evenly; the padded image is what it would be given
        x, low = np.pad(x, ((0, 0), (low, high), (low, high), (0, 0))), 0

    def placed(array: np.ndarray, order: tuple) -> Any:
        return torch.from_numpy(np.ascontiguousarray(array.transpose(order))).to(memory_format=torch.channels_last)

    tx, tk, ty = placed(x, (0, 3, 1, 2)), placed(kernel, (3, 2, 0, 1)), placed(dy, (0, 3, 1, 2))

    def backward(mask: list[bool]) -> Any:
        return torch.ops.aten.convolution_backward(
            ty, tx, tk, None, stride, [low, low], [1, 1], False, [0, 0], groups, mask
        )

    return {
        "forward": lambda: torch.nn.functional.conv2d(tx, tk, None, stride, low, 1, groups),
        "input gradient": lambda: backward([True, False, False]),
        "kernel gradient": lambda: backward([False, True, False]),
    }


FAMILY = Family(
    module="benchmarks.convolutions",
    names=list(LAYERS),
    works=lambda framework, name: (torch_works if framework == "torch" else yeoul_works)(LAYERS[name]),
    limit=fma_peak,
    limit_name=("multiply-add peak", "GFLOP/s"),
    share=lambda name, kind, seconds, peak: 2.0 * multiply_adds(LAYERS[name]) / seconds / 1e9 / peak,
)


if __name__ == "__main__":
    main(FAMILY, __doc__)
