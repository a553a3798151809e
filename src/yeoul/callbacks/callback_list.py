"""CallbackList: the callbacks of one run, called in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from yeoul.callbacks.callback import Callback, Logs, only_replays, overrides
from yeoul.callbacks.history import History
from yeoul.callbacks.progress import ProgbarLogger

__all__ = ["CallbackList"]

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
_EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end")
_TEST_HOOKS = ("on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end")
_TEST_BATCH_HOOKS = ("on_test_batch_begin", "on_test_batch_end")
_PREDICT_BATCH_HOOKS = ("on_predict_batch_begin", "on_predict_batch_end")


def python_logs(logs: Logs | None) -> Logs:
    """`logs` with nested dicts flattened, values turned into Python floats where they are numbers, sorted by name."""
    result: Logs = {}
    for name, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            result.update(python_logs(value))
        elif type(value) is float:
            result[name] = value
        else:
            try:
                result[name] = float(value)
            except (TypeError, ValueError):
                result[name] = value
    return result


class CallbackList(Callback):
    """Calls every hook of several callbacks.

    Args:
        callbacks: a callback, or a list of them, possibly nested.
        add_history: whether to add a `History` if there is none.
        add_progbar: whether to add a `ProgbarLogger` if there is none.
        model: the model that is trained.
        **params: what each callback gets as `params`.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ):
        super().__init__()
        self.callbacks: list[Any] = list(_flatten(callbacks))
        self._history = next((c for c in self.callbacks if isinstance(c, History)), None)
        self._progbar = next((c for c in self.callbacks if isinstance(c, ProgbarLogger)), None)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if self._progbar is None and add_progbar:
            self._progbar = ProgbarLogger()
            self.callbacks.append(self._progbar)
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def append(self, callback: Any) -> None:
        self.callbacks.append(callback)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    # -- what the callbacks need -------------------------------------------------------------------------------------
    def needs(self) -> str:
        """How often training must come back to Python: "batch", "epoch" or "nothing"."""
        others = [c for c in self.callbacks if not only_replays(c)]
        if any(overrides(c, *_BATCH_HOOKS) for c in others):
            return "batch"
        return "epoch" if any(overrides(c, *_EPOCH_HOOKS) for c in others) else "nothing"

    def needs_validation_hooks(self) -> bool:
        """Whether a callback wants to know when validation begins, goes on and ends."""
        return any(overrides(c, *_TEST_HOOKS) for c in self.callbacks if not only_replays(c))

    def needs_test_batches(self) -> bool:
        return any(overrides(c, *_TEST_BATCH_HOOKS) for c in self.callbacks if not only_replays(c))

    def needs_predict_batches(self) -> bool:
        return any(overrides(c, *_PREDICT_BATCH_HOOKS) for c in self.callbacks if not only_replays(c))

    def replay(self, first_epoch: int, names: Sequence[str], rows: np.ndarray, seconds: float) -> None:
        """Tells of epochs that are over.

        Args:
            first_epoch: number of the first of them, from 0.
            names: names of the logs, sorted.
            rows: float64 (epochs, logs).
            seconds: what each epoch took.
        """
        for callback in self.callbacks:
            if hasattr(callback, "replay"):
                callback.replay(first_epoch, names, rows, seconds)
            elif overrides(callback, *_EPOCH_HOOKS):
                for i, row in enumerate(rows.tolist()):
                    callback.on_epoch_begin(first_epoch + i)
                    callback.on_epoch_end(first_epoch + i, dict(zip(names, row, strict=True)))

    def show_progress(self, step: int, logs: Logs) -> None:
        """Moves the progress bar to `step` finished steps of the epoch."""
        if self._progbar is not None:
            self._progbar.show_progress(step, logs)

    @property
    def shows_progress(self) -> bool:
        return self._progbar is not None and self._progbar.is_live

    # -- hooks -------------------------------------------------------------------------------------------------------
    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_batch_begin(batch, logs=logs)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_batch_end(batch, logs=logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_test_batch_begin(batch, logs=logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_test_batch_end(batch, logs=logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_batch_begin(batch, logs=logs or {})

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_batch_end(batch, logs=logs or {})

    def on_train_begin(self, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_train_begin(logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_train_end(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_test_begin(logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        logs = python_logs(logs)
        for callback in self.callbacks:
            callback.on_test_end(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_begin(logs or {})

    def on_predict_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_end(logs or {})


def _flatten(callbacks: Any) -> Iterable[Any]:
    if callbacks is None:
        return
    if isinstance(callbacks, (list, tuple)):
        for callback in callbacks:
            yield from _flatten(callback)
        return
    if isinstance(callbacks, type):
        raise TypeError(
            f"callbacks must hold objects, and got the class {callbacks.__name__}. Write {callbacks.__name__}()."
        )
    if not hasattr(callbacks, "set_model"):
        raise TypeError(
            f"callbacks must be Callback objects, and got {callbacks!r} of type {type(callbacks).__name__}."
        )
    yield callbacks
