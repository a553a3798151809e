"""Hashing and HashedCrossing: categories as buckets, without a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core.tensor import from_array
from yeoul.layers.adapting import as_host_array
from yeoul.layers.encoding import OUTPUT_MODES, check_output_mode, encode, encoded_shape
from yeoul.layers.hashes import fingerprint, hashed, joined, keyed_hash
from yeoul.layers.host_layer import HostLayer
from yeoul.serialization import attributes

__all__ = ["HashedCrossing", "Hashing"]


def salt_key(layer: str, salt: Any) -> tuple[int, int] | None:
    """The key of SipHash from a salt: an integer, or two.

    Raises: ValueError for anything else.
    """
    if salt is None:
        return None
    if isinstance(salt, (tuple, list)) and len(salt) == 2:
        return int(salt[0]), int(salt[1])
    if isinstance(salt, int):
        return salt, salt
    raise ValueError(f"{layer}: salt must be an integer or a pair of integers, and got {salt!r}.")


def buckets(values: np.ndarray, count: int, key: tuple[int, int] | None) -> np.ndarray:
    """The bucket of every element's text: FarmHash's Fingerprint64, or SipHash under `key`, modulo `count`."""
    found = hashed(values, fingerprint if key is None else lambda data: keyed_hash(data, key))
    return (found % np.uint64(count)).astype(np.int64)


class Hashing(HostLayer):
    """Strings or integers as buckets, the same on every machine and those of Keras.

    Args:
        num_bins: number of buckets, with that of `mask_value`.
        mask_value: a value that has bucket 0 for itself.
        salt: an integer or two: another hash, which those who do not know the salt can not foresee.
        output_mode: "int", "one_hot", "multi_hot" or "count" (see `CategoryEncoding`).

    Without salt the hash is FarmHash's Fingerprint64 of the text, with salt SipHash-2-4. Integers are hashed as their decimals.
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "int64" if output_mode == "int" else None, **kwargs})
        if num_bins is None or num_bins <= 0:
            raise ValueError(f"Hashing: num_bins must be positive, and got {num_bins!r}.")
        check_output_mode("Hashing", output_mode, OUTPUT_MODES, sparse)
        self.num_bins, self.mask_value, self.output_mode, self.sparse = num_bins, mask_value, output_mode, sparse
        self._key = salt_key("Hashing", salt)
        self.salt = None if self._key is None else list(self._key)
        self.built = True

    def transform(self, inputs: np.ndarray) -> Any:
        if inputs.dtype.kind not in "Uiub":
            raise ValueError(f"Hashing {self.name!r} takes strings or integers, and got {inputs.dtype}.")
        if inputs.dtype.kind == "b":
            inputs = inputs.astype(np.int64)
        if self.mask_value is None:
            found = buckets(inputs, self.num_bins, self._key)
        elif self.num_bins == 1:
            found = np.zeros(inputs.shape, np.int64)
        else:
            found = buckets(inputs, self.num_bins - 1, self._key) + 1
            found[inputs == np.asarray(self.mask_value)] = 0
        return encode(from_array(found), self.output_mode, self.num_bins, "float32")

    def compute_output_shape(self, input_shape: Any) -> tuple:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "num_bins salt mask_value output_mode sparse")}


class HashedCrossing(HostLayer):
    """Combinations of categories as buckets, those of Keras.

    Args:
        num_bins: number of buckets.
        output_mode: "int" or "one_hot".

    Shapes: a list of two or more inputs of strings or integers, all (), (batch,) or (batch, 1) -> the same, or
    (batch, num_bins) for "one_hot".
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        if output_mode == "int" and dtype is None:
            dtype = "int64"
        super().__init__(name=name, dtype=dtype, **kwargs)
        check_output_mode("HashedCrossing", output_mode, ("int", "one_hot"), sparse)
        if num_bins is None or num_bins <= 0:
            raise ValueError(f"HashedCrossing: num_bins must be positive, and got {num_bins!r}.")
        self.num_bins, self.output_mode, self.sparse = num_bins, output_mode, sparse
        self.built = True

    def _arrays(self, inputs: Any) -> list[np.ndarray]:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ValueError(
                f"HashedCrossing {self.name!r} takes a list or tuple of two or more inputs, and got {type(inputs).__name__}."
            )
        arrays = [as_host_array(part) for part in inputs]
        for array in arrays:
            if array.dtype.kind not in "Uiub":
                raise ValueError(f"HashedCrossing {self.name!r} takes strings or integers, and got {array.dtype}.")
        self._check_shapes([array.shape for array in arrays])
        return arrays

    def _check_shapes(self, shapes: list[tuple]) -> None:
        if any(shape != shapes[0] for shape in shapes):
            raise ValueError(f"HashedCrossing {self.name!r}: all inputs must have the same shape, and got {shapes}.")
        if len(shapes[0]) > 2 or (len(shapes[0]) == 2 and shapes[0][1] != 1):
            raise ValueError(
                f"HashedCrossing {self.name!r}: inputs must have the shape (), (batch,) or (batch, 1), and got {shapes[0]}."
            )

    def transform(self, inputs: list[np.ndarray]) -> Any:
        columns = [
            hashed(array, fingerprint) if array.dtype.kind == "U" else array.astype(np.int64).astype(np.uint64)
            for array in inputs
        ]
        found = np.empty(inputs[0].size, np.int64)
        for row, values in enumerate(zip(*[column.ravel().tolist() for column in columns], strict=True)):
            mixed = 0xDECAFCAFFE
            for value in values:
                mixed = joined(mixed, value)
            found[row] = mixed % self.num_bins
        return encode(from_array(found.reshape(inputs[0].shape)), self.output_mode, self.num_bins, "float32")

    def compute_output_shape(self, input_shape: Any) -> tuple:
        return encoded_shape(input_shape[0], self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        return {
            "num_bins": self.num_bins,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }
