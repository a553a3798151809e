"""Boxes and edges as shapes with places: what a writer of a file draws."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace

from yeoul.utils.plot_model_boxes import Box, Boxes
from yeoul.utils.plot_model_layout import Edge, Layout, layered

TITLE, ROW, CHIP = 13.0, 11.0, 10.5
INK, SOFT, LINE, BORDER, FRAME = "#1f2933", "#5b6770", "#8794a0", "#cfd6dc", "#f6f8fa"
ACCENT, TINT = "#2563a8", "#e9f1f9"


@dataclass(frozen=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = "none"
    radius: float = 6.0
    stroke_width: float = 1.0


@dataclass(frozen=True)
class Text:
    """`x` is the middle, `y` the baseline; `width` is the room it has."""

    x: float
    y: float
    text: str
    size: float
    color: str
    width: float
    is_bold: bool = False


@dataclass(frozen=True)
class Path:
    """Commands M, L and C with their points."""

    commands: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
    color: str = LINE
    stroke_width: float = 1.3


@dataclass(frozen=True)
class Arrow:
    """A head whose tip is at (x, y)."""

    x: float
    y: float
    is_down: bool
    color: str = LINE


@dataclass(eq=False)
class Drawing:
    """Shapes from back to front, and the size they take."""

    width: float
    height: float
    frames: list[Rectangle] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    rectangles: list[Rectangle] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    inputs: list[tuple[float, float]] = field(default_factory=list)  # where edges enter and leave, in order
    outputs: list[tuple[float, float]] = field(default_factory=list)

    def add(self, other: Drawing, dx: float, dy: float) -> None:
        """`other`, moved."""

        def moved(x: float, y: float) -> tuple[float, float]:
            return x + dx, y + dy

        self.frames += [replace(r, x=r.x + dx, y=r.y + dy) for r in other.frames]
        self.rectangles += [replace(r, x=r.x + dx, y=r.y + dy) for r in other.rectangles]
        self.texts += [replace(t, x=t.x + dx, y=t.y + dy) for t in other.texts]
        self.arrows += [replace(a, x=a.x + dx, y=a.y + dy) for a in other.arrows]
        self.paths += [
            Path(tuple((c, tuple(moved(*p) for p in points)) for c, points in path.commands), path.color)
            for path in other.paths
        ]


# Advance widths of a narrow sans serif font in thousandths of its size, for ASCII 32 to 126.
_ADVANCES = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584"
)
_WIDTHS = {chr(32 + i): int(w) / 1000 for i, w in enumerate(_ADVANCES.split())}


def text_width(text: str, size: float, is_bold: bool = False) -> float:
    """Room for a text in pixels: wide enough for the wider of the usual sans serif fonts."""
    width = 0.0
    for character in text:
        known = _WIDTHS.get(character)
        if known is None:
            known = 1.0 if unicodedata.east_asian_width(character) in "WF" or character in "→…" else 0.6
        width += known
    return width * size * (1.22 if is_bold else 1.12)


# -- boxes ---------------------------------------------------------------------------------------------------------------
def draw(boxes: Boxes, rankdir: str = "TB", is_curved: bool = True, is_inner: bool = False) -> Drawing:
    """The drawing of a model.

    Args:
        rankdir: "TB" for down, "LR" for right.
        is_curved: curved edges, or straight ones.
        is_inner: whether the model stands in a frame: then edges come in from its border and go out to it.
    """
    is_down = rankdir == "TB"
    pieces = [_box(box, rankdir, is_curved) for box in boxes.boxes]
    count = len(pieces)
    sizes = [(p.width, p.height) if is_down else (p.height, p.width) for p in pieces]

    def port(piece: Drawing, points: list[tuple[float, float]], index: int) -> float:
        if not points:
            return 0.0
        x, y = points[min(index, len(points) - 1)]
        return x - piece.width / 2 if is_down else y - piece.height / 2

    entries: list[int] = []
    exits: list[int] = []
    shift = len(boxes.inputs) if is_inner else 0  # entries come first
    edges = [
        Edge(u + shift, v + shift, port(pieces[u], pieces[u].outputs, i), port(pieces[v], pieces[v].inputs, j))
        for u, i, v, j in boxes.edges
    ]
    if is_inner:
        entries = list(range(shift))
        exits = [shift + count + i for i in range(len(boxes.outputs))]
        sizes = [(0.0, 0.0)] * shift + sizes + [(0.0, 0.0)] * len(exits)
        edges = [Edge(i, shift + v) for i, v in enumerate(boxes.inputs)] + edges
        edges += [
            Edge(shift + v, exits[n], port(pieces[v], pieces[v].outputs, i)) for n, (v, i) in enumerate(boxes.outputs)
        ]
    layout = layered(sizes, edges, entries, exits, *((26.0, 30.0) if is_down else (18.0, 40.0)))
    width, height = (layout.across, layout.along) if is_down else (layout.along, layout.across)
    drawing = Drawing(width, height)

    def at(across: float, along: float) -> tuple[float, float]:
        return (across, along) if is_down else (along, across)

    # Edges that end at a border go on behind it: their arrow is there.
    borders = {*exits, *(shift + i for i, box in enumerate(boxes.boxes) if box.inner is not None)}
    _draw_edges(drawing, layout, borders, is_down, is_curved)
    for i, piece in enumerate(pieces):
        x, y = at(layout.cells[shift + i].x, layout.cells[shift + i].y)
        drawing.add(piece, x - piece.width / 2, y - piece.height / 2)
    drawing.inputs = [at(layout.cells[i].x, 0.0) for i in entries]
    drawing.outputs = [at(layout.cells[i].x, layout.along) for i in exits]
    return drawing


def _box(box: Box, rankdir: str, is_curved: bool) -> Drawing:
    if box.inner is not None:
        return _frame(box, draw(box.inner, rankdir, is_curved, is_inner=True), rankdir)
    title = text_width(box.title, TITLE, True)
    chip = text_width(box.activation, CHIP) + 14 if box.activation else 0.0
    head = title + (8 + chip if chip else 0)
    rows = [(row, text_width(row, ROW)) for row in box.rows]
    width = max([head, *(w for _, w in rows), 56.0]) + 24
    height = 30.0 + 15.5 * len(rows) + (2 if rows else 0)
    is_start = box.kind == "input" and box.is_end
    drawing = Drawing(width, height)
    drawing.rectangles.append(
        Rectangle(0, 0, width, height, TINT if is_start else "#ffffff", ACCENT if box.is_end else BORDER)
    )
    color = ACCENT if is_start else INK
    start = (width - head) / 2
    drawing.texts.append(Text(start + title / 2, 19.5, box.title, TITLE, color, title, True))
    if chip:
        left = start + title + 8
        drawing.rectangles.append(Rectangle(left, 7, chip, 16.5, TINT, radius=8.25))
        drawing.texts.append(Text(left + chip / 2, 19, box.activation, CHIP, ACCENT, chip - 14))
    for i, (row, w) in enumerate(rows):
        drawing.texts.append(Text(width / 2, 36.5 + 15.5 * i, row, ROW, SOFT, w))
    return drawing


def _frame(box: Box, inner: Drawing, rankdir: str) -> Drawing:
    """A nested model: its drawing with a border and a line of text above."""
    label = " · ".join(box.rows)
    title, rest = text_width(box.title, ROW, True), text_width(label, ROW)
    text = title + (10 + rest if label else 0)
    # From left to right a frame has as much room below as above, so that edges meet it in the middle.
    strip, foot, pad = (30.0, 4.0, 16.0) if rankdir == "TB" else (28.0, 28.0, 10.0)
    # Edges come in through the top: the text stands left of the first.
    side = pad
    if rankdir == "TB":
        side = max(side, 12 + text + 12 - min((x for x, _ in inner.inputs), default=0.0))
    width = max(inner.width + 2 * side, text + 24)
    left = (width - inner.width) / 2
    height = inner.height + strip + foot
    drawing = Drawing(width, height)
    drawing.frames.append(Rectangle(0, 0, width, height, FRAME, ACCENT if box.is_end else BORDER, 10.0))
    drawing.add(inner, left, strip)
    drawing.texts.append(Text(12 + title / 2, 18, box.title, ROW, INK, title, True))
    if label:
        drawing.texts.append(Text(12 + title + 10 + rest / 2, 18, label, ROW, SOFT, rest))
    ends = (0.0, height) if rankdir == "TB" else (0.0, width)
    for points, own, border in ((inner.inputs, drawing.inputs, ends[0]), (inner.outputs, drawing.outputs, ends[1])):
        for x, y in points:
            inside = (x + left, y + strip)
            outside = (inside[0], border) if rankdir == "TB" else (border, inside[1])
            own.append(outside)
            drawing.paths.append(Path((("M", (outside,)), ("L", (inside,)))))
    return drawing


# -- edges ---------------------------------------------------------------------------------------------------------------
def _draw_edges(drawing: Drawing, layout: Layout, borders: set[int], is_down: bool, is_curved: bool) -> None:
    cells, bands = layout.cells, layout.bands
    tips: set[tuple[float, float]] = set()

    def at(across: float, along: float) -> tuple[float, float]:
        return (across, along) if is_down else (along, across)

    for s in layout.segments:
        upper, lower = cells[s.upper], cells[s.lower]
        x0, x1 = upper.x + s.upper_port, lower.x + s.lower_port
        y0 = bands[upper.rank][1] if upper.is_bend else upper.y + upper.along / 2
        gap0, gap1 = bands[upper.rank][1], bands[lower.rank][0]
        y1 = bands[lower.rank][1] if lower.is_bend else lower.y - lower.along / 2
        commands: list[tuple[str, tuple[tuple[float, float], ...]]] = [("M", (at(x0, y0),))]
        is_arrow = not lower.is_bend and s.lower not in borders
        tip = y1 - 4 if is_arrow else y1
        if abs(x0 - x1) < 0.5:
            commands.append(("L", (at(x1, tip),)))
        else:
            end = min(gap1, tip)
            if gap0 > y0:
                commands.append(("L", (at(x0, gap0),)))
            if is_curved:
                middle = (gap0 + end) / 2
                commands.append(("C", (at(x0, middle), at(x1, middle), at(x1, end))))
            else:
                commands.append(("L", (at(x1, end),)))
            if tip > end:
                commands.append(("L", (at(x1, tip),)))
        drawing.paths.append(Path(tuple(commands)))
        if is_arrow and at(x1, y1) not in tips:
            tips.add(at(x1, y1))
            drawing.arrows.append(Arrow(*at(x1, y1), is_down))
