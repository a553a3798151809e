"""Constructors that differ from an inherited one only in defaults or in the order of arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

L = TypeVar("L", bound=type)


def with_defaults(exchanged: tuple[str, str] | None = None, **defaults: Any) -> Callable[[L], L]:
    """Class decorator: the inherited `__init__` with other `defaults`, and with two arguments in each other's place."""

    def decorate(cls: L) -> L:
        inherited = cls.__init__  # type: ignore[misc]
        named = dict(inspect.signature(inherited).parameters)
        order = list(named)
        if exchanged is not None:
            i, j = map(order.index, exchanged)
            order[i], order[j] = order[j], order[i]
        signature = inspect.Signature(
            [named[n].replace(default=defaults[n]) if n in defaults else named[n] for n in order]
        )

        @functools.wraps(inherited)
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            given = dict(zip(order[1:], args, strict=False))
            twice = sorted(set(given) & set(kwargs))
            if twice or len(args) >= len(order):
                signature.bind(self, *args, **kwargs)  # says what is wrong
            inherited(self, **{**defaults, **given, **kwargs})

        __init__.__signature__ = signature  # type: ignore[attr-defined]
        cls.__init__ = __init__  # type: ignore[misc]
        return cls

    return decorate
