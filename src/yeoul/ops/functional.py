"""The rest of Keras' element-wise names and control flow, composed from primitives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import numpy as np

from yeoul.core import dtypes, tree
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import (
    absolute,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    equal,
    erf,
    exp,
    isfinite,
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
    power,
    rint,
    sqrt,
    stop_gradient,
)
from yeoul.ops.elementwise import select as choose
from yeoul.ops.reductions import all as all_of
from yeoul.ops.registry import as_float, cast, concrete, convert, kind_of, promoted, result_type
from yeoul.ops.shaping import stack

__all__ = [
    "allclose",
    "bincount",
    "bitwise_and_or_logical",
    "bitwise_or_logical_not",
    "bitwise_or_or_logical",
    "bitwise_xor_or_logical",
    "clip",
    "cond",
    "erfinv",
    "exp2",
    "fori_loop",
    "hypot",
    "isclose",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "map",
    "nan_to_num",
    "round",
    "scan",
    "select",
    "switch",
    "vectorized_map",
    "where",
    "while_loop",
]


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """`x1` where the condition holds, `x2` elsewhere; alone, the indices of true elements of a concrete tensor."""
    if x1 is None and x2 is None:
        array = concrete(condition, "where", "Give it x1 and x2, or multiply by the condition.")
        return [convert(i.astype(np.int32)) for i in np.nonzero(np.atleast_1d(array))]
    return choose(condition, x1, x2)


def select(condlist: Sequence, choicelist: Sequence, default: Any = 0) -> Tensor:
    """For every element, the choice that belongs to the first condition that holds; `default` where none does.

    Raises: ValueError if there are not as many conditions as choices, or none.
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"select needs one choice for every condition and at least one, and got {len(condlist)} condition(s) and "
            f"{len(choicelist)} choice(s). For a single condition use where(condition, x1, x2)."
        )
    dtype = result_type(*(kind_of(choice) for choice in (*choicelist, default)))
    result = convert(default, dtype)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = choose(condition, convert(choice, dtype), result)
    return result


def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """x limited to [x_min, x_max]; a bound of None is no bound."""
    x = convert(x)
    if x.dtype == "bool":
        x = cast(x, "int32")
    if dtypes.is_float(x.dtype):
        x_min, x_max = (None if v is None else convert(v, x.dtype) for v in (x_min, x_max))
    x = x if x_min is None else maximum(x, x_min)
    return x if x_max is None else minimum(x, x_max)


def round(x: Any, decimals: int = 0) -> Tensor:
    """The nearest number with `decimals` digits; halves go to the even neighbour. Integers stay such."""
    x = convert(x)
    if decimals == 0:
        return rint(x)
    if not dtypes.is_float(x.dtype):
        return x if decimals > 0 else cast(rint(x / 10.0**-decimals) * 10.0**-decimals, x.dtype)
    return rint(x * 10.0**decimals) / 10.0**decimals


def log2(x: Any) -> Tensor:
    """The logarithm to base 2."""
    return log(x) * (1.0 / math.log(2))


def log10(x: Any) -> Tensor:
    """The logarithm to base 10."""
    return log(x) * (1.0 / math.log(10))


def logaddexp(x1: Any, x2: Any) -> Tensor:
    """log(exp(x1) + exp(x2)), without overflow."""
    a, b = promoted(x1, x2, to_float=True)
    difference = a - b
    has_none = isnan(difference)  # equal infinities, or a NaN
    sum_of_both = maximum(a, b) + log1p(exp(-absolute(choose(has_none, 0, difference))))
    return choose(has_none, a + b, sum_of_both)


def logaddexp2(x1: Any, x2: Any) -> Tensor:
    """log2(2^x1 + 2^x2), without overflow."""
    a, b = promoted(x1, x2, to_float=True)
    return logaddexp(a * math.log(2), b * math.log(2)) * (1.0 / math.log(2))


def exp2(x: Any) -> Tensor:
    """2^x."""
    return power(2.0, convert(x))


def hypot(x1: Any, x2: Any) -> Tensor:
    """sqrt(x1^2 + x2^2), without overflow."""
    a, b = promoted(x1, x2, to_float=True)
    larger = stop_gradient(maximum(absolute(a), absolute(b)))
    is_plain = logical_and(larger > 0, isfinite(larger))
    scale = choose(is_plain, larger, 1)
    a, b = choose(is_plain, a / scale, 1), choose(is_plain, b / scale, 0)
    return choose(is_plain, scale, larger) * sqrt(a * a + b * b)


def erfinv(x: Any) -> Tensor:
    """Inverse of erf: infinite at -1 and 1, NaN beyond. Source: Giles 2010, and for float64 two steps of Newton."""
    x = as_float(x)
    is_inside = absolute(x) < 1
    inner = choose(is_inside, x, 0)
    y = _giles(inner)
    if x.dtype == "float64":
        for _ in range(2):
            y = y - (erf(y) - inner) * exp(y * y) * (math.sqrt(math.pi) / 2)
    outside = choose(equal(x, 1), math.inf, choose(equal(x, -1), -math.inf, math.nan))
    return choose(is_inside, y, outside)


