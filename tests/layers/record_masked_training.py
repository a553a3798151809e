"""Writes golden_masked_training.json: trainings of models with masks in real Keras 3.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/layers/record_masked_training.py
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

MODELS = ("functional", "nested", "subclassed", "two_outputs")
ROWS, STEPS, CLASSES = 12, 5, 4


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Tokens with 0 for nothing, classes and numbers of every step, weights of steps."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 9, (ROWS, STEPS)).astype(np.int32)
    for row, length in enumerate(rng.integers(1, STEPS + 1, ROWS)):
        tokens[row, length:] = 0
    classes = rng.integers(0, CLASSES, (ROWS, STEPS)).astype(np.int32)
    return tokens, classes, rng.normal(size=(ROWS, STEPS, 1)).astype(np.float32), rng.uniform(0.5, 2, (ROWS, STEPS))


def make(keras: Any, kind: str) -> Any:
    layers = keras.layers
    x = keras.Input((STEPS,), dtype="int32")
    embedding = layers.Embedding(9, 6, mask_zero=True)
    classify = layers.TimeDistributed(layers.Dense(CLASSES, activation="softmax"))
    if kind == "functional":
        h = embedding(x)
        h = layers.add([layers.BatchNormalization()(h), layers.LayerNormalization()(h)])
        return keras.Model(x, classify(layers.Dropout(0.0)(h)))
    if kind == "nested":
        inner = keras.Sequential([keras.Input((STEPS, 6)), layers.Dense(5, activation="tanh"), layers.ReLU()])
        return keras.Sequential([keras.Input((STEPS,), dtype="int32"), embedding, inner, classify])
    if kind == "subclassed":

        class Own(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.embedding, self.hidden, self.classify = embedding, layers.Dense(5, activation="tanh"), classify

            def call(self, tokens: Any, mask: Any = None) -> Any:
                return self.classify(self.hidden(self.embedding(tokens)))

        return Own()
    h = embedding(x)
    numbers = layers.Dense(1, name="numbers")(layers.concatenate([h, layers.Dense(3)(h)]))
    return keras.Model(
        x, [layers.TimeDistributed(layers.Dense(CLASSES, activation="softmax"), name="classes")(h), numbers]
    )


def run(keras: Any, kind: str, **compile_options: Any) -> dict[str, list[float]]:
    tokens, classes, numbers, weights = data()
    model = make(keras, kind)
    model(tokens)
    for i, weight in enumerate(model.weights):
        if not weight.path.endswith(("gamma", "moving_variance")):
            weight.assign((np.random.default_rng(i).normal(size=tuple(weight.shape)) * 0.5).astype(np.float32))
    is_pair = kind == "two_outputs"
    loss: Any = "sparse_categorical_crossentropy"
    metrics: Any = ["accuracy"]
    model.compile(
        keras.optimizers.SGD(0.5),
        [loss, "mae"] if is_pair else loss,
        metrics=[metrics, ["mse"]] if is_pair else metrics,
        weighted_metrics=[["accuracy"], ["mae"]] if is_pair else ["accuracy"],
        **compile_options,
    )
    y: Any = [classes, numbers] if is_pair else classes
    weight = [weights, weights[::-1]] if is_pair else weights
    options = {"batch_size": 4, "shuffle": False, "verbose": 0}
    first = model.fit(tokens, y, epochs=3, **options).history
    second = model.fit(
        tokens, y, sample_weight=weight, validation_data=(tokens, y, weight), epochs=2, **options
    ).history
    return {
        "plain": {k: [float(v) for v in values] for k, values in sorted(first.items())},
        "weighted": {k: [float(v) for v in values] for k, values in sorted(second.items())},
    }


def main() -> None:
    import keras

    golden = {kind: run(keras, kind) for kind in MODELS}
    Path(__file__).with_name("golden_masked_training.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
