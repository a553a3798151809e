"""Where a model looks: Grad-CAM and saliency."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.graph.tape import GradientTape
from yeoul.layers import Layer
from yeoul.utils.image_sizes import resized
from yeoul.visualization import style
from yeoul.visualization.classes import class_name
from yeoul.visualization.feature_maps import shown
from yeoul.visualization.listening import (
    as_images,
    channels_axis,
    chosen_scores,
    fed,
    layer_named,
    layers_inside,
    listening,
    without_last_activation,
)


def grad_cam(model: Any, images: Any, layer: Any = None, class_index: Any = None) -> np.ndarray:
    """Heat maps of what speaks for a class: (count, height, width) of the images, each from 0 to 1.

    The feature maps of a layer, each weighted by the mean of the score's gradient over its places; what is negative is
    left out. Scores are those before softmax or sigmoid. Source: Selvaraju et al. 2017, equations 1 and 2.

    Args:
        model: gives (count, classes).
        images: (count, height, width, channels), as the model takes them.
        layer: its name, its place, or itself; the last one that gives feature maps if None.
        class_index: a class, or one for every image; the likeliest if None. With one output, 1 is what it speaks for.

    Raises: ValueError for another layer or class.
    """
    heat, _ = _grad_cam(model, as_images(images, "grad_cam", model), layer, class_index)
    return heat


def _grad_cam(model: Any, images: np.ndarray, layer: Any, class_index: Any) -> tuple[np.ndarray, np.ndarray]:
    wanted = layers_inside(model) if layer is None else [layer_named(model, layer, "grad_cam")]
    with listening(wanted) as heard, without_last_activation(model), GradientTape() as tape:
        scores = model(fed(model, images), training=False)
        score, classes = chosen_scores(scores, class_index, "grad_cam")
    mapping = [x for x in wanted if id(x) in heard and len(heard[id(x)].shape) == 4]
    if not mapping:
        what = "no layer" if layer is None else f"not the layer {wanted[0].name!r}"
        raise ValueError(
            f"grad_cam needs a layer that gives feature maps (count, height, width, channels), and in the model "
            f"{model.name!r} {what} does."
        )
    maps = heard[id(mapping[-1])]
    gradient = tape.gradient(score, maps, unconnected_gradients="zero")
    channels = channels_axis(model, mapping[-1])
    places = (1, 2) if channels == 3 else (2, 3)
    weights = ops.mean(gradient, axis=places, keepdims=True)
    heat = np.maximum(np.asarray(ops.sum(weights * maps, axis=channels)), 0)
    size = (images.shape[places[0]], images.shape[places[1]])
    heat = np.stack([resized(one[..., None], size, "bilinear")[..., 0] for one in heat])
    return _from_0_to_1(heat), classes


def saliency(model: Any, images: Any, class_index: Any = None) -> np.ndarray:
    """How much each pixel matters for a class: (count, height, width), each from 0 to 1.

    The size of the score's gradient, the largest of the channels. Source: Simonyan et al. 2014, section 3.

    Args:
        model, images, class_index: as for `grad_cam`.
    """
    pixels = ops.convert_to_tensor(fed(model, as_images(images, "saliency", model)))
    with without_last_activation(model), GradientTape() as tape:
        tape.watch(pixels)
        score, _ = chosen_scores(model(pixels, training=False), class_index, "saliency")
    sizes = np.abs(np.asarray(tape.gradient(score, pixels, unconnected_gradients="zero")))
    return _from_0_to_1(sizes if sizes.ndim == 3 else sizes.max(channels_axis(model)))


def _from_0_to_1(maps: np.ndarray) -> np.ndarray:
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)


def plot_grad_cam(
    model: Any,
    images: Any,
    layer: Layer | str | int | None = None,
    class_index: Any = None,
    class_names: Any = None,
    columns: int = 5,
    title: str | None = None,
    limit: int = 20,
) -> Any:
    """Images above, and below each the same image with the places that speak for a class.

    Args:
        model, images, layer, class_index: as for `grad_cam`.
        class_names: names by class number.
        columns: images in a row.
        title: over the picture.
        limit: most images to show, the first ones.

    Returns: the matplotlib figure, which shows itself in notebooks.
    """
    pictures = as_images(images, "plot_grad_cam", model)[:limit]
    heat, classes = _grad_cam(model, pictures, layer, class_index)
    columns = max(min(columns, len(pictures)), 1)
    rows = -(-len(pictures) // columns)
    figure = style.figure(1.55 * columns, 3.3 * rows)
    axes = figure.subplots(2 * rows, columns, squeeze=False)
    for ax in axes.ravel():
        ax.set_axis_off()
    for i, picture in enumerate(np.moveaxis(pictures, channels_axis(model), -1)):
        above, below = (axes[2 * (i // columns) + k, i % columns] for k in (0, 1))
        for ax in (above, below):
            shown(ax, picture)
        below.imshow(heat[i], cmap=style.heat(), vmin=0, vmax=1)
        above.set_title(class_name(class_names, classes[i]), fontsize=style.SMALL, pad=3, color=style.INK)
    style.headline(figure, title)
    return figure
