"""What the numbers of the data say: NaN, features of very different size, rows that stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul.diagnosis.finding import Finding

#: Features with this root of the mean square, or more, are large; stochastic gradients expect about 1.
LARGE = 15.0
#: All features below this are small.
SMALL = 0.01
#: Standard deviations this far apart belong to features on different scales.
APART = 100.0
#: Layers that bring features to one scale themselves, or take numbers of categories.
_SCALING = frozenset(
    [
        "Normalization",
        "Rescaling",
        "BatchNormalization",
        "LayerNormalization",
        "GroupNormalization",
        "UnitNormalization",
        "SpectralNormalization",
        "Embedding",
        "Discretization",
        "Hashing",
        "CategoryEncoding",
        "IntegerLookup",
    ]
)


def check_finite(named: Iterator[tuple[str, np.ndarray]]) -> Iterator[Finding]:
    """NaN and infinite values in inputs and targets."""
    for name, array in named:
        if array.dtype.kind != "f":
            continue
        wrong = ~np.isfinite(array.reshape(len(array), -1))
        rows = wrong.any(axis=1)
        if not rows.any():
            continue
        yield Finding(
            "Values that are no numbers",
            "error",
            f"{name} holds NaN or infinite values in {int(rows.sum()):,} of {len(array):,} rows, the first is row "
            f"{int(rows.argmax())}. One of them makes the loss and then every weight NaN.",
            "fill these values (for example with the feature's mean) or drop the rows.",
            {"rows": int(rows.sum()), "first_row": int(rows.argmax())},
        )


def check_weights(model: Any) -> Iterator[Finding]:
    """Weights that are lost already."""
    lost = [v for v in model.weights if v.array.dtype.kind == "f" and not np.isfinite(v.array).all()]
    if lost:
        count = sum(int((~np.isfinite(v.array)).sum()) for v in lost)
        yield Finding(
            "Weights that are no numbers",
            "error",
            f"{count:,} weights in {len(lost)} of {len(model.weights)} arrays are NaN or infinite, first in {lost[0].path!r}.",
            "build the model anew: training can not bring these weights back. A smaller learning rate, or clipnorm=1.0 in the "
            "optimizer, keeps them finite.",
            {"weights": count},
        )


def check_scale(name: str, array: np.ndarray, readers: list[Any]) -> Iterator[Finding]:
    """Features that are large, tiny, or on different scales, and go into a layer with weights as they are.

    Args:
        readers: the layers that see the feature values unchanged.
    """
    readers = [layer for layer in readers if type(layer).__name__ not in _SCALING and layer.weights]
    if not readers or array.dtype.kind not in "fiu" or len(array) < 2:
        return
    values = array.reshape(len(array), -1) if array.ndim == 2 else array.reshape(-1, array.shape[-1])
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        values = values[np.isfinite(values).all(axis=1)]
        if len(values) < 2:
            return
    means, deviations = values.mean(axis=0), values.std(axis=0)
    sizes = np.sqrt(np.square(values).mean(axis=0))
    is_varied = deviations > 1e-12 * np.maximum(np.abs(means), 1e-300)
    largest, overall = int(sizes.argmax()), float(np.sqrt(np.square(sizes).mean()))
    numbers = {"largest_size": float(sizes[largest]), "overall_size": overall}
    what = f"feature {largest} of {name}" if array.ndim == 2 else f"channel {largest} of {name}"
    into = f"{type(readers[0]).__name__} {readers[0].name!r} takes the values as they are."
    if sizes[largest] >= LARGE:
        lowest, highest = float(values.min()), float(values.max())
        is_image = array.ndim > 2 and lowest >= 0 and 200 <= highest <= 255
        yield Finding(
            "Features are not scaled",
            "warning",
            f"{what} has mean {means[largest]:,.4g} and standard deviation {deviations[largest]:,.4g}, and a network expects "
            f"about 0 and 1. {into}",
            "divide the pixels by 255, or start with Rescaling(1/255)."
            if is_image
            else "subtract each feature's mean and divide by its standard deviation (both of the training data), or start with a "
            "Normalization layer adapted to x.",
            numbers,
        )
        return
    if is_varied.any() and array.ndim == 2:
        # Columns that are 0 but for a few rows vary little by nature: ranges are compared too, and 0-1 columns not at all.
        chosen = np.array([k for k in np.flatnonzero(is_varied) if len(np.unique(values[:, k])) > 2], int)
        if len(chosen) > 1:
            ranges = np.ptp(values, axis=0)
            low, high = chosen[ranges[chosen].argmin()], chosen[ranges[chosen].argmax()]
            ratio = deviations[high] / deviations[low]
            if ratio >= APART and ranges[high] >= APART * ranges[low]:
                yield Finding(
                    "Features are not scaled",
                    "warning",
                    f"feature {high} of {name} has the standard deviation {deviations[high]:.4g} and feature {low} has "
                    f"{deviations[low]:.4g}, {ratio:,.0f} times less: its weight would learn {ratio:,.0f} times slower. {into}",
                    "divide each feature by its standard deviation (of the training data), or start with a Normalization layer "
                    "adapted to x.",
                    {**numbers, "ratio": float(ratio)},
                )
                return
    if 0 < overall < SMALL:
        yield Finding(
            "Features are not scaled",
            "warning",
            f"the values of {name} are tiny: the root of their mean square is {overall:.2g}, and a network expects about 1. {into}",
            "subtract each feature's mean and divide by its standard deviation (both of the training data).",
            numbers,
        )


def check_leak(x: np.ndarray, validation_x: np.ndarray) -> Iterator[Finding]:
    """Rows of the validation data that are rows of the training data too, beyond how often rows repeat by themselves."""
    if x.ndim < 2 or x.shape[1:] != validation_x.shape[1:] or len(x) < 2 or not len(validation_x):
        return
    train, held_out = _keys(x), _keys(validation_x)
    repeated = 1 - len(set(train)) / len(train)
    known = set(train)
    shared = [i for i, key in enumerate(held_out) if key in known]
    share = len(shared) / len(held_out)
    if share > 0.01 and share > 2 * repeated and len(shared) > 1:
        yield Finding(
            "Validation rows are training rows",
            "warning",
            f"{len(shared):,} of {len(held_out):,} validation rows ({share:.0%}) are in the training data too, the first is row "
            f"{shared[0]}; within the training data {repeated:.0%} of the rows repeat. The model has seen their answers.",
            "drop duplicates before splitting the data.",
            {"rows": len(shared), "share": share, "repeated": repeated},
        )


def _keys(array: np.ndarray) -> list[bytes]:
    flat = np.ascontiguousarray(array.reshape(len(array), -1))
    return [row.tobytes() for row in flat]
