"""What is compared for every model: the same code reads a model of Keras and one of this package."""

import hashlib
import json

import numpy as np

MODELS = [
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Small",
    "MobileNetV3Large",
    "VGG16",
    "VGG19",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "ResNet50V2",
    "ResNet101V2",
    "ResNet152V2",
    "InceptionV3",
    "Xception",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2S",
    "EfficientNetV2M",
    "EfficientNetV2L",
]

#: Modules with functions that prepare images and read predictions.
MODULES = [
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3",
    "vgg16",
    "vgg19",
    "resnet",
    "resnet50",
    "resnet_v2",
    "inception_v3",
    "xception",
    "densenet",
    "efficientnet",
    "efficientnet_v2",
]

#: Models whose outputs are compared, with few weights and small images.
SMALL = {
    "MobileNet": {"input_shape": (32, 32, 3), "alpha": 0.25},
    "MobileNetV2": {"input_shape": (32, 32, 3), "alpha": 0.35},
    "MobileNetV3Small": {"input_shape": (32, 32, 3), "alpha": 0.75},
    "MobileNetV3Large": {"input_shape": (32, 32, 3), "alpha": 0.75, "minimalistic": True},
    "EfficientNetB0": {"input_shape": (32, 32, 3)},
    "EfficientNetV2B0": {"input_shape": (32, 32, 3)},
    "ResNet50": {"input_shape": (32, 32, 3)},
    "ResNet50V2": {"input_shape": (32, 32, 3)},
    "DenseNet121": {"input_shape": (32, 32, 3)},
    "VGG16": {"input_shape": (32, 32, 3), "include_top": False, "pooling": "max"},
    "InceptionV3": {"input_shape": (75, 75, 3), "include_top": False, "pooling": "avg"},
    "Xception": {"input_shape": (71, 71, 3), "include_top": False, "pooling": "avg"},
}

#: How large kernels are drawn, so that an image's traces neither die nor explode on their way through.
GAINS = {
    "MobileNet": 9.0,
    "MobileNetV2": 5.0,
    "MobileNetV3Small": 5.5,
    "MobileNetV3Large": 5.0,
    "EfficientNetB0": 7.0,
    "EfficientNetV2B0": 4.0,
    "ResNet50": 2.0,
    "ResNet50V2": 2.0,
    "Xception": 2.0,
}

#: Other ways to make models, whose structure is compared too.
VARIANTS = {
    "MobileNet without top": ("MobileNet", {"include_top": False, "input_shape": (96, 64, 3)}),
    "MobileNet any size": ("MobileNet", {"include_top": False, "pooling": "avg", "alpha": 0.5, "depth_multiplier": 2}),
    "MobileNetV2 wide": ("MobileNetV2", {"alpha": 1.4, "classes": 7}),
    "MobileNetV3Small minimalistic": ("MobileNetV3Small", {"minimalistic": True, "include_preprocessing": False}),
    "MobileNetV3Large without top": ("MobileNetV3Large", {"include_top": False, "pooling": "max", "dropout_rate": 0.3}),
    "ResNet50 any size": ("ResNet50", {"include_top": False, "classifier_activation": None}),
    "ResNet50V2 without top": ("ResNet50V2", {"include_top": False, "pooling": "avg", "input_shape": (64, 64, 1)}),
    "VGG19 other size": ("VGG19", {"classes": 3, "input_shape": (64, 64, 3)}),
    "EfficientNetB1 any size": ("EfficientNetB1", {"include_top": False, "pooling": "avg"}),
    "EfficientNetV2S without preprocessing": (
        "EfficientNetV2S",
        {"include_preprocessing": False, "include_top": False},
    ),
    "InceptionV3 without top": ("InceptionV3", {"include_top": False, "pooling": "max"}),
    "VGG16 without top": ("VGG16", {"include_top": False, "pooling": "max"}),
    "Xception without top": ("Xception", {"include_top": False, "pooling": "avg"}),
    "DenseNet121 without top": ("DenseNet121", {"include_top": False, "pooling": "max"}),
    "MobileNetV2 without top": ("MobileNetV2", {"include_top": False, "pooling": "max", "input_shape": (97, 64, 3)}),
    "MobileNetV3Small without top": ("MobileNetV3Small", {"include_top": False, "pooling": "avg"}),
    "MobileNetV3Small wide": ("MobileNetV3Small", {"alpha": 1.25, "dropout_rate": 0}),
    "EfficientNetB2 odd": ("EfficientNetB2", {"include_top": False, "pooling": "max", "input_shape": (77, 64, 3)}),
    "Xception logits": ("Xception", {"classes": 2, "classifier_activation": None}),
}

