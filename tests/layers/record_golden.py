"""Writes golden_layers.npz: outputs and gradients of layers in real Keras 3, from given inputs and weights.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/layers/record_golden.py
"""

from pathlib import Path

import numpy as np

IMAGE, ROW, STEPS = (2, 3, 4, 6), (3, 6), (2, 3, 4)
# (layer, arguments, shapes of the inputs). A layer named in an argument is given as (name, arguments).
CASES: list[tuple] = [
    *[("Dense", options, shape) for shape in (ROW, STEPS) for options in ({"units": 4}, {"units": 2, "activation": "tanh", "use_bias": False})],
    *[("ReLU", options, ROW) for options in ({}, {"max_value": 0.7}, {"negative_slope": 0.2, "threshold": 0.3, "max_value": 1.0})],
    *[("LeakyReLU", options, ROW) for options in ({}, {"negative_slope": 0.1})],
    *[("ELU", options, ROW) for options in ({}, {"alpha": 0.5})],
    *[("PReLU", options, IMAGE) for options in ({}, {"shared_axes": [1, 2]}, {"shared_axes": [3]})],
    *[("Softmax", options, STEPS) for options in ({}, {"axis": 1}, {"axis": [1, 2]})],
    ("Activation", {"activation": "gelu"}, ROW),
    ("Permute", {"dims": (2, 1)}, STEPS), ("Permute", {"dims": (3, 1, 2)}, IMAGE), ("RepeatVector", {"n": 3}, ROW),
    ("Flatten", {}, IMAGE), ("Flatten", {"data_format": "channels_first"}, IMAGE), ("Reshape", {"target_shape": (2, -1)}, STEPS),
    ("Identity", {}, ROW), ("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, STEPS), ("Masking", {"mask_value": 0.5}, STEPS),
    ("Rescaling", {"scale": 2.5, "offset": -1.0}, ROW), ("Normalization", {"mean": [1.0] * 6, "variance": [2.0] * 6}, ROW),
    ("Normalization", {"mean": 0.5, "variance": 3.0, "axis": None, "invert": True}, STEPS),
    *[("LayerNormalization", options, shape) for shape in (STEPS, IMAGE)
      for options in ({}, {"axis": 1}, {"axis": (1, 2), "epsilon": 0.1}, {"scale": False}, {"center": False})],
    *[("RMSNormalization", options, STEPS) for options in ({}, {"axis": (1, 2), "epsilon": 0.1})],
    *[("UnitNormalization", options, STEPS) for options in ({}, {"axis": 1}, {"axis": (1, 2)})],
    *[("GroupNormalization", options, IMAGE) for options in ({"groups": 2}, {"groups": -1}, {"groups": 1, "epsilon": 0.1}, {"groups": 2, "axis": 2}, {"groups": 3, "scale": False})],
    *[("BatchNormalization", {**options, "momentum": 0.6}, shape) for shape in (ROW, IMAGE)
      for options in ({}, {"axis": 1}, {"center": False, "scale": False}, {"renorm": True, "renorm_momentum": 0.5},
                      {"renorm": True, "renorm_clipping": {"rmax": 1.2, "rmin": 0.9, "dmax": 0.1}})],
    *[(name, {}, shapes) for name in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
      for shapes in ([ROW, ROW, ROW], [STEPS, STEPS])],
    *[(name, {}, [(2, 4), STEPS]) for name in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")],
    ("Subtract", {}, [STEPS, STEPS]), ("Concatenate", {"axis": 1}, [STEPS, (2, 5, 4)]),
    *[("Dot", {"axes": axes, "normalize": normalize}, shapes) for normalize in (False, True)
      for axes, shapes in ((1, [ROW, ROW]), ((1, 2), [STEPS, (2, 5, 3)]), (-1, [STEPS, (2, 5, 4)]), ((2, 1), [STEPS, (2, 4)]), ((3, 1), [IMAGE, (2, 6)]), ((1, 3), [STEPS, (2, 5, 2, 3)]))],
    *[("EinsumDense", {"equation": equation, "output_shape": output, "bias_axes": bias, "activation": "tanh"}, shape)
      for equation, output, bias, shape in (("ab,bc->ac", 4, "c", ROW), ("abc,cd->abd", (None, 5), "d", STEPS), ("abc,cd->abd", (3, 5), "bd", STEPS),
                                            ("...x,xy->...y", 5, "y", IMAGE), ("ab...,bc->ac...", (5, None), "c", STEPS), ("abc,cde->abde", (None, 2, 3), "de", STEPS),
                                            ("abc,bcd->ad", 5, None, STEPS), ("aecd,abcd->acbe", (4, 7, 3), "be", IMAGE))],
    ("TimeDistributed", {"layer": ("Dense", {"units": 2, "activation": "tanh"})}, STEPS), ("TimeDistributed", {"layer": ("LayerNormalization", {})}, IMAGE),
    ("TimeDistributed", {"layer": ("Flatten", {})}, IMAGE),
    ("SpectralNormalization", {"layer": ("Dense", {"units": 3})}, ROW),
    ("SpectralNormalization", {"layer": ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (None, 2, 3)}), "power_iterations": 3}, STEPS),
]  # fmt: skip


