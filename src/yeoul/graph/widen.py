"""Half precision for engines that compute in float32: arithmetic in float32, results stored in half."""

from __future__ import annotations

from yeoul.core.graph import Graph, topological
from yeoul.core.tensor import Node, Op, Tensor, apply
from yeoul.ops.registry import Elementwise, cast

HALF = ("float16", "bfloat16")
#: Ops besides the element-wise ones that compute; all others only move elements.
_COMPUTING = frozenset(
    {
        "matmul", "select", "sum", "prod", "reduce_max", "reduce_min", "variance", "argmax", "argmin", "scatter_add",
        "conv", "conv_input_grad", "conv_kernel_grad", "max_pool", "max_pool_grad", "max_pool_pick", "sum_pool", "sum_pool_grad",
    }
)  # fmt: skip


def widen(graph: Graph) -> Graph:
    """An equal graph in which half-precision operands of arithmetic are cast to float32 and its results back.

    The rounding is that of the reference, which computes halves the same way.
    """
    targets = [*graph.outputs, *(value for _, value in graph.updates)]
    order = topological(targets)
    if not any(t.dtype in HALF for t in order):
        return graph
    found: dict[int, Tensor] = {}
    wide: dict[int, Tensor] = {}
    several: dict[int, list[Tensor]] = {}  # the outputs of nodes that have more than one

    def widened(x: Tensor) -> Tensor:
        if x.dtype not in HALF:
            return x
        return wide.setdefault(id(x), cast(x, "float32"))

    for t in order:
        node = t.node
        if node is None or t.array is not None:
            found[id(t)] = t
            continue
        inputs = tuple(found[id(x)] for x in node.inputs)
        if node.siblings is not None:
            if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
                found[id(t)] = t
            else:
                if id(node) not in several:
                    several[id(node)] = apply(node.op, inputs, node.attributes)
                found[id(t)] = several[id(node)][t.index]
        elif _computes(node.op) and any(x.dtype in HALF for x in inputs):
            dtype = "float32" if t.dtype in HALF else t.dtype
            y = Tensor(None, t.shape, dtype, Node(node.op, tuple(widened(x) for x in inputs), node.attributes))
            found[id(t)] = cast(y, t.dtype)
        elif all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            found[id(t)] = t
        else:
            found[id(t)] = Tensor(None, t.shape, t.dtype, Node(node.op, inputs, node.attributes))
    count = len(graph.outputs)
    new = [found[id(t)] for t in targets]
    return Graph(
        graph.inputs,
        new[:count],
        graph.variables,
        [(variable, value) for (variable, _), value in zip(graph.updates, new[count:], strict=True)],
    )


def _computes(op: Op) -> bool:
    return isinstance(op, Elementwise) or op.name in _COMPUTING
