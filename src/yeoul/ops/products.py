"""Products of tensors: matmul, dot, tensordot, einsum, outer."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops.product import matmul_primitive
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import cast, convert, promoted
from yeoul.ops.shaping import reshape, transpose

__all__ = [
    "dot",
    "einsum",
    "inner",
    "matmul",
    "outer",
    "tensordot",
    "vdot",
]


def matmul(x1: Any, x2: Any) -> Tensor:
    """Matrix product over the last axis of `x1` and the last but one of `x2`; leading axes broadcast.

    Raises: ValueError if those axes differ.
    """
    a, b = promoted(x1, x2)
    if not dtypes.is_float(a.dtype) and a.dtype in ("bool", "int8", "uint8"):
        a, b = cast(a, "int32"), cast(b, "int32")
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(
            f"matmul needs tensors of rank 1 or more, and got shapes {a.shape} and {b.shape}. Use multiply for scalars."
        )
    if a.ndim > 1 and b.ndim > 1:
        return matmul_primitive(a, b)
    left = reshape(a, (1, a.shape[0])) if a.ndim == 1 else a
    right = reshape(b, (b.shape[0], 1)) if b.ndim == 1 else b
    y = matmul_primitive(left, right)
    shape = list(y.shape)
    if b.ndim == 1:
        shape.pop(-1)
    if a.ndim == 1:
        shape.pop(-1 if b.ndim == 1 else -2)
    return reshape(y, tuple(-1 if s is None else s for s in shape))


def dot(x1: Any, x2: Any) -> Tensor:
    """NumPy's dot: sum over the last axis of `x1` and the last but one (or only) axis of `x2`."""
    a, b = promoted(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return tensordot(a, b, ((a.ndim - 1,), (max(b.ndim - 2, 0),)))


def vdot(x1: Any, x2: Any) -> Tensor:
    return matmul(reshape(x1, -1), reshape(x2, -1))


def inner(x1: Any, x2: Any) -> Tensor:
    a, b = promoted(x1, x2)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, ((a.ndim - 1,), (b.ndim - 1,)))


def outer(x1: Any, x2: Any) -> Tensor:
    return reshape(x1, (-1, 1)) * reshape(x2, (1, -1))


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Tensor:
    """Sum of products over `axes`: a number of axes, or a pair of lists of axes."""
    a, b = promoted(x1, x2)
    if isinstance(axes, int):
        left, right = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        left, right = ([x] if isinstance(x, int) else list(x) for x in axes)
    left = [normalize_axis(i, a.ndim) for i in left]
    right = [normalize_axis(i, b.ndim) for i in right]
    for i, j in zip(left, right, strict=True):
        if a.shape[i] != b.shape[j] and a.shape[i] is not None and b.shape[j] is not None:
            raise ValueError(f"tensordot: axis {i} of {a.shape} and axis {j} of {b.shape} differ.")
    free_a = [i for i in range(a.ndim) if i not in left]
    free_b = [i for i in range(b.ndim) if i not in right]
    k = int(np.prod([b.shape[j] for j in right], dtype=int))
    n = int(np.prod([b.shape[j] for j in free_b], dtype=int))
    rows = reshape(transpose(a, free_a + left), (-1, k)) if a.ndim else reshape(a, (1, 1))
    columns = reshape(transpose(b, right + free_b), (k, n))
    shape = [a.shape[i] for i in free_a] + [b.shape[j] for j in free_b]
    return reshape(matmul_primitive(rows, columns), tuple(-1 if s is None else s for s in shape))


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Tensor:
    """Einstein's summation, by products of pairs.

    Raises: ValueError if the subscripts do not fit the operands.
    """
    tensors = promoted(*operands) if len(operands) > 1 else [convert(operands[0])]
    subscripts = subscripts.replace(" ", "")
    left, arrow, result = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(tensors):
        raise ValueError(f"einsum {subscripts!r} names {len(terms)} operands, and got {len(tensors)}.")
    terms, result = _spell_ellipsis(terms, result if arrow else None, tensors)
    pairs = [_without_repeats(t, x) for t, x in zip(terms, tensors, strict=True)]
    while len(pairs) > 1:
        (ta, a), (tb, b), *rest = pairs
        needed = set(result).union(*[t for t, _ in rest]) if rest else set(result)
        pairs = [_contract(ta, a, tb, b, needed), *rest]
    term, x = pairs[0]
    gone = [i for i, c in enumerate(term) if c not in result]
    if gone:
        x = sum_of(x, axis=gone)
        term = "".join(c for c in term if c in result)
    missing = [c for c in result if c not in term]
    if missing:
        raise ValueError(f"einsum {subscripts!r}: {missing[0]!r} stands in the result and in no operand.")
    order = [term.index(c) for c in result]
    return x if order == list(range(len(order))) else transpose(x, order)