SETTINGS = [
    "filters",
    "units",
    "kernel_size",
    "pool_size",
    "strides",
    "padding",
    "use_bias",
    "activation",
    "epsilon",
    "momentum",
    "rate",
    "dilation_rate",
    "depth_multiplier",
    "target_shape",
    "scale",
    "offset",
    "keepdims",
    "axis",
]


def shape_of(layer):
    shape = layer.output.shape
    return [None if size is None else int(size) for size in shape]


def names_of_inputs(layer, owner):
    """Names of what a layer is called on; `owner` gives the layer or op of a tensor."""
    found = layer.input if isinstance(layer.input, (list, tuple)) else [layer.input]
    return [owner(tensor) for tensor in found]


def described(model):
    """Layers of a model as rows of lists, each compared on its own."""
    rows = {"names": [], "classes": [], "shapes": [], "settings": []}
    for layer in model.layers:
        rows["names"].append(layer.name)
        rows["classes"].append(type(layer).__name__)
        rows["shapes"].append(shape_of(layer))
        config = layer.get_config()
        rows["settings"].append(
            {
                key: config[key]
                for key in SETTINGS
                if (key in config and key != "units") or (key == "units" and "units" in config)
            }
        )
    return json.loads(json.dumps(rows, default=list))


def digest(rows):
    text = json.dumps(rows, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def summary(model):
    rows = described(model)
    return {
        "name": model.name,
        "layers": len(model.layers),
        "total": int(model.count_params()),
        "trainable": int(sum(np.prod(w.shape) for w in model.trainable_weights)),
        "weights": digest([[w.name, [int(n) for n in w.shape]] for w in model.weights]),
        **{key: digest(value) for key, value in rows.items()},
    }


def noise(count, number):
    """`count` numbers from -1 to 1: the hash splitmix64 of (number, place)."""
    x = np.arange(count, dtype=np.uint64) + np.uint64(number << 32)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return (x >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1


def fill(model, gain=2.5):
    """Sets every weight by a formula of its number, its place and its name."""
    values = []
    for number, weight in enumerate(model.weights):
        shape = tuple(int(n) for n in weight.shape)
        wave = noise(int(np.prod(shape)), number).reshape(shape)
        name = weight.name.split("/")[-1]
        if name in ("gamma", "scale"):
            value = 1 + 0.1 * wave
        elif "variance" in name:
            value = 1 + 0.5 * wave**2
        elif "count" in name:
            value = np.zeros(shape)
        elif "kernel" in name:
            fan_in = np.prod(shape[:2]) if "depthwise" in name else np.prod(shape[:-1])
            value = wave * gain / np.sqrt(fan_in)
        else:
            value = 0.1 * wave
        values.append(value.astype(np.float32))
    model.set_weights(values)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):  # Keras' Normalization computes with copies of its weights
            layer.finalize_state()


def images(shape):
    """Two pictures, 0 to 255."""
    return (127.5 + 127.5 * noise(2 * int(np.prod(shape)), 0)).reshape(2, *shape).astype(np.float32)


def prepared(model_name, shape):
    pictures = images(shape)
    return (
        pictures
        if "Efficient" in model_name or ("V3" in model_name and "Mobile" in model_name)
        else pictures / 127.5 - 1
    )


def small_model(applications, name):
    settings = dict(SMALL[name])
    if settings.get("include_top", True):
        settings.update(classes=10, classifier_activation=None)
    model = getattr(applications, name)(weights=None, **settings)
    fill(model, GAINS.get(name, 2.5))
    return model


def tiny_model(keras):
    """One layer of every kind that the models have weights in."""
    layers = keras.layers
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="first", use_bias=False)(images)
    x = layers.BatchNormalization(name="statistics")(x)
    x = layers.DepthwiseConv2D(3)(x)
    x = layers.SeparableConv2D(3, 1, name="separable")(x)
    x = layers.Conv2D(2, 1)(x)
    x = layers.Normalization(axis=-1)(x)
    inner_images = keras.Input((4, 4, 2))
    inner = keras.Model(inner_images, layers.Conv2D(2, 2)(inner_images), name="inside")
    x = x if keras.__name__ == "flat" else inner(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, layers.Dense(3, name="predictions")(x))
    fill(model)
    return model


class Flat:
    """`keras` for a `tiny_model` without a model inside, which the older files know nothing of."""

    __name__ = "flat"

    def __init__(self, keras):
        self.layers, self.Input, self.Model = keras.layers, keras.Input, keras.Model
