"""Writes golden_feature_space.json: what FeatureSpace of real Keras 3 makes of a small table.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/layers/record_feature_space.py
"""

import json
from pathlib import Path

import numpy as np

TABLE = {
    "f1": [0.1, 0.5, 1.0, 2.3], "f2": [1.0, 2.0, 3.0, 4.0], "f3": [5.0, 1.0, 0.0, -2.0], "i1": [1, 2, 3, 2], "i2": [10, 20, 30, 10],
    "s1": ["x", "y", "z", "x"], "s2": ["u", "v", "u", "w"],
}  # fmt: skip
NEW = {"f1": [0.2], "f2": [9.0], "f3": [0.5], "i1": [7], "i2": [20], "s1": ["q"], "s2": ["v"]}
# (features: a name, or a name of a class method and its arguments; arguments of the space)
CASES: list[tuple] = [
    *[({"f1": recipe}, {"output_mode": mode}) for mode in ("concat", "dict")
      for recipe in (["float", {}], ["float_normalized", {}], ["float_rescaled", {"scale": 2.0, "offset": 1.0}], ["float_discretized", {"num_bins": 3}])],
    ({"f1": ["float_discretized", {"num_bins": 3, "output_mode": "int"}]}, {"output_mode": "dict"}),
    *[({column: [recipe, options]}, {"output_mode": "dict"}) for column, recipe in (("i1", "integer_categorical"), ("s1", "string_categorical"))
      for options in ({}, {"output_mode": "int"}, {"max_tokens": 3}, {"num_oov_indices": 2}, {"num_oov_indices": 2, "max_tokens": 3, "output_mode": "int"})],
    *[({column: [recipe, {"num_bins": 4, "output_mode": mode}]}, {"output_mode": "dict"}) for column, recipe in (("i1", "integer_hashed"), ("s1", "string_hashed")) for mode in ("int", "one_hot")],
    ({"s1": "string_categorical", "f1": "float_normalized", "i1": "integer_categorical", "f2": "float", "s2": ["string_hashed", {"num_bins": 3}], "f3": "float_discretized"}, {"num_discretization_bins": 3}),
    ({"s1": "string_hashed", "i1": "integer_hashed"}, {"hashing_dim": 3}),
    ({"s1": "string_categorical", "i1": "integer_categorical", "f1": "float"}, {"crosses": [["s1", "i1"]], "crossing_dim": 5}),
    ({"s1": "string_categorical", "i1": "integer_categorical", "s2": "string_hashed"}, {"crosses": [["s2", "i1"], ["s1", "s2"]], "crossing_dim": 5, "hashing_dim": 4}),
]  # fmt: skip


def made(space: type, features: dict, options: dict) -> object:
    recipes = {
        name: recipe if isinstance(recipe, str) else getattr(space, recipe[0])(**recipe[1])
        for name, recipe in features.items()
    }
    crosses = [tuple(cross) for cross in options.get("crosses", [])]
    return space(features=recipes, **{**options, "crosses": crosses or None})


def plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: plain(part) for key, part in sorted(value.items())}
    array = np.asarray(value)
    return {"dtype": array.dtype.name, "shape": list(array.shape), "values": array.ravel().tolist()}


def main() -> None:
    import keras
    import tensorflow as tf

    golden = []
    for features, options in CASES:
        space = made(keras.utils.FeatureSpace, features, options)
        space.adapt(tf.data.Dataset.from_tensor_slices({name: TABLE[name] for name in features}))  # type: ignore[attr-defined]
        golden.append(
            [plain(space({name: tf.constant(table[name]) for name in features})) for table in (TABLE, NEW)]  # type: ignore[operator]
        )
    Path(__file__).with_name("golden_feature_space.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
