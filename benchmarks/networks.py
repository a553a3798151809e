"""python -m benchmarks.networks: whole networks, training and inference, beside other frameworks and the machine's limit.

Time and peak memory of a step of training, and of one image through the network. Each run is a process of its own, in turn with the
others. Frameworks that live in other environments are named with --python, e.g. --python torch=/path/to/venv/bin/python.
PyTorch runs with both orders of axes, and the faster one counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from typing import Any

from benchmarks.keras_networks import SETTINGS, setting_of
from benchmarks.limits import fma_peak
from benchmarks.network_worker import FORMATS, FRAMEWORKS, KINDS
from benchmarks.processes import add_options, answer_of, command, interpreters, machine

Runs = dict[str, list[dict[str, Any]]]


def measure(options: argparse.Namespace) -> tuple[dict[str, dict[str, Runs]], float]:
    """What all processes found, by network, kind and framework (and format), and the multiply-add peak in GFLOP/s."""
    pythons = interpreters(options)
    found: dict[str, dict[str, Runs]] = {}
    missing: set[tuple[str, ...]] = set()
    peak = 0.0
    for repeat in range(options.repeats):
        for network in options.networks:
            peak = max(peak, fma_peak(options.threads))  # often, since other work on the machine hides it
            for kind in [k for k in options.kinds if k != "whole" or network == "fashion_cnn"]:
                for framework in options.frameworks:
                    if framework == "onnxruntime" and kind != "infer":
                        continue
                    for form in FORMATS if framework == "torch" else ("",):
                        name = f"{framework} {form}".strip()
                        if (network, kind, name) in missing:
                            continue
                        label = f"{network:12s} {kind:6s} {name:20s}"
                        arguments = ["benchmarks.network_worker", framework, network, kind]
                        arguments += ["--format", form] if form else []
                        arguments += ["--threads", str(options.threads)] if options.threads else []
                        arguments += ["--quick"] if options.quick else []
                        run = answer_of(pythons.get(framework, sys.executable), framework, arguments, label)
                        if run is None:
                            missing.add((network, kind, name))
                            continue
                        found.setdefault(network, {}).setdefault(kind, {}).setdefault(name, []).append(run)
                        shown = f"{statistics.median(run['seconds']) * 1e3:.2f} ms"
                        print(f"{label} {repeat + 1}/{options.repeats}  {shown}", file=sys.stderr, flush=True)
    return found, peak


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Median and least seconds over all runs of a framework, and medians of the other numbers."""
    seconds = [s for run in runs for s in run["seconds"]]
    numbers = {
        key: statistics.median(run[key] for run in runs)
        for key in ("memory_mb", "first_s", "planned_mb", "flops", "parameters", "process_s")
        if runs[0].get(key) is not None
    }
    return {"median_s": statistics.median(seconds), "least_s": min(seconds), **numbers}


def best_of_formats(row: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """`row` with the faster format of torch as "torch", besides both."""
    formats = {name: found for name, found in row.items() if name.startswith("torch ")}
    if not formats:
        return row
    name, best = min(formats.items(), key=lambda item: item[1]["median_s"])
    return {**row, "torch": {**best, "format": name.removeprefix("torch ")}}


def different_parameters(rows: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """Kinds in which a framework's network has other parameters than yeoul's: it is another network."""
    return [
        f"{kind}: {name} has {int(found['parameters']):,} parameters, and yeoul {int(row['yeoul']['parameters']):,}"
        for kind, row in rows.items()
        for name, found in row.items()
        if "yeoul" in row and "parameters" in found and found["parameters"] != row["yeoul"]["parameters"]
    ]


def time_table(report: dict[str, Any], kind: str) -> str:
    """Markdown: yeoul's time, how long the definition's multiply-adds take at the peak, and how many times longer each other framework takes.

    Convolutions that need fewer multiply-adds than their definition may have more than all of the peak.
    """
    names = _others(report, kind)
    share = "" if kind == "whole" else " plain arithmetic | share of the peak |"
    lines = [f"| {_HEADS[kind]} | yeoul |{share} " + " | ".join(names) + " |"]
    lines.append("|" + "---|" * (len(names) + (2 if kind == "whole" else 4)))
    for network, kinds in report["networks"].items():
        row = kinds.get(kind, {})
        if "yeoul" not in row:
            continue
        own = row["yeoul"]["median_s"]
        cells = [_shown(own)]
        if kind != "whole":
            limit = row["yeoul"]["flops"] / report["limits"]["fma_gflops"] / 1e9
            cells += [_shown(limit), f"{limit / own:.0%}"]
        cells += [f"{row[name]['median_s'] / own:.2f} ×" if name in row else "" for name in names]
        lines.append(f"| {_title(report, network, kind)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def memory_table(report: dict[str, Any], kind: str) -> str:
    """Markdown: peak memory beyond what stood before the model was made, in yeoul as measured and as planned, and ratios."""
    names = _others(report, kind)
    lines = [f"| memory, {_HEADS[kind]} | yeoul | its plan | " + " | ".join(names) + " |"]
    lines.append("|" + "---|" * (len(names) + 3))
    for network, kinds in report["networks"].items():
        row = kinds.get(kind, {})
        own = row.get("yeoul", {}).get("memory_mb")
        if not own:
            continue
        cells = [f"{own:,.0f} MB", f"{row['yeoul']['planned_mb']:,.0f} MB"]
        cells += [f"{row[n]['memory_mb'] / own:.2f} ×" if row.get(n, {}).get("memory_mb") else "" for n in names]
        lines.append(f"| {_title(report, network, kind)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


_HEADS = {"train": "step of training", "infer": "inference of one image", "whole": "whole first `fit`"}


def _others(report: dict[str, Any], kind: str) -> list[str]:
    rows = [kinds.get(kind, {}) for kinds in report["networks"].values()]
    return [name for name in FRAMEWORKS if name != "yeoul" and any(name in row for row in rows)]


def _title(report: dict[str, Any], network: str, kind: str) -> str:
    setting = setting_of(network, report["quick"])
    batch = "" if kind == "infer" else f", batch {setting.batch}"
    return f"{setting.title}, {setting.image[0]} x {setting.image[1]}{batch}"


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.networks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser, FRAMEWORKS, "networks.json")
    parser.add_argument("--networks", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--threads", type=int, help="processors that each process may use; all of them if not given")
    parser.add_argument("--quick", action="store_true", help="small images and few steps, to see that all runs")
    options = parser.parse_args()
    found, peak = measure(options)
    networks = {
        network: {
            kind: best_of_formats({name: summary(runs) for name, runs in row.items()}) for kind, row in kinds.items()
        }
        for network, kinds in found.items()
    }
    report = {
        "machine": machine(),
        "limits": {"fma_gflops": peak},
        "quick": options.quick,
        "threads": options.threads,
        "command": command("benchmarks.networks"),
        "networks": networks,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    for network, rows in networks.items():
        for difference in different_parameters(rows):
            print(f"{network} is not the same network everywhere, {difference}", file=sys.stderr)
    print(f"multiply-add peak {peak:.0f} GFLOP/s")
    for kind in options.kinds:
        if any(kind in kinds for kinds in networks.values()):
            print("\n" + time_table(report, kind))
            if kind != "whole":
                print("\n" + memory_table(report, kind))


if __name__ == "__main__":
    main()
