"""The progress bar: live in a terminal or a notebook, one plain line an epoch elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from yeoul.callbacks.callback import Callback, Logs

__all__ = ["Progbar", "ProgbarLogger"]


def print_message(text: str) -> None:
    """Writes `text` to standard output; what its encoding lacks is replaced."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, errors="replace").decode(encoding))
    sys.stdout.flush()


def is_live_display() -> bool:
    """Whether standard output can move its cursor back: a terminal, a notebook, PyCharm's console."""
    stream = sys.stdout
    if getattr(stream, "isatty", None) is not None and stream.isatty():
        return True
    return type(stream).__module__.startswith("ipykernel") or "PYCHARM_HOSTED" in os.environ


def format_rate(seconds: float, unit: str) -> str:
    """2ms/step, 13us/step, 3s/step, with a space before."""
    if seconds >= 1 or seconds == 0:
        return f" {seconds:.0f}s/{unit}"
    if seconds >= 1e-3:
        return f" {seconds * 1e3:.0f}ms/{unit}"
    return f" {seconds * 1e6:.0f}us/{unit}"


def format_eta(seconds: float) -> str:
    if seconds > 3600:
        return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d}:{int(seconds % 60):02d}"
    if seconds > 60:
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
    return f"{int(seconds)}s"


def format_value(value: Any) -> str:
    try:
        number = value if type(value) is float else float(np.mean(value))
    except (TypeError, ValueError):
        return str(value)
    return f"{number:.4f}" if abs(number) > 1e-3 else f"{number:.4e}"


def format_logs(items: Iterable[tuple[str, Any]]) -> str:
    return "".join([f" - {name}: {format_value(value)}" for name, value in items])


class Progbar:
    """A progress bar.

    Args:
        target: number of steps expected; None if unknown.
        width: characters of the bar.
        verbose: 0 silent, 1 a bar (a plain line at the end when the output cannot move its cursor back), 2 a plain
            line at the end.
        interval: least time between two pictures, in seconds.
        stateful_metrics: names whose values are shown as they come; others are averaged over steps.
        stateless_metrics: the other way round; only one of the two can be given.
        unit_name: what a step is called.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Only one of stateful_metrics and stateless_metrics can be given.")
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = set(stateful_metrics) if stateful_metrics is not None else None
        self.stateless_metrics = set(stateless_metrics) if stateless_metrics is not None else None
        if self.stateful_metrics is None and self.stateless_metrics is None:
            self.stateful_metrics = set()
        self.is_live = verbose == 1 and is_live_display()
        self._sums: dict[str, tuple[Any, int]] = {}
        self._seen = 0
        self._start = time.time()
        self._after_first_step: float | None = None
        self._last_update = 0.0
        self._last_width = 0

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """`n` more steps are done."""
        self.update(self._seen + n, values)

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """`current` steps are done.

        Args:
            values: (name, value of the last step) pairs.
            finalize: whether this is the last picture; by default when `current` reaches the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._take(name, value, current, finalize)
        self._seen = current
        now = time.time()
        rate = self._step_duration(current, now)
        if self.verbose == 1 and self.is_live:
            if now - self._last_update >= self.interval or finalize:
                self._draw(current, now, rate, finalize)
                self._last_update = now
        elif self.verbose and finalize:
            total = self.target if self.target else current
            print_message(
                f"{current:{len(str(total))}d}/{total} - {now - self._start:.0f}s -{format_rate(rate, self.unit_name)}"
                f"{format_logs(self._means())}\n"
            )

    def _take(self, name: str, value: Any, current: int, finalize: bool) -> None:
        if self.stateless_metrics is not None:
            is_averaged = name in self.stateless_metrics
        else:
            is_averaged = name not in (self.stateful_metrics or ())
        if not is_averaged or finalize or name not in self._sums:
            weight = max(current - self._seen, 1) if is_averaged and not finalize else 1
            self._sums[name] = (value if weight == 1 else value * weight, weight)
        else:
            total, count = self._sums[name]
            weight = max(current - self._seen, 1)
            self._sums[name] = (total + value * weight, count + weight)

    def _means(self) -> list[tuple[str, Any]]:
        return [(name, total if count == 1 else total / count) for name, (total, count) in self._sums.items()]

    def _draw(self, current: int, now: float, rate: float, finalize: bool) -> None:
        if self.target:
            done = int(self.width * min(current / self.target, 1.0))
            count = f"{current:{len(str(self.target))}d}/{self.target}"
            bar = f"\x1b[1m{count}\x1b[0m " + (f"\x1b[32m{'━' * done}\x1b[0m" if done else "")
            bar += f"\x1b[37m{'━' * (self.width - done)}\x1b[0m"
            width = len(count) + 1 + self.width
        else:
            bar = f"{current:7d}/Unknown"
            width = len(bar)
        clock = (
            format_eta(rate * (self.target - current)) if self.target and not finalize else f"{now - self._start:.0f}s"
        )
        info = f"{format_rate(rate, self.unit_name)}{format_logs(self._means())}"
        width += 1 + len(clock) + len(info)
        padding = " " * max(self._last_width - width, 0)
        print_message(f"\r{bar} \x1b[1m{clock}\x1b[0m{info}{padding}" + ("\n" if finalize else ""))
        self._last_width = width

    def _step_duration(self, current: int, now: float) -> float:
        """Seconds a step, without the first one, which also pays for set-up."""
        if not current:
            return 0.0
        if self._after_first_step is not None and current > 1:
            return (now - self._after_first_step) / (current - 1)
        if current == 1:
            self._after_first_step = now
        return (now - self._start) / current


