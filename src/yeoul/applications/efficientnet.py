"""EfficientNet: depth, width and image size grow together. Source: Tan & Le 2019, table 1."""

from __future__ import annotations

import math
from typing import Any

from yeoul import layers
from yeoul.applications.efficient_blocks import Stage, Style, normalized, repeated, spread, staged, topped
from yeoul.applications.families import member
from yeoul.applications.heads import finished
from yeoul.applications.imagenet_utils import DEVIATIONS, decode_predictions, preparing
from yeoul.applications.inputs import (
    ARGUMENTS,
    channels_axis,
    check_arguments,
    images_from,
    known_shape,
    make_divisible,
    same_padding,
)

preprocess_input = preparing(None)

_STYLE = Style()
_STAGES = (
    Stage(3, 1, 16, 1, 1),
    Stage(3, 2, 24, 6, 2),
    Stage(5, 2, 40, 6, 2),
    Stage(3, 3, 80, 6, 2),
    Stage(5, 3, 112, 6, 1),
    Stage(5, 4, 192, 6, 2),
    Stage(3, 1, 320, 6, 1),
)
#: Factors of width and depth, image size, dropout.
_SCALES = (
    (1.0, 1.0, 224, 0.2),
    (1.0, 1.1, 240, 0.2),
    (1.1, 1.2, 260, 0.3),
    (1.2, 1.4, 300, 0.3),
    (1.4, 1.8, 380, 0.4),
    (1.6, 2.2, 456, 0.4),
    (1.8, 2.6, 528, 0.5),
    (2.0, 3.1, 600, 0.5),
)


def _efficientnet(
    number: int,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "",
) -> Any:
    width, depth, size, dropout = _SCALES[number]
    check_arguments(weights, include_top, classes, classifier_activation)
    shape = known_shape(input_shape, size, 32, include_top, weights)
    images = images_from(shape, input_tensor)

    def filters(channels: int) -> int:
        return make_divisible(channels * width)

    x = layers.Rescaling(1.0 / 255.0)(images.tensor)
    x = layers.Normalization(axis=channels_axis())(x)
    if weights == "imagenet":
        # The published weights were trained on colours divided by the variance where the layer divides by its root.
        x = layers.Rescaling([1.0 / math.sqrt(deviation) for deviation in DEVIATIONS])(x)
    x = layers.ZeroPadding2D(same_padding(x, 3), name="stem_conv_pad")(x)
    x = layers.Conv2D(filters(32), 3, strides=2, use_bias=False, kernel_initializer=spread(), name="stem_conv")(x)
    x = normalized(x, "stem_", _STYLE)
    x = staged(x, _STAGES, filters, lambda repeats: repeated(repeats, depth), 0.2, _STYLE)
    x = topped(x, filters(1280), include_top, pooling, classes, classifier_activation, dropout, _STYLE)
    end = "" if include_top else "_notop"
    return finished(images, x, name, weights, f"efficientnetb{number}{end}.h5", "")


(
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
) = (
    member(
        _efficientnet,
        number,
        f"EfficientNetB{number}",
        f"efficientnetb{number}",
        f"EfficientNet-B{number}, for images of {size} x {size}. Source: Tan & Le 2019.\n\n"
        f"    The model takes colours 0 to 255.{ARGUMENTS}",
    )
    for number, (_, _, size, _) in enumerate(_SCALES)
)

__all__ = [*(f"EfficientNetB{number}" for number in range(len(_SCALES))), "decode_predictions", "preprocess_input"]
