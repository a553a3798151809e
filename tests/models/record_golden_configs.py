"""Records models' configurations that real Keras 3 writes as golden_configs.json, which test_configs.py reads.

Run: KERAS_BACKEND=jax python tests/models/record_golden_configs.py   (needs keras and jax)
"""

import json
import os
import pathlib


def models(keras, layers):
    """Models of both libraries made of layers, by the same names."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(4, activation="tanh", kernel_regularizer="l2", name="shared")
    inner = keras.Sequential(
        [layers.Input((4,), name="start"), layers.Dense(5, name="i1"), layers.Dropout(0.3, name="i2")], name="inner"
    )
    both = layers.Concatenate(name="both")([shared(a), shared(b), shared(shared(a))])
    named = keras.Model({"a": a, "b": b}, {"one": layers.Dense(1, name="last")(both), "two": inner(b)}, name="named")
    i = keras.Input((8, 8, 3), name="image")
    h = layers.Conv2D(6, 3, activation="relu", padding="same", name="conv")(i)
    h = layers.BatchNormalization(name="norm")(h)
    h = layers.Add(name="sum")([h, layers.SeparableConv2D(6, 3, padding="same", name="separable")(h)])
    h = layers.GlobalAveragePooling2D(name="pool")(layers.MaxPooling2D(name="max")(h))
    images = keras.Model(
        i, layers.Dense(3, "softmax", name="out")(layers.Dropout(0.5, name="drop")(h, training=True)), name="images"
    )
    t = keras.Input((6,), dtype="int32", name="tokens")
    h = layers.Embedding(10, 4, name="embedding")(t)
    left, right = layers.Dense(3, name="left")(h), layers.LayerNormalization(name="right")(h)
    nested = keras.Model(
        [t], [layers.Flatten(name="flat")(left), layers.Permute((2, 1), name="turned")(right)], name="texts"
    )
    u = keras.Input((6,), dtype="int32", name="u")
    first, second = nested(u)
    outer = keras.Model(
        u,
        [
            layers.Dense(2, name="head")(first),
            second,
            named({"a": layers.Dense(4, name="cut")(first), "b": layers.Dense(4, name="other")(first)}),
        ],
        name="outer",
    )
    chain = keras.Sequential(
        [
            layers.Input((4,), name="x"),
            layers.Dense(3, name="d1"),
            inner_chain(keras, layers),
            layers.Dense(1, name="d2"),
        ],
        name="chain",
    )
    unbuilt = keras.Sequential([layers.Dense(3, name="d1"), layers.Dropout(0.5, name="drop")], name="unbuilt")
    late = keras.Sequential([layers.Dense(3, name="d1"), layers.Dense(2, name="d2")], name="late")
    late.build((None, 4))
    late.compile(keras.optimizers.SGD(0.5, momentum=0.5), loss="mse", metrics=["mae"])
    frozen = keras.Model(a, layers.Dense(2, name="frozen")(a), name="frozen_model", trainable=False)
    p, q = keras.Input((4,), name="p"), keras.Input((4,), name="q")
    h = keras.ops.relu(p * 2 + keras.ops.mean(q, axis=1, keepdims=True))
    h = keras.ops.concatenate([h[:, :2], q / 3 - 1, keras.ops.transpose(keras.ops.transpose(q))], axis=-1)
    first, second = keras.ops.split(keras.ops.reshape(h, (-1, 5, 2)), 2, axis=-1)
    operations = keras.Model([p, q], [first, keras.ops.square(second)], name="operations")
    return {model.name: model for model in (named, images, nested, outer, chain, unbuilt, late, frozen, operations)}


def inner_chain(keras, layers):
    return keras.Sequential(
        [layers.Input((3,), name="y"), layers.Dense(3, name="e1"), layers.LeakyReLU(name="e2")], name="within"
    )


def described(model):
    """The configuration, and what a model made of it must have."""
    return {
        "json": json.loads(model.to_json()),
        "layers": [
            [type(layer).__name__, layer.name, layer.count_params() if layer.built else None] for layer in model.layers
        ],
        "weights": [list(w.shape) for w in model.weights],
        "output_shapes": [list(t.shape) for t in model.outputs] if model.built else None,
    }


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras
    from keras import layers

    found = {name: described(model) for name, model in models(keras, layers).items()}
    path = pathlib.Path(__file__).with_name("golden_configs.json")
    path.write_text(json.dumps(found) + "\n")
