"""Dropout of whole channels."""

from __future__ import annotations

from typing import Any

from yeoul import random
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import InputSpec
from yeoul.layers.regularization import Dropout

__all__ = ["SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"]


class SpatialDropout(Dropout):
    """Sets a share `rate` of the channels of each sample to 0 while training, and divides the others by 1 - rate.

    Args:
        rate: share of channels.
        data_format: "channels_last" or "channels_first"; that of the configuration if None.
        seed: makes the choice repeatable.

    Source: Tompson et al. 2015.
    """

    rank = 2

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate in (0, 1):
            return super().call(x, training)
        ones = (1,) * self.rank
        last = self.data_format == "channels_last"
        shape = (x.shape[0], *ones, x.shape[-1]) if last else (x.shape[0], x.shape[1], *ones)
        return random.dropout(x, self.rate, shape, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        found = super().get_config()
        return {**{k: found[k] for k in ("rate", "seed", "name", "dtype")}, "data_format": self.data_format}


class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of sequences (batch, steps, channels). Arguments as in `SpatialDropout`, without data_format."""

    rank = 1

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(rate, "channels_last", seed, name, dtype, **kwargs)

    def get_config(self) -> dict[str, Any]:
        found = super().get_config()
        found.pop("data_format")
        return found


class SpatialDropout2D(SpatialDropout):
    """Drops whole channels of images. Arguments as in `SpatialDropout`."""

    rank = 2


class SpatialDropout3D(SpatialDropout):
    """Drops whole channels of volumes. Arguments as in `SpatialDropout`."""

    rank = 3
