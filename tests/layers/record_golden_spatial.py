"""Writes golden_spatial_convolutions.npz and golden_spatial_layers.npz: what spatial layers of real Keras 3 compute.

For every case of spatial_cases.py: the output, and the gradients of sum(output * g) by the input and the weights.
Run it where Keras is installed, once for each backend, as neither runs every case:
    KERAS_BACKEND=jax python tests/layers/record_golden_spatial.py           convolutions
    KERAS_BACKEND=tensorflow python tests/layers/record_golden_spatial.py    all others
"""

from pathlib import Path

import keras
import numpy as np
from spatial_cases import cases, numbers

is_jax = keras.backend.backend() == "jax"


def computed(case, name, kwargs, shape):
    layer = getattr(keras.layers, name)(**kwargs)
    layer.build(shape)
    out = layer.compute_output_shape(shape)
    *weights, x, g = numbers(case, [*(w.shape for w in layer.weights), shape, out])
    layer.set_weights(weights)
    if is_jax:
        import jax

        def run(x, weights):
            return layer.stateless_call(weights, [], x)[0]

        y, back = jax.vjp(run, x, [np.asarray(w) for w in weights])
        dx, dweights = back(g)
    else:
        import tensorflow as tf

        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        dx, dweights = tape.gradient(y, x, g), []
    return [y, dx, *dweights]


results = {}
for case, (name, kwargs, shape) in enumerate(cases()):
    if ("Conv" in name) == is_jax:
        for i, value in enumerate(computed(case, name, kwargs, shape)):
            results[f"{case}.{i}"] = np.asarray(value)
file = "golden_spatial_convolutions.npz" if is_jax else "golden_spatial_layers.npz"
np.savez_compressed(Path(__file__).with_name(file), **results)
