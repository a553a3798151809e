"""Callback: what a user wants done while a model trains, is evaluated or predicts."""

from __future__ import annotations

from typing import Any

__all__ = ["Callback"]

Logs = dict[str, Any]


class Callback:
    """Base class of callbacks. Override the hooks that are wanted; each does nothing by default.

    What `fit` gives up for a callback follows from the hooks that it overrides: with a batch hook the engine comes back
    after every batch, with an epoch hook after every epoch, with neither it runs as many epochs in one call as fit
    into a time slice.

    Attributes:
        model: the model that is trained.
        params: `{"verbose": ..., "epochs": ..., "steps": ...}`.
    """

    #: Set on built-in classes whose epoch hooks only write down logs: their hooks may be called later, for many
    #: epochs at once.
    replays_logs = False

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None
        self.validation_data: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._model = model

    @property
    def model(self) -> Any:
        return getattr(self, "_model", None)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called when epoch `epoch` (from 0) of training begins."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called when epoch `epoch` (from 0) of training has ended; validation results in `logs` start with `val_`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before batch `batch` (from 0) of an epoch is trained on."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after batch `batch` of an epoch was trained on; `logs` hold the epoch's results up to this batch."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before batch `batch` is evaluated, in `evaluate` and in the validation of `fit`."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after batch `batch` was evaluated."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before batch `batch` is predicted."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after batch `batch` was predicted; `logs["outputs"]` are its outputs."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called when `fit` begins."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called when `fit` ends; `logs` are those of the last epoch."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Called when an evaluation or validation begins."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Called when an evaluation or validation has ended."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Called when a prediction begins."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Called when a prediction has ended."""


def overrides(callback: Any, *hooks: str) -> bool:
    """Whether `callback` has its own version of one of `hooks`, in its class or on the object."""
    for hook in hooks:
        method = getattr(callback, hook, None)
        if method is not None and getattr(method, "__func__", method) is not getattr(Callback, hook):
            return True
    return False


def only_replays(callback: Any) -> bool:
    """Whether the epoch hooks of `callback` may be called long after the epoch: a built-in class, not a user's
    subclass of it.
    """
    return bool(vars(type(callback)).get("replays_logs", False))
