"""Reverse-mode differentiation as a pass over nodes.

The gradient of a node is made of the same ops, called on tensors: symbolic ones while tracing, concrete ones under a tape.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Sequence
from typing import Any

from yeoul.core import dtypes
from yeoul.core.graph import topological
from yeoul.core.tensor import Node, Tensor, apply
from yeoul.ops.elementwise import add
from yeoul.ops.layout import broadcast_primitive
from yeoul.ops.registry import cast, convert


def gradients(
    targets: Sequence[Tensor],
    sources: Sequence[Tensor],
    target_gradients: Sequence[Tensor | None] | None = None,
) -> list[Tensor | None]:
    """d(sum of targets) / d(source) for every source; None where no target depends on it.

    Args:
        targets: tensors to differentiate, usually one scalar loss.
        sources: tensors to differentiate by.
        target_gradients: what flows into each target from above; ones if not given.
    """
    order = topological(targets)
    active = {id(source) for source in sources if dtypes.is_float(source.dtype)}
    for tensor in order:
        if tensor.node is not None and id(tensor) not in active and dtypes.is_float(tensor.dtype):
            if any(id(x) in active for x in tensor.node.inputs):
                active.add(id(tensor))
    flowing: dict[int, Tensor] = {}
    for i, target in enumerate(targets):
        if id(target) not in active:
            continue
        given = target_gradients[i] if target_gradients is not None else None
        seed = ones_like(target) if given is None else cast(convert(given), target.dtype)
        flowing[id(target)] = add(flowing[id(target)], seed) if id(target) in flowing else seed
    wanted = {id(source) for source in sources}
    kept: dict[int, Tensor] = {}
    # Nodes with several outputs are differentiated at the last of those that the targets depend on.
    waiting = Counter(id(t.node) for t in order if t.node is not None and t.node.siblings is not None)
    for tensor in reversed(order):
        key = id(tensor)
        grad = flowing.get(key)
        node = tensor.node
        if grad is not None and key in active and key in wanted:
            kept[key] = grad
        if node is None:
            continue
        if node.siblings is None:
            if grad is None or key not in active:
                continue
            input_grads = node.op.gradient(grad, *node.inputs, tensor, **node.attributes)
        else:
            waiting[id(node)] -= 1
            if waiting[id(node)]:
                continue
            # All outputs come before their node's inputs in reverse order.
            held_grads = {t.index: flowing.get(id(t)) for reference in node.siblings if (t := reference()) is not None}
            if all(g is None for g in held_grads.values()):
                continue
            outputs = _all_outputs(node)
            grads = [zeros_like(o) if (g := held_grads.get(o.index)) is None else g for o in outputs]
            input_grads = node.op.gradient(grads, *node.inputs, outputs, **node.attributes)
        for x, input_grad in zip(node.inputs, input_grads, strict=True):
            if input_grad is None or id(x) not in active:
                continue
            held = flowing.get(id(x))
            flowing[id(x)] = input_grad if held is None else add(held, input_grad)
    return [kept.get(id(source)) for source in sources]


def _all_outputs(node: Node) -> list[Tensor]:
    """The outputs of a node that has several; those that no one holds any more are made again."""
    outputs: list[Any] = [reference() for reference in node.siblings or ()]
    if any(output is None for output in outputs):
        recomputed = apply(node.op, node.inputs, node.attributes)
        for i, output in enumerate(outputs):
            if output is None:
                twin = recomputed[i]
                outputs[i] = Tensor(twin.array, twin.shape, twin.dtype, node, i)
        node.siblings = tuple(weakref.ref(output) for output in outputs)
    return outputs


def ones_like(x: Tensor) -> Tensor:
    return _filled(x, 1)


def zeros_like(x: Tensor) -> Tensor:
    return _filled(x, 0)


def _filled(x: Tensor, number: float) -> Tensor:
    scalar = convert(number, x.dtype)
    return scalar if not x.shape else broadcast_primitive(scalar, shape=tuple(x.shape))
