"""Chains of sums and products with weights become one of each: (x + bias - mean) factor + offset is x scale + shift."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from yeoul.core.graph import Graph, topological
from yeoul.core.tensor import Tensor
from yeoul.graph.rebuilding import Found, rebuilt
from yeoul.ops.registry import PRIMITIVES

_SMALL = 8  # weights are worth arithmetic of their own if the tensor they meet is this many times larger


class _Chain(NamedTuple):
    """x scale + shift, which `links` ops compute in the graph."""

    x: Tensor
    scale: Tensor | None
    shift: Tensor | None
    links: int


def fold_affine(graph: Graph) -> Graph:
    """An equal graph in which what weights alone decide, such as the scale of a batch normalization at inference, is computed once.

    Only operands that depend on variables and constants alone are moved: statistics of the batch keep their place, since
    x - mean(x) loses less than x scale - mean(x) scale does. Returns `graph` itself if there is nothing to do.
    """
    targets = [*graph.outputs, *(value for _, value in graph.updates)]
    order = topological(targets)
    chains = _chains(graph, order, targets)
    if not chains:
        return graph

    def folded(t: Tensor, found: Found) -> Tensor | None:
        if id(t) not in chains:
            return None
        x, scale, shift, _ = chains[id(t)]
        y = found[id(x)]
        y = y if scale is None else _apply("mul", y, scale)
        return y if shift is None else _apply("add", y, shift)

    return rebuilt(graph, folded)


def _chains(graph: Graph, order: list[Tensor], targets: list[Tensor]) -> dict[int, _Chain]:
    """The chains that get shorter, by the id of their last tensor."""
    uses: dict[int, int] = {}
    for x in [*targets, *[x for t in order if t.node is not None for x in t.node.inputs]]:
        uses[id(x)] = uses.get(id(x), 0) + 1
    weights = {id(placeholder) for _, placeholder in graph.variables}
    links: dict[int, _Chain] = {}
    shorter: dict[int, _Chain] = {}
    for t in order:
        node: Any = t.node
        if t.array is not None:
            weights.add(id(t))
        if node is None or t.array is not None:
            continue
        if not node.op.has_side_effect and node.inputs and all(id(x) in weights for x in node.inputs):
            weights.add(id(t))
            continue
        parts = _parts(t, weights)
        if parts is None:
            continue
        x, weight = parts
        before = links.get(id(x)) if uses[id(x)] == 1 else None
        chain = _joined(before or _Chain(x, None, None, 0), node.op.name, weight)
        links[id(t)] = chain
        if chain.links > (chain.scale is not None) + (chain.shift is not None) or (
            chain.links == 2 and node.op.name == "mul"
        ):
            if before is not None:
                shorter.pop(id(x), None)
            shorter[id(t)] = chain
    return shorter


def _parts(t: Tensor, weights: set[int]) -> tuple[Tensor, Tensor] | None:
    """The tensor and the weight whose sum, difference or product t is."""
    node: Any = t.node
    if node.op.name not in ("add", "sub", "mul") or t.dtype not in ("float32", "float64"):
        return None
    x, weight = node.inputs
    if id(x) in weights and node.op.name != "sub":
        x, weight = weight, x
    is_fit = id(weight) in weights and x.shape == t.shape and None not in t.shape
    return (x, weight) if is_fit and math.prod(weight.shape) * _SMALL <= math.prod(t.shape) else None


def _joined(chain: _Chain, name: str, weight: Tensor) -> _Chain:
    x, scale, shift, links = chain
    if name == "mul":
        scale = weight if scale is None else _apply("mul", scale, weight)
        shift = None if shift is None else _apply("mul", shift, weight)
    elif shift is None:
        shift = weight if name == "add" else _apply("neg", weight)
    else:
        shift = _apply(name, shift, weight)
    return _Chain(x, scale, shift, links + 1)


def _apply(name: str, *operands: Tensor) -> Tensor:
    return PRIMITIVES[name](*operands)  # type: ignore[operator]
