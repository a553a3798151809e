"""Writes golden_activations.json: every activation of real Keras 3, its values and its gradient.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/activations/record_golden.py
"""

import json
from pathlib import Path

import numpy as np

#: Activation and arguments; those not named here are recorded as they are.
OPTIONS = {
    "celu": [{}, {"alpha": 0.5}], "elu": [{}, {"alpha": 0.3}], "gelu": [{}, {"approximate": True}], "glu": [{}, {"axis": 0}],
    "hard_shrink": [{}, {"threshold": 1.0}], "leaky_relu": [{}, {"negative_slope": 0.05}], "log_softmax": [{}, {"axis": 0}],
    "relu": [{}, {"negative_slope": 0.1}, {"max_value": 1.0}, {"threshold": 0.7},
             {"negative_slope": 0.1, "max_value": 1.5, "threshold": 0.3}],
    "soft_shrink": [{}, {"threshold": 1.0}], "softmax": [{}, {"axis": 0}], "squareplus": [{}, {"b": 2}],
    "threshold": [{"threshold": 0.4, "default_value": -7.0}],
}  # fmt: skip


def inputs() -> tuple[np.ndarray, np.ndarray]:
    """Points on both sides of every corner, some far out, and the weights of the sum whose gradient is recorded."""
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.normal(size=20) * 1.5, [-30.0, 30.0, -8.0, 8.0, 0.1, -0.1, 1e-3, -1e-3, 3.5, -3.5, 0.99, -1.01]]
    )
    return x.reshape(4, 8).astype(np.float32), rng.normal(size=(4, 8)).astype(np.float32)


def weights_of(y: np.ndarray) -> np.ndarray:
    return inputs()[1].ravel()[: y.size].reshape(y.shape)


def cases(names: list[str]) -> list[tuple[str, dict]]:
    return [(name, options) for name in names for options in OPTIONS.get(name, [{}])]


def main() -> None:
    import keras
    import tensorflow as tf

    names = [name for name in dir(keras.activations) if not name.startswith("_")]
    names = [name for name in names if name not in ("get", "serialize", "deserialize", "sparsemax")]
    golden = []
    for name, options in cases(names):
        x = tf.constant(inputs()[0])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = getattr(keras.activations, name)(x, **options)
            total = tf.reduce_sum(y * weights_of(y.numpy()))
        gradient = tape.gradient(total, x)
        golden.append([name, options, y.numpy().tolist(), gradient.numpy().tolist()])
    Path(__file__).with_name("golden_activations.json").write_text(
        json.dumps({"keras": keras.__version__, "cases": golden})
    )


if __name__ == "__main__":
    main()
