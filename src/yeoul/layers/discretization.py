"""Discretization: numbers as the bins they fall into."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.layers.adapting import batches_of
from yeoul.layers.encoding import OUTPUT_MODES, check_output_mode, encode
from yeoul.layers.layer import Layer

__all__ = ["Discretization"]


class Discretization(Layer):
    """The bin of each number: 0 below the first boundary, i from boundary i - 1 on.

    Args:
        bin_boundaries: where bins end and begin, ascending; or
        num_bins: how many bins `adapt` makes, with about as many of the data's numbers in each.
        epsilon: the share of the data that `adapt` may be off by; a smaller one takes more memory.
        output_mode: "int", "one_hot", "multi_hot" or "count" (see `CategoryEncoding`).

    Raises: ValueError if neither or both of bin_boundaries and num_bins are given, or the layer is called without boundaries.
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, dtype=dtype, autocast=False, **kwargs)
        check_output_mode("Discretization", output_mode, OUTPUT_MODES, sparse)
        if num_bins is not None and num_bins < 0:
            raise ValueError(f"Discretization: num_bins must be greater than or equal to 0, and got {num_bins}.")
        if bin_boundaries is None and num_bins is None:
            raise ValueError("Discretization: set either num_bins or bin_boundaries, and got neither.")
        if bin_boundaries is not None and num_bins is not None:
            raise ValueError(
                f"Discretization: set num_bins or bin_boundaries, not both. Got num_bins={num_bins} and {bin_boundaries}."
            )
        self.input_bin_boundaries = bin_boundaries
        self.bin_boundaries: list[float] | None = (
            None if bin_boundaries is None else [float(b) for b in np.asarray(bin_boundaries).tolist()]
        )
        self.num_bins = num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        self.epsilon, self.output_mode, self.sparse = epsilon, output_mode, sparse
        self.summary = np.empty((2, 0), np.float32)
        self.built = True

    # -- quantiles of a stream: a summary holds values with how many of the data each stands for -----------------------
    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Takes boundaries from the quantiles of data, in place of those of an earlier call.

        Args:
            data: an array, list, PyDataset, generator or other iterable of batches.
            steps: how many batches to take; all if None.
        """
        if self.input_bin_boundaries is not None:
            raise ValueError(
                f"Discretization {self.name!r} was given bin_boundaries and can not adapt to data. Give num_bins instead."
            )
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Adds a batch to what is known of the data."""
        values = np.sort(np.asarray(data, np.float32).ravel())
        step = max(1, int(values.size * self.epsilon))
        taken = values[step - 1 :: step]
        weights = np.full(taken.shape, max(values.size * self.epsilon, 1.0), np.float32)
        if not self.summary.size:
            self.summary = np.stack([taken, weights])
            return
        both = np.concatenate([self.summary, np.stack([taken, weights])], axis=1)
        self.summary = _compressed(both[:, np.argsort(both[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Makes boundaries of what is known of the data."""
        if self.input_bin_boundaries is None and self.summary.size:
            assert self.num_bins is not None
            self.bin_boundaries = _compressed(self.summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def reset_state(self) -> None:
        """Forgets the data."""
        if self.input_bin_boundaries is None:
            self.summary = np.empty((2, 0), np.float32)
            self.bin_boundaries = None

    def call(self, inputs: Tensor) -> Tensor:
        if self.bin_boundaries is None:
            raise ValueError(
                f"Discretization {self.name!r} has no boundaries yet: pass bin_boundaries, or call adapt(data) first."
            )
        boundaries = np.asarray(self.bin_boundaries, np.float32)
        above = ops.greater_equal(ops.expand_dims(ops.cast(inputs, "float32"), -1), boundaries)
        bins = ops.sum(ops.cast(above, "int32"), axis=-1)
        dtype = self.compute_dtype
        return encode(bins, self.output_mode, len(self.bin_boundaries) + 1, dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "bin_boundaries": self.bin_boundaries,
            "num_bins": None if self.input_bin_boundaries is not None else self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Discretization:
        if config.get("bin_boundaries") is None or config.get("num_bins") is None:
            return cls(**config)
        layer = cls(**{**config, "bin_boundaries": None})  # boundaries that came from adapt, which may be called again
        layer.bin_boundaries = list(config["bin_boundaries"])
        return layer


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """A summary with 1 / epsilon values, at equal shares of the weight, between those of a longer one."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    weight = summary[1].cumsum()
    share = weight / weight[-1]
    values, weights = np.interp(shares, share, summary[0]), np.interp(shares, share, weight)
    return np.stack([values, np.diff(weights, prepend=0.0)]).astype(np.float32)
