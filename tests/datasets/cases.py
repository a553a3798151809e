"""Calls of data sets whose results are recorded from Keras."""

import hashlib

import numpy as np

CASES = {
    "boston": ("boston_housing", "load_data", {}),
    "boston_seed": ("boston_housing", "load_data", {"seed": 1, "test_split": 0.5}),
    "california": ("california_housing", "load_data", {}),
    "california_small": ("california_housing", "load_data", {"version": "small", "seed": 5}),
    "california_wrong": ("california_housing", "load_data", {"version": "tiny"}),
    "cifar100": ("cifar100", "load_data", {}),
    "cifar100_coarse": ("cifar100", "load_data", {"label_mode": "coarse"}),
    "cifar100_wrong": ("cifar100", "load_data", {"label_mode": "medium"}),
    **{
        f"{name}{label}": (name, "load_data", arguments)
        for name in ("imdb", "reuters")
        for label, arguments in {
            "": {},
            "_num_words": {"num_words": 30},
            "_skip_top": {"num_words": 40, "skip_top": 10, "oov_char": None},
            "_maxlen": {"maxlen": 8, "seed": 3},
            "_plain": {"start_char": None, "index_from": 0},
            "_shifted": {"start_char": None, "index_from": 7, "oov_char": 0},
        }.items()
    },
    "imdb_none_left": ("imdb", "load_data", {"maxlen": 2}),
    "reuters_split": ("reuters", "load_data", {"test_split": 0.45}),
    "imdb_index": ("imdb", "get_word_index", {}),
    "reuters_index": ("reuters", "get_word_index", {}),
    "reuters_labels": ("reuters", "get_label_names", {}),
}


def summary(value):
    """Something for a JSON file that tells two results apart: texts as they are, numbers by shape, dtype and digest."""
    if isinstance(value, tuple):
        return [summary(part) for part in value]
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype == object:
        return [list(map(int, text)) for text in value]
    digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
    return f"{value.dtype} {value.shape} {digest}"
