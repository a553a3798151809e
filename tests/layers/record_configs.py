"""Writes golden_configs.json: constructor arguments, config keys and masking of every layer that Keras has, too.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/layers/record_configs.py
"""

import inspect
import json
from pathlib import Path

LAYERS = [
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "AugMix",
    "AutoContrast",
    "Average",
    "BatchNormalization",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "CutMix",
    "Dense",
    "Discretization",
    "Dot",
    "Dropout",
    "ELU",
    "EinsumDense",
    "Embedding",
    "Equalization",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "IntegerLookup",
    "Lambda",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "MixUp",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "Softmax",
    "Solarization",
    "SpectralNormalization",
    "StringLookup",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "Wrapper",
]
#: Arguments that a layer can not be made without; ("Layer", arguments) for a layer within.
NEEDED: dict[str, dict] = {
    "Activation": {"activation": "tanh"}, "AlphaDropout": {"rate": 0.2}, "CategoryEncoding": {"num_tokens": 3}, "Dense": {"units": 3},
    "Discretization": {"bin_boundaries": [0.0, 1.0]}, "Dot": {"axes": 1}, "Dropout": {"rate": 0.2}, "Embedding": {"input_dim": 5, "output_dim": 2},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 4, "bias_axes": "c"}, "GaussianDropout": {"rate": 0.2}, "GaussianNoise": {"stddev": 0.2},
    "HashedCrossing": {"num_bins": 3}, "Hashing": {"num_bins": 3}, "Permute": {"dims": (2, 1)},
    "RepeatVector": {"n": 2}, "Rescaling": {"scale": 2.0}, "Reshape": {"target_shape": (2, 2)}, "SpectralNormalization": {"layer": ("Dense", {"units": 3})},
    "TimeDistributed": {"layer": ("Dense", {"units": 3})}, "Wrapper": {"layer": ("Dense", {"units": 3})},
    "Lambda": {"function": abs}, "Pipeline": {"layers": []}, "RandomCrop": {"height": 3, "width": 3}, "CenterCrop": {"height": 3, "width": 3},
    "Resizing": {"height": 3, "width": 3}, "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2}, "RandomZoom": {"height_factor": 0.2},
    **{f"Random{name}": {"factor": 0.2} for name in ("Brightness", "ColorDegeneration", "Contrast", "Hue", "Rotation", "Saturation", "Sharpness")},
    "RandomPosterization": {"factor": 3},
}  # fmt: skip
#: Of newer Keras, and not here: quantization.
ABSENT = {"quantization_config", "gptq_unpacked_column_size"}


def make(layers: object, name: str, **more: object) -> object:
    known = {
        key: getattr(layers, value[0])(**value[1]) if key == "layer" else value
        for key, value in NEEDED.get(name, {}).items()
    }
    return getattr(layers, name)(**known, **more)


def described(layers: object, name: str) -> dict:
    cls = getattr(layers, name)
    layer = make(layers, name)
    parameters = inspect.signature(cls.__init__).parameters.values()
    arguments = [
        [p.name, repr(p.default)] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"
    ]
    return {
        "arguments": [a for a in arguments if a[0] not in ABSENT],
        "config": sorted(set(layer.get_config()) - ABSENT),  # type: ignore[attr-defined]
        "supports_masking": bool(layer.supports_masking),  # type: ignore[attr-defined]
        "name": layer.name.rstrip("0123456789").rstrip("_"),  # type: ignore[attr-defined]
    }


def main() -> None:
    import keras

    golden = {name: described(keras.layers, name) for name in LAYERS}
    Path(__file__).with_name("golden_configs.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
