"""Graph: what an engine compiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable


@dataclass(eq=False)
class Graph:
    """A pure function of `inputs` and of the variables' values, and the values the variables have afterwards.

    `variables` pairs each variable with the placeholder that stands for its value before the run; `updates` pairs variables with
    their value afterwards. Tensors with an array are constants.
    """

    inputs: list[Tensor]
    outputs: list[Tensor]
    variables: list[tuple[Variable, Tensor]] = field(default_factory=list)
    updates: list[tuple[Variable, Tensor]] = field(default_factory=list)
    programs: dict[str, Any] = field(default_factory=dict)  # what an engine made of it


def topological(targets: Iterable[Tensor]) -> list[Tensor]:
    """Every tensor that `targets` depend on and they themselves, inputs first."""
    order: list[Tensor] = []
    seen: set[int] = set()
    stack: list[tuple[Tensor, bool]] = [(tensor, False) for tensor in reversed(list(targets))]
    while stack:
        tensor, is_expanded = stack.pop()
        key = id(tensor)
        if is_expanded:
            order.append(tensor)
            continue
        if key in seen:
            continue
        seen.add(key)
        if tensor.node is None:
            order.append(tensor)
            continue
        stack.append((tensor, True))
        for x in reversed(tensor.node.inputs):
            if id(x) not in seen:
                stack.append((x, False))
    return order


def is_filled_with(x: Tensor, number: float) -> bool:
    """Whether x is a constant whose elements all are `number`, as one number broadcast."""
    if x.node is not None and x.node.op.name == "broadcast_to":
        x = x.node.inputs[0]
    return x.array is not None and x.array.size == 1 and x.array.reshape(-1)[0] == number
