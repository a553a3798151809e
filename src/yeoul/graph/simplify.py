"""Simplification: constants are computed, equal expressions become one, algebra that changes nothing disappears."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.graph import Graph, is_filled_with, topological
from yeoul.core.shapes import broadcast
from yeoul.core.tensor import Node, Tensor, apply, from_array
from yeoul.graph import window_rules
from yeoul.ops.layout import slice_bounds, slice_primitive, unslice_primitive
from yeoul.ops.registry import PRIMITIVES, Elementwise, convert

_FOLD_LIMIT = 65536  # elements; larger constants are cheaper to compute again than to keep


def simplify(graph: Graph) -> Graph:
    """An equal graph with fewer nodes. Placeholders and variables stay the same objects."""
    outputs = list(graph.outputs)
    updated = [value for _, value in graph.updates]
    new = _Rewriter().rewrite(outputs + updated)
    return Graph(
        inputs=graph.inputs,
        outputs=new[: len(outputs)],
        variables=graph.variables,
        updates=[(variable, value) for (variable, _), value in zip(graph.updates, new[len(outputs) :], strict=True)],
    )


class _Rewriter:
    def __init__(self) -> None:
        self.result: dict[int, Tensor] = {}
        self.known: dict[Any, Tensor] = {}
        self.own: set[int] = set()  # tensors of the new graph
        self.nodes: dict[int, list[Tensor]] = {}
        self.constants: dict[Any, Tensor] = {}

    def rewrite(self, targets: list[Tensor]) -> list[Tensor]:
        result = self.result
        for tensor in topological(targets):
            new = self._leaf(tensor) if tensor.node is None or tensor.array is not None else self._rebuilt(tensor)
            result[id(tensor)] = new
            self.own.add(id(new))
        return [result[id(target)] for target in targets]

    def _leaf(self, tensor: Tensor) -> Tensor:
        array = tensor.array
        if array is None or array.size > 16:
            return tensor
        return self.constants.setdefault((tensor.dtype, tensor.shape, array.tobytes()), tensor)

    def _rebuilt(self, tensor: Tensor) -> Tensor:
        node: Any = tensor.node
        if node.siblings is not None:
            return self._multiple(tensor)
        op, attributes = node.op, node.attributes
        result = self.result
        inputs = tuple([result[id(x)] for x in node.inputs])
        rule = _RULES.get(op.name)
        if rule is not None:
            simpler = rule(tensor, inputs, attributes)
            if simpler is not None:
                if simpler.array is not None and simpler.node is None:
                    return self._leaf(simpler)
                return self._shared(simpler)
        if isinstance(op, Elementwise) or op.name == "select":
            inputs = _without_broadcasts(inputs, tensor.shape)
        key = (
            (op, *[id(x) for x in inputs], *[(k, v) for k, v in attributes.items()])
            if attributes
            else (op, *map(id, inputs))
        )
        try:
            same = self.known.get(key)
        except TypeError:  # an attribute that cannot be hashed: no sharing
            return self._node(tensor, inputs)
        if same is None:
            same = self._node(tensor, inputs)
            self.known[key] = same
        return same

    def _shared(self, made: Tensor) -> Tensor:
        """What a rule made: the same tensor wherever a rule makes the same again."""
        node = made.node
        if node is None or node.siblings is not None or id(made) in self.own:
            return made
        inputs = tuple(self._shared(x) for x in node.inputs)
        if not all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            made = Tensor(None, made.shape, made.dtype, Node(node.op, inputs, node.attributes))
        self.own.add(id(made))
        try:
            return self.known.setdefault((node.op, *map(id, inputs), *node.attributes.items()), made)
        except TypeError:
            return made

    def _node(self, tensor: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        node: Any = tensor.node
        if all(x.array is not None for x in inputs) and _is_small(tensor) and not node.op.has_side_effect:
            if not (node.op.name == "broadcast_to" and inputs[0].array.size == 1):  # type: ignore[union-attr]
                value = node.op.reference(*[x.array for x in inputs], **node.attributes)
                return self._leaf(from_array(np.ascontiguousarray(value).reshape(tensor.shape)))  # type: ignore[arg-type]
        if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            return tensor
        return Tensor(None, tensor.shape, tensor.dtype, Node(node.op, inputs, node.attributes))

    def _multiple(self, tensor: Tensor) -> Tensor:
        node: Any = tensor.node
        made = self.nodes.get(id(node))
        if made is None:
            inputs = tuple(self.result[id(x)] for x in node.inputs)
            if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
                return tensor
            made = apply(node.op, inputs, node.attributes)
            self.nodes[id(node)] = made
        return made[tensor.index]


def _is_small(tensor: Tensor) -> bool:
    size = 1
    for s in tensor.shape:
        size *= s  # type: ignore[operator]
    return size <= _FOLD_LIMIT


def _without_broadcasts(inputs: tuple[Tensor, ...], shape: tuple) -> tuple[Tensor, ...]:
    """Element-wise ops broadcast by themselves: explicit broadcasts before them go, as long as the shape stays."""
    if not any(x.node is not None and x.node.op.name == "broadcast_to" for x in inputs):
        return inputs
    slim = list(inputs)
    for i, x in enumerate(inputs):
        if x.node is not None and x.node.op.name == "broadcast_to":
            slim[i] = x.node.inputs[0]
            if broadcast(*[s.shape for s in slim]) != shape:
                slim[i] = x
    return tuple(slim)


def _first(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor:
    return inputs[0]


def _add(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    a, b = inputs
    if a.shape == tensor.shape and is_filled_with(b, 0):
        return a
    if a.node is not None and b.node is not None and a.node.op.name == b.node.op.name == "unslice":
        if a.node.attributes == b.node.attributes and a.node.inputs[0].shape == b.node.inputs[0].shape:
            both = PRIMITIVES["add"](a.node.inputs[0], b.node.inputs[0])  # type: ignore[operator]
            return unslice_primitive(both, **a.node.attributes)
    return b if b.shape == tensor.shape and is_filled_with(a, 0) else None


def _subtract(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return inputs[0] if inputs[0].shape == tensor.shape and is_filled_with(inputs[1], 0) else None


def _multiply(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    a, b = inputs
    if a.shape == tensor.shape and is_filled_with(b, 1):
        return a
    return b if b.shape == tensor.shape and is_filled_with(a, 1) else None


def _divide(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return inputs[0] if inputs[0].shape == tensor.shape and is_filled_with(inputs[1], 1) else None


#: Powers that are ops of their own.
_POWERS = {0.5: "sqrt", 2.0: "square", -0.5: "rsqrt", -1.0: "reciprocal"}


def _power(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x, exponent = inputs
    if x.shape != tensor.shape or not dtypes.is_float(x.dtype):
        return None
    if is_filled_with(exponent, 1):
        return x
    name = next((name for number, name in _POWERS.items() if is_filled_with(exponent, number)), None)
    return None if name is None else PRIMITIVES[name](x)  # type: ignore[operator]


def _same_shape(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return inputs[0] if inputs[0].shape == tensor.shape else None


def _reshape(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x = inputs[0]
    if x.shape == tensor.shape:
        return x
    if x.node is not None and x.node.op.name == "reshape":
        inner = x.node.inputs[0]
        return inner if inner.shape == tensor.shape else PRIMITIVES["reshape"](inner, shape=tensor.shape)  # type: ignore[operator]
    return None


def _transpose(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x, permutation = inputs[0], attributes["permutation"]
    if permutation == tuple(range(len(permutation))):
        return x
    moved = [axis for axis in permutation if x.shape[axis] != 1]
    if moved == sorted(moved):  # only axes of size 1 change place
        return PRIMITIVES["reshape"](x, shape=tensor.shape)  # type: ignore[operator]
    if x.node is not None and x.node.op.name == "transpose":
        inner = x.node.attributes["permutation"]
        both = tuple(inner[i] for i in permutation)
        y = x.node.inputs[0]
        return y if both == tuple(range(len(both))) else PRIMITIVES["transpose"](y, permutation=both)  # type: ignore[operator]
    return None


def _reduce(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x = inputs[0]
    if all(x.shape[axis] == 1 for axis in attributes["axes"]):
        return PRIMITIVES["reshape"](x, shape=tensor.shape)  # type: ignore[operator]
    return None


def _variance(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x = inputs[0]
    if any(x.shape[axis] != 1 for axis in attributes["axes"]):
        return None
    return PRIMITIVES["reshape"](x - x, shape=tensor.shape)  # type: ignore[operator]


def _sum(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    """A factor that is the same along the summed axes, and a sign, stand before the sum."""
    x, axes = inputs[0], attributes["axes"]
    node: Any = x.node
    if node is not None and dtypes.is_float(x.dtype):
        if node.op.name == "neg":
            return PRIMITIVES["neg"](_summed(tensor, node.inputs[0], axes))  # type: ignore[operator]
        if node.op.name == "mul":
            for a, b in (node.inputs, node.inputs[::-1]):
                shape = (1,) * (x.ndim - b.ndim) + b.shape
                if a.shape == x.shape != b.shape and all(shape[axis] == 1 for axis in axes):
                    kept = tuple(s for axis, s in enumerate(shape) if axis not in axes)
                    b = b if b.shape in ((), kept) else PRIMITIVES["reshape"](b, shape=kept)  # type: ignore[operator]
                    return PRIMITIVES["mul"](_summed(tensor, a, axes), b)  # type: ignore[operator]
    pooled = window_rules.summed_pool_gradient(x, axes)
    return _reduce(tensor, inputs, attributes) if pooled is None else pooled


def _summed(tensor: Tensor, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    simpler = _sum(tensor, (x,), {"axes": axes})
    return PRIMITIVES["sum"](x, axes=axes) if simpler is None else simpler  # type: ignore[operator]


def _cast(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return inputs[0] if inputs[0].dtype == tensor.dtype else None


def _select(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    if inputs[1] is inputs[2] and inputs[1].shape == tensor.shape:
        return inputs[1]
    return window_rules.masked_pool_gradient(tensor, inputs, attributes)


def _slice(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x = inputs[0]
    if x.shape == tensor.shape:
        return x
    starts, stops = slice_bounds(x.shape, attributes["starts"], attributes["stops"], attributes.get("limited", ()))
    if all(step == 1 for step in attributes["steps"]):
        cropped = window_rules.cropped_input_gradient(tensor, x, starts, stops)
        if cropped is not None:
            return cropped
    if (starts, stops) == (attributes["starts"], attributes["stops"]):
        return None
    return slice_primitive(x, starts=starts, stops=stops, steps=attributes["steps"])


def _count(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    sizes = [inputs[0].shape[axis] for axis in attributes["axes"]]
    return None if None in sizes else convert(math.prod(sizes), attributes["dtype"])


def _positions(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    size = inputs[0].shape[attributes["axis"]]
    return None if size is None else from_array(np.arange(size, dtype=np.int32))


def _reshape_like(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return None if None in tensor.shape else PRIMITIVES["reshape"](inputs[0], shape=tensor.shape)  # type: ignore[operator]


_RULES: dict[str, Callable[[Tensor, tuple[Tensor, ...], dict], Tensor | None]] = {
    "stop_gradient": _first,
    "custom_gradient": _first,
    "add": _add,
    "sub": _subtract,
    "mul": _multiply,
    "div": _divide,
    "pow": _power,
    "broadcast_to": _same_shape,
    "slice": _slice,
    "count": _count,
    "positions": _positions,
    "reshape_like": _reshape_like,
    "pad": _same_shape,
    "reshape": _reshape,
    "transpose": _transpose,
    "sum": _sum,
    "prod": _reduce,
    "reduce_max": _reduce,
    "reduce_min": _reduce,
    "variance": _variance,
    "cast": _cast,
    "select": _select,
    "sum_pool": window_rules.sum_pool,
    "sum_pool_grad": window_rules.sum_pool_gradient,
    "conv": window_rules.convolution,
    "conv_input_grad": window_rules.input_gradient,
    "conv_kernel_grad": window_rules.kernel_gradient,
}
