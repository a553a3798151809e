"""VGG19 and its images and predictions."""

from __future__ import annotations

from typing import Any

from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.vgg import vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("caffe")


def VGG19(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "vgg19",
) -> Any:
    """VGG with 16 convolutions and three dense layers; images of 224 x 224. Source: Simonyan & Zisserman 2015.

    Args:
        include_top: whether the classifier is part of the model.
        weights: None, "imagenet", or the path of a file.
        input_tensor: images of another model to go on from.
        input_shape: of one image; with a top it fixes the first dense layer.
        pooling: without top: "avg", "max", or None for feature maps.
        classes, classifier_activation: of the top.
        name: of the model.
    """
    return vgg(
        (2, 2, 4, 4, 4),
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name,
        "vgg19",
    )
