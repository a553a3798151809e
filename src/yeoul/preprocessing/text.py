"""Texts as sequences of numbers: the older Tokenizer. New programs use a TextVectorization layer."""

from __future__ import annotations

import collections
import hashlib
import json
from typing import Any

import numpy as np

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(input_text: str, filters: str = _FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text, without the characters in `filters`."""
    text = input_text.lower() if lower else input_text
    return [word for word in text.translate({ord(mark): split for mark in filters}).split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Any = None,
) -> list[int]:
    """A number from 1 to n - 1 for every word, by Python's `hash`, which differs between runs."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Any = None,
) -> list[int]:
    """A number from 1 to n - 1 for every word, by `hash_function` (Python's `hash` if None, or "md5")."""
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    function = hash if hash_function is None else hash_function
    if function == "md5":
        function = _md5
    return [function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Numbers for words, the most frequent first, from 1 on.

    Args:
        num_words: words from this number on are left out of results; None for all.
        filters: characters that separate words.
        lower: whether capitals count as small letters.
        split: what separates words.
        char_level: whether every character is a word.
        oov_token: stands for words that are not known, as number 1; None leaves them out.
        analyzer: makes words of a text instead.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Any = None,
        **kwargs: Any,
    ):
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: collections.OrderedDict[str, int] = collections.OrderedDict()
        self.word_docs: collections.defaultdict[str, int] = collections.defaultdict(int)
        self.index_docs: collections.defaultdict[int, int] = collections.defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Any) -> list[str]:
        if self.char_level or isinstance(text, list):
            parts = text if isinstance(text, (list, str)) else list(text)
            return [part.lower() for part in parts] if self.lower else list(parts)
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Any) -> None:
        """Counts the words of texts (strings, or lists of words) and numbers them."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        ordered = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        names = ordered if self.oov_token is None else [self.oov_token, *ordered]
        self.word_index = {word: number for number, word in enumerate(names, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Any) -> None:
        """Counts in how many sequences of numbers each occurs."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Any) -> list[list[int]]:
        """A list of numbers for every text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Any) -> Any:
        """The lists of `texts_to_sequences` one by one."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for text in texts:
            found = []
            for word in self._words(text):
                number = self.word_index.get(word)
                if number is not None and (not self.num_words or number < self.num_words):
                    found.append(number)
                elif unknown is not None:
                    found.append(unknown)
            yield found

    def sequences_to_texts(self, sequences: Any) -> list[str]:
        """The words of every list of numbers, joined by spaces."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Any) -> Any:
        """The texts of `sequences_to_texts` one by one."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for sequence in sequences:
            words = []
            for number in sequence:
                word = self.index_word.get(number)
                if word is not None and (not self.num_words or number < self.num_words):
                    words.append(word)
                elif unknown is not None:
                    words.append(self.index_word[unknown])
            yield " ".join(words)

    def texts_to_matrix(self, texts: Any, mode: str = "binary") -> np.ndarray:
        """(texts, num_words): see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> np.ndarray:
        """(sequences, num_words): whether ("binary"), how often ("count"), which share ("freq") or how tellingly ("tfidf").

        Raises: ValueError for another mode, or if it is not known how many words there are.
        """
        if not self.num_words and not self.word_index:
            raise ValueError("Specify a dimension (`num_words` argument), or fit on some text data first.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Fit the Tokenizer on some data before using tfidf mode.")
        if mode not in ("binary", "count", "freq", "tfidf"):
            raise ValueError("Unknown vectorization mode:", mode)
        width = self.num_words or len(self.word_index) + 1
        made = np.zeros((len(sequences), width))
        for row, sequence in enumerate(sequences):
            counts = collections.Counter(number for number in sequence if number < width)
            for number, count in counts.items():
                if mode == "count":
                    made[row, number] = count
                elif mode == "freq":
                    made[row, number] = count / len(sequence)
                elif mode == "binary":
                    made[row, number] = 1
                else:
                    rarity = np.log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))
                    made[row, number] = (1 + np.log(count)) * rarity
        return made

    def get_config(self) -> dict[str, Any]:
        """Settings and counts, as JSON texts where they are tables."""
        return {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
            "word_counts": json.dumps(self.word_counts),
            "word_docs": json.dumps(self.word_docs),
            "index_docs": json.dumps(self.index_docs),
            "index_word": json.dumps(self.index_word),
            "word_index": json.dumps(self.word_index),
        }

    def to_json(self, **kwargs: Any) -> str:
        """What `tokenizer_from_json` makes the same tokenizer of."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """A tokenizer from what `to_json` gave."""
    settings = json.loads(json_string)["config"]
    tables = {
        name: json.loads(settings.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    }
    made = Tokenizer(**settings)
    made.word_counts = collections.OrderedDict(tables["word_counts"])
    made.word_docs.update(tables["word_docs"])
    made.index_docs.update({int(k): v for k, v in tables["index_docs"].items()})
    made.index_word = {int(k): v for k, v in tables["index_word"].items()}
    made.word_index = tables["word_index"]
    return made
