"""Products of tensors: matmul, dot, tensordot, einsum, outer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops.creation import ones_like
from yeoul.ops.product import matmul_primitive
from yeoul.ops.reductions import drop_axes
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import cast, convert, promoted
from yeoul.ops.shaping import moveaxis, reshape, reshape_by, stack, transpose, unstack

__all__ = [
    "cross",
    "dot",
    "einsum",
    "inner",
    "kron",
    "matmul",
    "outer",
    "tensordot",
    "vander",
    "vdot",
]


def matmul(x1: Any, x2: Any) -> Tensor:
    """Matrix product over the last axis of `x1` and the last but one of `x2`; leading axes broadcast.

    Raises: ValueError if those axes differ.
    """
    a, b = promoted(x1, x2)
    if a.dtype in ("bool", "int8", "uint8"):
        # Narrow integers are summed in int32; only two of int8 also give it.
        given = (convert(x1).dtype, convert(x2).dtype)
        y = matmul(cast(a, "int32"), cast(b, "int32"))
        return y if given == ("int8", "int8") else cast(y, a.dtype)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(
            f"matmul needs tensors of rank 1 or more, and got shapes {a.shape} and {b.shape}. Use multiply for scalars."
        )
    if a.ndim > 1 and b.ndim > 1:
        return matmul_primitive(a, b)
    left = reshape(a, (1, a.shape[0])) if a.ndim == 1 else a
    right = reshape(b, (b.shape[0], 1)) if b.ndim == 1 else b
    y = matmul_primitive(left, right)
    return drop_axes(y, ((y.ndim - 2,) if a.ndim == 1 else ()) + ((y.ndim - 1,) if b.ndim == 1 else ()))


def dot(x1: Any, x2: Any) -> Tensor:
    """NumPy's dot: sum over the last axis of `x1` and the last but one (or only) axis of `x2`."""
    a, b = promoted(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return tensordot(a, b, ((a.ndim - 1,), (max(b.ndim - 2, 0),)))


def vdot(x1: Any, x2: Any) -> Tensor:
    """The sum of products of both, laid out flat. Nothing is conjugated, as in Keras."""
    return matmul(reshape(x1, -1), reshape(x2, -1))


def inner(x1: Any, x2: Any) -> Tensor:
    """Sums of products over the last axes of both."""
    a, b = promoted(x1, x2)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, ((a.ndim - 1,), (b.ndim - 1,)))


def outer(x1: Any, x2: Any) -> Tensor:
    """Every element of `x1` times every element of `x2`, (size of x1, size of x2)."""
    return reshape(x1, (-1, 1)) * reshape(x2, (1, -1))


def kron(x1: Any, x2: Any) -> Tensor:
    """Kronecker's product: every element of `x1` times the whole of `x2`, laid out as blocks."""
    a, b = promoted(x1, x2)
    rank = max(a.ndim, b.ndim)
    a, b = (reshape_by(x, (*(1,) * (rank - x.ndim), *[(x, i) for i in range(x.ndim)])) for x in (a, b))
    blocks = reshape_by(a, [s for i in range(rank) for s in ((a, i), 1)]) * reshape_by(
        b, [s for i in range(rank) for s in (1, (b, i))]
    )

    def joined(i: int) -> Any:
        if None not in (a.shape[i], b.shape[i]):
            return a.shape[i] * b.shape[i]
        return (b, i) if a.shape[i] == 1 else (a, i) if b.shape[i] == 1 else -1

    return reshape_by(blocks, [joined(i) for i in range(rank)])


def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    """The cross product of vectors of 3 elements, or 2 (whose third is 0): for two of 2, its third element alone.

    Args:
        axisa, axisb, axisc: where the vectors lie in `x1`, `x2` and the result; `axis` stands for all three.

    Raises: ValueError if the vectors have another size.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = promoted(x1, x2)
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError(f"cross needs vectors of 2 or 3 elements, and got sizes {a.shape[-1]} and {b.shape[-1]}.")
    a0, a1, *a2 = unstack(a, axis=-1)
    b0, b1, *b2 = unstack(b, axis=-1)
    third = a0 * b1 - a1 * b0
    if not a2 and not b2:
        return third
    first = (a1 * b2[0] if b2 else 0) - (a2[0] * b1 if a2 else 0)
    second = (a2[0] * b0 if a2 else 0) - (a0 * b2[0] if b2 else 0)
    return moveaxis(stack([first, second, third], -1), -1, axisc)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """Vandermonde's matrix of a vector: its powers 0 to N - 1 as columns, the highest first unless `increasing`."""
    x = convert(x)
    if x.ndim != 1:
        raise ValueError(f"vander takes a vector, and got shape {x.shape}.")
    count = x.shape[0] if N is None else int(N)
    if count is None or count < 1:
        raise ValueError(f"vander needs a known, positive number of columns, and got {count}.")
    powers = [ones_like(x)]
    for _ in range(count - 1):
        powers.append(powers[-1] * x)
    return stack(powers if increasing else powers[::-1], -1)


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
    return reshape_by(matmul_primitive(rows, columns), [(a, i) for i in free_a] + [(b, j) for j in free_b])


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Tensor:
    """Einstein's summation, by products of pairs.

    Raises: ValueError if the subscripts do not fit the operands.
    """
    tensors = promoted(*operands) if len(operands) > 1 else [convert(operands[0])]
    if len(tensors) > 1 and all(x.dtype == "int8" for x in tensors):
        tensors = [cast(x, "int32") for x in tensors]
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
    # Where each letter's size is to be seen: in a, unless it is 1 there and stands for more in b.
    place = {c: (b, i) for i, c in enumerate(tb)}
    place.update({c: (a, i) for i, c in enumerate(ta) if a.shape[i] != 1 or c not in tb})

    def joined(letters: list[str]) -> Any:
        if len(letters) == 1:
            return place[letters[0]]
        sizes = [place[c][0].shape[place[c][1]] for c in letters]
        return -1 if None in sizes else math.prod(sizes)

    lead = [place[c] for c in batch]
    left = transpose(a, [ta.index(c) for c in batch + free_a + summed])
    right = transpose(b, [tb.index(c) for c in batch + summed + free_b])
    left = reshape_by(left, (*lead, joined(free_a), joined(summed)))
    right = reshape_by(right, (*lead, joined(summed), joined(free_b)))
    letters = batch + free_a + free_b
    return "".join(letters), reshape_by(matmul_primitive(left, right), [place[c] for c in letters])
