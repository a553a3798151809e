"""Formulas that the byte code has one op for.

A pattern is written like the graph it matches: (op, operand, ...), where a string stands for any tensor, and for the same tensor wherever it
stands again, and a number for a constant of that value. Operands of `add` and `mul` match in either order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul.core import dtypes
from yeoul.core.graph import is_filled_with
from yeoul.core.tensor import Tensor

_STEP = ("mul", "step", "rate")

# Op of the byte code, its operands in order, what it computes; the first that matches is taken.
PATTERNS: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("adam_step", ("x", "step", "rate", "square", "epsilon"), ("sub", "x", ("div", _STEP, ("add", ("sqrt", "square"), "epsilon")))),
    ("rms_step", ("x", "step", "rate", "square", "epsilon"), ("sub", "x", ("div", _STEP, ("sqrt", ("add", "square", "epsilon"))))),
    ("lerp_square", ("x", "to", "share"), ("add", "x", ("mul", ("sub", ("square", "to"), "x"), "share"))),
    ("lerp", ("x", "to", "share"), ("add", "x", ("mul", ("sub", "to", "x"), "share"))),
    ("relu_limited", ("x", "limit"), ("min", ("select", ("le", "x", 0), 0, "x"), "limit")),
    ("relu_limited", ("x", "limit"), ("select", ("le", "x", 0), 0, ("select", ("ge", "x", "limit"), "limit", "x"))),
    ("relu", ("x",), ("select", ("le", "x", 0), 0, "x")),
    ("select_gt", ("a", "b", "c", "d"), ("select", ("gt", "a", "b"), "c", "d")),
    ("select_gt", ("a", "b", "c", "d"), ("select", ("lt", "b", "a"), "c", "d")),
    ("select_ge", ("a", "b", "c", "d"), ("select", ("ge", "a", "b"), "c", "d")),
    ("select_ge", ("a", "b", "c", "d"), ("select", ("le", "b", "a"), "c", "d")),
    (
        "sub_fma_add",
        ("x", "centre", "scale", "a", "b"),
        ("add", ("add", ("mul", ("sub", "x", "centre"), "scale"), "a"), "b"),
    ),
    ("sub_fma", ("x", "centre", "scale", "offset"), ("add", ("mul", ("sub", "x", "centre"), "scale"), "offset")),
    ("fma_add", ("a", "b", "c", "d"), ("add", ("add", ("mul", "a", "b"), "c"), "d")),
    ("sub_mul", ("x", "centre", "scale"), ("mul", ("sub", "x", "centre"), "scale")),
    ("fma", ("a", "b", "c"), ("add", ("mul", "a", "b"), "c")),
)  # fmt: skip

_ROOTS = {pattern[0] for _, _, pattern in PATTERNS}


class Match:
    """A tensor that one op computes from `operands`; `absorbed` are the tensors in between, which nobody else reads."""

    def __init__(self, name: str, operands: list[Tensor], absorbed: list[Tensor]):
        self.name = name
        self.operands = operands
        self.absorbed = absorbed


def matches(members: list[Tensor], is_private: Callable[[Tensor], bool]) -> dict[int, Match]:
    """The matches in a group by the id of their result.

    Args:
        members: the group's tensors, operands before users.
        is_private: whether a tensor is computed in the group, used once and not kept.
    """
    found: dict[int, Match] = {}
    taken: set[int] = set()
    for t in reversed(members):
        if id(t) in taken or not dtypes.is_float(t.dtype) or t.node.op.name not in _ROOTS:  # type: ignore[union-attr]
            continue
        for name, order, pattern in PATTERNS:
            absorbed: list[Tensor] = []
            bound = _bind(pattern, t, t, {}, absorbed, is_private)
            if bound is not None:
                found[id(t)] = Match(name, [bound[key] for key in order], absorbed)
                taken.update(id(x) for x in absorbed)
                break
    return found


def _bind(
    pattern: Any, t: Tensor, root: Tensor, bound: dict[str, Tensor], absorbed: list[Tensor], is_private: Callable
) -> dict[str, Tensor] | None:
    """The tensors that the names of a pattern stand for, or None. `absorbed` gains the inner tensors."""
    if isinstance(pattern, str):
        if bound.get(pattern, t) is not t or t.dtype != root.dtype:
            return None
        return {**bound, pattern: t}
    if not isinstance(pattern, tuple):
        return bound if is_filled_with(t, pattern) else None
    node: Any = t.node
    if node is None or node.op.name != pattern[0] or (t is not root and not is_private(t)):
        return None
    parts, mark = pattern[1:], len(absorbed)
    if t is not root:
        absorbed.append(t)
    for inputs in (node.inputs, node.inputs[::-1])[: 2 if pattern[0] in ("add", "mul") else 1]:
        result: dict[str, Tensor] | None = bound
        for part, x in zip(parts, inputs, strict=True):
            if result is not None:
                result = _bind(part, x, root, result, absorbed, is_private)
        if result is not None:
            return result
        del absorbed[mark + (t is not root) :]
    del absorbed[mark:]
    return None
