"""What a layer gives while a model runs, and what a model's last layer gives before softmax or sigmoid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from yeoul import activations, ops
from yeoul.core import config, tree
from yeoul.core.tensor import Tensor
from yeoul.layers import Layer, Softmax
from yeoul.models import Model


def layers_inside(model: Any) -> list[Layer]:
    """All layers of a model, with those of models inside it, from inputs to outputs."""
    found: list[Layer] = []
    for layer in model.layers:
        found.extend([layer, *layers_inside(layer)] if isinstance(layer, Model) else [layer])
    return found


def layer_named(model: Any, layer: Any, what: str) -> Layer:
    """A layer given by itself, its name or its place.

    Raises: ValueError if the model has none of this name, or none at this place.
    """
    if isinstance(layer, Layer):
        return layer
    if isinstance(layer, int):
        if not -len(model.layers) <= layer < len(model.layers):
            raise ValueError(
                f"{what}: the model {model.name!r} has {len(model.layers)} layers, and no layer {layer}. "
                "The first is 0, the last -1."
            )
        return model.layers[layer]
    known = layers_inside(model)
    for candidate in known:
        if candidate.name == layer:
            return candidate
    raise ValueError(
        f"{what}: the model {model.name!r} has no layer {layer!r}. It has: {', '.join(x.name for x in known)}."
    )


@contextmanager
def listening(layers: list[Layer]) -> Iterator[dict[int, Tensor]]:
    """While open, keeps what each of the layers gave last, by `id(layer)`."""
    heard: dict[int, Tensor] = {}
    chosen = list({id(layer): layer for layer in layers}.values())

    def with_ears(layer: Layer, call: Any) -> Any:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            y = call(*args, **kwargs)
            heard[id(layer)] = tree.flatten(y)[0]
            return y

        return wrapped

    try:
        for layer in chosen:
            layer.__dict__["call"] = with_ears(layer, layer.call)
        yield heard
    finally:
        for layer in chosen:
            layer.__dict__.pop("call", None)


@contextmanager
def without_last_activation(model: Any) -> Iterator[None]:
    """While open, the model gives scores where it would give the softmax or sigmoid of them."""
    last = model
    while isinstance(last, Model):
        ends = last._output_layers() or last.layers[-1:]
        last = ends[0] if ends else None
    name = None
    if isinstance(last, Softmax):
        name, value = "call", lambda x, *args, **kwargs: x
    elif getattr(last, "activation", None) in (activations.softmax, activations.sigmoid):
        name, value = "activation", activations.linear
    if name is None or last is None:
        yield
        return
    before = last.__dict__.get(name)
    last.__dict__[name] = value
    try:
        yield
    finally:
        if before is None:
            last.__dict__.pop(name)
        else:
            last.__dict__[name] = before


def channels_axis(model: Any, layer: Any = None) -> int:
    """Where the channels of a layer's images are, or of the model's: as it says, or the first layer that says so."""
    forms = [x.data_format for x in [layer, *layers_inside(model)] if hasattr(x, "data_format")]
    return 1 if (forms[0] if forms else config.image_data_format()) == "channels_first" else 3


def as_images(images: Any, what: str, model: Any = None) -> np.ndarray:
    """float32 (count, height, width, channels).

    Raises: ValueError for another rank, and for a single image of those that `model` takes.
    """
    found = np.asarray(images)
    if found.ndim == 3 and getattr(model, "_graph", None) is not None and model.inputs[0].shape[1:] == found.shape:
        raise ValueError(
            f"{what} needs images of shape (count, height, width, channels), and got one of shape {found.shape}. "
            "For a single image pass images[None]."
        )
    if found.ndim == 3:
        found = found[..., None]
    if found.ndim != 4:
        raise ValueError(
            f"{what} needs images of shape (count, height, width, channels), and got {found.shape}."
            + (" For a single image pass images[None]." if found.ndim == 2 else "")
        )
    return found.astype(np.float32)


def fed(model: Any, images: np.ndarray) -> np.ndarray:
    """Images as the model takes them: without the axis of a single channel if it has none."""
    shape = model.inputs[0].shape if getattr(model, "_graph", None) is not None else None
    return images[..., 0] if shape is not None and len(shape) == 3 and images.shape[-1] == 1 else images


def chosen_scores(scores: Tensor, class_index: Any, what: str) -> tuple[Tensor, np.ndarray]:
    """The score of one class for every image, and the classes: those given, or the likeliest.

    Raises: ValueError if the model's output is not one row of scores an image, or there is no such class.
    """
    if len(scores.shape) != 2:
        raise ValueError(f"{what} needs a model that gives (count, classes), and this one gives {tuple(scores.shape)}.")
    values = np.asarray(scores)
    count, width = values.shape
    classes = max(width, 2)
    if class_index is None:
        chosen = (values[:, 0] > 0).astype(int) if width == 1 else values.argmax(1)
    else:
        chosen = np.broadcast_to(np.asarray(class_index, int), (count,))
    if chosen.min() < 0 or chosen.max() >= classes:
        raise ValueError(f"{what}: class_index must be from 0 to {classes - 1}, and is {class_index}.")
    if width == 1:  # the score of a yes; that of a no is its opposite
        return scores[:, 0] * ops.convert_to_tensor(np.where(chosen == 1, 1, -1).astype(np.float32)), chosen
    picked = np.eye(width, dtype=np.float32)[chosen]
    return ops.sum(scores * ops.convert_to_tensor(picked), axis=1), chosen