def _giles(x: Tensor) -> Tensor:
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
    return choose(w < 5.0, near, far) * x


def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """|x1 - x2| <= atol + rtol |x2|."""
    a, b = promoted(x1, x2, to_float=True)
    close = absolute(a - b) <= (absolute(b) * rtol + atol)
    close = logical_or(close, a == b)
    return logical_or(close, logical_and(isnan(a), isnan(b))) if equal_nan else close


def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether all elements are close (see `isclose`)."""
    return all_of(isclose(x1, x2, rtol, atol, equal_nan))


def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """NaN and infinities replaced by numbers: 0, and the largest and smallest of the dtype, if not given."""
    x = convert(x)
    if not dtypes.is_float(x.dtype):
        return x
    limits = ml_dtypes.finfo(dtypes.to_numpy(x.dtype))
    high = convert(float(limits.max) if posinf is None else posinf, x.dtype)
    low = convert(float(limits.min) if neginf is None else neginf, x.dtype)
    x = choose(isnan(x), convert(nan, x.dtype), x)
    return choose(isinf(x), choose(x > 0, high, low), x)


def bitwise_and_or_logical(x1: Any, x2: Any) -> Tensor:
    """`&`: logical for booleans, bit by bit for integers."""
    a = convert(x1)
    return logical_and(a, x2) if a.dtype == "bool" else bitwise_and(a, x2)


def bitwise_or_or_logical(x1: Any, x2: Any) -> Tensor:
    """`|`: logical for booleans, bit by bit for integers."""
    a = convert(x1)
    return logical_or(a, x2) if a.dtype == "bool" else bitwise_or(a, x2)


def bitwise_xor_or_logical(x1: Any, x2: Any) -> Tensor:
    """`^`: logical for booleans, bit by bit for integers."""
    a = convert(x1)
    return logical_xor(a, x2) if a.dtype == "bool" else bitwise_xor(a, x2)


def bitwise_or_logical_not(x: Any) -> Tensor:
    """`~`: logical for booleans, bit by bit for integers."""
    a = convert(x)
    return logical_not(a) if a.dtype == "bool" else bitwise_not(a)


# -- control flow -------------------------------------------------------------------------------------------------------
def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """true_fn() or false_fn(). With a symbolic predicate both are computed and one result is selected, so neither may change variables."""
    if not isinstance(pred, Tensor) or pred.array is not None:
        return true_fn() if bool(pred) else false_fn()
    return tree.map_structure(lambda a, b: choose(pred, a, b), true_fn(), false_fn())


def while_loop(cond: Callable, body: Callable, loop_vars: Any, maximum_iterations: int | None = None) -> Any:
    """Repeats `body` while `cond` holds.

    Raises: TypeError if the condition is symbolic.
    """
    is_single = not isinstance(loop_vars, (list, tuple))
    state = tree.map_structure(convert, (loop_vars,) if is_single else tuple(loop_vars))
    count = 0
    while maximum_iterations is None or count < maximum_iterations:
        go_on = cond(*state)
        if isinstance(go_on, Tensor) and go_on.array is None:
            raise TypeError("while_loop: the condition is symbolic. Use fori_loop with a fixed count, or run eagerly.")
        if not bool(go_on):
            break
        result = body(*state)
        state = tree.map_structure(convert, tuple(result) if isinstance(result, (list, tuple)) else (result,))
        count += 1
    return state[0] if is_single else state


def fori_loop(lower: int, upper: int, body_fun: Callable, init_val: Any) -> Any:
    """body_fun(i, value) for i from lower to before upper."""
    value = tree.map_structure(convert, init_val)
    for i in range(int(lower), int(upper)):
        value = body_fun(i, value)
    return value


def scan(
    f: Callable, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: int = 1
) -> tuple:
    """Carries a value along the first axis of `xs`: (carry, y) = f(carry, x). Returns the last carry and the stacked ys."""
    n: Any = length if xs is None else tree.flatten(xs)[0].shape[0]
    if n is None:
        raise ValueError(
            "scan goes element by element and must know how many there are, and got a tensor of shape "
            f"{tree.flatten(xs)[0].shape}. Use ops on the whole tensor, or fix the size."
        )
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


def vectorized_map(function: Callable, elements: Any) -> Any:
    """`function` applied to each element along the first axis, results stacked."""
    return map(function, elements)


def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """`branches[index](*operands)`."""
    i = min(max(int(index), 0), len(branches) - 1)
    return branches[i](*operands)


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """How often each integer occurs in a concrete vector, or in each row of a matrix; the sum of its weights if given."""
    array = concrete(x, "bincount", "Use sum(one_hot(x, n), axis) for a known number n of classes.")
    w = None if weights is None else np.asarray(convert(weights))
    rows = array.reshape(-1, array.shape[-1])
    of_rows = [None] * len(rows) if w is None else w.reshape(rows.shape)
    size = max(minlength, int(array.max(initial=-1)) + 1)
    counts = np.array([np.bincount(row, v, size) for row, v in zip(rows, of_rows, strict=True)])
    return convert(counts.reshape(*array.shape[:-1], -1).astype(np.int32 if w is None else w.dtype))
