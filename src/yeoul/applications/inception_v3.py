"""InceptionV3: branches with windows of different size, side by side. Source: Szegedy et al. 2016, table 1."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.heads import finished, pooled
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import channels_axis, check_arguments, images_from, known_shape

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("tf")


def InceptionV3(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "inception_v3",
) -> Any:
    """InceptionV3, for images of 299 x 299. Source: Szegedy et al. 2016.

    Args:
        include_top: whether the classifier is part of the model.
        weights: None, "imagenet", or the path of a file.
        input_tensor: images of another model to go on from.
        input_shape: of one image, at least 75 x 75.
        pooling: without top: "avg", "max", or None for feature maps.
        classes, classifier_activation: of the top.
        name: of the model.
    """
    check_arguments(weights, include_top, classes, classifier_activation)
    shape = known_shape(input_shape, 299, 75, include_top, weights)
    images = images_from(shape, input_tensor)
    x = _conv(images.tensor, 32, 3, 3, strides=2, padding="valid")
    x = _conv(x, 32, 3, 3, padding="valid")
    x = _conv(x, 64, 3, 3)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = _conv(x, 80, 1, 1, padding="valid")
    x = _conv(x, 192, 3, 3, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)
    for number, filters in enumerate((32, 64, 64)):
        x = _block_35(x, filters, f"mixed{number}")
    x = _to_17(x, "mixed3")
    for number, filters in enumerate((128, 160, 160, 192), 4):
        x = _block_17(x, filters, f"mixed{number}")
    x = _to_8(x, "mixed8")
    for number in (0, 1):
        x = _block_8(x, number)
    if include_top:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling)
    end = "" if include_top else "_notop"
    file_name = f"inception_v3_weights_tf_dim_ordering_tf_kernels{end}.h5"
    return finished(images, x, name, weights, file_name, "inception_v3")


def _conv(x: Any, filters: int, height: int, width: int, strides: int = 1, padding: str = "same") -> Any:
    x = layers.Conv2D(filters, (height, width), strides=strides, padding=padding, use_bias=False)(x)
    x = layers.BatchNormalization(axis=channels_axis(), scale=False)(x)
    return layers.Activation("relu")(x)


def _beside(parts: list[Any], name: str | None = None) -> Any:
    return layers.Concatenate(axis=channels_axis(), name=name)(parts)


def _averaged(x: Any, filters: int) -> Any:
    return _conv(layers.AveragePooling2D(3, strides=1, padding="same")(x), filters, 1, 1)


def _block_35(x: Any, filters: int, name: str) -> Any:
    """Figure 5, for maps of 35 x 35."""
    one = _conv(x, 64, 1, 1)
    five = _conv(_conv(x, 48, 1, 1), 64, 5, 5)
    twice = _conv(_conv(_conv(x, 64, 1, 1), 96, 3, 3), 96, 3, 3)
    return _beside([one, five, twice, _averaged(x, filters)], name)


def _to_17(x: Any, name: str) -> Any:
    three = _conv(x, 384, 3, 3, strides=2, padding="valid")
    twice = _conv(_conv(x, 64, 1, 1), 96, 3, 3)
    twice = _conv(twice, 96, 3, 3, strides=2, padding="valid")
    return _beside([three, twice, layers.MaxPooling2D(3, strides=2)(x)], name)


def _block_17(x: Any, filters: int, name: str) -> Any:
    """Figure 6 with n = 7, for maps of 17 x 17."""
    one = _conv(x, 192, 1, 1)
    seven = _conv(_conv(_conv(x, filters, 1, 1), filters, 1, 7), 192, 7, 1)
    twice = _conv(_conv(_conv(x, filters, 1, 1), filters, 7, 1), filters, 1, 7)
    twice = _conv(_conv(twice, filters, 7, 1), 192, 1, 7)
    return _beside([one, seven, twice, _averaged(x, 192)], name)


def _to_8(x: Any, name: str) -> Any:
    three = _conv(_conv(x, 192, 1, 1), 320, 3, 3, strides=2, padding="valid")
    seven = _conv(_conv(_conv(x, 192, 1, 1), 192, 1, 7), 192, 7, 1)
    seven = _conv(seven, 192, 3, 3, strides=2, padding="valid")
    return _beside([three, seven, layers.MaxPooling2D(3, strides=2)(x)], name)


def _block_8(x: Any, number: int) -> Any:
    """Figure 7, for maps of 8 x 8."""
    one = _conv(x, 320, 1, 1)
    three = _conv(x, 384, 1, 1)
    three = _beside([_conv(three, 384, 1, 3), _conv(three, 384, 3, 1)], f"mixed9_{number}")
    twice = _conv(_conv(x, 448, 1, 1), 384, 3, 3)
    twice = _beside([_conv(twice, 384, 1, 3), _conv(twice, 384, 3, 1)])
    return _beside([one, three, twice, _averaged(x, 192)], f"mixed{9 + number}")