def _spell_ellipsis(terms: list[str], result: str | None, tensors: list[Tensor]) -> tuple[list[str], str]:
    letters = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if not any(c in t for t in terms)]
    spelled, longest = [], ""
    for term, x in zip(terms, tensors, strict=True):
        if "..." in term:
            count = x.ndim - len(term.replace("...", ""))
            own = "".join(letters[:8][8 - count :]) if count else ""
            longest = own if len(own) > len(longest) else longest
            term = term.replace("...", own)
        if len(term) != x.ndim:
            raise ValueError(f"einsum: the term {term!r} names {len(term)} axes, and its operand has shape {x.shape}.")
        spelled.append(term)
    if result is None:
        joined = "".join(spelled)
        return spelled, longest + "".join(sorted(c for c in set(joined) if joined.count(c) == 1 and c not in longest))
    return spelled, result.replace("...", longest)


def _without_repeats(term: str, x: Tensor) -> tuple[str, Tensor]:
    for c in set(term):
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            n = x.shape[i]
            shape = [1] * x.ndim
            shape[i] = shape[j] = n  # type: ignore[call-overload]
            x = sum_of(x * cast(np.eye(n, dtype=np.float32).reshape(shape), x.dtype), axis=j)
            term = term[:j] + term[j + 1 :]
    return term, x


def _contract(ta: str, a: Tensor, tb: str, b: Tensor, needed: set[str]) -> tuple[str, Tensor]:
    """The product of two terms: batch letters, then free ones of a, then of b; shared letters not needed later are summed."""
    only_a = [i for i, c in enumerate(ta) if c not in tb and c not in needed]
    if only_a:
        a, ta = sum_of(a, axis=only_a), "".join(c for i, c in enumerate(ta) if i not in only_a)
    only_b = [i for i, c in enumerate(tb) if c not in ta and c not in needed]
    if only_b:
        b, tb = sum_of(b, axis=only_b), "".join(c for i, c in enumerate(tb) if i not in only_b)
    batch = [c for c in ta if c in tb and c in needed]
    summed = [c for c in ta if c in tb and c not in needed]
    free_a = [c for c in ta if c not in tb]
    free_b = [c for c in tb if c not in ta]
    size = {
        **dict(zip(tb, b.shape, strict=True)),
        **{c: s for c, s in zip(ta, a.shape, strict=True) if s != 1 or c not in tb},
    }

    def count(letters: list[str]) -> Any:
        total = 1
        for c in letters:
            if size[c] is None:
                return -1
            total *= size[c]
        return total

    lead = [-1 if size[c] is None else size[c] for c in batch]
    a = transpose(a, [ta.index(c) for c in batch + free_a + summed])
    b = transpose(b, [tb.index(c) for c in batch + summed + free_b])
    a = reshape(a, (*lead, count(free_a), count(summed)))
    b = reshape(b, (*lead, count(summed), count(free_b)))
    y = matmul_primitive(a, b)
    letters = batch + free_a + free_b
    return "".join(letters), reshape(y, tuple(-1 if size[c] is None else size[c] for c in letters))
