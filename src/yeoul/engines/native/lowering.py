"""From a graph to a flat program: simplify, fold, fuse, order, plan memory, write instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from yeoul import _native
from yeoul.core import dtypes
from yeoul.core.graph import Graph
from yeoul.core.variable import Variable
from yeoul.engines.native.writing import Instructions
from yeoul.graph.affine import fold_affine
from yeoul.graph.simplify import simplify
from yeoul.graph.widen import widen


@dataclass(eq=False)
class Lowered:
    """A program and what must be bound to its slots, in order: variables, inputs, outputs."""

    program: Any
    variables: list[Variable]
    n_inputs: int
    outputs: list[tuple[tuple[int, ...], np.dtype]]
    arena_bytes: int
    listing: list[str]

    def instance(self) -> Any:
        bound = [variable.array for variable in self.variables]
        return _native.Instance(self.program, [*bound, *[None] * (self.n_inputs + len(self.outputs))])

    def bound_instance(self, outputs: list[np.ndarray]) -> Any:
        """An instance whose outputs are written to the given arrays at every run."""
        bound = [variable.array for variable in self.variables]
        return _native.Instance(self.program, [*bound, *[None] * self.n_inputs, *outputs])


def lower(graph: Graph) -> Lowered:
    """The native program of `graph`.

    Raises: ValueError if a shape in it is not known.
    """
    written = instructions_of(graph)
    graph = written.graph
    return Lowered(
        program_of(written),
        [variable for variable, _ in graph.variables],
        len(graph.inputs),
        [(t.shape, dtypes.to_numpy(t.dtype)) for t in graph.outputs],  # type: ignore[misc]
        written.arena_bytes,
        written.listing,
    )


def instructions_of(graph: Graph) -> Instructions:
    graph = simplify(widen(graph))
    folded = fold_affine(graph)
    return Instructions(graph if folded is graph else simplify(folded))


def program_of(written: Instructions) -> Any:
    """The checked program that the extension module runs."""
    return _native.Program(
        written.value_table(),
        np.array(written.slots, np.int64).reshape(-1, 2),
        written.arena_bytes,
        bytes(written.constants),
        np.array(written.code, np.int64),
        np.array(written.numbers, np.float64),
        written.host,
    )
