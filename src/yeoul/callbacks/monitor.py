"""MonitorCallback: what callbacks that watch one quantity share."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any

from yeoul.callbacks.callback import Callback

__all__ = ["MonitorCallback"]


class MonitorCallback(Callback):
    """Watches one log.

    Args:
        monitor: name of the log.
        mode: "min", "max", or "auto" to decide by the metric itself.
        baseline: the value to beat at first.
        min_delta: the least change that counts.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.", stacklevel=3)
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best: Any = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Callable[[Any, Any], bool] | None = None

    def _set_monitor_op(self) -> None:
        if self.mode == "min":
            self.monitor_op = operator.lt
        elif self.mode == "max":
            self.monitor_op = operator.gt
        else:
            name = self.monitor.removeprefix("val_")
            if name == "loss":
                self.monitor_op = operator.lt
            for metric in _leaf_metrics(getattr(self.model, "metrics", ())):
                if metric.name == name and getattr(metric, "_direction", None) is not None:
                    self.monitor_op = operator.gt if metric._direction == "up" else operator.lt
            if self.monitor_op is None and name.endswith(("loss", "error")):
                self.monitor_op = operator.lt
            if self.monitor_op is None and name.endswith(("acc", "accuracy", "auc")):
                self.monitor_op = operator.gt
            if self.monitor_op is None:
                raise ValueError(
                    f"{type(self).__name__} received monitor={self.monitor!r}, and whether that should become "
                    f"larger or smaller "
                    "is not known. Pass mode='max' or mode='min'."
                )
        if self.monitor_op is operator.lt:
            self.min_delta = -abs(self.min_delta)

    def _is_improvement(self, monitor_value: Any, reference_value: Any) -> bool:
        if reference_value is None:
            return True
        if self.monitor_op is None:
            self._set_monitor_op()
        return bool(self.monitor_op(monitor_value - self.min_delta, reference_value))  # type: ignore[misc]


def _leaf_metrics(metrics: Any) -> list[Any]:
    found = []
    for metric in metrics:
        inner = getattr(metric, "metrics", None)
        if isinstance(inner, (list, tuple)):
            found.extend(_leaf_metrics(inner))
        else:
            found.append(metric)
    return found
