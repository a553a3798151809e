"""python -m benchmarks.memory_bound: depthwise convolutions, pooling and normalization, beside torch and a copy in memory.

Little is computed with what these read, so memory bounds them. A kernel's share is that of the bytes that it must move at least: each operand
read once, each result written once; a batch normalization reads its operands once more, since it must know its statistics first. Where tensors
fit the processor's caches the share can exceed 100 %.

torch (channels last) is measured where it is installed; name its environment with --torch /path/to/venv/bin/python.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import convolutions
from benchmarks.kernels import Family, Works, main, native_work, normal, primitive_work
from benchmarks.limits import memory_bandwidth

# name: image size, channels, window, stride, batch; windows lie within the image
POOLING: dict[str, tuple[int, int, int, int, int]] = {
    "Fashion 26 32 max 2x2/2": (26, 32, 2, 2, 32),
    "VGG 112 128 max 2x2/2": (112, 128, 2, 2, 4),
    "ResNet-50 113 64 max 3x3/2": (113, 64, 3, 2, 4),
    "InceptionV3 35 288 max 3x3/2": (35, 288, 3, 2, 8),
    "InceptionV3 37 192 average 3x3": (37, 192, 3, 1, 8),
    "DenseNet 56 128 average 2x2/2": (56, 128, 2, 2, 8),
    "ResNet-50 7 2048 average 7x7": (7, 2048, 7, 1, 32),
}
# name: shape of the input
NORMALIZATION: dict[str, tuple[int, ...]] = {
    "ResNet-20 32 16 batch normalization": (64, 32, 32, 16),
    "MobileNetV2 112 96 batch normalization": (4, 112, 112, 96),
    "ResNet-50 56 256 batch normalization": (4, 56, 56, 256),
    "ResNet-50 7 2048 batch normalization": (32, 7, 7, 2048),
    "ConvNeXt 56 96 layer normalization": (8, 56, 56, 96),
    "ConvNeXt 14 384 layer normalization": (32, 14, 14, 384),
}
DEPTHWISE = [name for name in convolutions.LAYERS if "depthwise" in name]


def pooled_shapes(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Those of x and dy."""
    size, channels, window, stride, batch = POOLING[name]
    out = (size - window) // stride + 1
    return (batch, size, size, channels), (batch, out, out, channels)


def yeoul_pooling(name: str) -> Works:
    from yeoul.ops import pooling

    _, _, window, stride, _ = POOLING[name]
    geometry = {"window": (window,) * 2, "strides": (stride,) * 2, "padding": ((0, 0),) * 2}
    x, dy = normal(*pooled_shapes(name))
    if "average" in name:
        return {
            "forward": primitive_work(pooling.sum_pool_primitive, x, **geometry),
            "gradient": primitive_work(pooling.sum_pool_grad_primitive, dy, input_shape=x.shape, **geometry),
        }
    y = pooling.max_pool_primitive.reference(x, **geometry)
    return {
        "forward": primitive_work(pooling.max_pool_primitive, x, **geometry),
        "gradient": primitive_work(pooling.max_pool_grad_primitive, x, y, dy, **geometry),
    }


def torch_pooling(name: str) -> Works:
    import torch

    _, _, window, stride, _ = POOLING[name]
    x, dy = (in_torch(a) for a in normal(*pooled_shapes(name)))
    windows = [window] * 2, [stride] * 2, [0, 0]
    aten = torch.ops.aten
    if "average" in name:
        return {
            "forward": lambda: aten.avg_pool2d(x, *windows),
            "gradient": lambda: aten.avg_pool2d_backward(dy, x, *windows, False, True, None),
        }
    places = aten.max_pool2d_with_indices(x, *windows)[1]  # kept for the gradient when a network trains
    return {
        "forward": lambda: aten.max_pool2d_with_indices(x, *windows),
        "gradient": lambda: aten.max_pool2d_with_indices_backward(dy, x, *windows, [1, 1], False, places),
    }


