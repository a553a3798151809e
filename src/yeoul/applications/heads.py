"""What every model of this package ends with: a classifier or pooling, and weights from a file."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.inputs import Images
from yeoul.applications.pretrained import file_with, load_weights
from yeoul.models import Model


def pooled(x: Any, pooling: str | None, average: str | None = None, maximum: str | None = None) -> Any:
    """The mean ("avg") or the largest ("max") of every feature map, (batch, channels); feature maps as they are for None.

    Args:
        average, maximum: names of the layers.
    """
    if pooling == "avg":
        return layers.GlobalAveragePooling2D(name=average)(x)
    if pooling == "max":
        return layers.GlobalMaxPooling2D(name=maximum)(x)
    return x


def classified(
    x: Any, include_top: bool, pooling: str | None, classes: int, activation: Any, dropout: float | None = None
) -> Any:
    """The mean of every feature map and one dense layer; without top what `pooling` says."""
    if not include_top:
        return pooled(x, pooling, "avg_pool", "max_pool")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    if dropout:
        x = layers.Dropout(dropout, name="top_dropout")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


def finished(images: Images, outputs: Any, name: str | None, weights: Any, file_name: str, folder: str) -> Any:
    """The model, with its weights.

    Args:
        weights: None for new ones, "imagenet" for those of `file_name` in `folder` of Keras' published files, or the
            path of a file.
    """
    model = Model(images.inputs, outputs, name=name)
    if weights is not None:
        load_weights(model, file_with(file_name, folder) if weights == "imagenet" else weights)
    return model
