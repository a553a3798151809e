"""A graph made again with some of its tensors replaced."""

from __future__ import annotations

from collections.abc import Callable

from yeoul.core.graph import Graph, topological
from yeoul.core.tensor import Node, Tensor, apply

Found = dict[int, Tensor]


def rebuilt(graph: Graph, replacement: Callable[[Tensor, Found], Tensor | None]) -> Graph:
    """`graph` with replacement(tensor, found) in place of each computed tensor for which it is not None.

    `found` has what stands for each tensor that comes before, by id. Placeholders, variables and what depends on no replaced tensor
    stay the same objects.
    """
    targets = [*graph.outputs, *(value for _, value in graph.updates)]
    found: Found = {}
    several: dict[int, list[Tensor]] = {}  # the outputs of nodes that have more than one
    for t in topological(targets):
        node = t.node
        if node is None or t.array is not None:
            found[id(t)] = t
            continue
        new = replacement(t, found)
        if new is None:
            inputs = tuple(found[id(x)] for x in node.inputs)
            if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
                new = t
            elif node.siblings is not None:
                if id(node) not in several:
                    several[id(node)] = apply(node.op, inputs, node.attributes)
                new = several[id(node)][t.index]
            else:
                new = Tensor(None, t.shape, t.dtype, Node(node.op, inputs, node.attributes))
        found[id(t)] = new
    count = len(graph.outputs)
    results = [found[id(t)] for t in targets]
    return Graph(
        graph.inputs,
        results[:count],
        graph.variables,
        [(variable, value) for (variable, _), value in zip(graph.updates, results[count:], strict=True)],
    )