def yeoul_normalization(name: str) -> Works:
    from yeoul import ops
    from yeoul.core import engine
    from yeoul.core.graph import Graph, topological
    from yeoul.core.tensor import placeholder
    from yeoul.graph.gradients import gradients
    from yeoul.graph.rebuilding import rebuilt

    shape = NORMALIZATION[name]
    arrays = normal(shape, shape, shape[-1:], shape[-1:])
    x, dy, gamma, beta = inputs = [placeholder(a.shape, "float32") for a in arrays]
    if "batch" in name:
        y = ops.batch_normalization(x, *ops.moments(x, (0, 1, 2)), -1, beta, gamma, 1e-3)
    else:
        y = ops.layer_normalization(x, gamma, beta, -1, 1e-3)

    # Sum, mean and variance are known from the forward pass when the gradient is taken, as in a step of training.
    def statistic(t: Any) -> str | None:
        if t.node is None:
            return None
        operand, op = t.node.inputs[0], t.node.op.name
        if operand is x:
            return op if op in ("sum", "variance") else None
        return "mean" if statistic(operand) == "sum" else None  # divided by their number

    known = {statistic(t): t for t in topological([y]) if statistic(t)}
    given = {key: placeholder(t.shape, "float32") for key, t in known.items()}
    changes = Graph([], gradients([y], [x, gamma, beta], [dy]))
    outputs = rebuilt(changes, lambda t, _: given.get(statistic(t))).outputs
    statistics = engine.use("native").compile(Graph([x], [*known.values()])).run(arrays[:1])
    return {
        "forward": native_work([x, gamma, beta], [y, known["mean"], known["variance"]], [arrays[0], *arrays[2:]]),
        "gradient": native_work([*inputs, *given.values()], outputs, [*arrays, *statistics]),
    }


def torch_normalization(name: str) -> Works:
    import torch

    shape = NORMALIZATION[name]
    x, dy, gamma, beta = normal(shape, shape, shape[-1:], shape[-1:])
    gamma, beta = torch.from_numpy(gamma), torch.from_numpy(beta)
    aten = torch.ops.aten
    wanted = [True, True, True]
    if "batch" in name:
        x, dy = in_torch(x), in_torch(dy)
        _, mean, deviation = aten.native_batch_norm(x, gamma, beta, None, None, True, 0.1, 1e-3)
        return {
            "forward": lambda: aten.native_batch_norm(x, gamma, beta, None, None, True, 0.1, 1e-3),
            "gradient": lambda: aten.native_batch_norm_backward(
                dy, x, gamma, None, None, mean, deviation, True, 1e-3, wanted
            ),
        }
    x, dy = torch.from_numpy(x), torch.from_numpy(dy)
    _, mean, deviation = aten.native_layer_norm(x, shape[-1:], gamma, beta, 1e-3)
    return {
        "forward": lambda: aten.native_layer_norm(x, shape[-1:], gamma, beta, 1e-3),
        "gradient": lambda: aten.native_layer_norm_backward(dy, x, shape[-1:], mean, deviation, gamma, beta, wanted),
    }


def in_torch(array: np.ndarray) -> Any:
    """A torch tensor of the same places in memory, its axes named (batch, channels, height, width)."""
    import torch

    return torch.from_numpy(array).permute(0, 3, 1, 2)


def works(framework: str, name: str) -> Works:
    is_torch = framework == "torch"
    if name in POOLING:
        return (torch_pooling if is_torch else yeoul_pooling)(name)
    if name in NORMALIZATION:
        return (torch_normalization if is_torch else yeoul_normalization)(name)
    return convolutions.FAMILY.works(framework, name)


def moved_bytes(name: str, kind: str) -> float:
    """What a kernel must read and write at least."""
    if name in NORMALIZATION:
        times = {"forward": 3, "gradient": 5} if "batch" in name else {"forward": 2, "gradient": 3}
        return times[kind] * _bytes([NORMALIZATION[name]])
    if name in POOLING:
        return _bytes(pooled_shapes(name)) * (2 if kind == "gradient" and "max" in name else 1)
    return _bytes(convolutions.shapes_of(convolutions.LAYERS[name]))


def _bytes(shapes: Sequence[Sequence[int]]) -> float:
    return 4.0 * sum(math.prod(shape) for shape in shapes)


FAMILY = Family(
    module="benchmarks.memory_bound",
    names=[*DEPTHWISE, *POOLING, *NORMALIZATION],
    works=works,
    limit=memory_bandwidth,
    limit_name=("memory bandwidth", "GB/s"),
    share=lambda name, kind, seconds, bandwidth: moved_bytes(name, kind) / seconds / 1e9 / bandwidth,
)


if __name__ == "__main__":
    main(FAMILY, __doc__)
