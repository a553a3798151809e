"""What a model of two features gives everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.visualization import style
from yeoul.visualization.classes import class_name, class_numbers


def _points(x: Any, y: Any, what: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x, np.float32), np.asarray(y)
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"{what}: a picture over two features needs x of shape (samples, 2), and got {x.shape}.")
    if len(x) != len(y) or not len(x):
        raise ValueError(f"{what} got {len(x)} rows of x and {len(y)} of y.")
    return x, y


def _grid(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates over the data and a margin, and all points as samples."""
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.08 * np.where(high > low, high - low, 1)
    a, b = np.meshgrid(*[np.linspace(lo - m, hi + m, count) for lo, hi, m in zip(low, high, margin, strict=True)])
    return a, b, np.stack([a.ravel(), b.ravel()], 1).astype(np.float32)


def _outputs(model: Any, x: np.ndarray, what: str) -> np.ndarray:
    found = np.asarray(model.predict(x, verbose=0))
    if found.ndim == 0 or found.shape[0] != len(x) or found.ndim > 2:
        raise ValueError(f"{what} needs a model with one row of outputs for a sample, and got {found.shape}.")
    return found.reshape(len(x), -1)


def plot_fit_3d(
    model: Any, x: Any, y: Any, labels: tuple[str, str, str] = ("x1", "x2", "y"), title: str | None = None
) -> Any:
    """Points, the fitted surface, and the distance of each point from it.

    Args:
        model: takes (samples, 2), gives one number a sample.
        x, y: the data, (samples, 2) and (samples,).
        labels: names of the three axes.
        title: over the picture.

    Returns: the matplotlib figure, which shows itself in notebooks.

    Raises: ValueError for data or outputs of other shapes.
    """
    x, y = _points(x, y, "plot_fit_3d")
    y = y.reshape(len(x), -1)[:, 0].astype(np.float32)
    a, b, points = _grid(x, 30)
    surface, fitted = _outputs(model, points, "plot_fit_3d"), _outputs(model, x, "plot_fit_3d")
    if surface.shape[1] != 1:
        raise ValueError(f"plot_fit_3d needs a model with one output, and this one has {surface.shape[1]}.")
    figure = style.figure(6.0, 4.8)
    from matplotlib.ticker import MaxNLocator
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    ax = figure.add_subplot(projection="3d", computed_zorder=False)
    ax.plot_surface(
        a,
        b,
        surface.reshape(a.shape),
        cmap="viridis",
        alpha=0.6,
        linewidth=0,
        antialiased=True,
        zorder=1,
        rcount=30,
        ccount=30,
    )
    ends = np.stack([np.c_[x, fitted[:, 0]], np.c_[x, y]], axis=1)
    # What lies under the surface is paler.
    is_below = y < fitted[:, 0]
    ax.add_collection3d(Line3DCollection(ends, colors=style.INK, linewidths=0.8, alpha=0.7, zorder=2))
    for chosen, alpha in ((is_below, 0.55), (~is_below, 1.0)):
        ax.scatter(
            x[chosen, 0],
            x[chosen, 1],
            y[chosen],
            color=style.ORANGE,
            edgecolor="white",
            linewidth=0.6,
            s=34,
            alpha=alpha,
            depthshade=False,
            zorder=3,
        )
    ax.set_xlabel(labels[0], fontsize=style.TEXT)
    ax.set_ylabel(labels[1], fontsize=style.TEXT)
    ax.set_zlabel(labels[2], fontsize=style.TEXT)
    ax.tick_params(labelsize=style.SMALL)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_pane_color((0.975, 0.98, 0.985, 1.0))
        axis._axinfo["grid"].update(color=style.GRID, linewidth=0.8)
        axis.line.set_color(style.GREY)
    ax.view_init(elev=20, azim=-58)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(5))
    ax.set_box_aspect((1, 1, 0.85), zoom=1.02)
    style.headline(figure, title)
    return figure


