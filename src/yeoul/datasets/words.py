"""Texts as lists of word numbers, the way IMDB and Reuters come: word i is the i-th most frequent one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


def shifted(texts: np.ndarray, start_char: int | None, index_from: int | None) -> list[list[int]]:
    """Word numbers made room for the reserved ones, with the start mark in front."""
    start = [] if start_char is None else [start_char]
    return [start + [int(word) + (index_from or 0) for word in text] for text in texts]


def without_long(texts: list[list[int]], labels: np.ndarray, maxlen: int) -> tuple[list[list[int]], np.ndarray]:
    """Only texts shorter than `maxlen`, marks included, with their labels.

    Raises: ValueError if there are none.
    """
    kept = [i for i, text in enumerate(texts) if len(text) < maxlen]
    if not kept:
        raise ValueError(
            f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. Increase maxlen."
        )
    return [texts[i] for i in kept], labels[kept]


def limited(texts: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> np.ndarray:
    """An object array of lists with words from `skip_top` to before `num_words`; others become `oov_char`, or nothing.

    Without `num_words`, the largest number counts as beyond it, as in Keras.
    """
    end = num_words or max((max(text) for text in texts if text), default=0)
    if oov_char is not None:
        made = [[word if skip_top <= word < end else oov_char for word in text] for text in texts]
    else:
        made = [[word for word in text if skip_top <= word < end] for text in texts]
    array = np.empty(len(made), object)
    array[:] = made
    return array


def read_word_index(path: Path) -> dict[str, int]:
    """{word: number}.

    Raises: ValueError, naming the file, if it is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}. Delete it and load again.") from None
