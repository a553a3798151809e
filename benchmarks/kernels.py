"""Single kernels beside torch and a limit of the machine: how they are timed, compared and shown.

A family of kernels is a module that is run with -m. It names its layers, says for each framework what its kernels are, and how near a time is
to the limit. Each framework runs in processes of its own, in turn, and the least time of each kernel counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import answer_of

Works = dict[str, Callable[[], Any]]
Times = dict[str, dict[str, float]]  # by layer and kernel, in seconds


@dataclass(frozen=True)
class Family:
    """Kernels of several layers, and the limit that they are measured against.

    Args:
        module: the module that is run with -m.
        names: the layers.
        works: from a framework and a layer, what to call for each kernel.
        limit: from a number of threads, the limit.
        limit_name: its name, and in what it is measured.
        share: from a layer, a kernel, its seconds and the limit, how much of the limit is reached.
    """

    module: str
    names: Sequence[str]
    works: Callable[[str, str], Works]
    limit: Callable[[int], float]
    limit_name: tuple[str, str]
    share: Callable[[str, str, float, float], float]


def normal(*shapes: Sequence[int]) -> list[np.ndarray]:
    """Operands of these shapes, the same at every call."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape, np.float32) for shape in shapes]


def native_work(inputs: list[Any], outputs: list[Any], arrays: Sequence[np.ndarray]) -> Callable[[], Any]:
    """A call that runs `outputs`, made of the placeholders `inputs`, on arrays, on the native engine."""
    from yeoul import _native
    from yeoul.core import engine
    from yeoul.core.graph import Graph

    program = engine.use("native").compile(Graph(inputs, outputs))
    results = [np.empty(shape, dtype) for shape, dtype in program.outputs]
    run = _native.Instance(program.lowered.program, [None] * (len(inputs) + len(outputs))).run
    return lambda: run([*arrays, *results])


def primitive_work(primitive: Any, *arrays: np.ndarray, **attributes: Any) -> Callable[[], Any]:
    """A call that runs one primitive on arrays, on the native engine."""
    from yeoul.core.tensor import placeholder

    inputs = [placeholder(a.shape, "float32") for a in arrays]
    return native_work(inputs, [primitive(*inputs, **attributes)], arrays)


def main(family: Family, description: str | None) -> None:
    """What `python -m` of a family does."""
    parser = argparse.ArgumentParser(prog=f"python -m {family.module}", description=description)
    parser.add_argument("--torch", default=sys.executable, metavar="INTERPRETER")
    parser.add_argument("--layers", nargs="+", default=list(family.names), choices=list(family.names))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write the numbers to this file too")
    parser.add_argument("--worker", choices=("yeoul", "torch"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(_times(family, options.worker, options.layers, options.threads)))
        return

    limit = 0.0
    found: dict[str, Times] = {}
    for _ in range(options.repeats):
        limit = max(limit, family.limit(options.threads))
        for framework, interpreter in (("yeoul", sys.executable), ("torch", options.torch)):
            arguments = [family.module, "--worker", framework, "--threads", str(options.threads), "--layers"]
            run = answer_of(interpreter, framework, [*arguments, *options.layers], framework)
            if run is None:
                continue
            best = found.setdefault(framework, {name: run[name] for name in options.layers})
            for name, times in best.items():
                best[name] = {kind: min(seconds, run[name][kind]) for kind, seconds in times.items()}
    name, unit = family.limit_name
    report = {name.replace(" ", "_"): limit, "unit": unit, "threads": options.threads, "seconds": found}
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{name} {limit:.1f} {unit}, threads {options.threads}\n")
    print(table(family, found, limit))


def table(family: Family, found: dict[str, Times], limit: float) -> str:
    """Markdown: for each kernel of each layer milliseconds, share of the limit, and how many times longer torch takes."""
    others = [name for name in found if name != "yeoul"]
    heads = ["layer", "kernel", "ms", f"share of the {family.limit_name[0]}", *others]
    lines = ["| " + " | ".join(heads) + " |", "|---|---|" + "--:|" * (len(heads) - 2)]
    for layer, times in found["yeoul"].items():
        for kind, seconds in times.items():
            share = family.share(layer, kind, seconds, limit)
            ratios = [f"{found[name][layer][kind] / seconds:.2f} ×" for name in others]
            lines.append("| " + " | ".join([layer, kind, f"{seconds * 1e3:.3f}", f"{share:.0%}", *ratios]) + " |")
    return "\n".join(lines)


def _times(family: Family, framework: str, names: Sequence[str], threads: int) -> Times:
    """Seconds of each kernel of each layer, in this process."""
    if framework == "torch":
        import torch

        torch.set_num_threads(threads)
    else:
        from yeoul import _native

        _native.set_num_threads(threads)
    return {
        name: {kind: _least_seconds(work) for kind, work in family.works(framework, name).items()} for name in names
    }


def _least_seconds(work: Callable[[], Any], budget: float = 0.15) -> float:
    work()
    found, end = [], time.perf_counter() + budget
    while len(found) < 5 or (time.perf_counter() < end and len(found) < 200):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)
