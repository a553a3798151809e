"""Records summaries that real Keras 3 prints as golden_summaries.json, which test_summary.py compares with.

Run: COLUMNS=120 KERAS_BACKEND=jax python tests/models/record_golden_summaries.py   (needs keras and jax)
"""

import json
import os
import pathlib

import numpy as np


def text(model, **options):
    lines = []
    model.summary(print_fn=lines.append, **options)
    return "".join(lines)


def models(keras, layers):
    """Models of both libraries, by the same names."""
    x = keras.Input((4,), name="a")
    left, right = layers.Dense(8, name="left")(x), layers.Dense(8, name="right")(x)
    branches = keras.Model(x, layers.Dense(2, name="out")(layers.Add(name="sum")([left, right])), name="branches")
    long_name = "a_very_long_name_for_a_batch_normalization"
    chain = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(32, name="d1"),
            layers.BatchNormalization(name=long_name),
            layers.Dense(2, name="d2"),
        ],
        name="chain",
    )
    unbuilt = keras.Sequential([layers.Dense(32, name="d1"), layers.Dense(2, name="d2")], name="unbuilt")
    nested = keras.Sequential([layers.Input((4,)), chain, layers.Dense(1, name="last")], name="nested")
    i = keras.Input((6,), name="i")
    shared = layers.Dense(6, name="shared")
    line = keras.Model(i, layers.Dense(3, name="end")(shared(i)), name="line")
    twice = keras.Model(i, shared(shared(i)), name="twice")
    j = keras.Input((3,), name="j")
    two = keras.Model([i, j], [layers.Concatenate(name="both")([i, j]), layers.Dense(1, name="one")(j)], name="two")
    p, q = keras.Input((4,), name="p"), keras.Input((4,), name="q")
    h = keras.ops.relu(p * 2 + keras.ops.mean(q))
    h = keras.ops.concatenate([h[:, :2], q / 3 - 1, keras.ops.softmax(-q), keras.ops.abs(q) ** 2], axis=-1)
    operations = keras.Model([p, q], [layers.Dense(2, name="r")(h), keras.ops.top_k(h, 2)[0]], name="operations")
    return {
        "operations": operations,
        "branches": branches,
        "chain": chain,
        "unbuilt": unbuilt,
        "nested": nested,
        "line": line,
        "twice": twice,
        "two": two,
    }


def texts(keras, layers):
    made = models(keras, layers)
    found = {name: text(model) for name, model in made.items()}
    found["chain, show_trainable"] = text(made["chain"], show_trainable=True)
    found["branches, line_length=60"] = text(made["branches"], line_length=60)
    found["nested, expand_nested"] = text(made["nested"], expand_nested=True)
    made["chain"].layers[0].trainable = False
    made["chain"].compile("adam", "mse")
    made["chain"].fit(np.zeros((8, 4), np.float32), np.zeros((8, 2), np.float32), verbose=0)
    found["chain, frozen and trained"] = text(made["chain"], show_trainable=True)
    return found


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    os.environ["COLUMNS"] = "120"
    import keras
    from keras import layers

    path = pathlib.Path(__file__).with_name("golden_summaries.json")
    path.write_text(json.dumps(texts(keras, layers), indent=1, ensure_ascii=False) + "\n")
