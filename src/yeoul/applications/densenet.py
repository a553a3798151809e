"""DenseNet: every layer sees what all before it made. Source: Huang et al. 2017."""

from __future__ import annotations

from typing import Any

from yeoul.applications.dense_blocks import densely_connected
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import ARGUMENTS

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("torch")


def DenseNet121(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "densenet121",
) -> Any:
    return densely_connected((6, 12, 24, 16), file_stem="densenet121", **locals())


def DenseNet169(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "densenet169",
) -> Any:
    return densely_connected((6, 12, 32, 32), file_stem="densenet169", **locals())


def DenseNet201(
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "densenet201",
) -> Any:
    return densely_connected((6, 12, 48, 32), file_stem="densenet201", **locals())


DenseNet121.__doc__ = f"DenseNet of 121 layers, for images of 224 x 224. Source: Huang et al. 2017, table 1.{ARGUMENTS}"
DenseNet169.__doc__ = f"DenseNet of 169 layers, for images of 224 x 224. Source: Huang et al. 2017, table 1.{ARGUMENTS}"
DenseNet201.__doc__ = f"DenseNet of 201 layers, for images of 224 x 224. Source: Huang et al. 2017, table 1.{ARGUMENTS}"
