"""Densely connected networks: every layer's output is put beside all before it. Source: Huang et al. 2017."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.heads import classified, finished
from yeoul.applications.inputs import channels_axis, check_arguments, images_from, known_shape

_GROWTH = 32


def densely_connected(
    sizes: tuple[tuple[int, ...], str],
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "",
) -> Any:
    """A model of these sizes: layers in each of its four dense blocks, and how its files are called."""
    repeats, file_stem = sizes
    check_arguments(weights, include_top, classes, classifier_activation)
    shape = known_shape(input_shape, 224, 32, include_top, weights)
    images = images_from(shape, input_tensor)
    x = layers.ZeroPadding2D(3)(images.tensor)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = _activated(x, "conv1_bn", "conv1_relu")
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, count in enumerate(repeats, 2):
        for number in range(1, count + 1):
            x = _layer(x, f"conv{stage}_block{number}")
        if stage < 5:
            x = _halved(x, f"pool{stage}")
    x = _activated(x, "bn", "relu")
    x = classified(x, include_top, pooling, classes, classifier_activation)
    end = "" if include_top else "_notop"
    return finished(images, x, name, weights, f"{file_stem}_weights_tf_dim_ordering_tf_kernels{end}.h5", "densenet")


def _activated(x: Any, normalization: str, activation: str) -> Any:
    x = layers.BatchNormalization(axis=channels_axis(), epsilon=1.001e-5, name=normalization)(x)
    return layers.Activation("relu", name=activation)(x)


def _layer(x: Any, prefix: str) -> Any:
    """The input, and beside it as many new channels as the growth rate."""
    new = _activated(x, f"{prefix}_0_bn", f"{prefix}_0_relu")
    new = layers.Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{prefix}_1_conv")(new)
    new = _activated(new, f"{prefix}_1_bn", f"{prefix}_1_relu")
    new = layers.Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{prefix}_2_conv")(new)
    return layers.Concatenate(axis=channels_axis(), name=f"{prefix}_concat")([x, new])


def _halved(x: Any, prefix: str) -> Any:
    """Half the channels, and half the height and width."""
    x = _activated(x, f"{prefix}_bn", f"{prefix}_relu")
    x = layers.Conv2D(x.shape[channels_axis()] // 2, 1, use_bias=False, name=f"{prefix}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{prefix}_pool")(x)
