"""MobileNet: depthwise and pointwise convolutions in turn. Source: Howard et al. 2017, table 1."""

from __future__ import annotations

import warnings
from typing import Any

from yeoul import layers
from yeoul.applications.heads import finished, pooled
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import check_arguments, images_from, known_shape, last_or_first, spatial_sizes

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("tf")

_SIZES = (128, 160, 192, 224)
#: (filters, stride) of the blocks.
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))


def size_of_weights(input_shape: Any, sizes: tuple[int, ...]) -> int:
    """The image size whose published weights fit best: that of the images, or 224."""
    height, width = spatial_sizes(input_shape) if input_shape is not None and len(input_shape) == 3 else (None, None)
    return height if height == width and height in sizes else 224


def warn_of_size(shape: Any, sizes: tuple[int, ...]) -> int:
    """The image size of the weights to load; warns if it is not that of the images."""
    height, width = spatial_sizes(shape)
    if height == width and height in sizes:
        return height
    warnings.warn(
        f"`input_shape` is undefined or non-square, or `rows` is not in {list(sizes)}. Weights for input shape "
        "(224, 224) will be loaded as the default.",
        stacklevel=3,
    )
    return 224


def MobileNet(
    input_shape: Any = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Any:
    """MobileNet, for images of 224 x 224 unless `input_shape` says otherwise. Source: Howard et al. 2017.

    Args:
        input_shape: of one image.
        alpha: factor of the number of filters.
        depth_multiplier: filters a channel of the depthwise convolutions.
        dropout: rate before the classifier.
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
        if depth_multiplier != 1:
            raise ValueError(
                "If imagenet weights are being loaded, depth multiplier must be 1.  "
                f"Received depth_multiplier={depth_multiplier}"
            )
        if alpha not in (0.25, 0.5, 0.75, 1.0):
            raise ValueError(
                "If imagenet weights are being loaded, alpha can be one of`0.25`, `0.50`, `0.75` or `1.0` only.  "
                f"Received alpha={alpha}"
            )
        size = warn_of_size(shape, _SIZES)
    images = images_from(shape, input_tensor)
    axis = last_or_first()
    x = layers.Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(images.tensor)
    x = layers.BatchNormalization(axis=axis, name="conv1_bn")(x)
    x = layers.ReLU(6.0, name="conv1_relu")(x)
    for number, (filters, stride) in enumerate(_BLOCKS, 1):
        x = _block(x, int(filters * alpha), depth_multiplier, stride, number)
    if include_top:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Conv2D(classes, 1, padding="same", name="conv_preds")(x)
        x = layers.Reshape((classes,), name="reshape_2")(x)
        x = layers.Activation(classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling)
    width = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0"}.get(alpha, "2_5")
    file_name = f"mobilenet_{width}_{size}_tf{'' if include_top else '_no_top'}.h5"
    return finished(images, x, name or f"mobilenet_{alpha:0.2f}_{size}", weights, file_name, "mobilenet")


def _block(x: Any, filters: int, depth_multiplier: int, stride: int, number: int) -> Any:
    """A convolution of every channel, then one of 1 x 1 over channels."""
    if stride != 1:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        depth_multiplier=depth_multiplier,
        use_bias=False,
        name=f"conv_dw_{number}",
    )(x)
    x = layers.BatchNormalization(axis=last_or_first(), name=f"conv_dw_{number}_bn")(x)
    x = layers.ReLU(6.0, name=f"conv_dw_{number}_relu")(x)
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{number}")(x)
    x = layers.BatchNormalization(axis=last_or_first(), name=f"conv_pw_{number}_bn")(x)
    return layers.ReLU(6.0, name=f"conv_pw_{number}_relu")(x)
