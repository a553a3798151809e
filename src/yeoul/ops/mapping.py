"""Functions of tensors turned into functions of more: vectorize, associative_scan."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from yeoul.core import tree
from yeoul.core.shapes import broadcast, normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops.registry import convert
from yeoul.ops.shaping import broadcast_to, concatenate, flip, moveaxis, reshape, stack

__all__ = ["associative_scan", "vectorize"]


def vectorize(pyfunc: Callable, *, excluded: Any = None, signature: str | None = None) -> Callable:
    """A function that applies `pyfunc` to each element of its broadcast arguments, or to the axes that `signature` names.

    `pyfunc` is called once for every element: where it is made of ops that broadcast by themselves, call it directly.

    Args:
        excluded: positions of arguments that are passed on whole.
        signature: axes that `pyfunc` takes and gives, such as "(m,n),(n)->(m)"; none, "(),()->()", if not given.

    Raises: ValueError if the signature cannot be read, or does not fit the arguments.
    """
    held = frozenset(excluded or ())

    def vectorized(*args: Any) -> Any:
        spread = [i for i in range(len(args)) if i not in held]
        tensors = [convert(args[i]) for i in spread]
        inputs, outputs = _read_signature(signature, len(tensors))
        for x, rank in zip(tensors, inputs, strict=True):
            if None in x.shape:
                raise ValueError(
                    f"vectorize goes element by element and must know how many there are, and got a tensor of shape {x.shape}."
                )
            if x.ndim < rank:
                raise ValueError(f"vectorize: a tensor of shape {x.shape} does not fit the signature {signature!r}.")
        leads = [x.shape[: x.ndim - rank] for x, rank in zip(tensors, inputs, strict=True)]
        lead = broadcast(*leads, context="the arguments of a vectorized function") if leads else ()
        count = math.prod(lead)
        rows = [
            reshape(broadcast_to(x, (*lead, *x.shape[len(own) :])), (count, *x.shape[len(own) :]))
            for x, own in zip(tensors, leads, strict=True)
        ]
        found = []
        for at in range(count):
            whole = list(args)
            for i, row in zip(spread, rows, strict=True):
                whole[i] = row[at]
            result = pyfunc(*whole)
            found.append(tuple(result) if isinstance(result, (list, tuple)) else (result,))
        if outputs is not None and any(len(parts) != outputs for parts in found):
            raise ValueError(f"vectorize: the function does not give the {outputs} result(s) of {signature!r}.")
        joined = tuple(reshape(y, (*lead, *y.shape[1:])) for y in (stack(parts) for parts in zip(*found, strict=True)))
        return joined if len(joined) > 1 or outputs not in (None, 1) else joined[0]

    vectorized.__name__ = getattr(pyfunc, "__name__", "vectorized")
    vectorized.__doc__ = pyfunc.__doc__
    return vectorized


def _read_signature(signature: str | None, arguments: int) -> tuple[list[int], int | None]:
    """How many axes each argument has of its own, and the number of results (None if not said)."""
    if signature is None:
        return [0] * arguments, None
    shape = r"\([\w\s,]*\)"
    if not re.fullmatch(rf"\s*{shape}(\s*,\s*{shape})*\s*->\s*{shape}(\s*,\s*{shape})*\s*", signature):
        raise ValueError(f"vectorize cannot read the signature {signature!r}. Write it like '(m,n),(n)->(m)'.")
    left, right = signature.split("->")
    ranks = [len([name for name in group.split(",") if name.strip()]) for group in re.findall(r"\(([^)]*)\)", left)]
    if len(ranks) != arguments:
        raise ValueError(f"vectorize: the signature {signature!r} names {len(ranks)} argument(s), and got {arguments}.")
    return ranks, len(re.findall(shape, right))


def associative_scan(f: Callable, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Running combinations along `axis`: y[0] = x[0], y[i] = f(y[i - 1], x[i]), for an associative `f`.

    `f` is applied to many elements at once, about 2 log2(n) times for n elements. Source: Blelloch 1990.

    Args:
        f: of two structures like `elems` whose tensors have any size along `axis`; gives one like them.
        elems: a tensor or nested structure of tensors of one size along `axis`.
        reverse: from the last element to the first.

    Raises: ValueError if the sizes differ or are not known.
    """
    leaves = [convert(x) for x in tree.flatten(elems)]
    axes = [normalize_axis(axis, x.ndim) for x in leaves]
    moved = [moveaxis(x, a, 0) for x, a in zip(leaves, axes, strict=True)]
    sizes = {x.shape[0] for x in moved}
    if len(sizes) != 1 or None in sizes:
        raise ValueError(
            f"associative_scan needs tensors of one known size along axis {axis}, and got shapes "
            f"{', '.join(str(x.shape) for x in leaves)}."
        )

    def combine(a: list[Tensor], b: list[Tensor]) -> list[Tensor]:
        back = [
            tree.pack_sequence_as(elems, [moveaxis(x, 0, at) for x, at in zip(side, axes, strict=True)])
            for side in (a, b)
        ]
        return [moveaxis(convert(x), at, 0) for x, at in zip(tree.flatten(f(*back)), axes, strict=True)]

    if reverse:
        moved = [flip(x, 0) for x in moved]
    found = _scanned(combine, moved, sizes.pop())
    if reverse:
        found = [flip(x, 0) for x in found]
    return tree.pack_sequence_as(elems, [moveaxis(x, 0, a) for x, a in zip(found, axes, strict=True)])


def _scanned(combine: Callable, x: list[Tensor], n: int) -> list[Tensor]:
    if n < 2:
        return x
    pairs = combine([t[: n - 1 : 2] for t in x], [t[1::2] for t in x])
    odd = _scanned(combine, pairs, n // 2)  # the results at 1, 3, 5, ...
    later = (n - 1) // 2  # how many stand at 2, 4, 6, ...
    even = combine([t[:later] for t in odd], [t[2::2] for t in x]) if later else [t[:0] for t in x]
    return [_interleaved(concatenate([t[:1], e]), o) for t, e, o in zip(x, even, odd, strict=True)]


def _interleaved(even: Tensor, odd: Tensor) -> Tensor:
    n: Any = odd.shape[0]
    mixed = reshape(stack([even[:n], odd], 1), (2 * n, *odd.shape[1:]))
    return concatenate([mixed, even[n:]]) if even.shape[0] != n else mixed
