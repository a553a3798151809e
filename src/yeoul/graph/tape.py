"""GradientTape: differentiation of what just ran."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from yeoul.core import trace, tree
from yeoul.core.tensor import Tensor, recording
from yeoul.core.variable import Variable
from yeoul.graph.gradients import gradients, zeros_like
from yeoul.ops.registry import convert
from yeoul.ops.shaping import reshape, stack


class GradientTape:
    """Records ops while it is open, and differentiates them afterwards.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: accepted; variables are always watched.

    Example:
        with GradientTape() as tape:
            loss = ops.mean((w * x - y) ** 2)
        dw = tape.gradient(loss, w)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self.persistent = persistent
        self._is_open = False
        self._is_used = False

    def __enter__(self) -> GradientTape:
        recording.depth += 1
        self._is_open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._is_open:
            recording.depth -= 1
            self._is_open = False

    def watch(self, tensor: Any) -> None:
        """Kept for compatibility: every tensor can be differentiated by."""

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: str = "none"
    ) -> Any:
        """d(sum of target) / d(source), in the structure of `sources`; None (or zeros) where target does not depend on it.

        Raises: RuntimeError if a tape that is not persistent is used twice.
        """
        if self._is_used and not self.persistent:
            raise RuntimeError("A GradientTape gives gradients once. Make it with persistent=True to ask again.")
        self._is_used = True
        targets = [_as_tensor(t) for t in tree.flatten(target)]
        leaves = [_as_tensor(s) for s in tree.flatten(sources)]
        upstream = (
            None
            if output_gradients is None
            else [None if g is None else convert(g) for g in tree.flatten(output_gradients)]
        )
        found = gradients(targets, leaves, upstream)
        if unconnected_gradients == "zero":
            found = [zeros_like(leaf) if g is None else g for g, leaf in zip(found, leaves, strict=True)]
        return tree.pack_sequence_as(sources, found)

    def jacobian(self, target: Any, source: Any) -> Tensor:
        """d target[i] / d source, of shape target.shape + source.shape."""
        y = _as_tensor(target)
        x = _as_tensor(source)
        rows = []
        count: Any = y.size
        for i in range(count):
            seed = [0.0] * count
            seed[i] = 1.0
            row = gradients([y], [x], [convert(seed, y.dtype).reshape(tuple(y.shape))])[0]
            rows.append(zeros_like(x) if row is None else row)
        self._is_used = True
        return reshape(stack(rows), (*y.shape, *x.shape))

    def stop_recording(self) -> Any:
        return _Paused()

    def reset(self) -> None:
        """Forgets what was recorded."""
        self._is_used = False


class _Paused:
    def __enter__(self) -> None:
        self.depth, recording.depth = recording.depth, 0

    def __exit__(self, *error: Any) -> None:
        recording.depth = self.depth


def _as_tensor(x: Any) -> Tensor:
    if isinstance(x, Variable):
        if trace.current() is None and x._read is not None:
            return x._read
        return x.value
    return convert(x)
