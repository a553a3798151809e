"""Drawings as SVG, and as figures of matplotlib for formats of dots."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from yeoul.utils.plot_model_drawing import Arrow, Drawing, Path, Rectangle, Text

FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
MARGIN = 16.0


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def svg(drawing: Drawing, title: str) -> str:
    """The drawing as a text of SVG with a white ground."""
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="{_n(-MARGIN)} {_n(-MARGIN)} {_n(width)} {_n(height)}" font-family="{FONT}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect x="{_n(-MARGIN)}" y="{_n(-MARGIN)}" width="{_n(width)}" height="{_n(height)}" fill="#ffffff"/>',
        *map(_rectangle, drawing.frames),
        *_paths(drawing.paths),
        *map(_arrow, drawing.arrows),
        *map(_rectangle, drawing.rectangles),
        *map(_text, drawing.texts),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _rectangle(r: Rectangle) -> str:
    stroke = f' stroke="{r.stroke}" stroke-width="{_n(r.stroke_width)}"' if r.stroke != "none" else ""
    return (
        f'<rect x="{_n(r.x)}" y="{_n(r.y)}" width="{_n(r.width)}" height="{_n(r.height)}" rx="{_n(r.radius)}" '
        f'fill="{r.fill}"{stroke}/>'
    )


def _paths(paths: list[Path]) -> list[str]:
    """All edges of one look in one element."""
    looks: dict[tuple[str, float], list[str]] = {}
    for path in paths:
        text = "".join(command + " ".join(f"{_n(x)},{_n(y)}" for x, y in points) for command, points in path.commands)
        looks.setdefault((path.color, path.stroke_width), []).append(text)
    return [
        f'<path d="{" ".join(texts)}" fill="none" stroke="{color}" stroke-width="{width}" stroke-linejoin="round"/>'
        for (color, width), texts in looks.items()
    ]


def arrow_points(a: Arrow) -> list[tuple[float, float]]:
    if a.is_down:
        return [(a.x, a.y), (a.x - 3.6, a.y - 7), (a.x + 3.6, a.y - 7)]
    return [(a.x, a.y), (a.x - 7, a.y - 3.6), (a.x - 7, a.y + 3.6)]


def _arrow(a: Arrow) -> str:
    return f'<polygon points="{" ".join(f"{_n(x)},{_n(y)}" for x, y in arrow_points(a))}" fill="{a.color}"/>'


def _text(t: Text) -> str:
    weight = ' font-weight="600"' if t.is_bold else ""
    return (
        f'<text x="{_n(t.x)}" y="{_n(t.y)}" font-size="{_n(t.size)}" fill="{t.color}"{weight} text-anchor="middle">'
        f"{escape(t.text)}</text>"
    )


def figure(drawing: Drawing, dpi: float) -> Any:
    """The drawing as a figure of matplotlib; 96 of its pixels are an inch.

    Raises: ImportError that says how to install matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import RendererAgg
        from matplotlib.figure import Figure
        from matplotlib.font_manager import FontProperties
        from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
        from matplotlib.path import Path as Curve
    except ImportError:
        raise ImportError(
            "plot_model writes .svg by itself; other formats need matplotlib. "
            'Write to a name that ends in .svg, or install it with: pip install "yeoul[plot]"'
        ) from None
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    result = Figure(figsize=(width / 96, height / 96), dpi=dpi, facecolor="white")
    axes = result.add_axes((0, 0, 1, 1))
    axes.set_xlim(-MARGIN, width - MARGIN)
    axes.set_ylim(height - MARGIN, -MARGIN)
    axes.set_axis_off()
    point = 72 / 96

    def boxes(rectangles: list[Rectangle], order: int) -> None:
        for r in rectangles:
            axes.add_patch(
                FancyBboxPatch(
                    (r.x, r.y),
                    r.width,
                    r.height,
                    boxstyle=f"round,pad=0,rounding_size={r.radius}",
                    facecolor=r.fill,
                    edgecolor=r.stroke,
                    linewidth=r.stroke_width * point,
                    zorder=order,
                )
            )

    boxes(drawing.frames, 1)
    codes = {"M": Curve.MOVETO, "L": Curve.LINETO, "C": Curve.CURVE4}
    for path in drawing.paths:
        points = [p for _, found in path.commands for p in found]
        steps = [codes[c] for c, found in path.commands for _ in found]
        axes.add_patch(
            PathPatch(
                Curve(points, steps),
                facecolor="none",
                edgecolor=path.color,
                linewidth=path.stroke_width * point,
                zorder=2,
            )
        )
    for a in drawing.arrows:
        axes.add_patch(Polygon(arrow_points(a), facecolor=a.color, edgecolor="none", zorder=3))
    boxes(drawing.rectangles, 4)
    renderer = RendererAgg(1, 1, 72)
    families = ["Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"]
    known = _known_families()
    family = [name for name in families if name in known] or ["sans-serif"]
    for t in drawing.texts:
        look = FontProperties(family=family, size=t.size * point, weight="bold" if t.is_bold else "normal")
        wide = renderer.get_text_width_height_descent(t.text, look, False)[0] / point
        look.set_size(t.size * point * min(1.0, t.width / wide))
        axes.text(
            t.x,
            t.y,
            t.text,
            color=t.color,
            fontproperties=look,
            ha="center",
            va="baseline",
            zorder=5,
            parse_math=False,
        )
    return result


def _known_families() -> set[str]:
    from matplotlib.font_manager import fontManager

    return {font.name for font in fontManager.ttflist}
