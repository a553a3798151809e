"""Writes golden_configs.json: config keys, masking and names of every layer that Keras has, too.

Run it where Keras is installed: KERAS_BACKEND=tensorflow PYTHONPATH=src python tests/layers/record_configs.py
"""

import inspect
import json
from pathlib import Path

#: What arguments without a default are given, by their names.
USUAL: dict[str, object] = {
    "activation": "tanh", "axes": 1, "dims": (2, 1), "equation": "ab,bc->ac", "factor": 1.0, "filters": 4,
    "function": abs, "height": 4, "height_factor": 0.2, "input_dim": 5, "kernel_size": 3, "n": 2, "num_bins": 3, "output_dim": 2,
    "output_shape": 4, "output_size": 2, "pool_size": 2, "rate": 0.2, "scale": 2.0, "shape": (3,), "size": 2, "stddev": 0.2,
    "target_shape": (2, 2), "units": 4, "width": 4, "width_factor": 0.2,
}  # fmt: skip
#: What else a layer can not be made without.
NEEDED: dict[str, dict] = {
    "CategoryEncoding": {"num_tokens": 3}, "Discretization": {"bin_boundaries": [0.0, 1.0]}, "EinsumDense": {"bias_axes": "c"},
    "Pipeline": {"layers": []}, "RandomPosterization": {"factor": 3},
}  # fmt: skip
#: Of newer Keras, and not here: quantization.
ABSENT = {"quantization_config", "gptq_unpacked_column_size"}


def make(layers: object, name: str) -> object:
    cls = getattr(layers, name)
    given = dict(NEEDED.get(name, {}))
    for p in inspect.signature(cls.__init__).parameters.values():
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self" and p.name not in given:
            assert p.name == "layer" or p.name in USUAL, f"{name} needs {p.name}: say in USUAL what to give it."
            given[p.name] = layers.Dense(3) if p.name == "layer" else USUAL[p.name]  # type: ignore[attr-defined]
    return cls(**given)


def described(layers: object, name: str) -> dict:
    layer = make(layers, name)
    return {
        "config": sorted(set(layer.get_config()) - ABSENT),  # type: ignore[attr-defined]
        "supports_masking": bool(layer.supports_masking),  # type: ignore[attr-defined]
        "name": layer.name.rstrip("0123456789").rstrip("_"),  # type: ignore[attr-defined]
    }


def main() -> None:
    import keras

    from yeoul import layers as ours

    names = [name for name in ours.__all__ if inspect.isclass(getattr(keras.layers, name, None))]
    classes = [
        name
        for name in names
        if issubclass(getattr(keras.layers, name), keras.Layer) and name not in ("InputLayer", "Layer")
    ]
    golden = {name: described(keras.layers, name) for name in classes}
    Path(__file__).with_name("golden_configs.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
