"""Writes golden_spatial_signatures.json: arguments with defaults, and config keys, of Keras' spatial and image layers.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/layers/record_spatial_signatures.py
"""

import inspect
import json
from pathlib import Path

SPATIAL = [
    "Conv",
    "Convolution",
    "SeparableConv",
    "SeparableConvolution",
    "DepthwiseConv",
    "MaxPooling",
    "MaxPool",
    "AveragePooling",
    "AvgPool",
    "GlobalMaxPooling",
    "GlobalMaxPool",
    "GlobalAveragePooling",
    "GlobalAvgPool",
    "AdaptiveMaxPooling",
    "AdaptiveAveragePooling",
    "ZeroPadding",
    "Cropping",
    "UpSampling",
    "SpatialDropout",
]
IMAGE = [
    "Resizing",
    "CenterCrop",
    "RandomFlip",
    "RandomCrop",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "RandomContrast",
    "RandomBrightness",
]
NEEDED = {
    "filters": 3, "kernel_size": 2, "rate": 0.2, "height": 3, "width": 4, "factor": 0.2, "output_size": 3,
    "height_factor": 0.1, "width_factor": 0.1, "pool_size": 2,
}  # fmt: skip


def names(layers):
    """The layers above that exist, in all numbers of axes."""
    spatial = [f"{name}{rank}D{end}" for name in SPATIAL for rank in (1, 2, 3) for end in ("", "Transpose")]
    return [name for name in [*spatial, *IMAGE] if hasattr(layers, name)]


def described(layers, name):
    cls = getattr(layers, name)
    parameters = [
        p
        for p in inspect.signature(cls.__init__).parameters.values()
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"
    ]
    needed = {p.name: NEEDED[p.name] for p in parameters if p.default is p.empty}
    layer = cls(**needed | ({"factor": 3} if name == "RandomPosterization" else {}))
    return {
        "arguments": [[p.name, repr(p.default)] for p in parameters],
        "config": sorted(layer.get_config()),
        "name": layer.name.rstrip("0123456789").rstrip("_"),
    }


if __name__ == "__main__":
    import keras

    golden = {name: described(keras.layers, name) for name in names(keras.layers)}
    Path(__file__).with_name("golden_spatial_signatures.json").write_text(json.dumps(golden))
