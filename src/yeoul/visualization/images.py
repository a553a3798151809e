"""Pictures in a grid, and which classes are taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.visualization import style
from yeoul.visualization.classes import class_name, class_numbers, confidence


def plot_images(
    images: Any,
    labels: Any = None,
    predictions: Any = None,
    class_names: Any = None,
    columns: int = 5,
    title: str | None = None,
    limit: int = 50,
) -> Any:
    """Images in a grid with their labels. A wrong prediction is orange and says what it should be.

    Args:
        images: (count, height, width) or (count, height, width, channels) with 1, 3 or 4 channels. Colours are 0 to 1 or 0 to 255.
        labels, predictions: class numbers, or scores (count, classes) whose largest counts, or (count, 1) from a sigmoid. Scores
            that are probabilities are shown.
        class_names: names by class number.
        columns: images in a row.
        title: over the picture.
        limit: most images to show, the first ones.

    Returns: the matplotlib figure, which shows itself in notebooks.

    Raises: ValueError for images of another shape, or another number of labels than images.
    """
    images = np.asarray(images)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[-1] not in (1, 3, 4)):
        raise ValueError(
            "plot_images needs images of shape (count, height, width) or (count, height, width, channels) with 1, 3 or 4 channels, "
            f"and got {images.shape}." + (" For a single image pass images[None]." if images.ndim == 2 else "")
        )
    truth, guess = class_numbers(labels), class_numbers(predictions)
    sure = confidence(predictions)
    for what, found in (("labels", truth), ("predictions", guess)):
        if found is not None and len(found) != len(images):
            raise ValueError(f"plot_images got {len(images)} images and {len(found)} {what}.")
    count = len(images)
    images = images[:limit]
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.dtype.kind == "f" and images.ndim == 4:
        images = np.clip(images / 255 if images.size and np.nanmax(images) > 1.5 else images, 0, 1)
    columns = min(columns, max(len(images), 1))
    rows = max(-(-len(images) // columns), 1)
    lines = 0 if truth is None and guess is None else 1 if guess is None else 2
    figure = style.figure(1.35 * columns, (1.32 + 0.22 * lines) * rows)
    # One scale for all, so that a faint image looks faint.
    scale = {"vmin": np.nanmin(images), "vmax": np.nanmax(images)} if images.ndim == 3 and images.size else {}
    for i, ax in enumerate(figure.subplots(rows, columns, squeeze=False).ravel()):
        ax.set_axis_off()
        if i >= len(images):
            continue
        ax.imshow(images[i], cmap="gray_r" if images.ndim == 3 else None, **scale)
        if guess is not None:
            is_wrong = truth is not None and truth[i] != guess[i]
            text = class_name(class_names, guess[i]) + (f" · {sure[i]:.0%}" if sure is not None else "")
            text += f"\nis {class_name(class_names, truth[i])}" if truth is not None and is_wrong else ""
            ax.set_title(
                text,
                fontsize=style.SMALL,
                pad=3,
                color=style.ORANGE if is_wrong else style.BLUE,
                fontweight="bold" if is_wrong else "normal",
            )
        elif truth is not None:
            ax.set_title(class_name(class_names, truth[i]), fontsize=style.SMALL, pad=3, color=style.INK)
    if count > len(images):
        title = f"{title}, " if title else ""
        title += f"{len(images)} of {count:,} images"
    style.headline(figure, title)
    return figure


def plot_confusion_matrix(
    labels: Any, predictions: Any, class_names: Any = None, title: str | None = None, normalize: bool = True
) -> Any:
    """How often each class (row) is taken for each (column).

    Args:
        labels, predictions: class numbers, or scores (count, classes) whose largest counts, or (count, 1) from a sigmoid.
        class_names: names by class number.
        title: over the picture.
        normalize: shares of the row; False for counts.

    Returns: the matplotlib figure, which shows itself in notebooks.

    Raises: ValueError if there are not as many predictions as labels, or a class is negative.
    """
    truth, guess = class_numbers(labels), class_numbers(predictions)
    if truth is None or guess is None or len(truth) != len(guess) or not len(truth):
        found = [0 if c is None else len(c) for c in (truth, guess)]
        raise ValueError(
            f"plot_confusion_matrix needs as many predictions as labels, and got {found[0]} labels and {found[1]} predictions."
        )
    if min(truth.min(), guess.min()) < 0:
        raise ValueError(
            f"plot_confusion_matrix needs classes numbered from 0, and got the class {min(truth.min(), guess.min())}."
        )
    count = max(int(max(truth.max(), guess.max())) + 1, len(class_names) if class_names is not None else 0)
    matrix = np.zeros((count, count))
    np.add.at(matrix, (truth, guess), 1)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    names = [class_name(class_names, i) for i in range(count)]
    longest = max(len(name) for name in names)
    cell = 0.52 if count <= 20 else 0.24
    figure = style.figure(1.1 + 0.08 * longest + max(cell * count, 1.6), 1.1 + 0.06 * longest + max(cell * count, 1.4))
    ax = figure.subplots()
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if count <= 20:
        for i, j in np.argwhere(matrix > 0):
            text = _share(shares[i, j]) if normalize else f"{int(matrix[i, j]):,}"
            ax.text(
                j,
                i,
                text,
                ha="center",
                va="center",
                fontsize=8,
                fontweight="bold" if i == j else "normal",
                color="white" if shares[i, j] > 0.55 else style.INK,
            )
    ax.set_xticks(range(count), names, rotation=45 if longest > 2 else 0, ha="right" if longest > 2 else "center")
    ax.set_yticks(range(count), names)
    # Thin white lines between the cells.
    ax.set_xticks(np.arange(count - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(count - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.2)
    ax.tick_params(which="both", length=0)
    ax.set_xlabel("predicted class" + (" (percent of the row)" if normalize and count <= 20 else ""))
    ax.set_ylabel("true class")
    style.clean(ax, has_grid=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(labelsize=style.SMALL if count <= 20 else 7)
    style.headline(figure, title)
    return figure


def _share(share: float) -> str:
    """Percent without the sign; what would read as 0 or wrongly as 100 says so."""
    if share < 0.01:
        return "<1"
    return ">99" if 0.995 <= share < 1 else f"{100 * share:.0f}"
