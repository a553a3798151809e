"""One pass over data as a phase of a compiled loop."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import random
from yeoul.core.engine import Feed, Phase
from yeoul.training import adapters, step_graph
from yeoul.training.adapters import ArrayData, Stream, array_data
from yeoul.training.log_layout import LogLayout

#: Seconds after which a loop comes back, so that Python sees the clock, Ctrl-C and the progress bar.
TIME_SLICE = 0.05
DEFAULT_BATCH_SIZE = 32


def checked_batch_size(batch_size: Any) -> int:
    if batch_size is None:
        return DEFAULT_BATCH_SIZE
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be an integer of at least 1, and is {batch_size!r}.")
    return int(batch_size)


def source_of(x: Any, y: Any = None, sample_weight: Any = None) -> ArrayData | Stream:
    return adapters.stream(x, y, sample_weight) if adapters.is_stream(x) else array_data(x, y, sample_weight)


def shuffle_state(model: Any) -> np.ndarray:
    """(seed, counter) of the orders in which the model has seen its samples; later fits go on from it."""
    if model._shuffle_state is None:
        model._untracked("_shuffle_state", np.array(np.asarray(random.SeedGenerator().state), np.uint32))
    return model._shuffle_state


def phase_of(
    model: Any, kind: str, data: ArrayData, batch_size: int, steps: int | None, shuffle: np.ndarray | None
) -> tuple[Phase, LogLayout] | None:
    """One pass over `data` as a phase, and the layout of its logs. None if a step gives logs that are not scalars."""
    whole, rest = divmod(data.samples, batch_size)
    if steps is not None and steps <= whole:
        whole, rest = steps, 0
        limit: int | None = steps
    else:
        limit = None
    step = model._step_graph(kind, data.structure, data.specs(batch_size)) if whole else None
    tail = model._step_graph(kind, data.structure, data.specs(rest)) if rest else None
    traced = step or tail
    assert traced is not None
    feed = Feed(data.arrays, batch_size, shuffle, limit)
    graphs = (step.graph if step else None, tail.graph if tail else None)
    results = step_graph.results_of(model)
    if not traced.names:
        return Phase(feed, *graphs, results.graph, results.reset, results.layout.size), results.layout
    if any(output.shape for output in traced.graph.outputs):
        return None
    layout = LogLayout(traced.names, [()] * len(traced.names))
    return Phase(feed, *graphs, None, results.reset, layout.size), layout
