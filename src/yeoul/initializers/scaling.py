"""First values whose variance fits the size of the weight."""

from __future__ import annotations

import math
from typing import Any

from yeoul import random
from yeoul.core.tensor import Tensor
from yeoul.initializers.drawn import RandomInitializer
from yeoul.serialization import attributes


class VarianceScaling(RandomInitializer):
    """Variance scale / n, n being fan_in, fan_out or their mean.

    Args:
        scale: positive factor.
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
        input_axes, output_axes: axes whose sizes multiply to fan_in and fan_out; together, or None for those of `compute_fans`.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ):
        super().__init__(seed)
        if scale <= 0:
            raise ValueError(f"VarianceScaling: scale must be positive, and got {scale}.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"VarianceScaling: mode must be 'fan_in', 'fan_out' or 'fan_avg', and got {mode!r}.")
        distribution = str(distribution).lower()
        distribution = {"normal": "truncated_normal"}.get(distribution, distribution)
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ValueError(
                f"VarianceScaling: distribution must be 'truncated_normal', 'untruncated_normal' or 'uniform', and got {distribution!r}."
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        fan_in, fan_out = compute_fans(tuple(shape), self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform(shape, -limit, limit, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, math.sqrt(variance), dtype, self.seed)
        # 0.8796... is the standard deviation of a unit normal cut at two.
        return random.truncated_normal(shape, 0.0, math.sqrt(variance) / 0.87962566103423978, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "scale mode distribution input_axes output_axes")}


def compute_fans(shape: tuple[int, ...], input_axes: Any = None, output_axes: Any = None) -> tuple[float, float]:
    """(fan_in, fan_out) of a kernel: (features in, features out) or (*window, channels in, channels out), if no axes are given."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def _scaling(name: str, scale: float, mode: str, distribution: str, doc: str) -> type[VarianceScaling]:
    def __init__(self: Any, seed: Any = None, input_axes: Any = None, output_axes: Any = None) -> None:
        VarianceScaling.__init__(self, scale, mode, distribution, seed, input_axes, output_axes)

    def get_config(self: Any) -> dict[str, Any]:
        own = RandomInitializer.get_config(self)
        return {**own, "input_axes": self.input_axes, "output_axes": self.output_axes}

    return type(
        name,
        (VarianceScaling,),
        {"__init__": __init__, "get_config": get_config, "__doc__": doc, "__module__": __name__},
    )


GlorotUniform = _scaling(
    "GlorotUniform", 1.0, "fan_avg", "uniform", "Uniform within sqrt(6 / (fan_in + fan_out)). Glorot & Bengio 2010."
)
GlorotNormal = _scaling(
    "GlorotNormal",
    1.0,
    "fan_avg",
    "truncated_normal",
    "Normal of variance 2 / (fan_in + fan_out). Glorot & Bengio 2010.",
)
HeUniform = _scaling("HeUniform", 2.0, "fan_in", "uniform", "Uniform within sqrt(6 / fan_in). He et al. 2015.")
HeNormal = _scaling("HeNormal", 2.0, "fan_in", "truncated_normal", "Normal of variance 2 / fan_in. He et al. 2015.")
LecunUniform = _scaling("LecunUniform", 1.0, "fan_in", "uniform", "Uniform within sqrt(3 / fan_in). LeCun et al. 1998.")
LecunNormal = _scaling(
    "LecunNormal", 1.0, "fan_in", "truncated_normal", "Normal of variance 1 / fan_in. LeCun et al. 1998."
)
