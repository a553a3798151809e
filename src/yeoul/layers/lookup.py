"""StringLookup and IntegerLookup: places of tokens in a vocabulary."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import dtypes
from yeoul.core.tensor import Tensor, from_array
from yeoul.layers.adapting import batches_of
from yeoul.layers.encoding import check_output_mode, encode, encoded_shape
from yeoul.layers.hashing import buckets, salt_key
from yeoul.layers.host_layer import HostLayer
from yeoul.serialization import attributes

__all__ = ["IntegerLookup", "StringLookup"]

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_NOWHERE = -1


class IndexLookup(HostLayer):
    """Base of layers that know a vocabulary: [mask token], out-of-vocabulary tokens, then the tokens, most frequent first."""

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any,
        idf_weights: Any,
        invert: bool,
        output_mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
        salt: Any,
        oov_method: str = "floormod",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        kind = type(self).__name__
        check_output_mode(kind, output_mode, _MODES, sparse)
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(f"{kind}: max_tokens, if set, must be greater than 1, and is {max_tokens}.")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"{kind}: pad_to_max_tokens=True needs max_tokens, and it is None.")
        if num_oov_indices < 0:
            raise ValueError(f"{kind}: num_oov_indices must be greater than or equal to 0, and is {num_oov_indices}.")
        if invert and output_mode != "int":
            raise ValueError(f"{kind}: output_mode must be 'int' when invert is true, and is {output_mode!r}.")
        if invert and num_oov_indices != 1:
            raise ValueError(f"{kind}: num_oov_indices must be 1 when invert is true, and is {num_oov_indices}.")
        if oov_method not in ("floormod", "farmhash"):
            raise ValueError(f"{kind}: oov_method must be 'floormod' or 'farmhash', and is {oov_method!r}.")
        if idf_weights is not None and output_mode != "tf_idf":
            raise ValueError(f"{kind}: idf_weights are for output_mode='tf_idf', and it is {output_mode!r}.")
        self.max_tokens, self.num_oov_indices, self.oov_token, self.mask_token = max_tokens, num_oov_indices, oov_token, mask_token  # fmt: skip
        self.invert, self.output_mode, self.sparse, self.pad_to_max_tokens = (
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
        )
        self.oov_method, self._key = oov_method, salt_key(kind, salt)
        self.salt = None if self._key is None else list(self._key)
        self.input_vocabulary, self.input_idf_weights = vocabulary, idf_weights
        self._tokens: list[Any] = []  # without special ones
        self.idf_weights: Any = None
        self._is_static = False
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
            self._is_static = True
        self.built = True

    # -- vocabulary ---------------------------------------------------------------------------------------------------
    def _token(self, value: Any) -> Any:
        """A token as the vocabulary holds it."""
        raise NotImplementedError

    def _array_of(self, tokens: list[Any]) -> np.ndarray:
        raise NotImplementedError

    def _special(self) -> list[Any]:
        is_masked = self.mask_token is not None and self.output_mode == "int"
        return [*([self.mask_token] if is_masked else []), *[self.oov_token] * self.num_oov_indices]

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in order of their indices."""
        return [*(self._special() if include_special_tokens else []), *self._tokens]

    def vocabulary_size(self) -> int:
        """Number of tokens, special ones too; max_tokens if the layer pads to it."""
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens else len(self.get_vocabulary())

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Sets the vocabulary.

        Args:
            vocabulary: tokens in order, with the special ones in front or without them; or the path of a text file with one
                token a line.
            idf_weights: what each token counts, for "tf_idf".

        Raises: ValueError for an empty one, a repeated token, or more than max_tokens.
        """
        kind = f"{type(self).__name__} {self.name!r}"
        if isinstance(vocabulary, (str, os.PathLike)):
            with open(vocabulary, encoding="utf-8") as file:
                vocabulary = file.read().splitlines()
        tokens = [self._token(token) for token in np.asarray(vocabulary).tolist()]
        if not tokens:
            raise ValueError(f"{kind}: the vocabulary is empty.")
        if self.output_mode == "tf_idf" and idf_weights is None:
            raise ValueError(f"{kind}: with a vocabulary, output_mode='tf_idf' needs idf_weights too.")
        weights = None if idf_weights is None else np.asarray(idf_weights, np.float32)
        if weights is not None and len(weights) != len(tokens):
            raise ValueError(
                f"{kind}: idf_weights must be as many as tokens: there are {len(weights)} weights and {len(tokens)} tokens."
            )
        special = self._special()
        has_special = bool(special) and tokens[: len(special)] == special
        start = len(special) if has_special else 0
        rest = tokens[start:]
        repeated = [token for token, count in Counter(rest).items() if count > 1]
        if repeated:
            raise ValueError(f"{kind}: the vocabulary has repeated terms: {repeated[:10]}. Each may stand there once.")
        if self.mask_token is not None and self._token(self.mask_token) in rest:
            raise ValueError(
                f"{kind}: the mask token {self.mask_token!r} stands at index {rest.index(self.mask_token)} of the vocabulary. Leave "
                f"special tokens out, or put them in front in the order {special}."
            )
        if self.max_tokens is not None and len(special) + len(rest) > self.max_tokens:
            raise ValueError(
                f"{kind}: the vocabulary is larger than max_tokens: {len(special) + len(rest)} tokens with the special ones, and "
                f"max_tokens is {self.max_tokens}."
            )
        self._tokens = rest
        self._index()
        if weights is not None:
            oov = weights[:start] if has_special else np.full(len(special), weights.mean(), np.float32)
            self.idf_weights = np.concatenate([oov, weights[start:]])

    def _index(self) -> None:
        known = self._array_of(self._tokens)
        self._order = np.argsort(known, kind="stable")
        self._sorted = known[self._order]

    # -- learning it --------------------------------------------------------------------------------------------------
    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Takes the vocabulary from data, in place of that of an earlier call; equally frequent tokens in falling order.

        Args:
            data: an array, list, PyDataset, generator or other iterable of batches.
            steps: how many batches to take; all if None.

        Raises: ValueError if the layer was given a vocabulary.
        """
        if self._is_static:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} was given a vocabulary and can not adapt to data. Leave vocabulary out."
            )
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Counts the tokens of a batch."""
        array = self._array_of_any(np.asarray(data))
        tokens, counts = np.unique(array, return_counts=True)
        self._counts.update(dict(zip(tokens.tolist(), counts.tolist(), strict=True)))
        if self.output_mode == "tf_idf":
            documents = array.reshape(-1, 1) if array.ndim < 2 else array.reshape(len(array), -1)
            self._document_count += len(documents)
            for document in documents:
                self._documents.update(set(document.tolist()))

    def finalize_state(self) -> None:
        """Makes the vocabulary of what was counted."""
        if self._is_static or not self._counts:
            return
        special = self._special()
        for token in (self.mask_token, self.oov_token):
            self._counts.pop(token, None)
        ranked = sorted(self._counts.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)
        room = None if self.max_tokens is None else self.max_tokens - len(special)
        self._tokens = [token for token, _ in ranked[:room]]
        self._index()
        if self.output_mode == "tf_idf":
            found = np.array([self._documents[token] for token in self._tokens], np.float64)
            weights = np.log1p(self._document_count / (1.0 + found)).astype(np.float32)
            self.idf_weights = np.concatenate([np.full(len(special), weights.mean(), np.float32), weights])

    def reset_state(self) -> None:
        """Forgets what was learnt from data."""
        if self._is_static:
            return
        self._counts: Counter = Counter()
        self._documents: Counter = Counter()
        self._document_count = 0
        self._tokens = []
        self._index()

    # -- looking up ---------------------------------------------------------------------------------------------------
    def _array_of_any(self, array: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _oov_buckets(self, values: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _require_vocabulary(self) -> None:
        if not self._tokens:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} has no vocabulary yet: pass vocabulary, or call adapt(data) first."
            )

    def transform(self, inputs: np.ndarray) -> Any:
        self._require_vocabulary()
        if self.invert:
            return self._tokens_at(inputs)
        found = self._indices_of(self._array_of_any(inputs))
        return self._encoded(from_array(found), "int64")

    def _encoded(self, indices: Tensor, dtype: str) -> Tensor:
        depth = self.vocabulary_size()
        if self.output_mode != "tf_idf":
            return encode(indices, self.output_mode, depth, dtype)
        weights = np.zeros(depth, np.float32)
        weights[: len(self.idf_weights)] = self.idf_weights
        return encode(indices, "count", depth, "float32") * weights

    def _indices_of(self, values: np.ndarray) -> np.ndarray:
        special = self._special()
        places = np.minimum(np.searchsorted(self._sorted, values), len(self._sorted) - 1)
        is_known = self._sorted[places] == values
        found = np.where(is_known, self._order[places] + len(special), 0).astype(np.int64)
        is_masked = np.zeros(values.shape, bool) if self.mask_token is None else values == self._token(self.mask_token)
        is_oov = ~is_known & ~is_masked
        if is_oov.any():
            if self.num_oov_indices == 0:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r}: with num_oov_indices=0 all inputs must be in the vocabulary, and these "
                    f"are not: {np.unique(values[is_oov])[:10].tolist()}. Set num_oov_indices=1."
                )
            first = len(special) - self.num_oov_indices
            found[is_oov] = first + (self._oov_buckets(values[is_oov]) if self.num_oov_indices > 1 else 0)
        # The mask token has index 0 in mode "int" and leaves no trace in the others.
        found[is_masked] = 0 if self.output_mode == "int" else _NOWHERE
        return found

    def _tokens_at(self, indices: np.ndarray) -> Any:
        tokens = self.get_vocabulary()
        table = self._array_of([*tokens, self.oov_token])
        is_known = (indices >= 0) & (indices < len(tokens))
        return table[np.where(is_known, indices, len(tokens)).astype(np.int64)]

    def compute_output_shape(self, input_shape: Any) -> tuple:
        if self.output_mode == "int":
            return tuple(input_shape)
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        return encoded_shape(input_shape, mode, self.vocabulary_size())

    # -- configuration ------------------------------------------------------------------------------------------------
    def save_assets(self, dir_path: Any) -> None:
        """Writes the vocabulary into `vocabulary.txt`, a token a line, unless the configuration holds it."""
        if self.input_vocabulary is None:
            with open(os.path.join(dir_path, "vocabulary.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(str(token) for token in self.get_vocabulary()))
            if self.idf_weights is not None:
                np.savetxt(os.path.join(dir_path, "idf_weights.txt"), self.idf_weights)

    def load_assets(self, dir_path: Any) -> None:
        """Reads what `save_assets` wrote."""
        if self.input_vocabulary is None:
            weights = os.path.join(dir_path, "idf_weights.txt")
            self.set_vocabulary(
                os.path.join(dir_path, "vocabulary.txt"),
                np.loadtxt(weights, ndmin=1) if os.path.exists(weights) else None,
            )

    def get_config(self) -> dict[str, Any]:
        given, weights = self.input_vocabulary, self.input_idf_weights
        is_path = isinstance(given, (str, os.PathLike))
        return {
            **super().get_config(),
            **attributes(
                self, "invert max_tokens num_oov_indices oov_token mask_token output_mode sparse pad_to_max_tokens"
            ),
            "idf_weights": None if weights is None else np.asarray(weights).tolist(),
            "vocabulary": str(given) if is_path else None if given is None else np.asarray(given).tolist(),
            "vocabulary_size": len(self.get_vocabulary()) if self._tokens else None,
            "oov_method": self.oov_method,
            "salt": self.salt,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**{key: value for key, value in config.items() if key != "vocabulary_size"})


class StringLookup(IndexLookup):
    """Strings as their places in a vocabulary, or back.

    Args:
        max_tokens: largest size of the vocabulary, special tokens included.
        num_oov_indices: number of places for tokens that are not in it; a hash chooses among several.
        mask_token: a token for no entry: index 0, or no trace in other modes than "int".
        oov_token: what `invert` gives for unknown indices.
        vocabulary: tokens or a file of them; otherwise `adapt` finds them.
        idf_weights: what tokens count in mode "tf_idf".
        invert: whether indices become strings.
        output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf" (counts times inverse document frequencies).
        pad_to_max_tokens: whether rows have max_tokens numbers, however many tokens there are.
        encoding: of strings given as bytes.
        salt: for the hash, as for `Hashing`.

    Called on arrays or lists of strings, before the model: strings never enter a graph.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ):
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, salt, name=name, **kwargs,
        )  # fmt: skip
        self.encoding = encoding

    def _token(self, value: Any) -> str:
        return value.decode() if isinstance(value, bytes) else str(value)

    def _array_of(self, tokens: list[Any]) -> np.ndarray:
        return np.array(tokens, dtype=str) if tokens else np.empty(0, "U1")

    def _array_of_any(self, array: np.ndarray) -> np.ndarray:
        return array if array.dtype.kind == "U" else array.astype(str)

    def _oov_buckets(self, values: np.ndarray) -> np.ndarray:
        return buckets(values, self.num_oov_indices, self._key)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "encoding": self.encoding}


