"""VGG: convolutions of 3 x 3, block after block. Source: Simonyan & Zisserman 2015, table 1, columns D and E."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.applications.heads import finished, pooled
from yeoul.applications.inputs import check_arguments, images_from, known_shape

_FILTERS = (64, 128, 256, 512, 512)


def vgg(
    sizes: tuple[tuple[int, ...], str],
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "",
) -> Any:
    """A model of these sizes: convolutions in each of its five blocks, and how its files are called."""
    convolutions, family = sizes
    check_arguments(weights, include_top, classes, classifier_activation)
    shape = known_shape(input_shape, 224, 32, include_top, weights)
    images = images_from(shape, input_tensor)
    x = images.tensor
    for block, (count, filters) in enumerate(zip(convolutions, _FILTERS, strict=True), 1):
        for number in range(1, count + 1):
            x = layers.Conv2D(filters, 3, activation="relu", padding="same", name=f"block{block}_conv{number}")(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(4096, activation="relu", name="fc1")(x)
        x = layers.Dense(4096, activation="relu", name="fc2")(x)
        x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling)
    stem = f"{family}_weights_tf_dim_ordering_tf_kernels"
    return finished(images, x, name, weights, f"{stem}.h5" if include_top else f"{stem}_notop.h5", family)
