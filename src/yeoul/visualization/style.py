"""The look that all pictures share."""

from __future__ import annotations

from functools import cache
from typing import Any

#: Seven colours that people with any usual colour vision tell apart; blue first, orange second. After Okabe & Ito 2008.
CYCLE = ["#2563a8", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#4d4d4d"]
BLUE, ORANGE = CYCLE[:2]
INK, GREY, GRID = "#1f2933", "#7b8794", "#e5e8eb"
#: Shapes of points, so that classes differ in more than colour.
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
TEXT, SMALL = 10.0, 9.0


@cache
def _picture() -> type:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError('Pictures need matplotlib. Install it with: pip install "yeoul[plot]"') from None

    class Picture(Figure):
        """A figure that belongs to no window and shows itself in notebooks."""

        def _repr_png_(self) -> bytes:
            from io import BytesIO

            buffer = BytesIO()
            self.savefig(buffer, format="png")
            return buffer.getvalue()

    return Picture


def figure(width: float = 6.4, height: float = 4.0) -> Any:
    """An empty figure of a size in inches. It belongs to no window, and pyplot does not know it.

    Raises: ImportError that says how to install matplotlib.
    """
    return _picture()(figsize=(width, height), dpi=120, layout="constrained", facecolor="white")


def clean(ax: Any, has_grid: bool = True) -> None:
    """Takes away what a reader does not need, and sets sizes that can be read when the picture is small."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(GREY)
    ax.tick_params(labelsize=SMALL, color=GREY, labelcolor=INK)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set(size=TEXT, color=INK)
    if has_grid:
        ax.grid(True, color=GRID, linewidth=0.8)
        ax.set_axisbelow(True)


def headline(figure: Any, title: str | None) -> None:
    """The title over all axes, at the left."""
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)


def diverging() -> Any:
    """Colours from blue over white (zero) to orange."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("yeoul_diverging", [BLUE, "white", ORANGE])


def heat() -> Any:
    """Colours from nothing over yellow to red, to lie on a picture."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = [(1, 1, 1, 0), (0.99, 0.87, 0.4, 0.3), (0.93, 0.42, 0.05, 0.5), (0.75, 0.0, 0.1, 0.65)]
    return LinearSegmentedColormap.from_list("yeoul_heat", stops)
