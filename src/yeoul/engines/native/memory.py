"""The memory plan: which values share which part of the arena, by when they live."""

from __future__ import annotations

from dataclasses import dataclass

ARENA, SLOT, CONSTANT = 0, 1, 2
ALIGNMENT = 64


@dataclass(eq=False)
class Storage:
    """Memory of one value: in the arena, in an external slot, or among the constants."""

    place: int
    index: int
    size: int
    offset: int = 0
    first: int = -1  # position of the instruction that writes it
    last: int = -1  # position of the last that reads it
    kind: str = "activations"


def plan(storages: list[Storage]) -> int:
    """Gives every arena storage an offset; storages alive at the same time never overlap. Returns the arena's bytes.

    Storages are placed in the order of their first use, each into the smallest hole that fits.
    """
    live: list[Storage] = []
    total = 0
    for storage in sorted(storages, key=lambda s: s.first):
        live = [other for other in live if other.last >= storage.first]
        size = aligned(storage.size)
        best: int | None = None
        best_gap = 0
        end = 0
        for other in sorted(live, key=lambda s: s.offset):
            gap = other.offset - end
            if gap >= size and (best is None or gap < best_gap):
                best, best_gap = end, gap
            end = max(end, other.offset + aligned(other.size))
        storage.offset = end if best is None else best
        total = max(total, storage.offset + size)
        live.append(storage)
    return total


def aligned(size: int) -> int:
    """The bytes that a value of `size` bytes takes in the arena."""
    return max(-(-size // ALIGNMENT) * ALIGNMENT, ALIGNMENT)