class ProgbarLogger(Callback):
    """Shows logs while they come in. `verbose` 1 draws a bar, 2 writes one line an epoch."""

    replays_logs = True

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1
        self._is_in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        verbose = params["verbose"]
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params["epochs"]
        self.target = params["steps"]

    @property
    def is_live(self) -> bool:
        """Whether there is something to draw before an epoch is over."""
        return self.verbose == 1 and (self.progbar.is_live if self.progbar is not None else is_live_display())

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._is_in_fit = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._is_in_fit = False

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._is_in_fit:
            self._new_bar()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._new_bar()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._new_bar()
        if self.verbose and self.epochs > 1:
            print_message(f"Epoch {epoch + 1}/{self.epochs}\n")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.show_progress(batch + 1, logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._is_in_fit:
            self.show_progress(batch + 1, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.show_progress(batch + 1, None)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._is_in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish(None)

    def show_progress(self, step: int, logs: Logs | None) -> None:
        self.seen = step
        if self.verbose == 1:
            if self.progbar is None:
                self._new_bar()
            self.progbar.update(step, list((logs or {}).items()), finalize=False)  # type: ignore[union-attr]

    def replay(self, first_epoch: int, names: Sequence[str], rows: np.ndarray, seconds: float) -> None:
        """Writes the lines of epochs that are over, in one go."""
        if not self.verbose:
            return
        steps = self.target or self.seen or 1
        rate = format_rate(seconds / steps, "step")
        if self.is_live:
            line = f"\x1b[32m{'━' * 20}\x1b[0m\x1b[37m\x1b[0m"
            bar = f"\x1b[1m{steps}/{steps}\x1b[0m {line} \x1b[1m{seconds:.0f}s\x1b[0m{rate}"
            bar = "\r" + bar
        else:
            bar = f"{steps}/{steps} - {seconds:.0f}s -{rate}"
        # One pattern for all rows: the few values near zero that want another format are written again.
        pattern = bar + "".join(f" - {name}: %.4f" for name in names)
        pad = " " * 8 + "\n" if self.is_live else "\n"
        is_small = (np.abs(rows) <= 1e-3).any(axis=1).tolist()
        lines = []
        for i, row in enumerate(rows.tolist()):
            if self.epochs > 1:
                lines.append(f"Epoch {first_epoch + i + 1}/{self.epochs}\n")
            lines.append(bar + format_logs(zip(names, row, strict=True)) if is_small[i] else pattern % tuple(row))
            lines.append(pad)
        print_message("".join(lines))

    def _new_bar(self) -> None:
        self.seen = 0
        # Logs are running means already, so each is shown as it comes.
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _finish(self, logs: Logs | None) -> None:
        if self.progbar is None:
            self._new_bar()
        assert self.progbar is not None
        if self.target is None:
            self.target = self.seen
            self.progbar.target = self.target
        self.progbar.update(self.target, list((logs or {}).items()), finalize=True)
