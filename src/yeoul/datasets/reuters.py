"""Reuters: 11,228 newswires of 1987 in 46 topics, as lists of word numbers. Lewis 1997, Reuters-21578."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yeoul.datasets import words
from yeoul.datasets.pickled import read_npz
from yeoul.datasets.tables import BASE_URL, Arrays
from yeoul.utils.fetching import get_file

_URL = BASE_URL + "reuters.npz"
_SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
_INDEX_URL = BASE_URL + "reuters_word_index.json"
_INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"

_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass "
    "crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi "
    "iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)): object arrays of lists of word numbers, and topics 0 to 45.

    Args:
        path: name in the cache.
        num_words: word numbers kept are below it; all if None.
        skip_top: word numbers below it are left out.
        maxlen: texts of this length or longer are left out.
        test_split: share of the texts that are for tests.
        seed: of the order of texts.
        start_char: number that stands before every text; None for none.
        oov_char: number in place of words that are left out; None to drop them.
        index_from: added to word numbers, so that 0 (padding) and the marks are free.

    Raises: OSError if the file is not there and cannot be fetched; ValueError if it is damaged, or `maxlen` leaves none.
    """
    data = read_npz(Path(get_file(path, origin=_URL, file_hash=_SHA256)))
    order = np.arange(len(data["x"]))
    np.random.RandomState(seed).shuffle(order)
    texts, labels = words.shifted(data["x"][order], start_char, index_from), data["y"][order]
    if maxlen:
        texts, labels = words.without_long(texts, labels, maxlen)
    x = words.limited(texts, num_words, skip_top, oov_char)
    at = int(len(x) * (1 - test_split))
    return (x[:at], labels[:at]), (x[at:], labels[at:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """{word: number}; `index_from` is not added yet."""
    return words.read_word_index(Path(get_file(path, origin=_INDEX_URL, file_hash=_INDEX_MD5)))


def get_label_names() -> tuple[str, ...]:
    """Names of the 46 topics, by label."""
    return tuple(_TOPICS.split())
