"""MobileNetV2: inverted residuals with linear bottlenecks. Source: Sandler et al. 2018, tables 1 and 2."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.heads import finished, pooled
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import (
    check_arguments,
    images_from,
    known_shape,
    last_or_first,
    make_divisible,
    same_padding,
    spatial_sizes,
)
from yeoul.applications.mobilenet import size_of_weights, warn_of_size

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("tf")

_SIZES = (96, 128, 160, 192, 224)
#: Table 2: (expansion, channels, repeats, stride of the first).
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def MobileNetV2(
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Any:
    """MobileNetV2, for images of 224 x 224 unless `input_shape` says otherwise. Source: Sandler et al. 2018.

    Args:
        input_shape: of one image.
        alpha: factor of the number of filters.
        include_top: whether the classifier is part of the model.
        weights: None, "imagenet", or the path of a file.
        input_tensor: images of another model to go on from.
        pooling: without top: "avg", "max", or None for feature maps.
        classes, classifier_activation: of the top.
        name: of the model.
    """
    check_arguments(weights, include_top, classes, classifier_activation)
    shape = known_shape(input_shape, size_of_weights(input_shape, _SIZES), 32, include_top, weights)
    size = spatial_sizes(shape)[0]
    if weights == "imagenet":
        if alpha not in (0.35, 0.50, 0.75, 1.0, 1.3, 1.4):
            raise ValueError(
                "If imagenet weights are being loaded, alpha must be one of `0.35`, `0.50`, `0.75`, `1.0`, `1.3` or "
                f"`1.4` only; Received `alpha={alpha}`"
            )
        size = warn_of_size(shape, _SIZES)
    images = images_from(shape, input_tensor)
    x = layers.Conv2D(make_divisible(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(
        images.tensor
    )
    x = layers.ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    number = 0
    for expansion, channels, repeats, stride in _STAGES:
        for repeat in range(repeats):
            x = _block(x, expansion, make_divisible(int(channels * alpha)), stride if repeat == 0 else 1, number)
            number += 1
    last = make_divisible(1280 * alpha) if alpha > 1.0 else 1280
    x = layers.Conv2D(last, 1, use_bias=False, name="Conv_1")(x)
    x = layers.ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))
    if include_top:
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling)
    file_name = (
        f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{size}{'' if include_top else '_no_top'}.h5"
    )
    return finished(images, x, name or f"mobilenetv2_{alpha:0.2f}_{size}", weights, file_name, "mobilenet_v2")


def _normalized(x: Any, name: str) -> Any:
    return layers.BatchNormalization(axis=last_or_first(), epsilon=1e-3, momentum=0.999, name=name)(x)


def _block(x: Any, expansion: int, filters: int, stride: int, number: int) -> Any:
    """More channels, a depthwise convolution, few channels again without activation, and the input added."""
    inputs = x
    channels = inputs.shape[last_or_first()]
    prefix = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = layers.Conv2D(expansion * channels, 1, padding="same", use_bias=False, name=f"{prefix}expand")(x)
        x = layers.ReLU(6.0, name=f"{prefix}expand_relu")(_normalized(x, f"{prefix}expand_BN"))
    if stride == 2:
        x = layers.ZeroPadding2D(same_padding(x, 3), name=f"{prefix}pad")(x)
    x = layers.DepthwiseConv2D(
        3, strides=stride, use_bias=False, padding="same" if stride == 1 else "valid", name=f"{prefix}depthwise"
    )(x)
    x = layers.ReLU(6.0, name=f"{prefix}depthwise_relu")(_normalized(x, f"{prefix}depthwise_BN"))
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{prefix}project")(x)
    x = _normalized(x, f"{prefix}project_BN")
    if channels == filters and stride == 1:
        return layers.Add(name=f"{prefix}add")([inputs, x])
    return x
