"""Models of one family: public functions with the same arguments, which differ in sizes and in names."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
Sizes = TypeVar("Sizes")


def member(
    family: Callable[Concatenate[Sizes, P], Any], sizes: Sizes, function: str, name: str, doc: str
) -> Callable[P, Any]:
    """The public function that makes one model of a family.

    Args:
        family: makes all of them, from the sizes of one and the arguments that all take, `name` among them.
        sizes: of this model.
        function: name of the public function.
        name: of the model, unless it is given another one.
        doc: of the public function.
    """
    shared = list(inspect.signature(family).parameters.values())[1:]
    signature = inspect.Signature([p.replace(default=name) if p.name == "name" else p for p in shared])

    def make(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            given = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{function}() {error}") from None
        given.apply_defaults()
        return family(sizes, *given.args, **given.kwargs)

    make.__name__ = make.__qualname__ = function
    make.__module__ = sys._getframe(1).f_globals["__name__"]  # where it is public
    make.__doc__ = doc
    make.__signature__ = signature  # type: ignore[attr-defined]
    return make
