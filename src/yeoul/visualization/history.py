"""Loss curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.visualization import style

_COLUMNS = 3


def plot_history(history: Any, title: str | None = None, log_scale: bool | None = None) -> Any:
    """Each logged value by epoch, training beside validation. The epoch with the lowest validation loss is ringed; where a value
    stops being a number, it says so.

    Args:
        history: what `fit` returned, or its `history` dict.
        title: over the picture.
        log_scale: logarithmic values; by default for values that change by more than a factor of 30.

    Returns: the matplotlib figure, which shows itself in notebooks.

    Raises: ValueError if nothing was logged; ImportError if matplotlib is missing.
    """
    values: dict[str, Any] = getattr(history, "history", history)
    names = list(dict.fromkeys(name.removeprefix("val_") for name in values if len(values[name])))
    if not names:
        raise ValueError("plot_history: the history holds no epochs. Train the model with fit() first.")
    names.sort(key=lambda name: name != "loss")
    epochs = max(len(v) for v in values.values())
    first = 1 + (history.epoch[0] if len(getattr(history, "epoch", ())) == epochs else 0)
    columns = min(len(names), _COLUMNS)
    rows = -(-len(names) // columns)
    figure = style.figure(max(4.4 * columns, 5.2), 3.4 * rows)
    all_axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in all_axes[len(names) :]:
        ax.set_axis_off()
    for ax, name in zip(all_axes, names, strict=False):
        curves = [(key, label) for key, label in ((name, "training"), (f"val_{name}", "validation")) if key in values]
        for key, label in curves:
            _curve(ax, np.asarray(values[key], float), label, first, epochs)
        shown = np.concatenate([np.asarray(values[key], float).reshape(-1) for key, _ in curves])
        if log_scale if log_scale is not None else _spans_magnitudes(shown):
            ax.set_yscale("log")
        if name == "loss" and "val_loss" in values:
            _ring_best(ax, np.asarray(values["val_loss"], float), first, epochs)
        ax.set_title(name.replace("_", " "), loc="left", fontsize=11, color=style.INK)
        ax.set_xlabel("epoch")
        _integer_ticks(ax, first, epochs)
        style.clean(ax)
        if len(curves) > 1:
            ax.legend(frameon=False, fontsize=style.SMALL)
    style.headline(figure, title)
    return figure


def _epochs_of(curve: np.ndarray, first: int, epochs: int) -> np.ndarray:
    """The epochs of a curve's values: all, or every k-th where validation was rarer."""
    every = max(epochs // len(curve), 1)
    return first - 1 + every * np.arange(1, len(curve) + 1)


def _curve(ax: Any, curve: np.ndarray, label: str, first: int, epochs: int) -> None:
    x = _epochs_of(curve, first, epochs)
    is_training = label == "training"
    color = style.BLUE if is_training else style.ORANGE
    marker = (style.MARKERS[0] if is_training else style.MARKERS[1]) if len(curve) <= 20 else None
    ax.plot(
        x,
        curve,
        color=color,
        linestyle="-" if is_training else (0, (5, 1.5)),
        linewidth=1.8,
        marker=marker,
        markersize=4,
        label=label,
    )
    lost = ~np.isfinite(curve)
    if lost.any():
        ax.axvline(x[lost.argmax()], color=color, linewidth=1, linestyle=":")
        ax.annotate(
            f"{label}: {'NaN' if np.isnan(curve[lost.argmax()]) else 'infinite'} from epoch {x[lost.argmax()]}",
            (0.98, 0.5 if is_training else 0.4),
            xycoords="axes fraction",
            ha="right",
            fontsize=style.SMALL,
            color=color,
        )


def _ring_best(ax: Any, curve: np.ndarray, first: int, epochs: int) -> None:
    if len(curve) < 3 or not np.isfinite(curve).any():
        return
    best = int(np.nanargmin(curve))
    ax.plot(
        _epochs_of(curve, first, epochs)[best],
        curve[best],
        "o",
        markersize=10,
        markerfacecolor="none",
        markeredgecolor=style.ORANGE,
        label=f"lowest: {curve[best]:.3g}",
    )


def _spans_magnitudes(shown: np.ndarray) -> bool:
    shown = shown[np.isfinite(shown)]
    return bool(shown.size and shown.min() > 0 and shown.max() / shown.min() > 30)


def _integer_ticks(ax: Any, first: int, epochs: int) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    if epochs == 1:
        ax.set_xlim(first - 0.5, first + 0.5)
