"""Xception: separable convolutions with residuals. Source: Chollet 2017, figure 5."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.heads import finished, pooled
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import check_arguments, images_from, known_shape, last_or_first

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("tf")


def Xception(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "xception",
) -> Any:
    """Xception, for images of 299 x 299. Source: Chollet 2017.

    Args:
        include_top: whether the classifier is part of the model.
        weights: None, "imagenet", or the path of a file.
        input_tensor: images of another model to go on from.
        input_shape: of one image, at least 71 x 71.
        pooling: without top: "avg", "max", or None for feature maps.
        classes, classifier_activation: of the top.
        name: of the model.
    """
    check_arguments(weights, include_top, classes, classifier_activation)
    shape = known_shape(input_shape, 299, 71, include_top, weights)
    images = images_from(shape, input_tensor)
    x = layers.Conv2D(32, 3, strides=2, use_bias=False, name="block1_conv1")(images.tensor)
    x = _activated(_normalized(x, "block1_conv1_bn"), "block1_conv1_act")
    x = layers.Conv2D(64, 3, use_bias=False, name="block1_conv2")(x)
    x = _activated(_normalized(x, "block1_conv2_bn"), "block1_conv2_act")
    for block, filters in enumerate((128, 256, 728), 2):
        x = _shrinking_block(x, (filters, filters), f"block{block}", starts_active=block == 2)
    for block in range(5, 13):
        inputs = x
        for number in (1, 2, 3):
            x = _separable(_activated(x, f"block{block}_sepconv{number}_act"), 728, f"block{block}_sepconv{number}")
        x = layers.Add()([x, inputs])
    x = _shrinking_block(x, (728, 1024), "block13", starts_active=False)
    for number, filters in ((1, 1536), (2, 2048)):
        x = _separable(x, filters, f"block14_sepconv{number}")
        x = _activated(x, f"block14_sepconv{number}_act")
    if include_top:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling)
    end = "" if include_top else "_notop"
    file_name = f"xception_weights_tf_dim_ordering_tf_kernels{end}.h5"
    return finished(images, x, name, weights, file_name, "xception")


def _normalized(x: Any, name: str | None = None) -> Any:
    return layers.BatchNormalization(axis=last_or_first(), name=name)(x)


def _activated(x: Any, name: str) -> Any:
    return layers.Activation("relu", name=name)(x)


def _separable(x: Any, filters: int, name: str) -> Any:
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _shrinking_block(x: Any, filters: tuple[int, int], prefix: str, starts_active: bool) -> Any:
    """Two separable convolutions and a pool, added to a convolution of 1 x 1 with stride 2."""
    residual = layers.Conv2D(filters[1], 1, strides=2, padding="same", use_bias=False)(x)
    residual = _normalized(residual)
    for number in (1, 2):
        if number == 2 or not starts_active:
            x = _activated(x, f"{prefix}_sepconv{number}_act")
        x = _separable(x, filters[number - 1], f"{prefix}_sepconv{number}")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{prefix}_pool")(x)
    return layers.Add()([x, residual])
