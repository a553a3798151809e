"""Half precision for engines that compute in float32: arithmetic in float32, results stored in half."""

from __future__ import annotations

from typing import Any

from yeoul.core.graph import Graph, topological
from yeoul.core.tensor import Node, Op, Tensor
from yeoul.graph.rebuilding import Found, rebuilt
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
    if not any(t.dtype in HALF for t in topological(targets)):
        return graph
    wide: dict[int, Tensor] = {}

    def widened(x: Tensor) -> Tensor:
        if x.dtype not in HALF:
            return x
        return wide.setdefault(id(x), cast(x, "float32"))

    def in_float32(t: Tensor, found: Found) -> Tensor | None:
        node: Any = t.node
        inputs = [found[id(x)] for x in node.inputs]
        if node.siblings is not None or not _computes(node.op) or not any(x.dtype in HALF for x in inputs):
            return None
        dtype = "float32" if t.dtype in HALF else t.dtype
        y = Tensor(None, t.shape, dtype, Node(node.op, tuple(widened(x) for x in inputs), node.attributes))
        return cast(y, t.dtype)

    return rebuilt(graph, in_float32)


def _computes(op: Op) -> bool:
    return isinstance(op, Elementwise) or op.name in _COMPUTING
