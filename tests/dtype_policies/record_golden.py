"""Writes golden_fits.json: fits of real Keras 3 in float64 and in mixed precision, from given weights and data.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/dtype_policies/record_golden.py
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

#: Every number is one that float32 holds exactly: Keras on TensorFlow rounds Python numbers to float32, in float64 models too.
OPTIMIZERS = {
    "SGD": {"learning_rate": 0.125, "momentum": 0.875, "nesterov": True},
    "RMSprop": {"learning_rate": 2.0**-7, "rho": 0.875, "epsilon": 2.0**-20, "centered": True},
    "Adam": {"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 0.9375, "epsilon": 2.0**-20, "amsgrad": True, "weight_decay": 2.0**-5},
    "Lion": {"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 0.9375},
    "Lamb": {"learning_rate": 2.0**-5, "beta_1": 0.875, "beta_2": 0.9375, "epsilon": 2.0**-20},
    "Adafactor": {"learning_rate": 2.0**-5, "beta_2_decay": -0.75, "epsilon_1": 2.0**-60, "epsilon_2": 2.0**-10},
    "Ftrl": {"learning_rate": 0.125, "initial_accumulator_value": 0.125, "l1_regularization_strength": 2.0**-7},
}  # fmt: skip
POLICIES = ["mixed_float16", "mixed_bfloat16"]


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 5))
    return x, np.tanh(x @ rng.normal(size=(5, 2))) + 0.1 * rng.normal(size=(40, 2))


def start() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape) * 0.5 for shape in ((5, 6), (6,), (6, 2), (2,))]


def fitted(keras: Any, optimizer: Any) -> dict[str, Any]:
    """Losses of three epochs, and the weights after them."""
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(6, activation="tanh", kernel_regularizer=keras.regularizers.L2(2.0**-7)),
            keras.layers.Dense(2),
        ]
    )
    model.set_weights(start())
    model.compile(optimizer, "mse", metrics=["mae"])
    x, y = data()
    history = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0).history
    weights = [np.asarray(w, np.float64).ravel().tolist() for w in model.get_weights()]
    return {"loss": history["loss"], "weights": weights, "predict": model.predict(x[:4], verbose=0).tolist()}


def main() -> None:
    import keras

    golden: dict[str, Any] = {"float64": [], "mixed": []}
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    for name, options in OPTIMIZERS.items():
        golden["float64"].append([name, options, fitted(keras, getattr(keras.optimizers, name)(**options))])
    keras.config.set_floatx("float32")
    for policy in POLICIES:
        keras.config.set_dtype_policy(policy)
        golden["mixed"].append([policy, fitted(keras, keras.optimizers.SGD(0.05))])
    Path(__file__).with_name("golden_fits.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
