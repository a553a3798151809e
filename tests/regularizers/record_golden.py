"""Writes golden_regularizers.json: penalties and configurations of real Keras 3.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/regularizers/record_golden.py
"""

import json
from pathlib import Path

import numpy as np

CASES = [
    ["L1", {}], ["L1", {"l1": 0.3}], ["L2", {}], ["L2", {"l2": 0.2}], ["L1L2", {"l1": 0.1, "l2": 0.2}], ["L1L2", {}],
    ["OrthogonalRegularizer", {}], ["OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}],
]  # fmt: skip


def weight() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


def main() -> None:
    import tensorflow as tf
    from keras import regularizers

    golden = []
    for name, options in CASES:
        x = tf.constant(weight())
        with tf.GradientTape() as tape:
            tape.watch(x)
            penalty = getattr(regularizers, name)(**options)(x)
        gradient = tape.gradient(penalty, x, unconnected_gradients="zero")
        config = regularizers.serialize(getattr(regularizers, name)(**options))
        golden.append([name, options, float(penalty), gradient.numpy().tolist(), config])
    Path(__file__).with_name("golden_regularizers.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
