"""Frameworks in processes of their own: how they are started, and what is said about the machine they ran on."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def add_options(parser: argparse.ArgumentParser, frameworks: Sequence[str], out: str) -> None:
    """The options that choose frameworks, how often they run, and where the report goes."""
    parser.add_argument("--python", action="append", default=[], metavar="FRAMEWORK=INTERPRETER")
    parser.add_argument("--frameworks", nargs="+", default=list(frameworks), choices=frameworks)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / out)


def interpreters(options: argparse.Namespace) -> dict[str, str]:
    """The interpreter of each framework that lives in another environment."""
    return dict(given.split("=", 1) for given in options.python)


def answer_of(interpreter: str, framework: str, arguments: Sequence[str], label: str) -> dict[str, Any] | None:
    """The last line, JSON, of `python -m arguments`, and the time of the whole process; None if it failed: the framework is not there."""
    started = time.perf_counter()
    path = os.pathsep.join(p for p in (str(ROOT), os.environ.get("PYTHONPATH", "")) if p)
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
    if framework in ("tf.keras", "keras-jax"):
        environment["KERAS_BACKEND"] = "tensorflow" if framework == "tf.keras" else "jax"
    done = subprocess.run(
        [interpreter, "-m", *arguments], capture_output=True, text=True, env=environment, cwd=ROOT, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no message"
        print(f"{label} left out: {last}", file=sys.stderr)
        return None
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return {**found, "process_s": time.perf_counter() - started}


def medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        key: statistics.median(run[key] for run in runs) for key in runs[0] if isinstance(runs[0][key], (int, float))
    }


def machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }


def command(module: str) -> str:
    """The command that was given, without the places of interpreters."""
    return f"python -m {module} " + " ".join(a for a in sys.argv[1:] if "=" not in a and a != "--python")


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()
