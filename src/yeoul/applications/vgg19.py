"""VGG19 and its images and predictions."""

from __future__ import annotations

from yeoul.applications.families import member
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import ARGUMENTS
from yeoul.applications.vgg import vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("caffe")


VGG19 = member(
    vgg,
    ((2, 2, 4, 4, 4), "vgg19"),
    "VGG19",
    "vgg19",
    "VGG with 16 convolutions and three dense layers; images of 224 x 224. Source: Simonyan & Zisserman 2015.\n\n"
    f"    With a top, `input_shape` decides how large the first dense layer is.{ARGUMENTS}",
)
