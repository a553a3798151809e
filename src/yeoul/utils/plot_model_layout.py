"""Where the boxes of a layered drawing stand.

Source: Sugiyama, Tagawa & Toda 1981 for the steps (ranks, order, coordinates); Brandes & Köpf 2002 for the coordinates, with
preferences among neighbours. All edges of one source share one trunk past the ranks between.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Edge:
    """From one box to a later one; ports are distances from the middles of the boxes, across."""

    source: int
    target: int
    source_port: float = 0.0
    target_port: float = 0.0


@dataclass(eq=False)
class Cell:
    """A box, or a bend of an edge that passes a rank."""

    across: float
    along: float
    is_bend: bool = False
    is_skip: bool = False  # a bend of an edge beside a path, whose source feeds other boxes too
    rank: int = 0
    place: int = 0  # in its rank
    x: float = 0.0  # middle, across
    y: float = 0.0  # middle, along


@dataclass(frozen=True)
class Segment:
    """A piece of edge between cells of adjacent ranks."""

    upper: int
    lower: int
    upper_port: float = 0.0
    lower_port: float = 0.0


@dataclass(eq=False)
class Layout:
    """Cells (the given boxes first), the segments between them, and (start, end) of every rank."""

    cells: list[Cell]
    segments: list[Segment]
    ranks: list[list[int]] = field(default_factory=list)
    bands: list[tuple[float, float]] = field(default_factory=list)
    across: float = 0.0
    along: float = 0.0


def layered(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[Edge],
    entries: Sequence[int] = (),
    exits: Sequence[int] = (),
    across_gap: float = 26.0,
    along_gap: float = 34.0,
) -> Layout:
    """Places boxes so that all edges point the same way.

    Args:
        sizes: (across, along) of every box, in an order in which edges point forward.
        entries, exits: boxes that stand alone in the first and the last rank.
        across_gap, along_gap: the least distance between boxes.
    """
    edges = list(dict.fromkeys(edges))
    cells = [Cell(*size) for size in sizes]
    _rank(cells, edges, set(entries), set(exits))
    segments = _split(cells, edges)
    layout = Layout(cells, segments)
    layout.ranks = [[] for _ in range(max((c.rank for c in cells), default=-1) + 1)]
    for i, cell in enumerate(cells):
        layout.ranks[cell.rank].append(i)
    _order(layout)
    _place_across(layout, across_gap)
    _place_along(layout, along_gap)
    return layout


# -- ranks -------------------------------------------------------------------------------------------------------------
def _rank(cells: list[Cell], edges: Sequence[Edge], entries: set[int], exits: set[int]) -> None:
    """The longest way from the start; what has more successors than predecessors (an input) moves down to them."""
    before: list[list[int]] = [[] for _ in cells]
    after: list[list[int]] = [[] for _ in cells]
    for edge in edges:
        before[edge.target].append(edge.source)
        after[edge.source].append(edge.target)
    for v, cell in enumerate(cells):
        least = 1 if entries and v not in entries else 0
        cell.rank = max([cells[u].rank + 1 for u in before[v]], default=least)
    for v in reversed(range(len(cells))):
        if v not in entries and len(after[v]) > len(before[v]):
            cells[v].rank = min(cells[w].rank for w in after[v]) - 1
    first = min((cell.rank for cell in cells), default=0)
    for cell in cells:
        cell.rank -= first
    if exits:
        last = max((c.rank for i, c in enumerate(cells) if i not in exits), default=-1) + 1
        for v in exits:
            cells[v].rank = last


def _split(cells: list[Cell], edges: Sequence[Edge]) -> list[Segment]:
    """Segments between adjacent ranks. Edges from one port share their bends."""
    segments: dict[Segment, None] = {}
    targets: dict[int, set[int]] = {}
    for edge in edges:
        targets.setdefault(edge.source, set()).add(edge.target)
    trunks: dict[tuple[int, float], list[int]] = {}
    for edge in edges:
        first, last = cells[edge.source].rank, cells[edge.target].rank
        trunk = trunks.setdefault((edge.source, edge.source_port), [edge.source])
        while len(trunk) < last - first:
            cells.append(Cell(0.0, 0.0, True, len(targets[edge.source]) > 1, first + len(trunk)))
            trunk.append(len(cells) - 1)
        for upper, lower in pairwise(trunk[: last - first]):
            segments[Segment(upper, lower, edge.source_port if upper == edge.source else 0.0)] = None
        end = trunk[last - first - 1]
        segments[Segment(end, edge.target, edge.source_port if end == edge.source else 0.0, edge.target_port)] = None
    return list(segments)


# -- order within ranks ------------------------------------------------------------------------------------------------
def _order(layout: Layout, sweeps: int = 16) -> None:
    """Few crossings: medians of neighbours, down and up in turn; then exchanges of neighbours where that helps."""
    cells, ranks = layout.cells, layout.ranks
    up: list[list[tuple[int, float]]] = [[] for _ in cells]
    down: list[list[tuple[int, float]]] = [[] for _ in cells]
    between: list[list[Segment]] = [[] for _ in ranks]
    for s in layout.segments:
        down[s.upper].append((s.lower, s.lower_port))
        up[s.lower].append((s.upper, s.upper_port))
        between[cells[s.upper].rank].append(s)

    def number() -> None:
        for rank in ranks:
            for place, v in enumerate(rank):
                cells[v].place = place

    def where(end: tuple[int, float]) -> float:
        cell = cells[end[0]]
        return cell.place + end[1] / (cell.across or 1.0)

    def crossings() -> int:
        return sum(
            _crossings([(where((s.upper, s.upper_port)), where((s.lower, s.lower_port))) for s in b]) for b in between
        )

    number()
    best, held = crossings(), [list(rank) for rank in ranks]
    for sweep in range(sweeps):
        if best == 0:
            break
        ends = up if sweep % 2 == 0 else down
        for rank in ranks if sweep % 2 == 0 else reversed(ranks):
            medians = {v: _median(sorted(where(e) for e in ends[v]), cells[v].place) for v in rank}
            rank.sort(key=medians.__getitem__)
            for place, v in enumerate(rank):
                cells[v].place = place
        _exchange(ranks, cells, up, down, where)
        found = crossings()
        if found < best:
            best, held = found, [list(rank) for rank in ranks]
    layout.ranks = held
    ranks = held
    number()


def _median(places: list[float], own: float) -> float:
    if not places:
        return own
    middle = len(places) // 2
    return places[middle] if len(places) % 2 else (places[middle - 1] + places[middle]) / 2


def _crossings(ends: list[tuple[float, float]]) -> int:
    seen: list[float] = []
    count = 0
    for _, lower in sorted(ends):
        count += len(seen) - bisect_right(seen, lower)
        insort(seen, lower)
    return count


def _exchange(
    ranks: list[list[int]],
    cells: list[Cell],
    up: list[list[tuple[int, float]]],
    down: list[list[tuple[int, float]]],
    where: Callable[[tuple[int, float]], float],
) -> None:
    def cost(left: int, right: int) -> int:
        return sum(where(a) > where(b) for ends in (up, down) for a in ends[left] for b in ends[right])

    for rank in ranks:
        for i in range(len(rank) - 1):
            left, right = rank[i], rank[i + 1]
            if len(up[left]) * len(up[right]) + len(down[left]) * len(down[right]) > 400:
                continue
            if cost(right, left) < cost(left, right):
                rank[i], rank[i + 1] = right, left
                cells[right].place, cells[left].place = i, i + 1


# -- coordinates -------------------------------------------------------------------------------------------------------
def _place_across(layout: Layout, gap: float) -> None:
    """The mean of the two middle ones of four extreme placements."""
    cells = layout.cells
    up: list[list[int]] = [[] for _ in cells]
    down: list[list[int]] = [[] for _ in cells]
    for s in layout.segments:
        up[s.lower].append(s.upper)
        down[s.upper].append(s.lower)
    conflicts = _conflicts(layout, up)

    def preferred(neighbours: list[list[int]]) -> list[list[int]]:
        return [
            [u for u in found if cells[u].is_skip == cells[v].is_skip] or found for v, found in enumerate(neighbours)
        ]

    # Two cells line up if each prefers the other: so the main path is straight, and skips run beside it.
    above, below = preferred(up), preferred(down)
    mutual = (
        [[u for u in found if v in below[u]] for v, found in enumerate(above)],
        [[w for w in found if v in above[w]] for v, found in enumerate(below)],
    )

    def distance(left: int, right: int) -> float:
        a, b = cells[left], cells[right]
        share = gap * (0.5 if a.is_bend else 1.0) * (0.5 if b.is_bend else 1.0)
        return (a.across + b.across) / 2 + max(share, 12.0)

    placements = []
    for neighbours, ranks in zip(mutual, (layout.ranks, layout.ranks[::-1]), strict=True):
        for is_mirrored in (False, True):
            order = [rank[::-1] if is_mirrored else rank for rank in ranks]
            root = _align(order, neighbours, conflicts, len(cells))
            xs = _compact(order, root, distance)
            placements.append([-x for x in xs] if is_mirrored else xs)

    def ends(xs: list[float]) -> tuple[float, float]:
        return (
            min(x - c.across / 2 for x, c in zip(xs, cells, strict=True)),
            max(x + c.across / 2 for x, c in zip(xs, cells, strict=True)),
        )

    if not cells:
        return
    bounds = [ends(xs) for xs in placements]
    narrowest = min(bounds, key=lambda b: b[1] - b[0])
    for i, (xs, (low, high)) in enumerate(zip(placements, bounds, strict=True)):
        shift = narrowest[0] - low if i % 2 == 0 else narrowest[1] - high
        placements[i] = [x + shift for x in xs]
    for cell, *four in zip(cells, *placements, strict=True):
        cell.x = sum(sorted(four)[1:3]) / 2
    _straighten(layout, mutual[0], distance)
    low, high = ends([cell.x for cell in cells])
    for cell in cells:
        cell.x -= low
    layout.across = high - low


def _straighten(
    layout: Layout, above: list[list[int]], distance: Callable[[int, int], float], slant: float = 14.0
) -> None:
    """Lines up runs of cells that stand nearly above each other, where there is room."""
    cells = layout.cells
    run = list(range(len(cells)))

    def first(v: int) -> int:
        while run[v] != v:
            v = run[v]
        return v

    for rank in layout.ranks:
        for v in rank:
            near = [u for u in above[v] if abs(cells[u].x - cells[v].x) < slant]
            if near:
                run[v] = first(min(near, key=lambda u: abs(cells[u].x - cells[v].x)))
    members: dict[int, list[int]] = {}
    for v in range(len(cells)):
        members.setdefault(first(v), []).append(v)
    for group in sorted(members.values(), key=len, reverse=True):
        ranks = [cells[v].rank for v in group]
        if len(set(ranks)) < max(len(ranks), 2):
            continue  # alone, or two that share a neighbour
        x = sorted(cells[v].x for v in group)[len(group) // 2]
        if all(_has_room(layout, v, x, distance) for v in group):
            for v in group:
                cells[v].x = x


def _has_room(layout: Layout, v: int, x: float, distance: Callable[[int, int], float]) -> bool:
    cells, cell = layout.cells, layout.cells[v]
    rank = layout.ranks[cell.rank]
    left = rank[cell.place - 1] if cell.place > 0 else None
    right = rank[cell.place + 1] if cell.place + 1 < len(rank) else None
    return (left is None or x - cells[left].x >= distance(left, v) - 1e-6) and (
        right is None or cells[right].x - x >= distance(v, right) - 1e-6
    )


def _conflicts(layout: Layout, up: list[list[int]]) -> set[tuple[int, int]]:
    """Segments that cross a passing edge: the passing edge stays straight."""
    cells = layout.cells
    found: set[tuple[int, int]] = set()
    for upper, lower in pairwise(layout.ranks):
        left, scanned = 0, 0
        for i, v in enumerate(lower):
            passing = next((u for u in up[v] if cells[u].is_bend), None) if cells[v].is_bend else None
            right = cells[passing].place if passing is not None else len(upper)
            if passing is None and i < len(lower) - 1:
                continue
            for w in lower[scanned : i + 1]:
                for u in up[w]:
                    if not left <= cells[u].place <= right and not (cells[u].is_bend and cells[w].is_bend):
                        found.add((u, w))
            scanned, left = i + 1, right
    return found


def _align(
    ranks: list[list[int]], neighbours: list[list[int]], conflicts: set[tuple[int, int]], count: int
) -> list[int]:
    """The first cell of the straight run that each cell belongs to."""
    place = {v: i for rank in ranks for i, v in enumerate(rank)}
    root, next_ = list(range(count)), list(range(count))
    for rank in ranks:
        taken = -1
        for v in rank:
            found = sorted(neighbours[v], key=place.__getitem__)
            if not found:
                continue
            for i in sorted({(len(found) - 1) // 2, len(found) // 2}):
                u = found[i]
                is_free = next_[v] == v and taken < place[u]
                if is_free and (u, v) not in conflicts and (v, u) not in conflicts:
                    next_[u] = v
                    root[v] = root[u]
                    next_[v] = root[v]
                    taken = place[u]
    return root


def _compact(ranks: list[list[int]], root: list[int], distance: Callable[[int, int], float]) -> list[float]:
    """Runs as far to the left as the distances allow, then back to the right where there is room."""
    after: dict[int, dict[int, float]] = {r: {} for r in root}
    before: dict[int, dict[int, float]] = {r: {} for r in root}
    for rank in ranks:
        for left, right in pairwise(rank):
            a, b = root[left], root[right]
            after[a][b] = before[b][a] = max(after[a].get(b, 0.0), distance(left, right))
    waiting = {r: len(before[r]) for r in before}
    ready = [r for r, n in waiting.items() if n == 0]
    order: list[int] = []
    while ready:
        r = ready.pop()
        order.append(r)
        for other in after[r]:
            waiting[other] -= 1
            if waiting[other] == 0:
                ready.append(other)
    x: dict[int, float] = {}
    for r in order:
        x[r] = max((x[p] + d for p, d in before[r].items()), default=0.0)
    for r in reversed(order):
        room = min((x[s] - d for s, d in after[r].items()), default=math.inf)
        if room < math.inf:
            x[r] = max(x[r], room)
    return [x[r] for r in root]


def _place_along(layout: Layout, gap: float) -> None:
    """Ranks one after the other; a gap is wider where edges run far across it."""
    cells = layout.cells
    reach = [0.0] * len(layout.ranks)
    for s in layout.segments:
        distance = abs(cells[s.upper].x + s.upper_port - cells[s.lower].x - s.lower_port)
        reach[cells[s.upper].rank] = max(reach[cells[s.upper].rank], distance)
    y = 0.0
    for rank, far in zip(layout.ranks, reach, strict=True):
        size = max(cells[v].along for v in rank)
        for v in rank:
            cells[v].y = y + size / 2
        layout.bands.append((y, y + size))
        layout.along = y + size
        y += size + gap + min(0.06 * far, 40.0)
