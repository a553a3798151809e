"""Writes golden_optimizers.json: 20 steps of every optimizer in real Keras 3, from given weights and gradients.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/optimizers/record_golden.py
"""

import json
from pathlib import Path

import numpy as np

CASES = {
    "SGD": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "momentum": 0.9}, {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
            {"learning_rate": 0.1, "weight_decay": 0.02}, {"learning_rate": 0.1, "clipnorm": 0.5}, {"learning_rate": 0.1, "clipvalue": 0.3},
            {"learning_rate": 0.1, "global_clipnorm": 0.5}, {"learning_rate": 0.1, "gradient_accumulation_steps": 4},
            {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 5}],
    "RMSprop": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "momentum": 0.5, "centered": True, "rho": 0.8}],
    "Adagrad": [{"learning_rate": 0.1}],
    "Adadelta": [{"learning_rate": 1.0}],
    "Adam": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "amsgrad": True, "beta_1": 0.8}],
    "AdamW": [{"learning_rate": 0.05, "weight_decay": 0.1}],
    "Adamax": [{"learning_rate": 0.05}],
    "Lion": [{"learning_rate": 0.01}],
}  # fmt: skip
SCHEDULES = {
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5, "staircase": True},
    "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5},
    "PiecewiseConstantDecay": {"boundaries": [4, 9], "values": [0.1, 0.05, 0.01]},
    "PolynomialDecay": {
        "initial_learning_rate": 0.1,
        "decay_steps": 8,
        "end_learning_rate": 0.01,
        "power": 2.0,
        "cycle": True,
    },
    "CosineDecay": {
        "initial_learning_rate": 0.01,
        "decay_steps": 10,
        "alpha": 0.1,
        "warmup_target": 0.1,
        "warmup_steps": 4,
    },
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 2.0, "m_mul": 0.9},
}
STEPS = 20


def problem() -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """Two weights and their gradients at every step."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(2, 3)).astype(np.float32), rng.normal(size=(3,)).astype(np.float32)]
    return weights, [[rng.normal(size=w.shape).astype(np.float32) for w in weights] for _ in range(STEPS)]


def trajectory(keras: object, name: str, options: dict) -> list[float]:
    """All weights after each step."""
    weights, gradients = problem()
    variables = [keras.Variable(w) for w in weights]  # type: ignore[attr-defined]
    optimizer = getattr(keras.optimizers, name)(**options)  # type: ignore[attr-defined]
    optimizer.build(variables)
    found = []
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], variables)  # type: ignore[attr-defined]
        found += [float(v) for variable in variables for v in np.asarray(variable).ravel()]
    return found


def main() -> None:
    import keras

    golden = {
        "keras": keras.__version__,
        "optimizers": [
            [name, options, trajectory(keras, name, options)] for name, cases in CASES.items() for options in cases
        ],
        "schedules": [
            [name, options, [float(getattr(keras.optimizers.schedules, name)(**options)(i)) for i in range(STEPS)]]
            for name, options in SCHEDULES.items()
        ],
    }
    Path(__file__).with_name("golden_optimizers.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
