"""Simplification: constants are computed, equal expressions become one, algebra that changes nothing disappears."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.graph import Graph, topological
from yeoul.core.shapes import broadcast
from yeoul.core.tensor import Node, Tensor, apply, from_array
from yeoul.ops.convolution import conv_input_grad_primitive, conv_kernel_grad_primitive, conv_primitive
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
        self.nodes: dict[int, list[Tensor]] = {}
        self.constants: dict[Any, Tensor] = {}

    def rewrite(self, targets: list[Tensor]) -> list[Tensor]:
        result = self.result
        for tensor in topological(targets):
            result[id(tensor)] = (
                self._leaf(tensor) if tensor.node is None or tensor.array is not None else self._rebuilt(tensor)
            )
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
                return simpler
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


def _is_filled_with(x: Tensor, number: float) -> bool:
    if x.node is not None and x.node.op.name == "broadcast_to":
        x = x.node.inputs[0]
    return x.array is not None and x.array.size == 1 and x.array.reshape(-1)[0] == number


def _first(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor:
    return inputs[0]


def _add(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    a, b = inputs
    if a.shape == tensor.shape and _is_filled_with(b, 0):
        return a
    if a.node is not None and b.node is not None and a.node.op.name == b.node.op.name == "unslice":
        if a.node.attributes == b.node.attributes and a.node.inputs[0].shape == b.node.inputs[0].shape:
            both = PRIMITIVES["add"](a.node.inputs[0], b.node.inputs[0])  # type: ignore[operator]
            return unslice_primitive(both, **a.node.attributes)
    return b if b.shape == tensor.shape and _is_filled_with(a, 0) else None


def _subtract(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return inputs[0] if inputs[0].shape == tensor.shape and _is_filled_with(inputs[1], 0) else None


def _multiply(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    a, b = inputs
    if a.shape == tensor.shape and _is_filled_with(b, 1):
        return a
    return b if b.shape == tensor.shape and _is_filled_with(a, 1) else None


def _divide(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return inputs[0] if inputs[0].shape == tensor.shape and _is_filled_with(inputs[1], 1) else None


#: Powers that are ops of their own.
_POWERS = {0.5: "sqrt", 2.0: "square", -0.5: "rsqrt", -1.0: "reciprocal"}


def _power(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x, exponent = inputs
    if x.shape != tensor.shape or not dtypes.is_float(x.dtype):
        return None
    if _is_filled_with(exponent, 1):
        return x
    name = next((name for number, name in _POWERS.items() if _is_filled_with(exponent, number)), None)
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


def _cast(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return inputs[0] if inputs[0].dtype == tensor.dtype else None


def _select(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    return inputs[1] if inputs[1] is inputs[2] and inputs[1].shape == tensor.shape else None


def _slice(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x = inputs[0]
    if x.shape == tensor.shape:
        return x
    starts, stops = slice_bounds(x.shape, attributes["starts"], attributes["stops"], attributes.get("limited", ()))
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


def _point_slices(shape: tuple, kernel: tuple, attributes: dict) -> dict | None:
    """The slice that a convolution by single elements with strides reads; None if it is another convolution."""
    is_point = all(k == 1 for k in kernel[:-2]) and all(pair == (0, 0) for pair in attributes["padding"])
    if not is_point or all(s == 1 for s in attributes["strides"]) or None in shape:
        return None
    return {"starts": (0,) * len(shape), "steps": (1, *attributes["strides"], 1)}


def _dense(attributes: dict) -> dict:
    ones = (1,) * len(attributes["strides"])
    return {**attributes, "strides": ones, "dilation": ones}


def _unpadded(x: Tensor, attributes: dict) -> tuple[Tensor, dict] | None:
    """The tensor of which x is a copy with zeros around, and the geometry of a convolution that puts them there by itself."""
    if x.node is None or x.node.op.name != "pad" or x.node.attributes["value"] != 0:
        return None
    first, *widths, last = x.node.attributes["widths"]
    if (first, last) != ((0, 0), (0, 0)) or min(min(pair) for pair in widths) < 0:
        return None
    both = tuple((a + c, b + d) for (a, b), (c, d) in zip(attributes["padding"], widths, strict=True))
    return x.node.inputs[0], {**attributes, "padding": both}


def _conv(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    """Zeros around the image need no copy of it; with windows of one element, strides only choose elements for a matrix product."""
    x, kernel = inputs
    inner = _unpadded(x, attributes)
    if inner is not None:
        return conv_primitive(inner[0], kernel, **inner[1])
    slices = _point_slices(x.shape, kernel.shape, attributes)
    if slices is None:
        return None
    return conv_primitive(slice_primitive(x, stops=x.shape, **slices), kernel, **_dense(attributes))


def _conv_input_grad(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    dy, kernel = inputs
    slices = _point_slices(tensor.shape, kernel.shape, attributes)
    if slices is None:
        return None
    shape = (*dy.shape[:-1], tensor.shape[-1])
    g = conv_input_grad_primitive(dy, kernel, **{**_dense(attributes), "input_shape": shape})
    return unslice_primitive(g, shape=tensor.shape, **slices)


def _conv_kernel_grad(tensor: Tensor, inputs: tuple[Tensor, ...], attributes: dict) -> Tensor | None:
    x, dy = inputs
    inner = _unpadded(x, attributes)
    if inner is not None:
        return conv_kernel_grad_primitive(inner[0], dy, **inner[1])
    slices = _point_slices(x.shape, tensor.shape, attributes)
    if slices is None:
        return None
    return conv_kernel_grad_primitive(slice_primitive(x, stops=x.shape, **slices), dy, **_dense(attributes))


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
    "conv": _conv,
    "conv_input_grad": _conv_input_grad,
    "conv_kernel_grad": _conv_kernel_grad,
    "count": _count,
    "positions": _positions,
    "reshape_like": _reshape_like,
    "pad": _same_shape,
    "reshape": _reshape,
    "transpose": _transpose,
    "sum": _reduce,
    "prod": _reduce,
    "reduce_max": _reduce,
    "reduce_min": _reduce,
    "cast": _cast,
    "select": _select,
}
