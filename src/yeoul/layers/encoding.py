"""Integers that stand for categories, as one-hot, multi-hot and count rows."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import dtypes
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer

__all__ = ["CategoryEncoding"]

OUTPUT_MODES = ("int", "one_hot", "multi_hot", "count")


def check_output_mode(layer: str, output_mode: Any, allowed: tuple[str, ...], sparse: bool = False) -> None:
    """Raises: ValueError for a mode that is not one of `allowed`, or for sparse output."""
    if output_mode not in allowed:
        raise ValueError(
            f"{layer}: output_mode must be one of {', '.join(map(repr, allowed))}, and got {output_mode!r}."
        )
    if sparse:
        raise ValueError(f"{layer}: sparse tensors are not supported. Leave sparse=False; the output is dense.")


def encode(indices: Tensor, output_mode: str, depth: int, dtype: str, weights: Any = None) -> Tensor:
    """Categories as rows of `depth` numbers; indices outside [0, depth) leave no trace.

    Args:
        indices: integers (batch, n, ...), or (n,), or one.
        output_mode: "int" for themselves; "one_hot" (..., n, depth), or (..., depth) if n is 1; "multi_hot" (batch, ..., depth), 1
            for each category that stands along n; "count" (batch, ..., depth), how often it does.
        weights: what an occurrence counts, shaped like `indices`.
    """
    if output_mode == "int":
        return indices
    if output_mode == "one_hot":
        if indices.ndim == 0:
            indices = ops.reshape(indices, (1,))
        elif indices.ndim > 1 and indices.shape[-1] == 1:
            indices = ops.squeeze(indices, -1)
        return ops.one_hot(indices, depth, dtype=dtype)
    if indices.ndim == 0:
        indices = ops.reshape(indices, (1,))
    axis = min(1, indices.ndim - 1)
    if output_mode == "multi_hot":
        return ops.max(ops.one_hot(indices, depth, dtype=dtype), axis=axis)
    rows = ops.one_hot(indices, depth, dtype=dtype)
    if weights is not None:
        rows = rows * ops.expand_dims(ops.cast(ops.convert_to_tensor(weights), dtype), -1)
    return ops.sum(rows, axis=axis)


def encoded_shape(shape: Any, output_mode: str, depth: int | None) -> tuple:
    """The shape of what `encode` gives."""
    shape = tuple(shape)
    if output_mode == "int":
        return shape
    if output_mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape or (1,)), depth)
    return (*shape[:1], *shape[2:], depth) if len(shape) > 1 else (depth,)


class CategoryEncoding(Layer):
    """Integers in [0, num_tokens) as one-hot, multi-hot or count rows. Larger ones leave no trace.

    Args:
        num_tokens: number of categories.
        output_mode: "multi_hot" (..., num_tokens), "one_hot" (..., n, num_tokens), without the axis n if it is 1, or "count".

    Raises: ValueError for a negative integer in data, or `count_weights` in another mode than "count".
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ):
        super().__init__(**kwargs)
        check_output_mode("CategoryEncoding", output_mode, OUTPUT_MODES[1:], sparse)
        if num_tokens is None or num_tokens < 1:
            raise ValueError(
                f"CategoryEncoding: num_tokens, the number of categories, must be set, and got {num_tokens!r}. "
                "Use IntegerLookup if it is not known beforehand."
            )
        self.num_tokens, self.output_mode, self.sparse = num_tokens, output_mode, sparse
        self.built = True

    def call(self, inputs: Tensor, count_weights: Any = None) -> Tensor:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                f"CategoryEncoding {self.name!r}: count_weights is used when output_mode is 'count', and it is {self.output_mode!r}."
            )
        if not dtypes.is_integer(inputs.dtype):
            inputs = ops.cast(inputs, "int32")
        if inputs.array is not None and inputs.array.size and inputs.array.min() < 0:
            raise ValueError(
                f"CategoryEncoding {self.name!r} takes integers from 0 to {self.num_tokens - 1}, and got {inputs.array.min()}."
            )
        return encode(inputs, self.output_mode, self.num_tokens, self.compute_dtype, count_weights)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode}
