"""Names as Keras gives them: dense, dense_1, dense_2."""

from __future__ import annotations

import re
from collections import Counter

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
