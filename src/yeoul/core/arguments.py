"""Constructors that say which argument was meant, and warnings that point at the line of the caller."""

from __future__ import annotations

import difflib
import inspect
import os
import sys
import warnings
from collections.abc import Iterable
from inspect import Parameter
from typing import Any
from weakref import WeakKeyDictionary

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_parameters: WeakKeyDictionary[type, dict[str, Parameter]] = WeakKeyDictionary()


class KnownArguments:
    """Base of classes whose constructor names the closest spelling of an argument that it does not know."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            _check(cls, args, kwargs)
        return object.__new__(cls)


def _check(cls: type, args: tuple, kwargs: dict[str, Any]) -> None:
    """Raises TypeError for what the constructor is bound to refuse; what it passes on is for its base to refuse."""
    parameters = _own_parameters(cls)
    takes_more = any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values())
    if takes_more:
        missing = [
            name
            for name, p in list(parameters.items())[len(args) :]
            if p.default is Parameter.empty and p.kind is Parameter.POSITIONAL_OR_KEYWORD and name not in kwargs
        ]
        if not missing:
            return
    known = arguments_of(cls)
    unknown = [name for name in kwargs if name not in known]
    if unknown:
        raise TypeError(unknown_arguments(cls, unknown))


def _own_parameters(cls: type) -> dict[str, Parameter]:
    found = _parameters.get(cls)
    if found is None:
        named = list(inspect.signature(cls.__init__).parameters.items())[1:]  # type: ignore[misc]
        found = _parameters[cls] = dict(named)
    return found


def arguments_of(cls: type) -> list[str]:
    """The names of the constructor's arguments, and of those that it passes on to its bases."""
    names: list[str] = []
    for part in cls.__mro__:
        if "__init__" not in part.__dict__ or part is object:
            continue
        parameters = _own_parameters(part)
        names += [
            name
            for name, p in parameters.items()
            if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        ]
        if all(p.kind is not Parameter.VAR_KEYWORD for p in parameters.values()):
            break
    return list(dict.fromkeys(names))


def is_own(thing: Any) -> bool:
    """Whether a class or function is yeoul's. One made by `exec` may have no module."""
    return (getattr(thing, "__module__", None) or "").startswith("yeoul.")


def given_arguments(cls: type, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """{name: value} of all arguments of a constructor's call, defaults included; None if they do not fit or have no names."""
    parameters = _own_parameters(cls)
    if any(p.kind is Parameter.VAR_POSITIONAL for p in parameters.values()):
        return None
    try:
        bound = inspect.Signature(list(parameters.values())).bind(*args, **kwargs)
    except TypeError:
        return None
    bound.apply_defaults()
    given = dict(bound.arguments)
    for name, p in parameters.items():
        if p.kind is Parameter.VAR_KEYWORD:
            given.update(given.pop(name))
    return given


def is_plain(value: Any) -> bool:
    """Whether JSON knows the value: None, numbers, text, and lists and dicts of them."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(part) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (str, int, float, bool))


def unknown_arguments(cls: type, unknown: Iterable[str]) -> str:
    """The message for arguments that `cls` does not know, with the closest spelling of each."""
    unknown, known = list(unknown), arguments_of(cls)
    message = f"{cls.__name__} does not know the argument(s) {', '.join(map(repr, unknown))}."
    close = [match for name in unknown for match in difflib.get_close_matches(name, known, n=1, cutoff=0.6)]
    if close:
        return f"{message} Did you mean {', '.join(map(repr, close))}?"
    return f"{message} Its arguments are: {', '.join(known)}."


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """A warning at the line that called into this package, however deep inside it was noticed."""
    if sys.version_info >= (3, 12):
        warnings.warn(message, category, stacklevel=2, skip_file_prefixes=(_PACKAGE,))
        return
    depth, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(message, category, stacklevel=depth)
