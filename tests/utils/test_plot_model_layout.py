"""Ranks point forward, boxes do not overlap, main paths are straight, long edges are straight and shared."""

import random
from itertools import pairwise

import pytest

from yeoul.utils.plot_model_layout import Edge, layered


def boxes(count, across=80.0, along=30.0):
    return [(across, along)] * count


def overlaps(layout):
    found = []
    for rank in layout.ranks:
        for left, right in pairwise(rank):
            a, b = layout.cells[left], layout.cells[right]
            if a.x + a.across / 2 > b.x - b.across / 2 + 1e-6:
                found.append((left, right))
    return found


def test_a_chain_is_straight_and_evenly_spaced():
    layout = layered(boxes(4), [Edge(i, i + 1) for i in range(3)], along_gap=34)
    assert [c.rank for c in layout.cells] == [0, 1, 2, 3]
    assert {c.x for c in layout.cells} == {40.0}
    assert [c.y for c in layout.cells] == [15.0, 79.0, 143.0, 207.0]
    assert (layout.across, layout.along) == (80.0, 222.0)


def test_a_merge_of_three_branches_stands_in_their_middle():
    layout = layered(boxes(5), [Edge(0, i) for i in (1, 2, 3)] + [Edge(i, 4) for i in (1, 2, 3)])
    top, *branches, merge = layout.cells
    middle = sorted(c.x for c in branches)[1]
    assert top.x == pytest.approx(middle)
    assert merge.x == pytest.approx(middle)


def test_a_skip_runs_beside_a_straight_main_path():
    edges = []
    for block in range(0, 9, 3):
        edges += [
            Edge(block, block + 1),
            Edge(block + 1, block + 2),
            Edge(block + 2, block + 3),
            Edge(block, block + 3),
        ]
    layout = layered(boxes(10), edges)
    assert len({round(c.x, 6) for c in layout.cells[:10]}) == 1
    bends = layout.cells[10:]
    assert all(abs(b.x - layout.cells[0].x) > 40 for b in bends)


def test_an_input_moves_down_to_where_it_is_used():
    layout = layered(boxes(5), [Edge(0, 2), Edge(2, 3), Edge(3, 4), Edge(1, 4)])
    assert layout.cells[1].rank == 2
    assert len(layout.cells) == 5


def test_long_edges_of_one_source_share_their_bends():
    layout = layered(boxes(6), [Edge(i, i + 1) for i in range(5)] + [Edge(0, j) for j in (2, 3, 4, 5)])
    bends = layout.cells[6:]
    assert len(bends) == 4
    assert len({round(b.x, 6) for b in bends}) == 1


def test_crossings_that_can_be_avoided_are():
    # Drawn in the given order, every edge would cross every other.
    layout = layered(boxes(9), [Edge(0, 8 - i) if i == 0 else Edge(i, 8 - i) for i in range(4)])
    upper = sorted(range(4), key=lambda v: layout.cells[v].x)
    lower = [8 - v for v in upper]
    xs = [layout.cells[v].x for v in lower]
    assert xs == sorted(xs)


def test_edges_that_are_nearly_straight_are_straight():
    # Branches of different widths, whose middle one would stand a little beside its source.
    sizes = [(100, 30), (150, 30), (130, 30), (160, 30), (150, 30), (120, 30), (160, 30)]
    layout = layered(
        sizes, [Edge(0, 1), Edge(0, 2), Edge(0, 3), Edge(2, 4), Edge(3, 5), Edge(1, 6), Edge(4, 6), Edge(5, 6)]
    )
    assert len({round(layout.cells[v].x, 6) for v in (0, 2, 4, 6)}) == 1
    assert not overlaps(layout)


def test_entries_and_exits_stand_alone():
    # box 0 enters, boxes 1-3 are a chain, box 4 leaves from the middle
    layout = layered([(0, 0), *boxes(3), (0, 0)], [Edge(0, 1), Edge(1, 2), Edge(2, 3), Edge(2, 4)], [0], [4])
    assert [c.rank for c in layout.cells[:5]] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs_have_no_overlaps_and_point_forward(seed):
    rng = random.Random(seed)
    count = 40
    sizes = [(rng.uniform(20, 200), rng.uniform(20, 60)) for _ in range(count)]
    edges = [Edge(rng.randrange(v), v) for v in range(1, count) for _ in range(rng.randint(0, 3))]
    layout = layered(sizes, edges)
    assert not overlaps(layout)
    assert all(layout.cells[e.source].rank < layout.cells[e.target].rank for e in edges)
    for s in layout.segments:
        assert layout.cells[s.lower].rank == layout.cells[s.upper].rank + 1
    assert all(c.x - c.across / 2 >= -1e-6 and c.x + c.across / 2 <= layout.across + 1e-6 for c in layout.cells)


def test_nothing_is_drawn_as_nothing():
    layout = layered([], [])
    assert (layout.across, layout.along) == (0.0, 0.0)