def case_id(case: tuple) -> str:
    return f"{case[0]} {case[1]} {case[2]}".replace("'", "")


def made(layers: object, name: str, options: dict) -> object:
    """The layer, with the layers named in its arguments."""
    known = {key: made(layers, *value) if key == "layer" else value for key, value in options.items()}
    return getattr(layers, name)(**known)


def inputs_of(case: tuple) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = case[2] if isinstance(case[2], list) else [case[2]]
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    if case[0] == "Masking":
        arrays[0][0, 1] = arrays[0][1, 2] = case[1]["mask_value"]
    return arrays


def set_weights(layer: object) -> list:
    """Gives every weight a value by its name and shape; returns the weights sorted by name."""
    weights = sorted(layer.weights, key=lambda w: w.path.split("/")[-1])  # type: ignore[attr-defined]
    for i, weight in enumerate(weights):
        name = weight.path.split("/")[-1]
        values = np.random.default_rng(i).normal(size=tuple(weight.shape)) * 0.5
        if name in ("moving_variance", "moving_stddev", "renorm_stddev"):
            values = np.abs(values) + 0.5
        if type(layer).__name__ != "Normalization":
            weight.assign(values.astype(np.float32))
    return weights


def run(layers: object, case: tuple, training: bool, differentiate: object) -> list[np.ndarray]:
    """Output, losses, gradients of sum(output * c) to inputs and trained weights, weights afterwards."""
    layer = made(layers, case[0], case[1])
    arrays = inputs_of(case)
    call = {"training": training} if case[0] in ("BatchNormalization", "SpectralNormalization") else {}
    layer(arrays if len(arrays) > 1 else arrays[0])  # type: ignore[operator]
    weights = set_weights(layer)
    results = differentiate(layer, arrays, call, [w for w in weights if w.trainable])  # type: ignore[operator]
    return [*results, *[np.array(w) for w in weights]]


def coefficients(shape: tuple) -> np.ndarray:
    return np.random.default_rng(9).normal(size=shape).astype(np.float32)


def main() -> None:
    import keras
    import tensorflow as tf

    def differentiate(layer: object, arrays: list, call: dict, weights: list) -> list[np.ndarray]:
        xs = [tf.convert_to_tensor(a) for a in arrays]
        with tf.GradientTape() as tape:
            for x in xs:
                tape.watch(x)
            y = layer(xs if len(xs) > 1 else xs[0], **call)  # type: ignore[operator]
            total = tf.reduce_sum(y * coefficients(tuple(y.shape)))
        grads = tape.gradient(total, [*xs, *[w.value for w in weights]], unconnected_gradients="zero")
        losses = [np.array(v) for v in layer.losses]  # type: ignore[attr-defined]
        return [np.array(y), *losses, *[np.array(g) for g in grads]]

    recorded = {}
    for i, case in enumerate(CASES):
        for training in (False, True):
            found = run(keras.layers, case, training, differentiate)
            recorded[f"{i}_{int(training)}"] = np.concatenate([a.ravel() for a in found]).astype(np.float32)
    np.savez_compressed(Path(__file__).with_name("golden_layers.npz"), **recorded)


if __name__ == "__main__":
    main()
