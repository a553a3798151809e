"""GradientTape: differentiation of what just ran."""

from __future__ import annotations

import functools
import operator
from types import TracebackType
from typing import Any

from yeoul.core import trace, tree
from yeoul.core.recording import Recorder, open_recorders
from yeoul.core.tensor import Tensor
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
        self._recorder = Recorder()
        self._is_used = False

    def __enter__(self) -> GradientTape:
        self._recorder.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._recorder.close()

    def __del__(self) -> None:
        self._recorder.release()

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
        targets = [self._reads(t)[-1] for t in tree.flatten(target)]
        leaves = tree.flatten(sources)
        upstream = (
            None
            if output_gradients is None
            else [None if g is None else convert(g) for g in tree.flatten(output_gradients)]
        )
        # A variable that was assigned in between was read as several tensors: its gradient is the sum of theirs.
        reads = [self._reads(leaf) for leaf in leaves]
        of_reads = iter(gradients(targets, [read for several in reads for read in several], upstream))
        found: list[Any] = []
        for several in reads:
            parts = [g for g in [next(of_reads) for _ in several] if g is not None]
            found.append(functools.reduce(operator.add, parts) if parts else None)
        if unconnected_gradients == "zero":
            found = [zeros_like(several[0]) if g is None else g for g, several in zip(found, reads, strict=True)]
        if not self.persistent:
            self._recorder.release()
        return tree.pack_sequence_as(sources, found)

    def _reads(self, source: Any) -> list[Tensor]:
        if isinstance(source, Variable) and trace.current() is None:
            return list(self._recorder.reads(source)) or [source.value]
        return [_as_tensor(source)]

    def jacobian(self, target: Any, source: Any) -> Tensor:
        """d target[i] / d source, of shape target.shape + source.shape."""
        y, x = self._reads(target)[-1], self._reads(source)[-1]
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
        self._recorder.release()
        self._is_used = False


class _Paused:
    def __enter__(self) -> None:
        self.before, open_recorders.list = open_recorders.list, []

    def __exit__(self, *error: Any) -> None:
        open_recorders.list = self.before


def _as_tensor(x: Any) -> Tensor:
    return x.value if isinstance(x, Variable) else convert(x)
