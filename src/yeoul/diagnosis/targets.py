"""Whether labels, loss and last activation belong together, and how often each class occurs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.diagnosis.finding import Finding
from yeoul.training.checks import check_labels, check_loss_fits, loss_kind

SPARSE, CATEGORICAL, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"
REGRESSION = frozenset(("mean_squared_error", "mean_absolute_error", "huber", "log_cosh"))
_REACH = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, np.inf),
}
#: A class with this many times fewer samples than the most frequent one is rare.
RARE = 10.0


def check_fit(loss: Any, target: np.ndarray, output: np.ndarray) -> Iterator[Finding]:
    """Targets that the loss does not take."""
    try:
        check_loss_fits(loss, target.shape, output.shape)
        check_labels(loss, target, output.shape)
    except ValueError as error:
        yield Finding(
            "Labels and loss do not match",
            "error",
            f"The targets have shape {target.shape} and values from {_g(target.min())} to {_g(target.max())}, the output has shape "
            f"{(len(target), *output.shape[1:])}, the loss is {loss_kind(loss)}.",
            str(error).replace("\n", " "),
            {"lowest": float(target.min()), "highest": float(target.max()), "units": int(output.shape[-1])},
        )
        return
    if loss_kind(loss) == SPARSE and target.dtype.kind == "f":
        wrong = target != np.round(target)
        if wrong.any():
            row = int(np.argwhere(wrong)[0][0])
            yield Finding(
                "Labels and loss do not match",
                "error",
                f"The loss {SPARSE} takes whole class numbers, and {int(wrong.sum()):,} of {target.size:,} targets are none: row "
                f"{row} holds {_g(target[row].reshape(-1)[0])}.",
                "pass class numbers from 0; for numbers to predict use a regression loss such as 'mse' with Dense(1).",
                {"rows": int(wrong.sum())},
            )
    if loss_kind(loss) == CATEGORICAL:
        sums = target.sum(axis=-1)
        wrong = np.abs(sums - 1) > 1e-3
        if wrong.mean() > 0.01:
            row = int(np.argwhere(wrong.reshape(len(target), -1).any(axis=1))[0][0])
            yield Finding(
                "Labels and loss do not match",
                "error",
                f"The loss {CATEGORICAL} takes shares of the classes that add up to 1, and {wrong.mean():.0%} of the targets do "
                f"not: row {row} adds up to {_g(sums.reshape(len(target), -1)[row][0])}.",
                "if a sample can have several classes, use sigmoid with loss='binary_crossentropy'; if not, pass one-hot rows.",
                {"share": float(wrong.mean())},
            )


def check_activation(loss: Any, target: np.ndarray, output: np.ndarray, activation: str) -> Iterator[Finding]:
    """A last activation whose range is not that of the loss or of the targets.

    Args:
        output: what the model answers for a sample of the data.
        activation: name of the last activation, "" if it is not known.
    """
    kind = loss_kind(loss)
    units = output.shape[-1] if output.ndim > 1 else 1
    if kind in (SPARSE, CATEGORICAL, BINARY):
        is_logits = bool(getattr(loss, "kwargs", {}).get("from_logits", False))
        yield from _check_probabilities(kind, output, activation, units, is_logits)
        if kind == BINARY and activation == "softmax" and units > 1 and np.allclose(target.sum(axis=-1), 1):
            yield Finding(
                "Last activation and loss do not match",
                "hint",
                f"The last activation is softmax over {units} classes, every target adds up to 1, and the loss {kind} looks at "
                "each class alone.",
                "use loss='categorical_crossentropy'.",
                {"units": units},
            )
        return
    if kind not in REGRESSION:
        return
    values = target.astype(np.float64)
    if activation in _REACH:
        low, high = _REACH[activation]
        outside = (values < low - 1e-6) | (values > high + 1e-6)
        if outside.mean() > 0.01:
            yield Finding(
                "Last activation and targets do not match",
                "error",
                f"The last activation {activation} gives {_g(low)} to {_g(high)}, and {outside.mean():.0%} of the targets are "
                f"outside: they reach from {_g(values.min())} to {_g(values.max())}.",
                "use a linear last layer (no activation), or scale the targets into that range.",
                {"share": float(outside.mean()), "lowest": float(values.min()), "highest": float(values.max())},
            )
            return
    if activation in ("sigmoid", "softmax") and len(values) > 1 and set(np.unique(values)) <= {0.0, 1.0}:
        better = "binary_crossentropy" if activation == "sigmoid" else "categorical_crossentropy"
        flat = float(np.mean(output * (1 - output)))
        yield Finding(
            "Last activation and loss do not match",
            "hint",
            f"All targets are 0 or 1, the last activation is {activation}, and the loss {kind} has its gradient multiplied by "
            f"p (1 - p), {flat:.2g} on average here: answers that are surely wrong hardly learn.",
            f"use loss={better!r}, whose gradient is p - y.",
            {"factor": flat},
        )


def _check_probabilities(
    kind: str, output: np.ndarray, activation: str, units: int, is_logits: bool
) -> Iterator[Finding]:
    is_binary = kind == BINARY
    wanted = "sigmoid" if is_binary else "softmax"
    sums = output.sum(axis=-1)
    low, high = float(output.min()), float(output.max())
    numbers = {"lowest": low, "highest": high}
    is_inside = low >= -1e-6 and high <= 1 + 1e-6
    adds_up = is_binary or bool(np.allclose(sums, 1, atol=1e-3))
    if is_logits:
        if activation in ("sigmoid", "softmax"):
            yield Finding(
                "Last activation and loss do not match",
                "error",
                f"The loss {kind} has from_logits=True, so it applies {wanted} itself, and the last activation is {activation} "
                f"already: the outputs lie between {_g(low)} and {_g(high)}.",
                "drop the last activation, or from_logits=True.",
                numbers,
            )
        return
    if is_inside and adds_up and activation in (wanted, "", "hard_sigmoid", *(("softmax",) if is_binary else ())):
        return
    what = f"the last activation is {activation}" if activation else "the last layer is no probability"
    shown = f"outputs reach from {_g(low)} to {_g(high)}"
    if not is_binary:
        shown += f", and rows add up to {_g(float(sums.min()))} to {_g(float(sums.max()))}"
        numbers["largest_sum"] = float(sums.max())
    yield Finding(
        "Last activation and loss do not match",
        "error",
        f"The loss {kind} takes probabilities, and {what}: {shown}.",
        f"use Dense({units}, activation={wanted!r}), or from_logits=True in the loss and no activation.",
        numbers,
    )


def check_single_softmax(output: np.ndarray, activation: str) -> Iterator[Finding]:
    """A softmax over one unit."""
    if activation == "softmax" and output.ndim > 1 and output.shape[-1] == 1:
        yield Finding(
            "Softmax over one unit",
            "error",
            f"The output has 1 unit, and softmax over one unit is always 1: all {len(output)} answers looked at are "
            f"{_g(float(output.max()))}.",
            "use activation='sigmoid' with loss='binary_crossentropy', or one unit for every class.",
            {"units": 1},
        )


def check_balance(loss: Any, target: np.ndarray, units: int) -> Iterator[Finding]:
    """Classes that are rare, or never occur."""
    counts = class_counts(loss, target, units)
    if counts is None or counts.sum() < 20:
        return
    total, most = int(counts.sum()), int(counts.argmax())
    missing = np.flatnonzero(counts == 0)
    present = np.where(counts > 0, counts, counts.max())
    rarest = int(present.argmin())
    if len(counts) == 2 and len(missing):
        yield Finding(
            "Classes out of balance",
            "error",
            f"All {total:,} targets are of class {most}: there is nothing to tell apart.",
            "look how x and y were split; a sorted data set must be shuffled before it is cut.",
            {"classes": 1},
        )
        return
    ratio = counts[most] / present[rarest]
    if ratio >= RARE:
        weights = {int(c): round(float(total / (np.count_nonzero(counts) * n)), 2) for c, n in enumerate(counts) if n}
        shown = weights if len(weights) <= 10 else {c: weights[c] for c in (most, rarest)}
        yield Finding(
            "Classes out of balance",
            "warning",
            f"class {most} has {int(counts[most]):,} of {total:,} samples and class {rarest} has {int(counts[rarest]):,}, "
            f"{ratio:.0f} times fewer: always answering {most} is right in {counts[most] / total:.0%}.",
            f"fit(..., class_weight={shown}), and look at precision and recall or a confusion matrix instead of accuracy.",
            {"ratio": float(ratio), "largest_share": float(counts[most] / total)},
        )
    elif len(missing):
        yield Finding(
            "Classes out of balance",
            "hint",
            f"{len(missing)} of {len(counts)} classes have no sample, the first is class {int(missing[0])}.",
            f"give the last layer {len(counts) - len(missing)} units and number the classes without gaps, or look where their "
            "samples went.",
            {"missing": len(missing)},
        )


def check_order(loss: Any, target: np.ndarray, units: int) -> Iterator[Finding]:
    """Classes one after the other: a split at the end takes the last ones only."""
    counts = class_counts(loss, target, units)
    if counts is None or len(target) < 20:
        return
    classes = target.argmax(axis=-1) if loss_kind(loss) == CATEGORICAL else target
    classes = classes.reshape(len(target), -1)[:, 0]
    changes = int((np.diff(classes) != 0).sum())
    present = int(np.count_nonzero(counts))
    if present > 1 and changes == present - 1:
        tail = classes[-max(len(classes) // 5, 1) :]
        yield Finding(
            "Data sorted by class",
            "warning",
            f"The class changes only {changes} times in {len(target):,} rows: the last fifth, which validation_split takes, holds "
            f"{len(np.unique(tail))} of {present} classes.",
            "shuffle x and y together before fit(..., validation_split=...), or pass validation_data.",
            {"changes": changes, "classes": present},
        )


def class_counts(loss: Any, target: np.ndarray, units: int) -> np.ndarray | None:
    """Samples of each class; None if the targets are no classes."""
    kind = loss_kind(loss)
    if kind == SPARSE:
        return np.bincount(target.reshape(-1).astype(np.int64), minlength=units)
    if kind == CATEGORICAL:
        return np.bincount(target.reshape(-1, target.shape[-1]).argmax(axis=1), minlength=units)
    if kind == BINARY and units == 1 and set(np.unique(target)) <= {0, 1}:
        return np.bincount(target.reshape(-1).astype(np.int64), minlength=2)
    return None


def constant_loss(loss: Any, target: np.ndarray, output: np.ndarray) -> float | None:
    """The loss of the best answer that is the same for all samples; None if it is not known."""
    kind = loss_kind(loss)
    is_logits = bool(getattr(loss, "kwargs", {}).get("from_logits", False))
    shape = (len(target), *output.shape[1:])
    if kind in (SPARSE, CATEGORICAL):
        counts = class_counts(loss, target, output.shape[-1])
        assert counts is not None
        shares = np.clip(counts / counts.sum(), 1e-7, 1)
        constant = np.log(shares) if is_logits else shares
    elif kind == BINARY:
        share = np.clip(target.astype(np.float64).mean(axis=0).reshape(output.shape[1:]), 1e-7, 1 - 1e-7)
        constant = np.log(share / (1 - share)) if is_logits else share
    elif kind in REGRESSION:
        middle = np.median if kind == "mean_absolute_error" else np.mean
        constant = middle(target.astype(np.float64), axis=0).reshape(output.shape[1:])
    else:
        return None
    return float(np.asarray(loss(target, np.broadcast_to(constant, shape).astype(np.float32))))


def _g(value: Any) -> str:
    value = float(value)
    if not np.isfinite(value):
        return "infinity" if value > 0 else str(value)
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e9 else f"{value:.3g}"
