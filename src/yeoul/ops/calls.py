"""Public functions of ops as nodes of functional models: one node for `mean`, whatever primitives it is made of.

A function called on the tensors of a functional model is not run: the node keeps the call, and the model makes it again whenever it is
called. Element-wise primitives are nodes themselves.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from yeoul.core import trace, tree
from yeoul.core.tensor import KerasTensor, Node, Op, Tensor, placeholder
from yeoul.ops.registry import display_name

#: Functions that can be nodes, by the name that configurations give them.
CALLS: dict[str, Callable] = {}

_NAMES = {"getitem": "get_item", "slice_": "slice"}


class FunctionCall(Op):
    """A function's call as the op of a functional model's node.

    Args:
        name: of the function in `CALLS`.
        arguments: (args, kwargs) of the call.
        positions: which of their leaves are tensors of the model.
        specs: what the function gives: symbolic tensors in their structure.
    """

    def __init__(self, name: str, arguments: Any, positions: list[int], specs: Any):
        self.name = name
        self.display_name = display_name(name)
        self.positions = positions
        self.specs = specs
        self._structure = tree.map_structure(lambda leaf: None if isinstance(leaf, KerasTensor) else leaf, arguments)

    def arguments(self, inputs: list[Any]) -> tuple[tuple, dict[str, Any]]:
        """The arguments of the call, with other tensors than it was made with."""
        leaves = tree.flatten(self._structure)
        for position, x in zip(self.positions, inputs, strict=True):
            leaves[position] = x
        return tree.pack_sequence_as(self._structure, leaves)

    def call(self, inputs: list[Any]) -> Any:
        """What the function gives for other tensors."""
        args, kwargs = self.arguments(inputs)
        return CALLS[self.name](*args, **kwargs)


def called_in_models(function: FunctionType) -> Callable:
    """`function`, which becomes a node when it is called on tensors of a functional model."""
    name = _NAMES.get(function.__name__, function.__name__)

    @functools.wraps(function)
    def public(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            kind = type(x)
            if kind is KerasTensor or ((kind is list or kind is tuple) and _is_among(x)):
                return _as_node(name, function, args, kwargs)
        if kwargs and _is_among(kwargs.values()):
            return _as_node(name, function, args, kwargs)
        return function(*args, **kwargs)

    CALLS.setdefault(name, public)
    return public


def _is_among(parts: Any) -> bool:
    return any(type(part) is KerasTensor for part in parts)


def _as_node(name: str, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
    leaves = tree.flatten((args, kwargs))
    if any(callable(leaf) for leaf in leaves):
        return function(*args, **kwargs)  # functions may use other tensors of the model: each op in them is a node
    positions = [i for i, leaf in enumerate(leaves) if type(leaf) is KerasTensor]
    inputs = tuple(leaves[i] for i in positions)
    stand_ins = [placeholder(x.shape, x.dtype, x.name) for x in inputs]
    for i, stand_in in zip(positions, stand_ins, strict=True):
        leaves[i] = stand_in
    new_args, new_kwargs = tree.pack_sequence_as((args, kwargs), leaves)
    with trace.tracing():
        found = function(*new_args, **new_kwargs)
    results = tree.flatten(found)
    if not all(isinstance(result, Tensor) and result.array is None for result in results):
        return function(*args, **kwargs)  # sizes and the like, which are no part of a graph
    same = [next((x for x, s in zip(inputs, stand_ins, strict=True) if s is result), None) for result in results]
    if all(x is not None for x in same):
        return tree.pack_sequence_as(found, same)
    return add_call(name, (args, kwargs), positions, inputs, found)


def add_call(name: str, arguments: Any, positions: list[int], inputs: tuple, specs: Any) -> Any:
    """The tensors that a new node of this call gives, shaped like `specs`."""
    node = Node(FunctionCall(name, arguments, positions, specs), inputs, {})
    made = [KerasTensor(None, x.shape, x.dtype, node, i) for i, x in enumerate(tree.flatten(specs))]
    return tree.pack_sequence_as(specs, made)


def make_public(*namespaces: dict[str, Any]) -> None:
    """Lets the functions of ops in these namespaces be nodes, there and where they are defined."""
    wrapped: dict[int, Callable] = {}
    for names in namespaces:
        for name, thing in list(names.items()):
            if (
                isinstance(thing, FunctionType)
                and not name.startswith("_")
                and thing.__module__.startswith("yeoul.ops.")
            ):
                if id(thing) not in wrapped:
                    public = called_in_models(thing)
                    wrapped[id(thing)] = wrapped[id(public)] = public
                    setattr(sys.modules[thing.__module__], thing.__name__, public)
                names[name] = wrapped[id(thing)]
