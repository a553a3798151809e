"""Residual networks: of the first kind (He et al. 2015) and with activation before the convolutions (He et al. 2016)."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.heads import classified, finished
from yeoul.applications.inputs import channels_axis, check_arguments, images_from, known_shape

_FILTERS = (64, 128, 256, 512)
#: Blocks in each stage, by the number of layers.
REPEATS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def residual_network(
    sizes: tuple[tuple[int, ...], bool, str],
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "",
) -> Any:
    """A model of these sizes: blocks in each of its four stages, whether it is of the first kind, and how its files are called."""
    repeats, is_first_kind, file_stem = sizes
    check_arguments(weights, include_top, classes, classifier_activation)
    shape = known_shape(input_shape, 224, 32, include_top, weights)
    images = images_from(shape, input_tensor)
    x = layers.ZeroPadding2D(3, name="conv1_pad")(images.tensor)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    if is_first_kind:
        x = _normalized(x, "conv1", "relu")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (filters, count) in enumerate(zip(_FILTERS, repeats, strict=True), 2):
        for number in range(1, count + 1):
            prefix = f"conv{stage}_block{number}"
            if is_first_kind:
                stride = 2 if number == 1 and stage > 2 else 1
                x = _block(x, filters, stride, number == 1, prefix)
            else:
                stride = 2 if number == count and stage < 5 else 1
                x = _preactivated_block(x, filters, stride, number == 1, prefix)
    if not is_first_kind:
        x = _normalized(x, "post", "relu")
    x = classified(x, include_top, pooling, classes, classifier_activation)
    end = "" if include_top else "_notop"
    return finished(images, x, name, weights, f"{file_stem}_weights_tf_dim_ordering_tf_kernels{end}.h5", "resnet")


def _normalized(x: Any, prefix: str, activation: str | None = None) -> Any:
    x = layers.BatchNormalization(axis=channels_axis(), epsilon=1.001e-5, name=f"{prefix}_bn")(x)
    return x if activation is None else layers.Activation(activation, name=f"{prefix}_relu")(x)


def _block(x: Any, filters: int, stride: int, changes_shape: bool, prefix: str) -> Any:
    """relu(shortcut + three convolutions), of 1 x 1, 3 x 3 and 1 x 1."""
    shortcut = x
    if changes_shape:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{prefix}_0_conv")(x)
        shortcut = _normalized(shortcut, f"{prefix}_0")
    x = layers.Conv2D(filters, 1, strides=stride, name=f"{prefix}_1_conv")(x)
    x = _normalized(x, f"{prefix}_1", "relu")
    x = layers.Conv2D(filters, 3, padding="same", name=f"{prefix}_2_conv")(x)
    x = _normalized(x, f"{prefix}_2", "relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{prefix}_3_conv")(x)
    x = _normalized(x, f"{prefix}_3")
    x = layers.Add(name=f"{prefix}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{prefix}_out")(x)


def _preactivated_block(x: Any, filters: int, stride: int, changes_channels: bool, prefix: str) -> Any:
    """shortcut + three convolutions, each after normalisation and activation; nothing after the sum."""
    active = _normalized(x, f"{prefix}_preact", "relu")
    if changes_channels:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{prefix}_0_conv")(active)
    else:
        shortcut = layers.MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    x = layers.Conv2D(filters, 1, strides=1, use_bias=False, name=f"{prefix}_1_conv")(active)
    x = _normalized(x, f"{prefix}_1", "relu")
    x = layers.ZeroPadding2D(1, name=f"{prefix}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{prefix}_2_conv")(x)
    x = _normalized(x, f"{prefix}_2", "relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{prefix}_3_conv")(x)
    return layers.Add(name=f"{prefix}_out")([shortcut, x])
