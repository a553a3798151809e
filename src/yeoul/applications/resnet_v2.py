"""ResNetV2: activation before the convolutions, sums left as they are. Source: He et al. 2016."""

from __future__ import annotations

from yeoul.applications.families import member
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import ARGUMENTS
from yeoul.applications.residual import REPEATS, residual_network

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("tf")


ResNet50V2, ResNet101V2, ResNet152V2 = (
    member(
        residual_network,
        (repeats, False, f"resnet{depth}v2"),
        f"ResNet{depth}V2",
        f"resnet{depth}v2",
        f"ResNet of {depth} layers with activation before the convolutions, for images of 224 x 224. "
        f"Source: He et al. 2016.{ARGUMENTS}",
    )
    for depth, repeats in REPEATS.items()
)
