"""MobileNetV3: found by search, with squeeze-and-excitation. Source: Howard et al. 2019, tables 1 and 2."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.families import member
from yeoul.applications.heads import finished, pooled
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import (
    check_arguments,
    images_from,
    known_shape,
    last_or_first,
    make_divisible,
    same_padding,
)

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]

preprocess_input = preparing(None)

#: (expansion, channels, kernel, stride, squeeze-and-excitation, hard swish) of the blocks.
_LARGE = (
    (1, 16, 3, 1, False, False),
    (4, 24, 3, 2, False, False),
    (3, 24, 3, 1, False, False),
    (3, 40, 5, 2, True, False),
    (3, 40, 5, 1, True, False),
    (3, 40, 5, 1, True, False),
    (6, 80, 3, 2, False, True),
    (2.5, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (6, 112, 3, 1, True, True),
    (6, 112, 3, 1, True, True),
    (6, 160, 5, 2, True, True),
    (6, 160, 5, 1, True, True),
    (6, 160, 5, 1, True, True),
)
_SMALL = (
    (1, 16, 3, 2, True, False),
    (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False),
    (4, 40, 5, 2, True, True),
    (6, 40, 5, 1, True, True),
    (6, 40, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (6, 96, 5, 2, True, True),
    (6, 96, 5, 1, True, True),
    (6, 96, 5, 1, True, True),
)
_ARGUMENTS = """

    Args:
        input_shape: of one image; any size if None.
        alpha: factor of the number of filters.
        minimalistic: without squeeze-and-excitation, hard swish and 5 x 5 kernels.
        include_top: whether the classifier is part of the model.
        weights: None, "imagenet", or the path of a file.
        input_tensor: images of another model to go on from.
        classes, classifier_activation: of the top.
        pooling: without top: "avg", "max", or None for feature maps.
        dropout_rate: before the classifier.
        include_preprocessing: whether the model takes colours 0 to 255; otherwise it takes -1 to 1.
        name: of the model.
    """


def _mobilenet_v3(
    sizes: tuple[tuple, int, str],
    input_shape: Any = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    classes: int = 1000,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: Any = "softmax",
    include_preprocessing: bool = True,
    name: str = "",
) -> Any:
    """A model of these sizes: its blocks, the channels of its last convolution, and how its files are called."""
    blocks, last, kind = sizes
    check_arguments(weights, include_top, classes, classifier_activation)
    if weights == "imagenet" and alpha not in ((1.0,) if minimalistic else (0.75, 1.0)):
        raise ValueError(
            "If imagenet weights are being loaded, alpha can be one of `0.75`, `1.0` for non minimalistic or `1.0` for "
            f"minimalistic only.  Received alpha={alpha}"
        )
    shape = known_shape(input_shape, 224, 32, include_top, weights, has_fixed_size=False)
    images = images_from(shape, input_tensor)
    swish = _relu if minimalistic else _hard_swish
    x = layers.Rescaling(1 / 127.5, -1.0)(images.tensor) if include_preprocessing else images.tensor
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
    x = swish(_normalized(x, "conv_bn"))
    for number, (expansion, channels, kernel, stride, has_gate, is_swish) in enumerate(blocks):
        x = _block(
            x,
            expansion,
            make_divisible(channels * alpha),
            3 if minimalistic else kernel,
            stride,
            has_gate and not minimalistic,
            swish if is_swish else _relu,
            number,
        )
    x = layers.Conv2D(make_divisible(x.shape[last_or_first()] * 6), 1, padding="same", use_bias=False, name="conv_1")(x)
    x = swish(_normalized(x, "conv_1_bn"))
    if include_top:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Conv2D(make_divisible(last * alpha) if alpha > 1.0 else last, 1, padding="same", name="conv_2")(x)
        x = swish(x)
        if dropout_rate > 0:
            x = layers.Dropout(dropout_rate)(x)
        x = layers.Conv2D(classes, 1, padding="same", name="logits")(x)
        x = layers.Flatten()(x)
        x = layers.Activation(classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling, "avg_pool", "max_pool")
    file_name = (
        f"weights_mobilenet_v3_{kind}{'_minimalistic' if minimalistic else ''}_224_{float(alpha)}_float"
        f"{'' if include_top else '_no_top_v2'}.h5"
    )
    return finished(images, x, name, weights, file_name, "mobilenet_v3")


MobileNetV3Small = member(
    _mobilenet_v3,
    (_SMALL, 1024, "small"),
    "MobileNetV3Small",
    "MobileNetV3Small",
    f"MobileNetV3 for slow devices. Source: Howard et al. 2019, table 2.{_ARGUMENTS}",
)
MobileNetV3Large = member(
    _mobilenet_v3,
    (_LARGE, 1280, "large"),
    "MobileNetV3Large",
    "MobileNetV3Large",
    f"MobileNetV3 for fast devices. Source: Howard et al. 2019, table 1.{_ARGUMENTS}",
)


def _relu(x: Any) -> Any:
    return layers.ReLU()(x)


def _hard_swish(x: Any) -> Any:
    return layers.Activation("hard_swish")(x)


def _hard_sigmoid(x: Any) -> Any:
    return layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)


def _normalized(x: Any, name: str) -> Any:
    return layers.BatchNormalization(axis=last_or_first(), epsilon=1e-3, momentum=0.999, name=name)(x)


def _gated(x: Any, filters: int, prefix: str) -> Any:
    """Squeeze and excitation: every channel times a factor computed from the means of all channels (Hu et al. 2018)."""
    factor = layers.GlobalAveragePooling2D(keepdims=True, name=f"{prefix}squeeze_excite_avg_pool")(x)
    factor = layers.Conv2D(make_divisible(filters * 0.25), 1, padding="same", name=f"{prefix}squeeze_excite_conv")(
        factor
    )
    factor = layers.ReLU(name=f"{prefix}squeeze_excite_relu")(factor)
    factor = layers.Conv2D(filters, 1, padding="same", name=f"{prefix}squeeze_excite_conv_1")(factor)
    return layers.Multiply(name=f"{prefix}squeeze_excite_mul")([x, _hard_sigmoid(factor)])


def _block(
    x: Any, expansion: float, filters: int, kernel: int, stride: int, has_gate: bool, activation: Any, number: int
) -> Any:
    inputs = x
    channels = inputs.shape[last_or_first()]
    wide = make_divisible(channels * expansion)
    prefix = f"expanded_conv_{number}_" if number else "expanded_conv_"
    if number:
        x = layers.Conv2D(wide, 1, padding="same", use_bias=False, name=f"{prefix}expand")(x)
        x = activation(_normalized(x, f"{prefix}expand_bn"))
    if stride == 2:
        x = layers.ZeroPadding2D(same_padding(x, kernel), name=f"{prefix}depthwise_pad")(x)
    x = layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same" if stride == 1 else "valid", use_bias=False, name=f"{prefix}depthwise"
    )(x)
    x = activation(_normalized(x, f"{prefix}depthwise_bn"))
    if has_gate:
        x = _gated(x, wide, prefix)
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{prefix}project")(x)
    x = _normalized(x, f"{prefix}project_bn")
    if stride == 1 and channels == filters:
        return layers.Add(name=f"{prefix}add")([inputs, x])
    return x
