"""python -m benchmarks: runs every workload with every framework that is installed, and prints ratios.

Each framework runs in processes of its own, in turn with the others, so that a noisy machine is noisy for all. Frameworks that live in
other environments are named with --python, e.g. --python torch=/path/to/venv/bin/python.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.limits import fma_peak, memory_bandwidth

FRAMEWORKS = ("yeoul", "tf.keras", "keras-jax", "torch", "jax-scan", "sklearn")
WORKLOADS = ("xor", "blood_fat", "iris", "fashion", "wide", "one_row")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--python", action="append", default=[], metavar="FRAMEWORK=INTERPRETER")
    parser.add_argument("--frameworks", nargs="+", default=list(FRAMEWORKS), choices=FRAMEWORKS)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="fewer epochs and rows")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "latest.json")
    options = parser.parse_args()
    interpreters = dict(given.split("=", 1) for given in options.python)

    results: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for workload in options.workloads:
        for repeat in range(options.repeats):
            for framework in options.frameworks:
                found = run_one(interpreters.get(framework, sys.executable), framework, workload, options.quick)
                if found is None:
                    continue
                results.setdefault(workload, {}).setdefault(framework, []).append(found)
                print(
                    f"{workload:10s} {framework:10s} {repeat + 1}/{options.repeats}  fit {found['fit_s']:.4f} s",
                    file=sys.stderr,
                    flush=True,
                )

    summary = {
        workload: {framework: medians(runs) for framework, runs in by_framework.items()}
        for workload, by_framework in results.items()
    }
    report = {
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "platform": platform.platform(),
            "python": platform.python_version(),
        },
        "limits": {"fma_gflops": fma_peak(), "memory_gb_s": memory_bandwidth()},
        "quick": options.quick,
        "command": "python -m benchmarks " + " ".join(a for a in sys.argv[1:] if "=" not in a and a != "--python"),
        "workloads": summary,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    print(table(report))
    print("\nWhole processes: start, import, data, every fit.\n")
    print(table(report, "process_s"))


def run_one(interpreter: str, framework: str, workload: str, quick: bool) -> dict[str, Any] | None:
    """One process: what the worker measured, and the time of the whole process. None if the framework is not installed there."""
    started = time.perf_counter()
    command = [interpreter, "-m", "benchmarks.worker", framework, workload, *(["--quick"] if quick else [])]
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
    if framework in ("tf.keras", "keras-jax"):
        environment["KERAS_BACKEND"] = "tensorflow" if framework == "tf.keras" else "jax"
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no message"
        print(f"{workload:10s} {framework:10s} left out: {last}", file=sys.stderr)
        return None
    found = json.loads(done.stdout.strip().splitlines()[-1])
    found["process_s"] = time.perf_counter() - started
    return found


def medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        key: statistics.median(run[key] for run in runs) for key in runs[0] if isinstance(runs[0][key], (int, float))
    }


def processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def table(report: dict[str, Any], key: str = "fit_s") -> str:
    """Markdown: yeoul's seconds, and how many times longer each other framework takes.

    Args:
        key: "fit_s" for the fit alone, "process_s" for whole processes (which run fewer epochs where an epoch is slow).
    """
    names = [f for f in FRAMEWORKS if f != "yeoul" and any(f in row for row in report["workloads"].values())]
    first = "fit of" if key == "fit_s" else "process"
    lines = [f"| {first} | yeoul | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 2)]
    for workload, row in report["workloads"].items():
        if "yeoul" not in row:
            continue
        own = row["yeoul"][key]
        cells = [f"{row[name][key] / own:,.1f} ×" if name in row else "" for name in names]
        shown = f"{own * 1e6:.1f} µs" if own < 1e-3 else f"{own:.3f} s"
        lines.append(f"| {TITLES.get(workload, workload)} | {shown} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


TITLES = {
    "xor": "XOR 2-2-1, batch 1, 5,000 epochs of 4 steps",
    "blood_fat": "blood fat 2-1, 5,000 epochs of 1 step",
    "iris": "iris 4-32-32-32-3, 100 epochs",
    "fashion": "Fashion-MNIST 784-100-30-10, batch 32, 1 epoch of 60,000",
    "wide": "MLP 1024-1024-1024-10, batch 256, 8,192 rows",
    "one_row": "`predict` + `train_on_batch` of one row, 4-32-2",
}

if __name__ == "__main__":
    main()
