"""ResNet50 and its images and predictions: the older name of a part of `resnet`."""

from yeoul.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