class IntegerLookup(IndexLookup):
    """Integers as their places in a vocabulary, or back. It can be part of a model, too.

    Args:
        vocabulary_dtype: "int64" or "int32".
        oov_method: how one of several places for unknown integers is chosen: "floormod" of the integer, or its "farmhash".
        The others as of `StringLookup`.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        if vocabulary_dtype not in ("int64", "int32"):
            raise ValueError(
                f"IntegerLookup: vocabulary_dtype must be 'int64' or 'int32', and is {vocabulary_dtype!r}."
            )
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, salt, oov_method, name=name, **kwargs,
        )  # fmt: skip
        self.vocabulary_dtype = vocabulary_dtype

    def _token(self, value: Any) -> int:
        return int(value)

    def _array_of(self, tokens: list[Any]) -> np.ndarray:
        return np.array(tokens, np.int64)

    def _array_of_any(self, array: np.ndarray) -> np.ndarray:
        return array.astype(np.int64)

    def _oov_buckets(self, values: np.ndarray) -> np.ndarray:
        if self.oov_method == "floormod" and self._key is None:
            return values % self.num_oov_indices
        return buckets(values, self.num_oov_indices, self._key)

    def call(self, inputs: Tensor) -> Tensor:
        """The lookup in ops, for a model."""
        self._require_vocabulary()
        if self.invert or (self.num_oov_indices > 1 and (self.oov_method != "floormod" or self._key is not None)):
            return super().call(inputs)
        x = inputs if dtypes.is_integer(inputs.dtype) else ops.cast(inputs, "int64")
        x = ops.cast(x, "int64")
        first = len(self._special())
        is_match = ops.equal(ops.expand_dims(x, -1), self._array_of(self._tokens))
        places = ops.sum(ops.where(is_match, np.arange(first, first + len(self._tokens)), 0), axis=-1)
        oov: Any = first - self.num_oov_indices if self.num_oov_indices else _NOWHERE
        if self.num_oov_indices > 1:
            oov = ops.mod(x, self.num_oov_indices) + oov
        found = ops.where(ops.any(is_match, axis=-1), places, oov)
        if self.mask_token is not None:
            found = ops.where(ops.equal(x, self.mask_token), 0 if self.output_mode == "int" else _NOWHERE, found)
        return self._encoded(ops.cast(found, "int64"), "float32")

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        self._require_vocabulary()
        return super().compute_output_spec(inputs, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary_dtype": self.vocabulary_dtype}
