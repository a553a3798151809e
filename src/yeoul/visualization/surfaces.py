"""What a model of two features gives everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.visualization import style


def _grid(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"A picture over two features needs x of shape (samples, 2), and got {x.shape}.")
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.08 * np.maximum(high - low, 1e-9)
    a, b = np.meshgrid(*[np.linspace(lo - m, hi + m, count) for lo, hi, m in zip(low, high, margin, strict=True)])
    return a, b, np.stack([a.ravel(), b.ravel()], 1).astype(np.float32)


def plot_fit_3d(
    model: Any, x: Any, y: Any, labels: tuple[str, str, str] = ("x1", "x2", "y"), title: str | None = None
) -> Any:
    """Points, the fitted surface, and the distance of each point from it.

    Args:
        model: takes (samples, 2), gives one number a sample.
        x, y: the data, (samples, 2) and (samples,).
        labels: names of the three axes.
    """
    x, y = np.asarray(x, np.float32), np.asarray(y, np.float32).reshape(-1)
    a, b, points = _grid(x, 30)
    surface = np.asarray(model.predict(points, verbose=0)).reshape(a.shape)
    fitted = np.asarray(model.predict(x, verbose=0)).reshape(-1)
    figure = style.figure(6.4, 5.2)
    ax = figure.add_subplot(projection="3d", computed_zorder=False)
    ax.plot_surface(a, b, surface, cmap="viridis", alpha=0.55, linewidth=0, antialiased=True, zorder=1)
    for (u, v), found, expected in zip(x, fitted, y, strict=True):
        ax.plot([u, u], [v, v], [found, expected], color=style.GREY, linewidth=0.9, zorder=2)
    ax.scatter(
        x[:, 0], x[:, 1], y, color=style.ORANGE, edgecolor="white", linewidth=0.5, s=38, depthshade=False, zorder=3
    )
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    ax.set_zlabel(labels[2])
    ax.view_init(elev=18, azim=-58)
    ax.set_box_aspect(None, zoom=0.9)
    if title:
        ax.set_title(title, loc="left", fontsize=12, fontweight="bold")
    return figure


def plot_decision_boundary(
    model: Any, x: Any, y: Any, labels: tuple[str, str] = ("x1", "x2"), title: str | None = None
) -> Any:
    """The class that the model gives everywhere, and the data's classes."""
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap

    x, y = np.asarray(x, np.float32), np.asarray(y).reshape(len(x), -1)
    a, b, points = _grid(x, 200)
    scores = np.asarray(model.predict(points, verbose=0)).reshape(len(points), -1)
    figure = style.figure(5.6, 4.6)
    ax = figure.subplots()
    if scores.shape[1] == 1:
        colors = LinearSegmentedColormap.from_list("two", [style.BLUE, "#ffffff", style.ORANGE])
        shown = ax.contourf(
            a, b, scores.reshape(a.shape), levels=np.linspace(0, 1, 21), cmap=colors, alpha=0.75, extend="both"
        )
        ax.contour(a, b, scores.reshape(a.shape), levels=[0.5], colors="#333333", linewidths=1.2)
        figure.colorbar(shown, ax=ax, label="output", ticks=[0, 0.5, 1])
        classes = (y[:, 0] > 0.5).astype(int)
        palette = [style.BLUE, style.ORANGE]
    else:
        palette = (style.CYCLE * 3)[: scores.shape[1]]
        ax.pcolormesh(
            a, b, scores.argmax(1).reshape(a.shape), cmap=ListedColormap(palette), alpha=0.3, shading="nearest"
        )
        classes = y.argmax(1) if y.shape[1] > 1 else y[:, 0].astype(int)
    ax.scatter(x[:, 0], x[:, 1], c=[palette[c] for c in classes], edgecolor="white", linewidth=0.7, s=46, zorder=3)
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    if title:
        ax.set_title(title, loc="left", fontsize=12, fontweight="bold")
    return figure
