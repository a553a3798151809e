"""One framework on one workload, in a process of its own. Prints a line of JSON."""

from __future__ import annotations

import itertools
import json
import resource
import sys
import time
from typing import Any

import numpy as np

Layers = list[tuple[int, str]]


class Work:
    """Data and network of a workload."""

    def __init__(self, name: str, quick: bool):
        rng = np.random.default_rng(0)
        self.loss = "sparse"
        self.shuffle = True
        if name == "xor":
            self.x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
            self.y = np.array([[0], [1], [1], [0]], np.float32)
            self.layers: Layers = [(2, "sigmoid"), (1, "sigmoid")]
            self.optimizer, self.rate, self.loss = "sgd", 0.1, "mse"
            self.batch, self.epochs, self.peer_epochs = 1, 5000, 50 if quick else 200
        elif name == "blood_fat":
            self.x = rng.uniform(20, 90, (25, 2)).astype(np.float32)
            self.y = (self.x @ np.array([[0.5], [5.0]], np.float32)) + 80
            self.layers = [(1, "linear")]
            self.optimizer, self.rate, self.loss = "rmsprop", 0.001, "mse"
            self.batch, self.epochs, self.peer_epochs = 25, 5000, 50 if quick else 200
        elif name == "iris":
            self.x = rng.normal(size=(150, 4)).astype(np.float32)
            self.y = rng.integers(0, 3, 150).astype(np.int32)
            self.layers = [(32, "relu")] * 3 + [(3, "softmax")]
            self.optimizer, self.rate = "adam", 0.001
            self.batch, self.epochs, self.peer_epochs = 32, 100, 20 if quick else 100
        elif name == "fashion":
            rows = 6000 if quick else 60000
            self.x = rng.random((rows, 784), np.float32)
            self.y = rng.integers(0, 10, rows).astype(np.int32)
            self.layers = [(100, "relu"), (30, "relu"), (10, "softmax")]
            self.optimizer, self.rate = "adam", 0.001
            self.batch, self.epochs, self.peer_epochs = 32, 1, 1
        elif name == "wide":
            rows = 1024 if quick else 8192
            self.x = rng.random((rows, 1024), np.float32)
            self.y = rng.integers(0, 10, rows).astype(np.int32)
            self.layers = [(1024, "relu"), (1024, "relu"), (10, "softmax")]
            self.optimizer, self.rate = "adam", 0.001
            self.batch, self.epochs, self.peer_epochs = 256, 1, 1
        else:
            self.x = rng.random((1, 4), np.float32)
            self.y = np.zeros((1,), np.int32)
            self.layers = [(32, "relu"), (2, "softmax")]
            self.optimizer, self.rate = "adam", 0.001
            self.batch, self.epochs, self.peer_epochs = 1, 1, 1

    @property
    def flops_an_epoch(self) -> float:
        sizes = [self.x.shape[1], *[units for units, _ in self.layers]]
        pairs = [a * b for a, b in itertools.pairwise(sizes)]
        return 2.0 * len(self.x) * (3 * sum(pairs) - pairs[0])


