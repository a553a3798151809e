"""What every model of this package begins with: checks of its arguments, and a tensor of images."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import Any

from yeoul import activations
from yeoul.core import config
from yeoul.core.tensor import KerasTensor
from yeoul.layers import Input

#: How docstrings of models with the usual arguments end.
ARGUMENTS = """

    Args:
        include_top: whether the classifier is part of the model.
        weights: None, "imagenet", or the path of a file.
        input_tensor: images of another model to go on from.
        input_shape: of one image.
        pooling: without top: "avg", "max", or None for feature maps.
        classes, classifier_activation: of the top.
        name: of the model.
    """


def channels_axis() -> int:
    """The axis of channels, counted from the front."""
    return 3 if config.image_data_format() == "channels_last" else 1


def last_or_first() -> int:
    """The axis of channels, counted from the end where it is the last."""
    return -1 if config.image_data_format() == "channels_last" else 1


def spatial_sizes(shape: Any) -> tuple:
    """Height and width in a shape (batch, ...) or one without the batch axis."""
    shape = tuple(shape)[-3:]
    return shape[:2] if config.image_data_format() == "channels_last" else shape[1:]


def check_arguments(weights: Any, include_top: bool, classes: int, classifier_activation: Any) -> None:
    """Raises: ValueError for weights that are no file, and for a top that the published weights do not fit."""
    if not (weights in (None, "imagenet") or os.path.exists(weights)):
        raise ValueError(
            "The `weights` argument should be either `None` (random initialization), 'imagenet' (pre-training on "
            f"ImageNet), or the path to the weights file to be loaded. Received weights={weights}"
        )
    if weights == "imagenet" and include_top and classes != 1000:
        raise ValueError(
            "If using `weights='imagenet'` with `include_top=True`, `classes` should be 1000.  "
            f"Received classes={classes}"
        )
    if weights is not None and include_top:
        allowed = {activations.get("softmax"), activations.get(None)}
        if activations.get(classifier_activation) not in allowed:
            raise ValueError(
                "Only `None` and `softmax` activations are allowed for the `classifier_activation` argument when using "
                f"pretrained weights, with `include_top=True`; Received: classifier_activation={classifier_activation}"
            )


def known_shape(
    input_shape: Any, default_size: int, min_size: int, include_top: bool, weights: Any, has_fixed_size: bool = True
) -> tuple:
    """The shape of one image.

    Args:
        input_shape: what the user gave, or None.
        default_size: height and width if the user gave none.
        min_size: least height and width.
        has_fixed_size: whether a model with its top takes images of one size only.

    Raises: ValueError for shapes that the model does not take.
    """
    is_last = config.image_data_format() == "channels_last"
    channels = 3
    if weights != "imagenet" and input_shape and len(input_shape) == 3:
        channels = input_shape[-1 if is_last else 0]
        if channels not in (1, 3):
            warnings.warn(
                "This model usually expects 1 or 3 input channels. However, it was passed an input_shape with "
                f"{channels} input channels.",
                stacklevel=4,
            )
    size = (default_size, default_size)
    default = (*size, channels) if is_last else (channels, *size)
    is_fixed = include_top and has_fixed_size
    if weights == "imagenet" and is_fixed:
        if input_shape is not None and tuple(input_shape) != default:
            raise ValueError(
                "When setting `include_top=True` and loading `imagenet` weights, `input_shape` should be "
                f"{default}.  Received: input_shape={input_shape}"
            )
        return default
    if not input_shape:
        return default if is_fixed else ((None, None, 3) if is_last else (3, None, None))
    if len(input_shape) != 3:
        raise ValueError("`input_shape` must be a tuple of three integers.")
    if weights == "imagenet" and input_shape[-1 if is_last else 0] != 3:
        raise ValueError(f"The input must have 3 channels; Received `input_shape={input_shape}`")
    if any(side is not None and side < min_size for side in spatial_sizes(input_shape)):
        raise ValueError(f"Input size must be at least {min_size}x{min_size}; Received: input_shape={input_shape}")
    if is_fixed and None in input_shape:
        raise ValueError(
            f"If `include_top` is True, you should specify a static `input_shape`. Received: input_shape={input_shape}"
        )
    return tuple(input_shape)


@dataclass
class Images:
    """Where a model starts.

    Attributes:
        tensor: images, (batch, height, width, channels).
        inputs: the inputs of the model: `tensor`, or what the user's own tensor comes from.
    """

    tensor: KerasTensor
    inputs: Any


def images_from(input_shape: tuple, input_tensor: Any) -> Images:
    """A new `Input`, or the user's tensor.

    Raises: ValueError if `input_tensor` does not belong to a functional model.
    """
    if input_tensor is None:
        tensor = Input(shape=input_shape)
        return Images(tensor, tensor)
    if not isinstance(input_tensor, KerasTensor):
        raise ValueError(
            "`input_tensor` must come from Input() or from layers called on it, and is of type "
            f"{type(input_tensor).__name__}. To classify images call the model on them."
        )
    sources = _sources(input_tensor)
    return Images(input_tensor, sources[0] if len(sources) == 1 else sources)


def _sources(tensor: KerasTensor) -> list[KerasTensor]:
    """The `Input`s that a tensor is computed from."""
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    waiting: list[Any] = [tensor]
    while waiting:
        current = waiting.pop()
        if id(current) in seen or current.array is not None:
            continue
        seen.add(id(current))
        if current.node is None:
            found[id(current)] = current
        else:
            waiting.extend(current.node.inputs)
    return list(found.values())


def make_divisible(value: float, divisor: int = 8, least: int | None = None) -> int:
    """`value` rounded to a multiple of `divisor`, and not down by more than a tenth."""
    rounded = max(least or divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def same_padding(x: Any, kernel_size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """What to pad in front of a convolution with stride 2, so that its windows end where the image does."""
    half = kernel_size // 2
    odd = [1 if side is None else 1 - side % 2 for side in spatial_sizes(x.shape)]
    return (half - odd[0], half), (half - odd[1], half)
