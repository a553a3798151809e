"""A number that grows whenever something changes that compiled programs depend on, such as which weights are trained."""

from __future__ import annotations

_current = 0


def current() -> int:
    return _current


def bump() -> None:
    global _current
    _current += 1
