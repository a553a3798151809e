"""Pictures in a grid, and which classes are taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.visualization import style


def plot_images(
    images: Any, labels: Any = None, predictions: Any = None, class_names: Any = None, columns: int = 5
) -> Any:
    """Images in a grid with their labels; wrong predictions in orange.

    Args:
        images: (count, height, width) or (count, height, width, channels).
        labels, predictions: class numbers, or scores whose largest counts.
    """
    images = np.asarray(images)
    truth, guess = _classes(labels), _classes(predictions)
    rows = -(-len(images) // columns)
    figure = style.figure(1.5 * columns, 1.75 * rows)
    for i, ax in enumerate(figure.subplots(rows, columns, squeeze=False).ravel()):
        ax.set_axis_off()
        if i >= len(images):
            continue
        image = images[i][..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images[i]
        ax.imshow(image, cmap="gray_r" if image.ndim == 2 else None)

        def named(c: int) -> str:
            return str(class_names[c]) if class_names is not None else str(c)

        if guess is not None:
            wrong = truth is not None and truth[i] != guess[i]
            text = f"{named(guess[i])}\n(is {named(truth[i])})" if wrong and truth is not None else named(guess[i])
            ax.set_title(text, fontsize=8, color=style.ORANGE if wrong else style.BLUE)
        elif truth is not None:
            ax.set_title(named(truth[i]), fontsize=8)
    return figure


def plot_confusion_matrix(labels: Any, predictions: Any, class_names: Any = None, title: str | None = None) -> Any:
    """How often each class (row) is taken for each (column), in shares of the row."""
    truth, guess = _classes(labels), _classes(predictions)
    if truth is None or guess is None or len(truth) != len(guess):
        raise ValueError("plot_confusion_matrix needs as many predictions as labels.")
    count = int(max(truth.max(), guess.max())) + 1
    matrix = np.zeros((count, count))
    np.add.at(matrix, (truth, guess), 1)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    names = class_names if class_names is not None else list(range(count))
    figure = style.figure(1.8 + 0.55 * count, 1.4 + 0.5 * count)
    ax = figure.subplots()
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i in range(count):
        for j in range(count):
            if matrix[i, j]:
                ax.text(
                    j,
                    i,
                    f"{shares[i, j]:.0%}",
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if shares[i, j] > 0.55 else "#333333",
                )
    ax.set_xticks(range(count), names, rotation=45, ha="right", fontsize=8)
    ax.set_yticks(range(count), names, fontsize=8)
    ax.set_xlabel("predicted")
    ax.set_ylabel("is")
    if title:
        ax.set_title(title, loc="left", fontsize=12, fontweight="bold")
    return figure


def _classes(values: Any) -> np.ndarray | None:
    if values is None:
        return None
    array = np.asarray(values)
    return array.argmax(axis=-1) if array.ndim > 1 and array.shape[-1] > 1 else array.reshape(-1).astype(int)
