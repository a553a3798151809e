"""The benchmark of whole networks: what it counts, what a small run of yeoul gives, and the tables."""

import json
import subprocess
import sys

import numpy as np
import pytest
from benchmarks.keras_networks import SETTINGS, multiply_adds, setting_of

import yeoul
from benchmarks import keras_networks, network_worker, networks, processes

#: Trainable parameters.
PARAMETERS = {"fashion_cnn": 333_526, "resnet20": 272_474, "mobilenet_v2": 3_504_872, "resnet50": 25_583_592}


@pytest.fixture(scope="module")
def models():
    return {name: keras_networks.make(yeoul, name, setting_of(name, quick=False)) for name in SETTINGS}


@pytest.mark.parametrize("network", SETTINGS)
def test_networks_have_these_parameters(network, models):
    assert sum(v.size for v in models[network].trainable_variables) == PARAMETERS[network]


@pytest.mark.parametrize("network", SETTINGS)
def test_networks_in_torch_are_the_same(network):
    pytest.importorskip("torch")
    from benchmarks import torch_networks

    model = torch_networks.make(network, SETTINGS[network])
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS[network]


def test_multiply_adds(models):
    forward, training = multiply_adds(models["fashion_cnn"])
    first, second = 28 * 28 * 9 * 32, 14 * 14 * 9 * 32 * 64
    assert forward == first + second + 3136 * 100 + 100 * 10
    assert training == 3 * forward - first
    assert multiply_adds(models["mobilenet_v2"])[0] / 1e6 == pytest.approx(300, abs=1)  # Sandler et al. 2018, table 4
    assert multiply_adds(models["resnet50"])[0] / 1e9 == pytest.approx(3.86, abs=0.01)  # He et al. 2015, table 1: 3.8


@pytest.mark.parametrize("network", SETTINGS)
def test_a_small_run(network, monkeypatch):
    small = keras_networks.Setting("small", (32, 32, 3), 10, 2, SETTINGS[network].optimizer, 2)
    monkeypatch.setattr(network_worker, "setting_of", lambda network, quick: small)
    for kind in ("train", "infer"):
        found = network_worker.keras_like(network_worker.Measured(network, kind, quick=True), yeoul)
        assert len(found["seconds"]) == 2 and min(found["seconds"]) > 0 and found["first_s"] > 0
        assert found["planned_mb"] > 0 and found["flops"] > 0
    json.dumps(found)


def test_the_command_measures_and_writes_a_report(tmp_path):
    out = tmp_path / "report.json"
    command = [sys.executable, "-m", "benchmarks.networks", "--quick", "--repeats", "1", "--frameworks", "yeoul"]
    done = subprocess.run(
        [*command, "--networks", "fashion_cnn", "--out", out],
        cwd=processes.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert report["quick"] is True and report["limits"]["fma_gflops"] > 0
    assert set(report["networks"]["fashion_cnn"]) == {"train", "infer", "whole"}
    row = report["networks"]["fashion_cnn"]["train"]["yeoul"]
    assert 0 < row["least_s"] <= row["median_s"] and row["parameters"] == PARAMETERS["fashion_cnn"]
    assert "| step of training | yeoul | plain arithmetic | share of the peak |" in done.stdout
    if row.get("memory_mb") is not None:
        assert row["memory_mb"] > 0.8 * row["planned_mb"]  # the plan is no more than what was taken


def found(seconds, memory, **more):
    return {"seconds": seconds, "memory_mb": memory, "first_s": 1.0, "parameters": 10, "process_s": 2.0, **more}


def report():
    rows = {
        "yeoul": [
            found([0.002, 0.003], 20.0, flops=1e8, planned_mb=15.0),
            found([0.002], 20.0, flops=1e8, planned_mb=15.0),
        ],
        "torch channels_last": [found([0.006], 80.0)],
        "torch contiguous": [found([0.004], 60.0)],
    }
    row = networks.best_of_formats({name: networks.summary(runs) for name, runs in rows.items()})
    return {"quick": False, "limits": {"fma_gflops": 100.0}, "networks": {"fashion_cnn": {"train": row}}}


def test_tables_compare_with_the_faster_format_of_torch():
    made = report()
    assert made["networks"]["fashion_cnn"]["train"]["torch"]["format"] == "contiguous"
    title = "| Fashion CNN 32C3-P-64C3-P-100, 28 x 28, batch 32 |"
    assert networks.time_table(made, "train").splitlines()[2] == f"{title} 2.00 ms | 1.00 ms | 50% | 2.00 × |"
    assert networks.memory_table(made, "train").splitlines()[2] == f"{title} 20 MB | 15 MB | 3.00 × |"
    assert networks.time_table(made, "infer").count("\n") == 1
    heads, rule, row = (line.count("|") for line in networks.time_table(made, "train").splitlines())
    assert heads == rule == row


def test_another_network_is_noticed():
    rows = report()["networks"]["fashion_cnn"]
    assert networks.different_parameters(rows) == []
    rows["train"]["torch"]["parameters"] = np.float64(11)
    assert networks.different_parameters(rows) == [
        "train: torch has 11 parameters, and yeoul 10",
    ]
