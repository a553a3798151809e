"""The look that all pictures share."""

from __future__ import annotations

from typing import Any

BLUE, ORANGE, GREY = "#2563a8", "#e07b39", "#9aa4ae"
CYCLE = [BLUE, ORANGE, "#3c8d53", "#8a5aa8", "#b8433f", "#4aa5a1"]


def figure(width: float = 6.4, height: float = 4.0) -> Any:
    """An empty figure that belongs to no window.

    Raises: ImportError that says how to install matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError('Pictures need matplotlib. Install it with: pip install "yeoul[plot]"') from None
    return Figure(figsize=(width, height), dpi=120, layout="constrained")


def clean(ax: Any) -> None:
    """Takes away what a reader does not need."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#e5e8eb", linewidth=0.8)
    ax.set_axisbelow(True)
