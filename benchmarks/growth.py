"""python -m benchmarks.growth: how the cost of training grows with rows, width and batch, beside the machine's limits.

Writes docs/growth.svg and benchmarks/results/growth.json.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

import yeoul
from benchmarks.limits import fma_peak, memory_bandwidth
from yeoul import Input, Sequential, layers
from yeoul.visualization import style

ROOT = Path(__file__).parents[1]


def seconds_of(rows: int, width: int, batch: int) -> float:
    """One epoch of a width-width-width-10 network with Adam, after one epoch to warm up."""
    rng = np.random.default_rng(0)
    x = rng.random((rows, width), np.float32)
    y = rng.integers(0, 10, rows).astype(np.int32)
    hidden = [layers.Dense(width, activation="relu") for _ in range(2)]
    model = Sequential([Input((width,)), *hidden, layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x[: 2 * batch], y[: 2 * batch], batch_size=batch, verbose=0)
    start = time.perf_counter()
    model.fit(x, y, batch_size=batch, verbose=0)
    return time.perf_counter() - start


def flops(rows: int, width: int) -> float:
    # Two products forward, two of weight gradients, one of input gradients; the last layer is small.
    return 2.0 * rows * (5 * width * width + 3 * width * 10)


def main() -> None:
    peak, bandwidth = fma_peak(), memory_bandwidth()
    found: dict[str, list[tuple[int, float, float]]] = {"rows": [], "width": [], "batch": []}
    for rows in (1_000, 10_000, 100_000, 1_000_000):
        found["rows"].append((rows, seconds_of(rows, 64, 32), flops(rows, 64)))
    for width in (16, 64, 256, 1024, 4096):
        rows = 256 * max(4, min(64, 4096 // width))
        found["width"].append((width, seconds_of(rows, width, 256), flops(rows, width)))
    for batch in (1, 4, 16, 64, 256, 1024, 4096):
        rows = min(max(batch * 4, 2048), 16384)
        found["batch"].append((batch, seconds_of(rows, 256, batch), flops(rows, 256)))
    report = {"fma_gflops": peak, "memory_gb_s": bandwidth, "yeoul": yeoul.config.settings(), **found}
    (ROOT / "benchmarks" / "results").mkdir(exist_ok=True)
    (ROOT / "benchmarks" / "results" / "growth.json").write_text(json.dumps(report, indent=1, default=str) + "\n")
    draw(found, peak, bandwidth, ROOT / "docs" / "growth.svg")


def draw(found: dict, peak: float, bandwidth: float, path: Path) -> None:
    figure = style.figure(12.5, 3.9)
    titles = {"rows": "rows (width 64, batch 32)", "width": "width (batch 256)", "batch": "batch (width 256)"}
    for ax, (name, points) in zip(figure.subplots(1, 3), found.items(), strict=True):
        sizes = [p[0] for p in points]
        ax.plot(sizes, [p[2] / p[1] / 1e9 for p in points], color=style.BLUE, marker="o", label="yeoul")
        ax.axhline(peak, color=style.ORANGE, linestyle="--", linewidth=1.2, label="multiply-add peak")
        if name != "rows":
            # Adam reads and writes a weight and its two slots, 24 bytes, for 5 operations a weight and sample of the batch.
            batches = sizes if name == "batch" else [256] * len(sizes)
            ax.plot(
                sizes,
                [bandwidth * 5 * b / 24 for b in batches],
                color=style.GREY,
                linestyle=":",
                label="memory bandwidth (Adam)",
            )
        ax.set_xscale("log", base=2 if name != "rows" else 10)
        ax.set_yscale("log")
        ax.set_xlabel(titles[name])
        ax.set_ylabel("GFLOP/s of the whole step")
        style.clean(ax)
        ax.legend(frameon=False, fontsize=8)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path)


if __name__ == "__main__":
    main()
