"""IMDB: 50,000 reviews of films, half of them positive, as lists of word numbers. Maas et al. 2011."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from yeoul.datasets import words
from yeoul.datasets.pickled import read_npz
from yeoul.datasets.tables import BASE_URL, Arrays
from yeoul.utils.fetching import get_file

_URL = BASE_URL + "imdb.npz"
_SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
_INDEX_URL = BASE_URL + "imdb_word_index.json"
_INDEX_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: Any,
) -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)): object arrays of lists of word numbers, and labels (1 is positive).

    Args:
        path: name in the cache.
        num_words: word numbers kept are below it; all if None.
        skip_top: word numbers below it are left out.
        maxlen: texts of this length or longer are left out.
        seed: of the order of texts.
        start_char: number that stands before every text; None for none.
        oov_char: number in place of words that are left out; None to drop them.
        index_from: added to word numbers, so that 0 (padding) and the marks are free.

    Raises: OSError if the file is not there and cannot be fetched; ValueError if it is damaged, or `maxlen` leaves none.
    """
    if "nb_words" in kwargs:
        warnings.warn("The `nb_words` argument in `load_data` has been renamed `num_words`.", stacklevel=2)
        num_words = kwargs.pop("nb_words")
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs!s}.")
    data = read_npz(Path(get_file(path, origin=_URL, file_hash=_SHA256)))
    generator = np.random.RandomState(seed)
    texts: list[list[int]] = []
    labels = []
    counts = []
    for part in ("train", "test"):
        order = np.arange(len(data[f"x_{part}"]))
        generator.shuffle(order)
        some = words.shifted(data[f"x_{part}"][order], start_char, index_from)
        answers = data[f"y_{part}"][order]
        if maxlen:
            some, answers = words.without_long(some, answers, maxlen)
        texts += some
        labels.append(answers)
        counts.append(len(some))
    x = words.limited(texts, num_words, skip_top, oov_char)
    return (x[: counts[0]], labels[0]), (x[counts[0] :], labels[1])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """{word: number}; `index_from` is not added yet."""
    return words.read_word_index(Path(get_file(path, origin=_INDEX_URL, file_hash=_INDEX_MD5)))
