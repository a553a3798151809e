"""Whole networks by the Keras API: the same lines make them in yeoul and in Keras."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """How a network is measured: its images and classes, the batch and optimizer of training, and the steps of one `fit`."""

    title: str
    image: tuple[int, int, int]
    classes: int
    batch: int
    optimizer: str
    steps: int


SETTINGS = {
    "fashion_cnn": Setting("Fashion CNN 32C3-P-64C3-P-100", (28, 28, 1), 10, 32, "adam", 200),
    "resnet20": Setting("ResNet-20", (32, 32, 3), 10, 64, "sgd", 20),
    "mobilenet_v2": Setting("MobileNetV2", (224, 224, 3), 1000, 16, "sgd", 4),
    "resnet50": Setting("ResNet50", (224, 224, 3), 1000, 16, "sgd", 2),
}


def setting_of(network: str, quick: bool) -> Setting:
    """What `network` is measured with; `quick` takes small images and few steps, which says nothing but that all runs."""
    full = SETTINGS[network]
    if not quick:
        return full
    size = min(full.image[0], 64)
    batch = full.batch if size == full.image[0] else 4
    return Setting(full.title, (size, size, full.image[2]), full.classes, batch, full.optimizer, min(full.steps, 4))


def make(keras: Any, network: str, setting: Setting) -> Any:
    """The network in `keras`: yeoul, or Keras itself."""
    return MAKERS[network](keras, setting)


def _fashion_cnn(keras: Any, setting: Setting) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(setting.image),
            layers.Conv2D(32, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(setting.classes, activation="softmax"),
        ]
    )


def _resnet20(keras: Any, setting: Setting) -> Any:
    """Three stages of three blocks, with 1 x 1 convolutions where the shape changes. Source: He et al. 2015, section 4.2."""
    layers = keras.layers

    def convolved(x: Any, filters: int, window: int, stride: int) -> Any:
        x = layers.Conv2D(filters, window, strides=stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input(setting.image)
    x = layers.ReLU()(convolved(inputs, 16, 3, 1))
    for filters in (16, 32, 64):
        for number in range(3):
            stride = 2 if number == 0 and filters > 16 else 1
            y = layers.ReLU()(convolved(x, filters, 3, stride))
            y = convolved(y, filters, 3, 1)
            x = layers.ReLU()(layers.Add()([x if stride == 1 else convolved(x, filters, 1, stride), y]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(setting.classes, activation="softmax")(x))


MAKERS: dict[str, Callable[[Any, Setting], Any]] = {
    "fashion_cnn": _fashion_cnn,
    "resnet20": _resnet20,
    "mobilenet_v2": lambda keras, setting: keras.applications.MobileNetV2(setting.image, weights=None),
    "resnet50": lambda keras, setting: keras.applications.ResNet50(weights=None, input_shape=setting.image),
}


def multiply_adds(model: Any) -> tuple[int, int]:
    """Multiply-adds of convolutions and dense layers for one image: forward, and in a step of training.

    Training takes them three times, forward and for both gradients, but for the gradient with respect to the image.
    """
    found = [
        math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
        for layer in model.layers
        if getattr(layer, "kernel", None) is not None
    ]
    return sum(found), 3 * sum(found) - found[0]
