"""What is looked at before training, so that a mistake has a message and not a wrong number."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.core.arguments import is_own

_SPARSE = "sparse_categorical_crossentropy"
_CATEGORICAL = "categorical_crossentropy"
_BINARY = "binary_crossentropy"
_REGRESSION = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
)


def loss_kind(loss: Any) -> str:
    """The name of the function behind a `Loss`, "" if it is a user's own."""
    function = getattr(loss, "fn", None)
    if is_own(function):
        return getattr(function, "__name__", "")
    return ""


def check_loss_fits(loss: Any, target_shape: tuple, output_shape: tuple, output_name: str | None = None) -> None:
    """Compares the shapes of targets and output with what the loss takes.

    Raises: ValueError with what to change.
    """
    kind = loss_kind(loss)
    if not kind or not output_shape or output_shape[-1] is None:
        return
    of_output = f" of output {output_name!r}" if output_name else ""
    classes = output_shape[-1]
    target, output = tuple(target_shape), tuple(output_shape)
    if kind in (_SPARSE, _CATEGORICAL) and classes == 1:
        raise ValueError(
            f"The loss {kind!r}{of_output} compares classes, and the output has 1 unit (shape {output}): softmax "
            f"over one unit is "
            "always 1. Use Dense(1, activation='sigmoid') with loss='binary_crossentropy', or one unit for every class."
        )
    is_one_hot = len(target) == len(output) and target[-1] == classes and classes > 1
    is_class_number = len(target) < len(output) or (target[-1] == 1 and classes > 1)
    if kind == _SPARSE and is_one_hot:
        raise ValueError(
            f"The loss {kind!r}{of_output} takes class numbers, and the targets have shape {target}, as wide as the "
            f"output {output}: they look one-hot. Use loss='categorical_crossentropy', or pass y.argmax(axis=-1)."
        )
    if kind == _CATEGORICAL and is_class_number:
        raise ValueError(
            f"The loss {kind!r}{of_output} takes one-hot targets of shape {output}, and got targets of shape {target}: "
            "they look like class numbers. Use loss='sparse_categorical_crossentropy', or pass utils.to_categorical(y)."
        )
    if kind == _BINARY and is_class_number and classes > 1:
        raise ValueError(
            f"The loss {kind!r}{of_output} takes one 0 or 1 for every unit, and the output has {classes} units (shape "
            f"{output}) for targets of shape {target}. For {classes} classes use Dense({classes}, "
            f"activation='softmax') "
            "with loss='sparse_categorical_crossentropy'; for two classes Dense(1, activation='sigmoid')."
        )
    if kind in (_CATEGORICAL, _BINARY, *_REGRESSION) and len(target) == len(output) and target[1:] != output[1:]:
        raise ValueError(
            f"The loss {kind!r}{of_output} compares targets of shape {target} with an output of shape {output}. "
            f"They must be equal: give the last layer {target[-1]} unit(s), or pass targets of shape (samples, "
            f"{', '.join(map(str, output[1:]))})."
        )


def check_softmax(layers: Any) -> None:
    """Looks for a softmax over a single unit among the layers that outputs come from.

    Raises: ValueError if there is one.
    """
    for layer in layers:
        activation = getattr(layer, "activation", None)
        if getattr(activation, "__name__", "") == "softmax" and getattr(layer, "units", None) == 1:
            raise ValueError(
                f"Layer {layer.name!r} is a softmax over 1 unit: softmax over one unit is always 1, so there is "
                f"nothing to learn. "
                "Use activation='sigmoid' for two classes, or one unit for every class."
            )


def takes_class_numbers(loss: Any) -> bool:
    return loss_kind(loss) == _SPARSE


def check_labels(loss: Any, target: np.ndarray, output_shape: tuple) -> None:
    """Looks for class numbers that the output has no unit for.

    Raises: ValueError with the first value out of range and its row.
    """
    kind = loss_kind(loss)
    if kind == _SPARSE:
        low, high = 0, output_shape[-1] - 1
    elif kind == _BINARY:
        low, high = 0, 1
    else:
        return
    if not target.size or (low <= target.min() and target.max() <= high):
        return
    wrong = (target < low) | (target > high)
    ignored = getattr(loss, "kwargs", {}).get("ignore_class")
    if ignored is not None:
        wrong &= target != ignored
    if not wrong.any():
        return
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    value, row = target[where].item(), where[0]
    if kind == _SPARSE:
        raise ValueError(
            f"The target in row {row} is {value}, and the output has {high + 1} units: class numbers must be 0 to "
            f"{high}. "
            f"Give the last layer {int(target.max()) + 1} units, or number the classes from 0."
            if value > 0
            else f"The target in row {row} is {value}, and class numbers must be 0 to {high}. Number the classes "
            f"from 0."
        )
    raise ValueError(
        f"The target in row {row} is {value}, and binary cross-entropy takes targets from 0 to 1. For several "
        f"classes use "
        "softmax with loss='sparse_categorical_crossentropy', for numbers a regression loss such as 'mse'."
    )


def warn_of_nan(named_arrays: Iterator[tuple[str, np.ndarray]]) -> None:
    """Warns of arrays that hold NaN: training on them makes every weight NaN."""
    for name, array in named_arrays:
        if array.dtype.kind != "f" or not array.size:
            continue
        with np.errstate(all="ignore"):
            if not np.isnan(np.sum(array)) or not np.isnan(array).any():
                continue
        rows = np.isnan(array.reshape(len(array), -1)).any(axis=1)
        warnings.warn(
            f"`{name}` holds NaN in {int(rows.sum())} of {len(array)} rows, the first is row {int(rows.argmax())}. "
            f"The loss will become NaN. "
            "Fill these values or drop the rows.",
            stacklevel=4,
        )


def warn_of_nan_loss(epoch: int) -> None:
    warnings.warn(
        f"The loss became NaN in epoch {epoch + 1}. Try a smaller learning rate, scale the inputs, or look for NaN "
        f"in the data; "
        "callbacks.TerminateOnNaN() ends training when it happens.",
        stacklevel=8,
    )


def warn_of_missing_batches() -> None:
    warnings.warn(
        "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at "
        "least `steps_per_epoch * epochs` batches.",
        stacklevel=5,
    )
