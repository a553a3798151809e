"""Embedding: rows of a table chosen by integers."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import dtypes
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer
from yeoul.layers.low_rank import LowRank
from yeoul.serialization import serialized_attributes

__all__ = ["Embedding"]


class Embedding(LowRank, Layer):
    """Rows of a table chosen by integers: (batch, ...) -> (batch, ..., output_dim).

    Args:
        input_dim: number of rows.
        output_dim: size of a row.
        mask_zero: whether 0 stands for no entry, so that the output carries a mask.
        weights: the table, if it is known.
    """

    _lora_weight = "embeddings"

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        kwargs.pop("input_length", None)  # of Keras 2; the input's shape says it
        super().__init__(**kwargs)
        self.input_dim, self.output_dim, self.mask_zero = int(input_dim), int(output_dim), mask_zero
        self.supports_masking = bool(mask_zero)
        self._specify("embeddings", embeddings_initializer, embeddings_regularizer, embeddings_constraint)
        self._initial_weights = weights if weights is None or isinstance(weights, list) else [weights]
        self.lora_rank, self.lora_alpha = lora_rank, lora_alpha
        self.embeddings: Any = None

    def build(self, input_shape: Any = None) -> None:
        self.embeddings = self._add_specified("embeddings", (self.input_dim, self.output_dim))
        self._enable_wanted_lora()
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        rows = x if dtypes.is_integer(x.dtype) else ops.cast(x, "int32")
        return ops.take(self._tuned(self.embeddings), rows, axis=0)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        names = "embeddings_initializer embeddings_regularizer activity_regularizer embeddings_constraint"
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            **serialized_attributes(self, names),
            "mask_zero": self.mask_zero,
            **self._lora_config(),
        }
