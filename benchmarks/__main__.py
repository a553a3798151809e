"""python -m benchmarks: runs every workload with every framework that is installed, and prints ratios.

Each framework runs in processes of its own, in turn with the others, so that a noisy machine is noisy for all. Frameworks that live in
other environments are named with --python, e.g. --python torch=/path/to/venv/bin/python.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmarks.limits import fma_peak, memory_bandwidth
from benchmarks.processes import add_options, answer_of, command, interpreters, machine, medians

FRAMEWORKS = ("yeoul", "tf.keras", "keras-jax", "torch", "jax-scan", "sklearn")
WORKLOADS = ("xor", "blood_fat", "iris", "fashion", "wide", "one_row")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add_options(parser, FRAMEWORKS, "latest.json")
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    parser.add_argument("--quick", action="store_true", help="fewer epochs and rows")
    options = parser.parse_args()
    pythons = interpreters(options)

    results: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for workload in options.workloads:
        for repeat in range(options.repeats):
            for framework in options.frameworks:
                arguments = ["benchmarks.worker", framework, workload, *(["--quick"] if options.quick else [])]
                label = f"{workload:10s} {framework:10s}"
                found = answer_of(pythons.get(framework, sys.executable), framework, arguments, label)
                if found is None:
                    continue
                results.setdefault(workload, {}).setdefault(framework, []).append(found)
                print(
                    f"{label} {repeat + 1}/{options.repeats}  fit {found['fit_s']:.4f} s", file=sys.stderr, flush=True
                )

    summary = {
        workload: {framework: medians(runs) for framework, runs in by_framework.items()}
        for workload, by_framework in results.items()
    }
    report = {
        "machine": machine(),
        "limits": {"fma_gflops": fma_peak(), "memory_gb_s": memory_bandwidth()},
        "quick": options.quick,
        "command": command("benchmarks"),
        "workloads": summary,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    print(table(report))
    print("\nWhole processes: start, import, data, every fit.\n")
    print(table(report, "process_s"))


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
