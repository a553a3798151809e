"""ResNetV2: activation before the convolutions, sums left as they are. Source: He et al. 2016."""

from __future__ import annotations

from typing import Any

from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import ARGUMENTS
from yeoul.applications.residual import residual_network

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("tf")


def ResNet50V2(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet50v2",
) -> Any:
    return residual_network((3, 4, 6, 3), False, file_stem="resnet50v2", **locals())


def ResNet101V2(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet101v2",
) -> Any:
    return residual_network((3, 4, 23, 3), False, file_stem="resnet101v2", **locals())


def ResNet152V2(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "resnet152v2",
) -> Any:
    return residual_network((3, 8, 36, 3), False, file_stem="resnet152v2", **locals())


ResNet50V2.__doc__ = f"ResNet of 50 layers with activation before the convolutions, for images of 224 x 224. Source: He et al. 2016.{ARGUMENTS}"
ResNet101V2.__doc__ = f"ResNet of 101 layers with activation before the convolutions, for images of 224 x 224. Source: He et al. 2016.{ARGUMENTS}"
ResNet152V2.__doc__ = f"ResNet of 152 layers with activation before the convolutions, for images of 224 x 224. Source: He et al. 2016.{ARGUMENTS}"
