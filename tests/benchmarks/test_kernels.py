"""The benchmarks of single kernels: that small ones run, what is counted of them, the table, and the command."""

import json
import subprocess
import sys

import pytest
from benchmarks.kernels import table

from benchmarks import convolutions, memory_bound, processes

SMALL = {
    "small max 2x2/2": (4, 8, 2, 2, 2),
    "small max 3x3/2": (5, 8, 3, 2, 2),
    "small average 3x3": (5, 8, 3, 1, 2),
    "small average 4x4": (4, 8, 4, 1, 2),
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(memory_bound, "POOLING", SMALL)
    shapes = {"small batch normalization": (2, 4, 4, 8), "small layer normalization": (2, 4, 4, 8)}
    monkeypatch.setattr(memory_bound, "NORMALIZATION", shapes)
    monkeypatch.setattr(convolutions, "LAYERS", {"small depthwise": (4, 8, 8, 3, 1, True, 8, 2)})
    return [*SMALL, *shapes, "small depthwise"]


def test_small_kernels_run(small):
    for name in small:
        works = memory_bound.works("yeoul", name)
        assert len(works) == (3 if "depthwise" in name else 2)
        for kind, work in works.items():
            work()
            assert memory_bound.moved_bytes(name, kind) > 0


def test_bytes_that_are_moved_at_least(small):
    x = 2 * 4 * 4 * 8 * 4
    assert memory_bound.moved_bytes("small max 2x2/2", "forward") == x + x / 4
    assert memory_bound.moved_bytes("small max 2x2/2", "gradient") == 2 * (x + x / 4)  # x, y and dy to dx
    assert memory_bound.moved_bytes("small batch normalization", "gradient") == 5 * x
    assert memory_bound.moved_bytes("small layer normalization", "gradient") == 3 * x
    assert memory_bound.moved_bytes("small depthwise", "forward") == 2 * x + 9 * 8 * 4


def test_multiply_adds_of_a_layer():
    assert convolutions.multiply_adds((8, 3, 16, 3, 2, True, 1, 5)) == 5 * 4 * 4 * 9 * 3 * 16


def test_the_table(small):
    found = {"yeoul": {"small max 2x2/2": {"forward": 1e-6}}, "torch": {"small max 2x2/2": {"forward": 3e-6}}}
    rows = table(memory_bound.FAMILY, found, 2.56).splitlines()
    assert rows[0] == "| layer | kernel | ms | share of the memory bandwidth | torch |"
    assert rows[2] == "| small max 2x2/2 | forward | 0.001 | 50% | 3.00 × |"


def test_the_command_writes_a_report(tmp_path):
    out, layer = tmp_path / "report.json", "Fashion 26 32 max 2x2/2"
    command = [sys.executable, "-m", "benchmarks.memory_bound", "--repeats", "1", "--layers", layer, "--out", out]
    done = subprocess.run(command, cwd=processes.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert report["memory_bandwidth"] > 0 and report["unit"] == "GB/s" and report["threads"] == 1
    assert set(report["seconds"]["yeoul"][layer]) == {"forward", "gradient"}
    assert f"| {layer} | gradient |" in done.stdout
