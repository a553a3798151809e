"""ResNet: every block adds to its input. Source: He et al. 2015."""

from __future__ import annotations

from typing import Any

from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import ARGUMENTS
from yeoul.applications.residual import residual_network

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("caffe")


def ResNet50(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet50",
) -> Any:
    return residual_network((3, 4, 6, 3), True, file_stem="resnet50", **locals())


def ResNet101(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet101",
) -> Any:
    return residual_network((3, 4, 23, 3), True, file_stem="resnet101", **locals())


def ResNet152(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet152",
) -> Any:
    return residual_network((3, 8, 36, 3), True, file_stem="resnet152", **locals())


ResNet50.__doc__ = f"ResNet of 50 layers, for images of 224 x 224. Source: He et al. 2015, table 1.{ARGUMENTS}"
ResNet101.__doc__ = f"ResNet of 101 layers, for images of 224 x 224. Source: He et al. 2015, table 1.{ARGUMENTS}"
ResNet152.__doc__ = f"ResNet of 152 layers, for images of 224 x 224. Source: He et al. 2015, table 1.{ARGUMENTS}"
