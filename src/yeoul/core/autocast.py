"""Autocast: the dtype that float variables are read in while a layer under a mixed policy computes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Scope(threading.local):
    dtype: str | None = None


scope = _Scope()


@contextmanager
def reading_as(dtype: str | None) -> Iterator[None]:
    """Within it float variables with `autocast` read as `dtype`; None for their own."""
    before, scope.dtype = scope.dtype, dtype
    try:
        yield
    finally:
        scope.dtype = before
