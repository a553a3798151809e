"""Writes golden_optimizers.json: 20 steps of every optimizer in real Keras 3, from given weights and gradients.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/optimizers/record_golden.py
"""

import json
from pathlib import Path

import numpy as np

RULES = {
    "SGD": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "momentum": 0.9}, {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}],
    "RMSprop": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "momentum": 0.5, "centered": True, "rho": 0.8},
                {"learning_rate": 0.05, "momentum": 0.9, "epsilon": 1e-3}],
    "Adagrad": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 0.01}],
    "Adadelta": [{"learning_rate": 1.0}, {"learning_rate": 0.5, "rho": 0.7, "epsilon": 1e-3}],
    "Adam": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "amsgrad": True, "beta_1": 0.8, "beta_2": 0.9}, {"epsilon": 0.1}],
    "AdamW": [{"learning_rate": 0.05, "weight_decay": 0.1}, {"learning_rate": 0.05, "amsgrad": True, "beta_2": 0.9}],
    "Adamax": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.01}],
    "Nadam": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.01}],
    "Ftrl": [{"learning_rate": 0.5}, {"learning_rate": 0.5, "learning_rate_power": -0.7, "initial_accumulator_value": 0.3, "beta": 0.2},
             {"learning_rate": 0.5, "l1_regularization_strength": 0.3, "l2_regularization_strength": 0.1,
              "l2_shrinkage_regularization_strength": 0.2}],
    "Lion": [{"learning_rate": 0.01}, {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.7}],
    "Lamb": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.01}],
    "Adafactor": [{"learning_rate": 0.5}, {"learning_rate": 0.1, "relative_step": False, "beta_2_decay": -0.5, "clip_threshold": 0.5},
                  {"learning_rate": 0.5, "epsilon_1": 0.1, "epsilon_2": 2.0}],
    "Muon": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "rms_rate": None, "nesterov": False, "adam_lr_ratio": 0.5, "momentum": 0.8},
             {"learning_rate": 0.1, "weight_decay": 0.3, "adam_weight_decay": 0.1, "ns_steps": 2, "muon_a": 3.0, "muon_b": -4.0,
              "muon_c": 2.0, "adam_beta_1": 0.8, "adam_beta_2": 0.9, "epsilon": 0.01}, {"learning_rate": 0.1, "exclude_layers": ["kern"]}],
    "ScheduleFreeAdamW": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "beta_2": 0.9, "warmup_steps": 5, "epsilon": 0.01}],
}  # fmt: skip
#: What every optimizer takes.
SHARED = [
    {"weight_decay": 0.02}, {"clipnorm": 0.5}, {"clipvalue": 0.3}, {"global_clipnorm": 0.5}, {"gradient_accumulation_steps": 4},
    {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 5}, {"loss_scale_factor": 8.0},
]  # fmt: skip
#: All of them together, for every optimizer.
TOGETHER = {
    "learning_rate": 0.1, "weight_decay": 0.05, "global_clipnorm": 2.0, "gradient_accumulation_steps": 3, "loss_scale_factor": 2.0,
    "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2,
}  # fmt: skip
OTHER_SHAPES = [[3, 2], [2, 3, 2], [2, 1, 2, 2], []]
SCHEDULES = [
    ["ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5, "staircase": True}],
    ["ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5}],
    ["ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.0}],
    ["InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5}],
    ["InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}],
    ["PiecewiseConstantDecay", {"boundaries": [4, 9], "values": [0.1, 0.05, 0.01]}],
    ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 8, "end_learning_rate": 0.01, "power": 2.0, "cycle": True}],
    ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 8, "power": 0.5}],
    ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 8}],
    ["CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "alpha": 0.1, "warmup_target": 0.1, "warmup_steps": 4}],
    ["CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}],
    ["CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "warmup_steps": 4}],
    ["CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 2.0, "m_mul": 0.9}],
    ["CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 1.0, "m_mul": 0.5, "alpha": 0.1}],
    ["CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.5}],
]  # fmt: skip
STEPS = 20


def cases() -> list[tuple[str, dict, dict]]:
    """(optimizer, its options, what is special about the weights)."""
    found: list[tuple[str, dict, dict]] = [
        (name, options, {}) for name, several in RULES.items() for options in several
    ]
    found += [("SGD", {"learning_rate": 0.1, **shared}, {}) for shared in SHARED]
    found += [(name, TOGETHER, {"constraint": True}) for name in RULES]
    found += [("SGD", {"learning_rate": 0.1, "weight_decay": 0.5}, {"exclude": ["^bi"]})]
    found += [(name, {"learning_rate": 0.1}, {"shapes": OTHER_SHAPES}) for name in ("Muon", "Adafactor", "Lamb")]
    found += [(name, {}, {"shapes": [[2, 2]]}) for name in RULES]
    return found


def problem(special: dict) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """Weights and their gradients at every step; a matrix and a vector if nothing else is said."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape).astype(np.float32) for shape in special.get("shapes", [[2, 3], [3]])]
    return [np.asarray(w) for w in weights], [
        [np.asarray(rng.normal(size=w.shape), np.float32) for w in weights] for _ in range(STEPS)
    ]


def prepared(keras: object, name: str, options: dict, special: dict) -> tuple:
    """The optimizer, built, and its weights."""
    weights, _ = problem(special)
    names = ["kernel", "bias", "gamma", "beta"]
    variables = [keras.Variable(w, name=n) for w, n in zip(weights, names, strict=False)]  # type: ignore[attr-defined]
    if special.get("constraint"):
        variables[0].constraint = keras.constraints.MinMaxNorm(0.2, 1.0, rate=0.5)  # type: ignore[attr-defined]
    optimizer = getattr(keras.optimizers, name)(**options)  # type: ignore[attr-defined]
    if special.get("exclude"):
        optimizer.exclude_from_weight_decay(var_names=special["exclude"])
    optimizer.build(variables)
    return optimizer, variables


def trajectory(keras: object, name: str, options: dict, special: dict) -> list[float]:
    """All weights after each step, then after training."""
    optimizer, variables = prepared(keras, name, options, special)
    found = []
    for step in problem(special)[1]:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], variables)  # type: ignore[attr-defined]
        found += flat(variables)
    optimizer.finalize_variable_values(variables)
    return found + flat(variables)


def flat(variables: list) -> list[float]:
    return [float(f"{v:.8g}") for variable in variables for v in np.ravel(np.asarray(variable))]


def main() -> None:
    import keras

    golden = {
        "keras": keras.__version__,
        "optimizers": [[*case, trajectory(keras, *case)] for case in cases()],
        "schedules": [
            [name, options, [float(getattr(keras.optimizers.schedules, name)(**options)(i)) for i in range(STEPS)]]
            for name, options in SCHEDULES
        ],
    }
    Path(__file__).with_name("golden_optimizers.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