def plot_decision_boundary(
    model: Any,
    x: Any,
    y: Any,
    labels: tuple[str, str] = ("x1", "x2"),
    title: str | None = None,
    class_names: Any = None,
) -> Any:
    """The class that the model gives everywhere, and the data's classes.

    Args:
        model: takes (samples, 2), gives one number a sample (two classes) or one for every class.
        x: the data, (samples, 2).
        y: their classes: numbers, or one-hot rows.
        labels: names of the two axes.
        title: over the picture.
        class_names: names by class number.

    Returns: the matplotlib figure, which shows itself in notebooks.

    Raises: ValueError for data or outputs of other shapes.
    """
    x, y = _points(x, y, "plot_decision_boundary")
    a, b, points = _grid(x, 200)
    scores = _outputs(model, points, "plot_decision_boundary")
    figure = style.figure(5.2, 4.2)
    ax = figure.subplots()
    if scores.shape[1] == 1:
        classes = _two_classes(figure, ax, a, b, scores.reshape(a.shape), y)
    else:
        _many_classes(ax, a, b, scores.reshape(*a.shape, -1))
        classes = np.asarray(class_numbers(y))
    for c in np.unique(classes):
        chosen = classes == c
        ax.scatter(
            x[chosen, 0],
            x[chosen, 1],
            c=style.CYCLE[c % 7],
            marker=style.MARKERS[c % 7],
            edgecolor="white",
            linewidth=0.8,
            s=42,
            zorder=3,
            label=class_name(class_names, c) if class_names is not None else f"class {c}",
        )
    ax.set_xlim(a.min(), a.max())
    ax.set_ylim(b.min(), b.max())
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    style.clean(ax, has_grid=False)
    ax.legend(fontsize=style.SMALL, framealpha=0.9, edgecolor="none", handletextpad=0.2)
    style.headline(figure, title)
    return figure


def _two_classes(figure: Any, ax: Any, a: Any, b: Any, scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Shades of the output. The boundary is at 0.5 for probabilities, at 0 for outputs of any sign."""
    from matplotlib.colors import LinearSegmentedColormap

    is_probability = scores.min() >= 0 and scores.max() <= 1
    reach = 1.0 if is_probability else max(float(np.abs(scores).max()), 1e-6)
    low, border = (0.0, 0.5) if is_probability else (-reach, 0.0)
    colors = LinearSegmentedColormap.from_list("two", [style.BLUE, "#ffffff", style.ORANGE])
    extent = (a.min(), a.max(), b.min(), b.max())
    shown = ax.imshow(
        scores,
        extent=extent,
        origin="lower",
        aspect="auto",
        interpolation="bilinear",
        cmap=colors,
        alpha=0.55,
        vmin=low,
        vmax=reach,
        zorder=0,
    )
    if scores.min() < border < scores.max():
        ax.contour(a, b, scores, levels=[border], colors=style.INK, linewidths=1.4)
    bar = figure.colorbar(shown, ax=ax, ticks=[low, border, reach], format="%.3g")
    bar.set_label("output", size=style.TEXT)
    bar.ax.tick_params(labelsize=style.SMALL, length=0)
    bar.outline.set_visible(False)
    y = y.reshape(len(y), -1)
    if y.shape[1] > 1:
        return y.argmax(axis=1)
    return (y[:, 0] > (y.min() + y.max()) / 2).astype(int) if y.min() < y.max() else (y[:, 0] > border).astype(int)


def _many_classes(ax: Any, a: Any, b: Any, scores: np.ndarray) -> None:
    """The colour of the largest score, stronger where it is farther ahead; lines between classes."""
    from matplotlib.colors import to_rgb

    ordered = np.sort(scores, axis=-1)
    lead = ordered[..., -1] - ordered[..., -2]
    strength = 0.15 + 0.35 * np.clip(lead / max(float(lead.max()), 1e-9), 0, 1)[..., None]
    chosen = scores.argmax(axis=-1)
    colors = np.array([to_rgb(style.CYCLE[c % 7]) for c in range(scores.shape[-1])])[chosen]
    extent = (a.min(), a.max(), b.min(), b.max())
    ax.imshow(
        1 - strength * (1 - colors), extent=extent, origin="lower", aspect="auto", interpolation="bilinear", zorder=0
    )
    for c in np.unique(chosen):
        rest = np.delete(scores, c, axis=-1).max(axis=-1)
        ax.contour(a, b, scores[..., c] - rest, levels=[0], colors=style.INK, linewidths=1.0)
