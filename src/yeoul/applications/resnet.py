"""ResNet: every block adds to its input. Source: He et al. 2015."""

from __future__ import annotations

from yeoul.applications.families import member
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import ARGUMENTS
from yeoul.applications.residual import REPEATS, residual_network

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("caffe")


ResNet50, ResNet101, ResNet152 = (
    member(
        residual_network,
        (repeats, True, f"resnet{depth}"),
        f"ResNet{depth}",
        f"resnet{depth}",
        f"ResNet of {depth} layers, for images of 224 x 224. Source: He et al. 2015, table 1.{ARGUMENTS}",
    )
    for depth, repeats in REPEATS.items()
)
