"""One network in one framework, in a process of its own: `train`, `infer` or `whole`. Prints a line of JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.keras_networks import SETTINGS, Setting, make, multiply_adds, setting_of

#: "train" is steps of training, "infer" one image through the network, "whole" a first `fit` of 60,000 images from the model on.
KINDS = ("train", "infer", "whole")
FORMATS = ("channels_last", "contiguous")
FRAMEWORKS = ("yeoul", "tf.keras", "keras-jax", "torch", "onnxruntime")


def resident(kind: str) -> float | None:
    """MB of resident memory, now ("VmRSS") or at its highest ("VmHWM"); None where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(kind + ":")), None)


def times_of(work: Callable[[], Any], count: int) -> list[float]:
    found = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


class Measured:
    """One run of a network: data, and what is measured around its model."""

    def __init__(self, network: str, kind: str, quick: bool):
        self.network, self.kind, self.quick = network, kind, quick
        self.setting: Setting = setting_of(network, quick)
        rng = np.random.default_rng(0)
        rows = 1 if kind == "infer" else self.setting.batch * self.setting.steps
        if kind == "whole" and not quick:
            rows = 60000
        self.x = rng.random((rows, *self.setting.image), np.float32)
        self.y = rng.integers(0, self.setting.classes, rows).astype(np.int32)

    @property
    def repeats(self) -> int:
        return 2 if self.quick else 3 if self.kind == "train" else 10

    def run(self, prepare: Callable[[], tuple[Callable[[Any, Any], Any], Callable[[Any], Any]]]) -> dict[str, Any]:
        """Times and memory.

        Args:
            prepare: makes the model; returns what trains an epoch on (x, y), and what gives outputs for x.
        """
        before, start = resident("VmRSS"), time.perf_counter()
        fit, infer = prepare()
        batch = self.setting.batch
        if self.kind == "whole":
            fit(self.x, self.y)
            found: dict[str, Any] = {"seconds": [time.perf_counter() - start]}
        elif self.kind == "train":
            fit(self.x[:batch], self.y[:batch])
            found = {"first_s": time.perf_counter() - start}
            times = times_of(lambda: fit(self.x, self.y), self.repeats)
            found["seconds"] = [seconds / self.setting.steps for seconds in times]
        else:
            infer(self.x)
            found = {"first_s": time.perf_counter() - start}
            infer(self.x)
            found["seconds"] = times_of(lambda: infer(self.x), self.repeats)
        after = resident("VmHWM")
        return {**found, "memory_mb": after - before if after is not None and before is not None else None}


def keras_like(run: Measured, keras: Any) -> dict[str, Any]:
    """yeoul and Keras are driven by the same lines."""
    # What a framework loads when it is first used is none of the network's memory.
    keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).predict_on_batch(np.zeros((1, 1), np.float32))
    made: list[Any] = []

    def prepare() -> Any:
        model = make(keras, run.network, run.setting)
        made.append(model)
        if run.kind != "infer":
            model.compile(optimizer=run.setting.optimizer, loss="sparse_categorical_crossentropy")
        fit = lambda x, y: model.fit(x, y, batch_size=run.setting.batch, verbose=0)  # noqa: E731
        return fit, model.predict_on_batch

    found = run.run(prepare)
    model = made[0]
    found["parameters"] = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    if hasattr(model, "memory_plan"):
        plan = model.memory_plan(1 if run.kind == "infer" else run.setting.batch)
        found["planned_mb"] = plan.total / 2**20
        forward, training = multiply_adds(model)
        found["flops"] = 2.0 * (forward if run.kind == "infer" else training * run.setting.batch)
    return found


def torch_run(run: Measured, form: str) -> dict[str, Any]:
    import torch

    from benchmarks import torch_networks

    layout = torch.channels_last if form == "channels_last" else torch.contiguous_format
    # One image, or all of them, as torch's data sets give them: channels before rows.
    run.x = torch.from_numpy(np.ascontiguousarray(run.x.transpose(0, 3, 1, 2))).contiguous(memory_format=layout)
    run.y = torch.from_numpy(run.y.astype(np.int64))
    torch.nn.Linear(1, 1)(torch.zeros(1, 1))
    made: list[Any] = []

    def prepare() -> Any:
        model = torch_networks.make(run.network, run.setting).to(memory_format=layout)
        made.append(model)
        kind = torch.optim.Adam if run.setting.optimizer == "adam" else torch.optim.SGD
        optimizer = kind(model.parameters(), lr=0.001 if run.setting.optimizer == "adam" else 0.01)
        loss_of = torch.nn.CrossEntropyLoss()

        def fit(x: Any, y: Any) -> None:
            model.train()
            order = torch.randperm(len(x))
            for start in range(0, len(x), run.setting.batch):
                rows = order[start : start + run.setting.batch]
                optimizer.zero_grad(set_to_none=True)
                loss_of(model(x[rows]), y[rows]).backward()
                optimizer.step()

        def infer(x: Any) -> Any:
            model.eval()
            with torch.inference_mode():
                return model(x).numpy()

        return fit, infer

    found = run.run(prepare)
    return {**found, "parameters": sum(p.numel() for p in made[0].parameters())}


def onnx_run(run: Measured) -> dict[str, Any]:
    import onnxruntime

    if run.kind != "infer":
        raise SystemExit("ONNX Runtime is for inference")
    run.x = np.ascontiguousarray(run.x.transpose(0, 3, 1, 2))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "network.onnx")
        # Another process writes the file, so that PyTorch's memory is not counted.
        arguments = ["benchmarks.torch_networks", run.network, path, *(["--quick"] if run.quick else [])]
        subprocess.run([sys.executable, "-m", *arguments], check=True, capture_output=True)

        def prepare() -> Any:
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            name = session.get_inputs()[0].name
            return None, lambda x: session.run(None, {name: x})

        return run.run(prepare)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network_worker", description=__doc__)
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("network", choices=list(SETTINGS))
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="the order of axes in torch")
    parser.add_argument("--threads", type=int, help="processors that this process may use")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.threads is not None and hasattr(os, "sched_setaffinity"):  # before a framework counts them
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    run = Measured(options.network, options.kind, options.quick)
    if options.framework == "torch":
        found = torch_run(run, options.format)
    elif options.framework == "onnxruntime":
        found = onnx_run(run)
    elif options.framework == "yeoul":
        import yeoul

        found = keras_like(run, yeoul)
    else:
        import keras

        found = keras_like(run, keras)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
