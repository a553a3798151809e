"""The rest of Keras' element-wise names and control flow, composed from primitives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul.core import dtypes, tree
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import (
    absolute,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    exp,
    isinf,
    isnan,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    rint,
    select,
    sqrt,
)
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import cast, convert
from yeoul.ops.shaping import stack, take

__all__ = [
    "bincount",
    "bitwise_and_or_logical",
    "bitwise_or_logical_not",
    "bitwise_or_or_logical",
    "bitwise_xor_or_logical",
    "clip",
    "cond",
    "diag",
    "diagonal",
    "erfinv",
    "exp2",
    "fori_loop",
    "hypot",
    "isclose",
    "log2",
    "log10",
    "logaddexp",
    "map",
    "nan_to_num",
    "round",
    "scan",
    "switch",
    "trace",
    "vectorized_map",
    "where",
    "while_loop",
]


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """`x1` where the condition holds, `x2` elsewhere; alone, the indices of true elements of a concrete tensor."""
    if x1 is None and x2 is None:
        found = np.nonzero(np.asarray(convert(condition)))
        return [convert(i.astype(np.int32)) for i in found]
    return select(condition, x1, x2)


def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """x limited to [x_min, x_max]."""
    return minimum(maximum(x, x_min), x_max)


def round(x: Any, decimals: int = 0) -> Tensor:
    """The nearest number with `decimals` digits; halves go to the even neighbour."""
    return rint(x) if decimals == 0 else rint(convert(x) * 10.0**decimals) / 10.0**decimals


def log2(x: Any) -> Tensor:
    return log(x) * (1.0 / math.log(2))


def log10(x: Any) -> Tensor:
    return log(x) * (1.0 / math.log(10))


def logaddexp(x1: Any, x2: Any) -> Tensor:
    """log(exp(x1) + exp(x2))."""
    a, b = convert(x1), convert(x2)
    return maximum(a, b) + log1p(exp(-absolute(a - b)))


def exp2(x: Any) -> Tensor:
    return exp(convert(x) * math.log(2))


def hypot(x1: Any, x2: Any) -> Tensor:
    a, b = convert(x1), convert(x2)
    return sqrt(a * a + b * b)


def erfinv(x: Any) -> Tensor:
    """Inverse of erf on (-1, 1). Source: Giles 2010, single precision."""
    x = convert(x)
    w = -log((1.0 - x) * (1.0 + x))
    small, large = w - 2.5, sqrt(maximum(w, 5.0)) - 3.0
    near: Any = 2.81022636e-08
    for c in (
        3.43273939e-07,
        -3.5233877e-06,
        -4.39150654e-06,
        0.00021858087,
        -0.00125372503,
        -0.00417768164,
        0.246640727,
        1.50140941,
    ):
        near = near * small + c
    far: Any = -0.000200214257
    for c in (
        0.000100950558,
        0.00134934322,
        -0.00367342844,
        0.00573950773,
        -0.0076224613,
        0.00943887047,
        1.00167406,
        2.83297682,
    ):
        far = far * large + c
    return select(w < 5.0, near, far) * x


def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """|x1 - x2| <= atol + rtol |x2|."""
    a, b = convert(x1), convert(x2)
    close = absolute(a - b) <= (absolute(b) * rtol + atol)
    close = logical_or(close, a == b)
    return logical_or(close, logical_and(isnan(a), isnan(b))) if equal_nan else close


def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """NaN and infinities replaced by numbers."""
    x = convert(x)
    limits = (
        np.finfo(dtypes.to_numpy(x.dtype)) if x.dtype in ("float32", "float64", "float16") else np.finfo(np.float32)
    )
    x = select(isnan(x), nan, x)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    return select(isinf(x), select(x > 0, high, low), x)


def bitwise_and_or_logical(x1: Any, x2: Any) -> Tensor:
    a = convert(x1)
    return logical_and(a, x2) if a.dtype == "bool" else bitwise_and(a, x2)


def bitwise_or_or_logical(x1: Any, x2: Any) -> Tensor:
    a = convert(x1)
    return logical_or(a, x2) if a.dtype == "bool" else bitwise_or(a, x2)


def bitwise_xor_or_logical(x1: Any, x2: Any) -> Tensor:
    a = convert(x1)
    return logical_xor(a, x2) if a.dtype == "bool" else bitwise_xor(a, x2)


def bitwise_or_logical_not(x: Any) -> Tensor:
    a = convert(x)
    return logical_not(a) if a.dtype == "bool" else bitwise_not(a)


# -- control flow -------------------------------------------------------------------------------------------------------
def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """true_fn() or false_fn(). With a symbolic predicate both are computed and one result is selected, so neither may change variables."""
    if not isinstance(pred, Tensor) or pred.array is not None:
        return true_fn() if bool(pred) else false_fn()
    return tree.map_structure(lambda a, b: select(pred, a, b), true_fn(), false_fn())


def while_loop(cond: Callable, body: Callable, loop_vars: Any, maximum_iterations: int | None = None) -> Any:
    """Repeats `body` while `cond` holds.

    Raises: TypeError if the condition is symbolic.
    """
    is_single = not isinstance(loop_vars, (list, tuple))
    state = (loop_vars,) if is_single else tuple(loop_vars)
    count = 0
    while maximum_iterations is None or count < maximum_iterations:
        go_on = cond(*state)
        if isinstance(go_on, Tensor) and go_on.array is None:
            raise TypeError("while_loop: the condition is symbolic. Use fori_loop with a fixed count, or run eagerly.")
        if not bool(go_on):
            break
        result = body(*state)
        state = tuple(result) if isinstance(result, (list, tuple)) else (result,)
        count += 1
    return state[0] if is_single else state


def fori_loop(lower: int, upper: int, body_fun: Callable, init_val: Any) -> Any:
    """body_fun(i, value) for i from lower to before upper."""
    value = init_val
    for i in range(int(lower), int(upper)):
        value = body_fun(i, value)
    return value


def scan(
    f: Callable, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: int = 1
) -> tuple:
    """Carries a value along the first axis of `xs`: (carry, y) = f(carry, x). Returns the last carry and the stacked ys."""
    n: Any = length if xs is None else tree.flatten(xs)[0].shape[0]
    carry, ys = init, []
    for i in reversed(range(n)) if reverse else range(n):
        x = None if xs is None else tree.map_structure(lambda t, at=i: convert(t)[at], xs)
        carry, y = f(carry, x)
        ys.append(y)
    if reverse:
        ys.reverse()
    stacked = tree.map_structure(lambda *parts: stack(parts), *ys) if ys and ys[0] is not None else None
    return carry, stacked


def map(f: Callable, xs: Any) -> Any:
    """f applied to each element along the first axis."""
    return scan(lambda carry, x: (carry, f(x)), 0, xs)[1]


vectorized_map = map


def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """branches[index](*operands)."""
    i = min(max(int(index), 0), len(branches) - 1)
    return branches[i](*operands)


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """How often each integer occurs in a concrete tensor."""
    w = None if weights is None else np.asarray(convert(weights))
    counts = np.bincount(np.asarray(convert(x)), w, minlength)
    return convert(counts.astype(np.int32 if w is None else np.float32))


def diagonal(x: Any) -> Tensor:
    """The main diagonal of a matrix."""
    x = convert(x)
    n = min(x.shape[0], x.shape[1])  # type: ignore[type-var]
    return take(x.reshape((-1,)), np.arange(n, dtype=np.int32) * (x.shape[1] + 1), 0)  # type: ignore[operator]


def trace(x: Any) -> Tensor:
    """Sum of the main diagonal of a matrix."""
    return sum_of(diagonal(x))


def diag(x: Any, k: int = 0) -> Tensor:
    """A matrix with `x` on its main diagonal, or the diagonal of a matrix."""
    x = convert(x)
    if x.ndim == 2:
        return diagonal(x)
    return x.reshape((-1, 1)) * cast(np.eye(x.shape[0]), x.dtype)  # type: ignore[arg-type]