def peak_memory() -> float:
    """Resident memory at its highest, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def keras_like(work: Work, keras: Any, one_row: bool, epochs: int) -> dict[str, float]:
    """yeoul and Keras are driven by the same lines."""
    layers = [keras.layers.Dense(units, activation=activation) for units, activation in work.layers]
    model = keras.Sequential([keras.layers.Input((work.x.shape[1],)), *layers])
    optimizer = {"sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}[
        work.optimizer
    ](work.rate)
    loss = "mse" if work.loss == "mse" else "sparse_categorical_crossentropy"
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"] if work.loss != "mse" else None)
    if one_row:
        return one_row_of(lambda: model.predict(work.x, verbose=0), lambda: model.train_on_batch(work.x, work.y))
    before = peak_memory()
    start = time.perf_counter()
    model.fit(work.x, work.y, batch_size=work.batch, epochs=1, verbose=0)
    first = time.perf_counter() - start
    times = []
    for _ in range(3):
        start = time.perf_counter()
        model.fit(work.x, work.y, batch_size=work.batch, epochs=epochs, verbose=0)
        times.append(time.perf_counter() - start)
    return {"fit_s": min(times) * work.epochs / epochs, "first_fit_s": first, "memory_mb": peak_memory() - before}


def one_row_of(predict: Any, train: Any) -> dict[str, float]:
    times = []
    for step in (predict, train):
        for _ in range(5):
            step()
        count = 0
        start = time.perf_counter()
        while time.perf_counter() - start < 0.5:
            step()
            count += 1
        times.append((time.perf_counter() - start) / count)
    return {"fit_s": sum(times), "predict_s": times[0], "train_on_batch_s": times[1]}


def run_torch(work: Work, one_row: bool) -> dict[str, float]:
    import torch
    from torch import nn

    kinds = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}
    parts: list[Any] = []
    size = work.x.shape[1]
    for units, activation in work.layers:
        parts.append(nn.Linear(size, units))
        if activation in kinds:
            parts.append(kinds[activation]())
        size = units
    model = nn.Sequential(*parts)
    optimizer = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}[work.optimizer](
        model.parameters(), lr=work.rate
    )
    loss_of = nn.MSELoss() if work.loss == "mse" else nn.CrossEntropyLoss()
    x, y = torch.from_numpy(work.x), torch.from_numpy(work.y if work.loss == "mse" else work.y.astype(np.int64))

    def step(rows: Any) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss_of(model(x[rows]), y[rows]).backward()
        optimizer.step()

    if one_row:

        def predict() -> Any:
            with torch.inference_mode():
                return model(x).numpy()

        return one_row_of(predict, lambda: step(slice(0, 1)))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(work.peer_epochs):
            order = torch.randperm(len(x))
            for at in range(0, len(x), work.batch):
                step(order[at : at + work.batch])
        times.append(time.perf_counter() - start)
    return {"fit_s": min(times) * work.epochs / work.peer_epochs}


def run_jax_scan(work: Work) -> dict[str, float]:
    """The whole epoch as one jax.lax.scan, written by hand; compilation is not counted in fit_s."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(1)
    sizes = [work.x.shape[1], *[units for units, _ in work.layers]]
    params = [
        (jnp.asarray(rng.uniform(-1, 1, (a, b)).astype(np.float32) * np.sqrt(6 / (a + b))), jnp.zeros(b))
        for a, b in itertools.pairwise(sizes)
    ]
    kinds = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "linear": lambda v: v, "softmax": lambda v: v}

    def loss_of(params: Any, x: Any, y: Any) -> Any:
        for (w, b), (_, activation) in zip(params, work.layers, strict=True):
            x = kinds[activation](x @ w + b)
        if work.loss == "mse":
            return jnp.mean((x - y) ** 2)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1))

    steps = len(work.x) // work.batch

    def update(w: Any, g: Any, m: Any, v: Any, t: Any) -> Any:
        if work.optimizer == "sgd":
            return w - work.rate * g, m, v
        if work.optimizer == "rmsprop":
            v = 0.9 * v + 0.1 * g * g
            return w - work.rate * g / jnp.sqrt(v + 1e-7), m, v
        m, v = m + 0.1 * (g - m), v + 0.001 * (g * g - v)
        return w - work.rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (jnp.sqrt(v) + 1e-7), m, v

    x, y = jnp.asarray(work.x), jnp.asarray(work.y)

    def step(state: Any, rows: Any) -> Any:
        params, ms, vs, t = state
        grads = jax.grad(loss_of)(params, x[rows], y[rows])
        flat, tree = jax.tree.flatten(params)
        new = [
            update(*leaf, t)
            for leaf in zip(flat, jax.tree.leaves(grads), jax.tree.leaves(ms), jax.tree.leaves(vs), strict=True)
        ]
        parts = [jax.tree.unflatten(tree, [n[i] for n in new]) for i in range(3)]
        return (*parts, t + 1), None

    def epoch(carry: Any, _: Any) -> Any:
        state, key = carry
        key, own = jax.random.split(key)
        order = jax.random.permutation(own, len(work.x))[: steps * work.batch].reshape(steps, work.batch)
        return (jax.lax.scan(step, state, order)[0], key), None

    run = jax.jit(lambda carry: jax.lax.scan(epoch, carry, None, length=work.epochs)[0])
    zeros = jax.tree.map(jnp.zeros_like, params)
    carry = ((params, zeros, zeros, jnp.float32(1)), jax.random.key(0))
    start = time.perf_counter()
    jax.block_until_ready(run(carry))
    first = time.perf_counter() - start
    times = []
    for _ in range(3):
        start = time.perf_counter()
        jax.block_until_ready(run(carry))
        times.append(time.perf_counter() - start)
    return {"fit_s": min(times), "compile_s": first - min(times)}


def run_sklearn(work: Work) -> dict[str, float]:
    from sklearn.neural_network import MLPClassifier

    if work.loss == "mse" or len(work.x) == 1:
        raise SystemExit("MLPClassifier has no counterpart of this workload")
    hidden = tuple(units for units, _ in work.layers[:-1])
    model = MLPClassifier(
        hidden, batch_size=work.batch, max_iter=work.epochs, solver="adam", alpha=0, n_iter_no_change=10**6, tol=0
    )
    start = time.perf_counter()
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(work.x, work.y)
    return {"fit_s": time.perf_counter() - start}


def main() -> None:
    framework, name = sys.argv[1:3]
    work = Work(name, "--quick" in sys.argv)
    one_row = name == "one_row"
    start = time.perf_counter()
    if framework == "yeoul":
        import yeoul

        imported = time.perf_counter() - start
        found = keras_like(work, yeoul, one_row, work.epochs)
    elif framework in ("tf.keras", "keras-jax"):
        import keras

        imported = time.perf_counter() - start
        found = keras_like(work, keras, one_row, work.peer_epochs)
    elif framework == "torch":
        import torch  # noqa: F401

        imported = time.perf_counter() - start
        found = run_torch(work, one_row)
    elif framework == "jax-scan":
        if one_row:
            raise SystemExit("a scan has no single row")
        import jax  # noqa: F401

        imported = time.perf_counter() - start
        found = run_jax_scan(work)
    else:
        import sklearn  # noqa: F401

        imported = time.perf_counter() - start
        found = run_sklearn(work)
    if name in ("fashion", "wide"):
        found["gflops"] = work.flops_an_epoch * work.epochs / found["fit_s"] / 1e9
    print(json.dumps({**found, "import_s": imported}))


if __name__ == "__main__":
    main()
