"""Loss curves."""

from __future__ import annotations

from typing import Any

from yeoul.visualization import style


def plot_history(history: Any, title: str | None = None, log_scale: bool | None = None) -> Any:
    """Each logged value by epoch, training beside validation.

    Args:
        history: what `fit` returned, or its `history` dict.
        log_scale: logarithmic values; by default for losses that fall by more than a factor of 30.

    Returns: the matplotlib figure.
    """
    values: dict[str, list[float]] = getattr(history, "history", history)
    names = [name for name in values if not name.startswith("val_")]
    names.sort(key=lambda name: (name != "loss", name))
    figure = style.figure(5.2 * max(len(names), 1), 3.8)
    axes = figure.subplots(1, max(len(names), 1), squeeze=False)[0]
    for ax, name in zip(axes, names, strict=False):
        epochs = range(1, len(values[name]) + 1)
        marker = "o" if len(values[name]) <= 20 else None
        ax.plot(epochs, values[name], color=style.BLUE, marker=marker, markersize=4, label="training")
        shown = list(values[name])
        if f"val_{name}" in values:
            ax.plot(epochs, values[f"val_{name}"], color=style.ORANGE, marker=marker, markersize=4, label="validation")
            shown += values[f"val_{name}"]
        positive = [v for v in shown if v > 0]
        is_log = (
            log_scale if log_scale is not None else len(positive) == len(shown) > 0 and max(shown) / min(shown) > 30
        )
        if is_log and positive:
            ax.set_yscale("log")
        ax.set_xlabel("epoch")
        ax.set_title(name.replace("_", " "), loc="left", fontsize=11)
        style.clean(ax)
        if f"val_{name}" in values:
            ax.legend(frameon=False)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    return figure
