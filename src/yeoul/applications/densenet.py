"""DenseNet: every layer sees what all before it made. Source: Huang et al. 2017."""

from __future__ import annotations

from yeoul.applications.dense_blocks import densely_connected
from yeoul.applications.families import member
from yeoul.applications.imagenet_utils import decode_predictions, preparing
from yeoul.applications.inputs import ARGUMENTS

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

preprocess_input = preparing("torch")


_REPEATS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}

DenseNet121, DenseNet169, DenseNet201 = (
    member(
        densely_connected,
        (repeats, f"densenet{depth}"),
        f"DenseNet{depth}",
        f"densenet{depth}",
        f"DenseNet of {depth} layers, for images of 224 x 224. Source: Huang et al. 2017, table 1.{ARGUMENTS}",
    )
    for depth, repeats in _REPEATS.items()
)
