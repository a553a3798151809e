"""What convolutions see and what they look for: feature maps and kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.layers.convolution import Convolution
from yeoul.visualization import style
from yeoul.visualization.listening import as_images, channels_axis, fed, layer_named, layers_inside, listening


def shown(ax: Any, picture: np.ndarray) -> None:
    """One image (height, width, channels) on `ax`, whatever range its values have."""
    x = picture[..., 0] if picture.shape[-1] not in (3, 4) else picture
    if x.ndim == 3:
        low, high = float(x.min()), float(x.max())
        x = x / 255 if low >= 0 and high > 1.5 else (x - low) / (high - low) if low < 0 and high > low else x
        ax.imshow(np.clip(x, 0, 1))
    else:
        ax.imshow(x, cmap="gray")


def plot_feature_maps(
    model: Any,
    image: Any,
    layers: Any = None,
    maps: int = 8,
    title: str | None = None,
) -> Any:
    """The feature maps that layers make of one image, one row a layer, each in its own scale: white is most.

    Args:
        model: any model that takes images.
        image: (height, width), (height, width, channels), or a batch whose first image is taken.
        layers: one or more layers, by name, place or themselves; the convolutions and poolings if None, at most eight.
        maps: most feature maps a layer, the ones that differ most from place to place.
        title: over the picture.

    Returns: the matplotlib figure, which shows itself in notebooks.

    Raises: ValueError for layers that give no feature maps.
    """
    pictures = np.asarray(image)
    if pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[channels_axis(model) - 1] in (1, 3, 4)):
        pictures = pictures[None]
    pictures = as_images(pictures, "plot_feature_maps")[:1]
    if layers is None:
        wanted = [x for x in layers_inside(model) if isinstance(x, Convolution) or "Pooling2D" in type(x).__name__]
    else:
        given = layers if isinstance(layers, (list, tuple)) else [layers]
        wanted = [layer_named(model, layer, "plot_feature_maps") for layer in given]
    with listening(wanted) as heard:
        model(fed(model, pictures), training=False)
    rows = []
    for layer in wanted:
        found = heard.get(id(layer))
        if found is not None and len(found.shape) == 4:
            rows.append((layer.name, np.moveaxis(np.asarray(found), channels_axis(model, layer), 1)[0]))
        elif layers is not None:
            raise ValueError(
                f"plot_feature_maps: the layer {layer.name!r} gives no feature maps (count, height, width, channels)"
                + ("." if found is None else f", but {tuple(found.shape)}.")
            )
    if not rows:
        raise ValueError(f"plot_feature_maps: no layer of the model {model.name!r} gives feature maps.")
    rows = rows[:8] if layers is None else rows
    columns = max(min(maps, max(len(found) for _, found in rows)), 1)
    figure = style.figure(1.5 + 1.05 * columns, 1.35 * len(rows) + (0.3 if title else 0.1))
    axes = figure.subplots(len(rows), columns + 1, squeeze=False)
    for ax in axes.ravel():
        ax.set_axis_off()
    shown(axes[0, 0], np.moveaxis(pictures, channels_axis(model), -1)[0])
    axes[0, 0].set_title("image", fontsize=style.SMALL, pad=3, color=style.INK)
    for row, (name, found) in enumerate(rows):
        best = np.sort(np.argsort(-found.std(axis=(1, 2)), kind="stable")[:columns])
        for place, number in enumerate(best, 1):
            axes[row, place].imshow(found[number], cmap="gray")
        label = f"{name}\n{len(found)} maps of {found.shape[1]} × {found.shape[2]}"
        axes[row, 1].set_title(label, fontsize=style.SMALL, pad=3, color=style.INK, loc="left")
    style.headline(figure, title)
    return figure


def plot_kernels(
    model: Any,
    layer: Any = None,
    channel: int | None = None,
    columns: int = 8,
    title: str | None = None,
    limit: int = 64,
) -> Any:
    """The kernels of a convolution: blue is negative, white zero, orange positive; those of colour images in colour.

    Args:
        model: a model, or a convolution.
        layer: its name, place or itself; the first convolution if None.
        channel: the input channel whose weights are shown; the first one if None, or all three of a colour image.
        columns: kernels in a row.
        title: over the picture.
        limit: most kernels to show, the first ones.

    Returns: the matplotlib figure, which shows itself in notebooks.

    Raises: ValueError for a layer that is no convolution over two axes, or has no weights yet.
    """
    if isinstance(model, Convolution):
        chosen: Any = model
    elif layer is not None:
        chosen = layer_named(model, layer, "plot_kernels")
    else:
        chosen = next((x for x in layers_inside(model) if isinstance(x, Convolution)), None)
    weights = chosen.get_weights() if isinstance(chosen, Convolution) and chosen.built else []
    if not weights or weights[0].ndim != 4:
        named = "no layer" if chosen is None else f"{type(chosen).__name__} {chosen.name!r}"
        raise ValueError(
            f"plot_kernels needs a convolution over two axes whose weights are made (build the model, or call it), and got "
            f"{named}."
        )
    kernel = weights[0].swapaxes(2, 3) if "Transpose" in type(chosen).__name__ else weights[0]
    inputs = kernel.shape[2]
    if "Depthwise" in type(chosen).__name__ or "Separable" in type(chosen).__name__:
        kernel = kernel.reshape(*kernel.shape[:2], 1, -1)  # every input channel has kernels of its own
        inputs = 1
    if channel is not None and not 0 <= channel < inputs:
        raise ValueError(f"plot_kernels: channel must be from 0 to {inputs - 1}, and is {channel}.")
    in_colour = inputs == 3 and channel is None
    reach = float(np.abs(kernel).max()) or 1.0
    count = min(kernel.shape[3], limit)
    columns = max(min(columns, count), 1)
    rows = -(-count // columns)
    figure = style.figure(max(0.75 * columns, 2.4), 0.75 * rows + 0.45)
    for number, ax in enumerate(figure.subplots(rows, columns, squeeze=False).ravel()):
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_color(style.GRID)
        if number >= count:
            ax.set_axis_off()
        elif in_colour:
            ax.imshow(0.5 + kernel[:, :, :, number] / (2 * reach))
        else:
            ax.imshow(kernel[:, :, channel or 0, number], cmap=style.diverging(), vmin=-reach, vmax=reach)
    if title is None:
        title = f"{chosen.name}: {count} of {kernel.shape[3]} kernels" if count < kernel.shape[3] else chosen.name
        if inputs > 1 and not in_colour:
            title += f", input channel {channel or 0}"
    style.headline(figure, title)
    return figure
