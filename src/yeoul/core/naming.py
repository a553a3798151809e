"""Names as Keras gives them: dense, dense_1, dense_2; and paths: model/block/dense."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_counts: Counter[str] = Counter()


def unique_name(prefix: str) -> str:
    """`prefix` the first time, then prefix_1, prefix_2, ..."""
    count = _counts[prefix]
    _counts[prefix] += 1
    return f"{prefix}_{count}" if count else prefix


def reset() -> None:
    """Starts all numbers again; `utils.clear_session()` calls it."""
    _counts.clear()


def to_snake_case(name: str) -> str:
    """MaxPooling2D -> max_pooling2d."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[tuple[Any, str]] = []


_scopes = _Scopes()


@contextmanager
def scope(owner: Any, name: str) -> Iterator[None]:
    """Within it paths begin with those of the scopes around and `name`. A scope that its owner opens again directly inside is one."""
    stack = _scopes.stack
    if stack and stack[-1][0] is owner:
        yield
        return
    stack.append((owner, name))
    try:
        yield
    finally:
        stack.pop()


def path_of(owner: Any, name: str) -> str:
    """The path that begins with the open scopes and ends with the owner's name."""
    stack = _scopes.stack
    around = stack[:-1] if stack and stack[-1][0] is owner else stack
    return "/".join([*(part for _, part in around), name])
