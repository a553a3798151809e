"""SwapEMAWeights: evaluation with the moving averages of the weights."""

from __future__ import annotations

from typing import Any

from yeoul.callbacks.callback import Callback, Logs

__all__ = ["SwapEMAWeights"]


class SwapEMAWeights(Callback):
    """Exchanges the weights and their moving averages while the model is evaluated or predicts.

    Args:
        swap_on_epoch: whether they are exchanged at the end of every epoch too, for callbacks that come later and save
            the model, and back when the next begins. After the last epoch the averages are the weights.

    Raises: ValueError if the optimizer keeps no averages: make it with use_ema=True.
    """

    def __init__(self, swap_on_epoch: bool = False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._is_swapped = False

    def _optimizer(self) -> Any:
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        if not getattr(optimizer, "use_ema", False):
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. Received: use_ema="
                f"{getattr(optimizer, 'use_ema', None)}"
            )
        return optimizer

    def _swap(self) -> None:
        optimizer = self._optimizer()
        if not optimizer.built:
            return
        for weight, average in zip(optimizer._trainable, optimizer._averages, strict=True):
            value = weight.numpy()
            weight.assign(average)
            average.assign(value)
        self._is_swapped = not self._is_swapped

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._optimizer()
        self._is_swapped = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch and self._is_swapped:
            self._swap()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self.swap_on_epoch:
            return
        is_last = (self.params or {}).get("epochs") == epoch + 1
        if is_last or self.model.stop_training:
            self._optimizer().finalize_variable_values(self.model.trainable_variables)
        else:
            self._swap()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._is_swapped = False

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._swap()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._swap()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._swap()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._swap()
