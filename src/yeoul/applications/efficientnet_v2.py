"""EfficientNetV2: fused blocks at the front. Source: Tan & Le 2021, table 4 and the authors' settings of the B models."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.efficient_blocks import Stage, Style, convolved, normalized, repeated, staged, topped
from yeoul.applications.families import member
from yeoul.applications.heads import finished
from yeoul.applications.imagenet_utils import DEVIATIONS, MEANS, decode_predictions, preparing
from yeoul.applications.inputs import channels_axis, check_arguments, images_from, known_shape

preprocess_input = preparing(None)

_STYLE = Style(momentum=0.9, pads=False, depthwise="dwconv2", grows_drops=False)


def _fused(repeats: int, channels: int, expansion: int, stride: int) -> Stage:
    return Stage(3, repeats, channels, expansion, stride, gate=0.0, is_fused=True)


_SMALLEST = (
    _fused(1, 16, 1, 1),
    _fused(2, 32, 4, 2),
    _fused(2, 48, 4, 2),
    Stage(3, 3, 96, 4, 2),
    Stage(3, 5, 112, 6, 1),
    Stage(3, 8, 192, 6, 2),
)
_S = (
    _fused(2, 24, 1, 1),
    _fused(4, 48, 4, 2),
    _fused(4, 64, 4, 2),
    Stage(3, 6, 128, 4, 2),
    Stage(3, 9, 160, 6, 1),
    Stage(3, 15, 256, 6, 2),
)
_M = (
    _fused(3, 24, 1, 1),
    _fused(5, 48, 4, 2),
    _fused(5, 80, 4, 2),
    Stage(3, 7, 160, 4, 2),
    Stage(3, 14, 176, 6, 1),
    Stage(3, 18, 304, 6, 2),
    Stage(3, 5, 512, 6, 1),
)
_L = (
    _fused(4, 32, 1, 1),
    _fused(7, 64, 4, 2),
    _fused(7, 96, 4, 2),
    Stage(3, 10, 192, 4, 2),
    Stage(3, 19, 224, 6, 1),
    Stage(3, 25, 384, 6, 2),
    Stage(3, 7, 640, 6, 1),
)
#: Stages, channels after the first convolution, factors of width and depth, image size.
_SCALES: dict[str, tuple[tuple[Stage, ...], int, float, float, int]] = {
    "b0": (_SMALLEST, 32, 1.0, 1.0, 224),
    "b1": (_SMALLEST, 32, 1.0, 1.1, 240),
    "b2": (_SMALLEST, 32, 1.1, 1.2, 260),
    "b3": (_SMALLEST, 32, 1.2, 1.4, 300),
    "s": (_S, 24, 1.0, 1.0, 384),
    "m": (_M, 24, 1.0, 1.0, 480),
    "l": (_L, 32, 1.0, 1.0, 480),
}


def _efficientnet_v2(
    kind: str,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    include_preprocessing: bool = True,
    name: str = "",
) -> Any:
    stages, stem, width, depth, size = _SCALES[kind]
    check_arguments(weights, include_top, classes, classifier_activation)
    shape = known_shape(input_shape, size, 32, include_top, weights)
    images = images_from(shape, input_tensor)

    def filters(channels: int) -> int:
        return max(8, int(channels * width + 4) // 8 * 8)  # to the nearest multiple of 8, however far down

    x = images.tensor
    if include_preprocessing:
        if kind.startswith("b") and channels_axis() == 3:
            x = layers.Rescaling(1.0 / 255)(x)
            x = layers.Normalization(axis=3, mean=list(MEANS), variance=[d**2 for d in DEVIATIONS])(x)
        else:
            x = layers.Rescaling(1.0 / 128.0, -1)(x)
    x = normalized(convolved(x, filters(stem), 3, 2, "stem_conv"), "stem_", _STYLE)
    x = staged(x, stages, filters, lambda repeats: repeated(repeats, depth), 0.2, _STYLE)
    x = topped(x, filters(1280), include_top, pooling, classes, classifier_activation, 0.2, _STYLE)
    end = "" if include_top else "_notop"
    return finished(images, x, name, weights, f"efficientnetv2-{kind}{end}.h5", "efficientnet_v2")


_ARGUMENTS = """

    Args:
        include_top: whether the classifier is part of the model.
        weights: None, "imagenet", or the path of a file.
        input_tensor: images of another model to go on from.
        input_shape: of one image.
        pooling: without top: "avg", "max", or None for feature maps.
        classes, classifier_activation: of the top.
        include_preprocessing: whether the model takes colours 0 to 255; otherwise it takes -1 to 1.
        name: of the model.
    """


(
    EfficientNetV2B0,
    EfficientNetV2B1,
    EfficientNetV2B2,
    EfficientNetV2B3,
    EfficientNetV2S,
    EfficientNetV2M,
    EfficientNetV2L,
) = (
    member(
        _efficientnet_v2,
        kind,
        f"EfficientNetV2{kind.upper()}",
        f"efficientnetv2-{kind}",
        f"EfficientNetV2-{kind.upper()}, for images of {size} x {size}. Source: Tan & Le 2021.{_ARGUMENTS}",
    )
    for kind, (*_, size) in _SCALES.items()
)

__all__ = [*(f"EfficientNetV2{kind.upper()}" for kind in _SCALES), "decode_predictions", "preprocess_input"]
