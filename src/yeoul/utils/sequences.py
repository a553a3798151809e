"""Sequences of different length as one array."""

from __future__ import annotations

from typing import Any

import numpy as np


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """An array (samples, steps, ...) of sequences made equally long.

    Args:
        sequences: list of sequences; a step may be a number or an array.
        maxlen: steps; those of the longest sequence if None.
        dtype: of the result; `object` for strings.
        padding: whether missing steps are put before ("pre") or after ("post").
        truncating: whether surplus steps are taken away from the beginning ("pre") or the end ("post").
        value: what missing steps hold.

    Raises: ValueError if something is no sequence, or steps differ in shape.
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    for name, place in (("Truncating", truncating), ("Padding", padding)):
        if place not in ("pre", "post"):
            raise ValueError(f'{name} type "{place}" not understood. Use "pre" or "post".')
    for sequence in sequences:
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {sequence}")
    if maxlen is None:
        maxlen = max((len(sequence) for sequence in sequences), default=0)
    step_shape = next((np.asarray(sequence).shape[1:] for sequence in sequences if len(sequence)), ())
    is_text = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and np.dtype(dtype) != object and not is_text:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\n"
            "You should set `dtype=object` for variable length strings."
        )
    padded = np.full((len(sequences), maxlen, *step_shape), value, dtype=dtype)
    for i, sequence in enumerate(sequences):
        if not len(sequence) or not maxlen:
            continue
        kept = np.asarray(sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen], dtype=dtype)
        if kept.shape[1:] != step_shape:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence at position {i} is different from expected shape "
                f"{step_shape}"
            )
        if padding == "post":
            padded[i, : len(kept)] = kept
        else:
            padded[i, maxlen - len(kept) :] = kept
    return padded
