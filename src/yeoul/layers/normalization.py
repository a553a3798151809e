"""Layers that shift and scale by numbers given or seen in data before."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import config
from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.layers.adapting import batches_of
from yeoul.layers.layer import Layer, known_axis

__all__ = ["Normalization", "Rescaling"]


class Normalization(Layer):
    """(x - mean) / sqrt(variance), with statistics given or taken from data by `adapt`.

    Args:
        axis: axes with statistics of their own; None for one mean and variance.
        mean, variance: known statistics.
        invert: whether to undo the normalisation instead.
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError("Normalization: give both mean and variance, or neither and call adapt(data).")
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.invert = invert
        self.input_mean, self.input_variance = _plain(mean), _plain(variance)
        self.adapt_mean: Any = None
        self.adapt_variance: Any = None
        self.count: Any = None
        self._rank = 0

    def _axes(self, rank: int) -> list[int]:
        return sorted(normalize_axis(a, rank) for a in self.axis)

    def build(self, input_shape: Any) -> None:
        self._rank = len(input_shape)
        shape = tuple(known_axis(input_shape, a, self) for a in self._axes(self._rank))
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", trainable=False, name="count", dtype="int64")
        else:
            self.adapt_mean = _given(self.input_mean, shape)
            self.adapt_variance = _given(self.input_variance, shape)
        self.built = True

    def _statistic(self, value: Any, rank: int) -> Any:
        """Mean or variance, shaped to meet inputs of this rank."""
        if value is None:
            return None
        sizes, axes = iter(value.shape), self._axes(rank)
        return ops.reshape(value, [next(sizes) if a in axes else 1 for a in range(rank)])

    @property
    def mean(self) -> Any:
        """The mean, broadcast against inputs; None before the layer is built."""
        return self._statistic(self.adapt_mean, self._rank)

    @property
    def variance(self) -> Any:
        """The variance, broadcast against inputs; None before the layer is built."""
        return self._statistic(self.adapt_variance, self._rank)

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Takes mean and variance from data, in place of those of an earlier call.

        Args:
            data: an array, list, PyDataset, generator or other iterable of batches.
            steps: how many batches to take; all if None.

        Raises: ValueError if the layer was given mean and variance.
        """
        if self.input_mean is not None:
            raise ValueError(f"Normalization {self.name!r} was given mean and variance, so there is nothing to adapt.")
        total, mean, square = 0, np.zeros(()), np.zeros(())
        for batch in batches_of(data, steps):
            x = batch.reshape(-1, 1) if batch.ndim == 1 else batch
            if not self.built:
                self.build((None, *x.shape[1:]))
            over = tuple(a for a in range(x.ndim) if a not in self._axes(x.ndim))
            count = int(np.prod([x.shape[a] for a in over]))
            batch_mean = x.mean(axis=over, dtype=np.float64)
            share = count / (total + count)
            # Chan, Golub & LeVeque 1979: the variance of two parts from those of each.
            square = square * (1 - share) + x.var(axis=over, dtype=np.float64) * share + (batch_mean - mean) ** 2 * share * (1 - share)  # fmt: skip
            mean = mean + (batch_mean - mean) * share
            total += count
        self.adapt_mean.assign(mean.astype(np.float32))
        self.adapt_variance.assign(square.astype(np.float32))
        self.count.assign(total)

    def call(self, x: Tensor) -> Tensor:
        x = ops.cast(x, self.compute_dtype)
        mean = self._statistic(self.adapt_mean, x.ndim)
        deviation = ops.maximum(ops.sqrt(self._statistic(self.adapt_variance, x.ndim)), config.epsilon())
        return x * deviation + mean if self.invert else (x - mean) / deviation

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": self.input_mean,
            "variance": self.input_variance,
        }


def _plain(value: Any) -> Any:
    """A number or nested list, so that it can stand in a configuration."""
    return value if value is None or isinstance(value, (int, float)) else np.asarray(value).tolist()


def _given(value: Any, shape: tuple[int, ...]) -> Tensor:
    return ops.convert_to_tensor(np.broadcast_to(np.asarray(value, np.float32), shape).copy())


class Rescaling(Layer):
    """x scale + offset."""

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, x: Tensor) -> Tensor:
        return ops.cast(x, self.compute_dtype) * self.scale + self.offset

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}
