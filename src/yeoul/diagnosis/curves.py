"""What the curves of a history say: overfitting, underfitting, a loss that was lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.diagnosis.finding import Finding


def check_curves(history: Any, constant: float | None) -> Iterator[Finding]:
    """Looks at the losses of a history.

    Args:
        history: what `fit` returned, or its dict.
        constant: the loss of the best answer that is the same for all samples, if known.
    """
    values = getattr(history, "history", history)
    if "loss" not in values or not len(values["loss"]):
        return
    loss = np.asarray(values["loss"], float)
    held_out = np.asarray(values.get("val_loss", ()), float)
    lost = ~np.isfinite(loss)
    if lost.any():
        at = int(lost.argmax())
        yield Finding(
            "Loss became NaN or infinite",
            "error",
            f"The training loss is {loss[at]} in epoch {at + 1} of {len(loss)}"
            + (f", after {loss[at - 1]:.4g} in the one before." if at else "."),
            "use a smaller learning rate, scale the features, look for NaN in the data; clipnorm=1.0 in the optimizer bounds steps.",
            {"epoch": at + 1},
        )
        return
    if len(loss) < 5:
        return
    overfitting = (
        list(_overfitting(loss, held_out)) if len(held_out) == len(loss) and np.isfinite(held_out).all() else []
    )
    yield from overfitting
    if not overfitting:
        yield from _underfitting(loss, constant)


def _overfitting(loss: np.ndarray, held_out: np.ndarray) -> Iterator[Finding]:
    """Validation loss that rises again while training loss still falls."""
    best = int(held_out.argmin())
    tail = max(len(loss) // 10, 1)
    now, then = float(np.median(held_out[-tail:])), float(held_out[best])
    trained_now, trained_then = float(np.median(loss[-tail:])), float(loss[best])
    since = len(loss) - 1 - best
    if since < max(3, tail) or now < 1.15 * then or trained_now > 0.95 * trained_then or now < 1.2 * trained_now:
        return
    yield Finding(
        "Overfitting",
        "warning",
        f"The validation loss was lowest in epoch {best + 1} of {len(loss)} with {then:.4g} and is {now:.4g} now, while the training "
        f"loss went on from {trained_then:.4g} to {trained_now:.4g}.",
        f"callbacks=[EarlyStopping(patience={max(3, tail)}, restore_best_weights=True)], more data, Dropout, "
        "kernel_regularizer='l2', or fewer units.",
        {"best_epoch": best + 1, "best": then, "last": now, "training_last": trained_now},
    )


def _underfitting(loss: np.ndarray, constant: float | None) -> Iterator[Finding]:
    """Training loss that ends no better than a constant answer, or that is still falling."""
    fifth = max(len(loss) // 5, 1)
    last, earlier = float(np.median(loss[-fifth:])), float(np.median(loss[-2 * fifth : -fifth]))
    if constant is not None and last > 0.9 * constant and constant > 0:
        yield Finding(
            "Underfitting",
            "warning",
            f"After {len(loss)} epochs the training loss is {last:.4g}, and answering the same for all samples gives {constant:.4g}.",
            "look at the other findings first; then try a higher learning rate, more units or layers, less regularization, or "
            "features that say more about the targets.",
            {"last": last, "constant": constant},
        )
        return
    fall = (earlier - last) / abs(earlier) if earlier else 0.0
    has_learned = constant is not None and last < 0.05 * constant
    if fall > 0.2 and float(loss[-1]) == float(loss.min()) and not has_learned:
        yield Finding(
            "Training stopped early",
            "hint",
            f"In the last {fifth} of {len(loss)} epochs the training loss still fell by {fall:.0%}, from {earlier:.4g} to {last:.4g}.",
            "train for more epochs, or raise the learning rate.",
            {"fall": fall, "last": last},
        )
