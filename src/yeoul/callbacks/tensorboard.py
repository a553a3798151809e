"""TensorBoard: logs, weights and the model's structure, in files that TensorBoard shows."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from yeoul.callbacks import event_file
from yeoul.callbacks.callback import Callback, Logs
from yeoul.callbacks.event_file import EventWriter

__all__ = ["TensorBoard"]


class TensorBoard(Callback):
    """Writes event files under `log_dir/train` and `log_dir/validation`. Look at them with: tensorboard --logdir log_dir

    Args:
        log_dir: folder of this run; give each run its own.
        histogram_freq: write histograms of all weights after every so many epochs; 0 for never.
        write_graph: whether to write the layers of the model.
        write_images: whether to write weights as pictures too, when histograms are written.
        write_steps_per_second: whether to write how fast training goes.
        update_freq: "epoch"; or "batch" or a number of batches after which the logs so far are written too.
        profile_batch: accepted; there is no profiler.
        embeddings_freq, embeddings_metadata: not supported.

    Tags: epoch_<name> by epoch, batch_<name> and evaluation_<name>_vs_iterations by training step, epoch_learning_rate,
    <weight>/histogram, <weight>/image.

    Raises: ValueError for embeddings_freq, or an update_freq that is neither.
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ):
        super().__init__()
        if embeddings_freq:
            raise ValueError("TensorBoard: embeddings_freq is not supported. Leave it 0.")
        if profile_batch:
            warnings.warn("TensorBoard: there is no profiler, and profile_batch does nothing.", stacklevel=2)
        if update_freq == "batch":
            update_freq = 1
        if update_freq != "epoch" and (isinstance(update_freq, str) or update_freq < 1):
            raise ValueError(f"TensorBoard: update_freq must be 'epoch', 'batch' or a number, and is {update_freq!r}.")
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = update_freq
        self._train = EventWriter(Path(self.log_dir) / "train")
        self._validation = EventWriter(Path(self.log_dir) / "validation")
        self._is_training = False
        if update_freq != "epoch":  # only then does training have to come back after every batch
            self.on_train_batch_end = self._write_batch  # type: ignore[method-assign]

    # -- hooks -------------------------------------------------------------------------------------------------------
    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._is_training = True
        self._batch_start = (self._step(), time.perf_counter())
        if self.write_graph:
            self._write_structure()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._is_training = False
        self._train.close()
        self._validation.close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch_start = (self._step(), time.perf_counter())

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        rate = self._learning_rate()
        if rate is not None:
            train["learning_rate"] = rate
        if self.write_steps_per_second:
            train["steps_per_second"] = self._steps_per_second(self._epoch_start)
        validation = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
        self._write_scalars(self._train, "epoch_", train, epoch)
        self._write_scalars(self._validation, "epoch_", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if self.model.optimizer is not None:
            named = {f"{name}_vs_iterations": value for name, value in (logs or {}).items()}
            self._write_scalars(self._validation, "evaluation_", named, self._step())
        if not self._is_training:
            self._validation.close()

    def _write_batch(self, batch: int, logs: Logs | None = None) -> None:
        step = self._step()
        if step % self.update_freq:
            return
        logs = dict(logs or {})
        if self.write_steps_per_second:
            logs = {"steps_per_second": self._steps_per_second(self._batch_start), **logs}
            self._batch_start = (step, time.perf_counter())
        self._write_scalars(self._train, "batch_", logs, step)

    # -- what is written ---------------------------------------------------------------------------------------------
    def _write_scalars(self, writer: EventWriter, prefix: str, logs: Logs, step: int) -> None:
        numbers = {name: value for name, value in logs.items() if np.ndim(value) == 0 and not isinstance(value, str)}
        if numbers:
            writer.write(step, *(event_file.scalar(prefix + name, float(value)) for name, value in numbers.items()))

    def _write_structure(self) -> None:
        try:
            text = self.model.to_json()
        except Exception as error:  # a model of the user's own may refuse for any reason
            warnings.warn(f"Model failed to serialize as JSON. Ignoring... {error}", stacklevel=3)
            return
        self._train.write(0, event_file.text("keras", "graph_keras_model", text, b"1"))

    def _write_weights(self, epoch: int) -> None:
        for layer in self.model.layers:
            for weight in layer.weights:
                name = weight.path.replace(":", "_")
                summaries = [event_file.histogram(f"{name}/histogram", weight.array)]
                pictures = _pictures(weight.array) if self.write_images else None
                if pictures is not None:
                    summaries.append(event_file.images(f"{name}/image", pictures))
                self._train.write(epoch, *summaries)

    # -- where training stands ---------------------------------------------------------------------------------------
    def _step(self) -> int:
        return int(getattr(self.model.optimizer, "iterations", 0))

    def _steps_per_second(self, start: tuple[int, float]) -> float:
        return (self._step() - start[0]) / max(time.perf_counter() - start[1], 1e-9)

    def _learning_rate(self) -> float | None:
        rate = getattr(self.model.optimizer, "learning_rate", None)
        return None if rate is None else float(np.asarray(rate))


def _pictures(array: np.ndarray) -> np.ndarray | None:
    """Weights as grey pictures (count, height, width); None for those with too few or too many axes.

    A matrix lies on its longer side, of a convolution's kernel over time or of three axes each slice is a picture.
    """
    array = np.squeeze(np.asarray(array, np.float32))
    if array.ndim == 1:
        return array[None, :, None]
    if array.ndim == 2:
        return (array.T if array.shape[0] > array.shape[1] else array)[None]
    if array.ndim == 3:
        return array.transpose(2, 0, 1)
    return None
