"""python -m benchmarks.convolutions: layers of convolutional networks, forward and both gradients, beside torch and the multiply-add peak.

Each framework runs in processes of its own, in turn, and the least time of each kernel counts. torch (channels last) is measured where it is
installed; name its environment with --torch /path/to/venv/bin/python.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import answer_of

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
KINDS = ("forward", "input", "kernel")


def padding_of(layer: tuple) -> tuple[int, int]:
    size, _, _, window, stride, is_same, *_ = layer
    total = max((-(-size // stride) - 1) * stride + window - size, 0) if is_same else 0
    return total // 2, total - total // 2


def operands(layer: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, kernel and dy, channels last."""
    size, channels, filters, window, stride, _, groups, batch = layer
    out = (size + sum(padding_of(layer)) - window) // stride + 1
    rng = np.random.default_rng(0)
    shapes = (batch, size, size, channels), (window, window, channels // groups, filters), (batch, out, out, filters)
    x, kernel, dy = (rng.standard_normal(shape, np.float32) for shape in shapes)
    return x, kernel, dy


def multiply_adds(layer: tuple) -> float:
    _, kernel, dy = operands(layer)
    return float(kernel.size) * dy.size / dy.shape[-1]


def least_seconds(work: Callable[[], Any], budget: float = 0.15) -> float:
    work()
    found, end = [], time.perf_counter() + budget
    while len(found) < 5 or (time.perf_counter() < end and len(found) < 200):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def yeoul_works(layer: tuple) -> dict[str, Callable[[], Any]]:
    from yeoul import _native
    from yeoul.core import engine
    from yeoul.core.graph import Graph
    from yeoul.core.tensor import placeholder
    from yeoul.ops.convolution import conv_input_grad_primitive, conv_kernel_grad_primitive, conv_primitive

    x, kernel, dy = operands(layer)
    pads = (padding_of(layer),) * 2
    geometry = {"strides": (layer[4],) * 2, "padding": pads, "dilation": (1, 1), "groups": layer[6]}

    def work(primitive: Any, arrays: tuple, **attributes: Any) -> Callable[[], Any]:
        inputs = [placeholder(a.shape, "float32") for a in arrays]
        program = engine.use("native").compile(Graph(inputs, [primitive(*inputs, **geometry, **attributes)]))
        outputs = [np.empty(shape, dtype) for shape, dtype in program.outputs]
        run = _native.Instance(program.lowered.program, [None] * (len(arrays) + 1)).run
        return lambda: run([*arrays, *outputs])

    return {
        "forward": work(conv_primitive, (x, kernel)),
        "input": work(conv_input_grad_primitive, (dy, kernel), input_shape=x.shape),
        "kernel": work(conv_kernel_grad_primitive, (x, dy), kernel_shape=kernel.shape),
    }


def torch_works(layer: tuple) -> dict[str, Callable[[], Any]]:
    import torch

    stride, groups = [layer[4]] * 2, layer[6]
    x, kernel, dy = operands(layer)
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
        "input": lambda: backward([True, False, False]),
        "kernel": lambda: backward([False, True, False]),
    }


def work_off(framework: str, names: list[str], threads: int) -> dict[str, dict[str, float]]:
    """Seconds of each kernel of each layer, in this process."""
    if framework == "torch":
        import torch

        torch.set_num_threads(threads)
        works = torch_works
    else:
        from yeoul import _native

        _native.set_num_threads(threads)
        works = yeoul_works
    return {name: {kind: least_seconds(work) for kind, work in works(LAYERS[name]).items()} for name in names}


def measured(interpreter: str, framework: str, names: list[str], threads: int) -> dict[str, dict[str, float]] | None:
    """What a process of `framework` found; None if it is not installed there."""
    arguments = ["benchmarks.convolutions", "--worker", framework, "--threads", str(threads), "--layers", *names]
    found = answer_of(interpreter, framework, arguments, framework)
    return {name: found[name] for name in names} if found is not None else None


def table(found: dict[str, dict[str, dict[str, float]]], peak: float) -> str:
    """Markdown: milliseconds, share of the peak, and how many times longer torch takes, for each kernel."""
    others = [name for name in found if name != "yeoul"]
    heads = [f"{kind} ms | peak" + "".join(f" | {name}" for name in others) for kind in KINDS]
    lines = ["| layer | " + " | ".join(heads) + " |", "|" + "---|" * (1 + len(KINDS) * (2 + len(others)))]
    for layer, row in found["yeoul"].items():
        cells = []
        for kind in KINDS:
            share = 2.0 * multiply_adds(LAYERS[layer]) / row[kind] / 1e9 / peak
            cells.append(f"{row[kind] * 1e3:.3f} | {share:.0%}")
            cells.extend(f"{found[name][layer][kind] / row[kind]:.2f} ×" for name in others)
        lines.append(f"| {layer} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.convolutions", description=__doc__)
    parser.add_argument("--torch", default=sys.executable, metavar="INTERPRETER")
    parser.add_argument("--layers", nargs="+", default=list(LAYERS), choices=list(LAYERS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write the numbers to this file too")
    parser.add_argument("--worker", choices=("yeoul", "torch"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(work_off(options.worker, options.layers, options.threads)))
        return

    from benchmarks.limits import fma_peak

    peak = 0.0
    found: dict[str, dict[str, dict[str, float]]] = {}
    for _ in range(options.repeats):
        peak = max(peak, fma_peak(options.threads))
        for framework, interpreter in (("yeoul", sys.executable), ("torch", options.torch)):
            run = measured(interpreter, framework, options.layers, options.threads)
            if run is None:
                continue
            best = found.setdefault(framework, run)
            for layer, row in run.items():
                best[layer] = {kind: min(best[layer][kind], seconds) for kind, seconds in row.items()}
    report = {"peak_gflops": peak, "threads": options.threads, "seconds": found}
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"multiply-add peak {peak:.1f} GFLOP/s, threads {options.threads}\n")
    print(table(found, peak))


if __name__ == "__main__":
    main()
