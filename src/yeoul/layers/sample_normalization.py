"""Layers that shift and scale by statistics of each sample."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.arguments import warn_caller
from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import InputSpec, Layer, known_axis
from yeoul.serialization import serialized_attributes

__all__ = ["GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"]


def _axes(axis: Any) -> list[int]:
    return list(axis) if isinstance(axis, (list, tuple)) else [axis]


class _Scaled(Layer):
    """A normalisation followed by a learned scale (gamma) and centre (beta)."""

    half_in_float32 = True

    def __init__(
        self,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.center, self.scale = center, scale
        self._specify("beta", beta_initializer, beta_regularizer, beta_constraint)
        self._specify("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.gamma: Any = None
        self.beta: Any = None

    def _add_scale_and_center(self, shape: tuple[int, ...]) -> None:
        for name, is_wanted in (("gamma", self.scale), ("beta", self.center)):
            if is_wanted:
                setattr(self, name, self._add_specified(name, shape))

    def _scaled(self, y: Tensor, shape: list[int]) -> Tensor:
        y = y if self.gamma is None else y * ops.reshape(self.gamma, shape)
        return y if self.beta is None else y + ops.reshape(self.beta, shape)

    def get_config(self) -> dict[str, Any]:
        names = (
            "center scale beta_initializer gamma_initializer beta_regularizer gamma_regularizer beta_constraint "
            "gamma_constraint"
        )
        return {**super().get_config(), **serialized_attributes(self, names)}


class LayerNormalization(_Scaled):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta over `axis` of each sample. Source: Ba et al. 2016.

    Args:
        axis: the axis or axes that statistics are taken over, and that gamma and beta have.
        rms_scaling: an older argument: gamma x / sqrt(variance + epsilon), the mean being left in x. It is not RMSNormalization.
    """

    supports_masking = True

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ):
        rms_scaling = bool(kwargs.pop("rms_scaling", False))
        if rms_scaling:
            warn_caller(
                "LayerNormalization: rms_scaling=True divides by the deviation, not by the root mean square. "
                "RMSNormalization does the latter.",
                DeprecationWarning,
            )
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.axis, self.epsilon, self.rms_scaling = axis, epsilon, rms_scaling

    def build(self, input_shape: Any) -> None:
        self.axis = [normalize_axis(a, len(input_shape)) for a in self.axis] if isinstance(self.axis, (list, tuple)) else self.axis  # fmt: skip
        self._add_scale_and_center(tuple(known_axis(input_shape, a, self) for a in _axes(self.axis)))
        self.built = True

    def _add_scale_and_center(self, shape: tuple[int, ...]) -> None:
        if self.rms_scaling:
            self.gamma = self._add_specified("gamma", shape)
        else:
            super()._add_scale_and_center(shape)

    def call(self, x: Tensor) -> Tensor:
        y = ops.layer_normalization(x, None, None, self.axis, self.epsilon, rms_scaling=self.rms_scaling)
        axes = [normalize_axis(a, x.ndim) for a in _axes(self.axis)]
        return self._scaled(y, [x.shape[i] if i in axes else 1 for i in range(x.ndim)])  # type: ignore[misc]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon, "rms_scaling": self.rms_scaling}


class GroupNormalization(_Scaled):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta within groups of channels of each sample. Source: Wu & He 2018.

    Args:
        groups: number of groups of channels; -1 for one a channel.
        axis: the channels' axis, which gamma and beta have.

    Raises: ValueError if the channels can not be divided into so many groups.
    """

    supports_masking = True

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.groups, self.axis, self.epsilon = groups, axis, epsilon

    def build(self, input_shape: Any) -> None:
        channels = known_axis(input_shape, self.axis, self)
        if self.groups == -1:
            self.groups = channels
        if channels < self.groups or channels % self.groups:
            raise ValueError(
                f"GroupNormalization {self.name!r}: {channels} channels (axis {self.axis} of {tuple(input_shape)}) can not be "
                f"divided into {self.groups} groups. The number of channels must be a multiple of groups."
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._add_scale_and_center((channels,))
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        axis = normalize_axis(self.axis, inputs.ndim)
        channels: Any = inputs.shape[axis]
        sizes = [-1 if i == 0 and s is None else s for i, s in enumerate(inputs.shape)]
        if None in sizes:  # only the shape matters while sizes are unknown
            return inputs * 1.0
        x = ops.reshape(inputs, (*sizes[:axis], self.groups, channels // self.groups, *sizes[axis + 1 :]))
        mean, variance = ops.moments(x, [i for i in range(1, x.ndim) if i != axis], keepdims=True)
        y = ops.reshape((x - mean) * ops.rsqrt(variance + self.epsilon), tuple(sizes))
        return self._scaled(y, [channels if i == axis else 1 for i in range(inputs.ndim)])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups, "axis": self.axis, "epsilon": self.epsilon}


class RMSNormalization(Layer):
    """scale x / sqrt(mean(x^2) + epsilon) over `axis` of each sample. Source: Zhang & Sennrich 2019."""

    half_in_float32 = True

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis, self.epsilon = axis, epsilon

    def build(self, input_shape: Any) -> None:
        shape = tuple(known_axis(input_shape, a, self) for a in _axes(self.axis))
        self.scale = self.add_weight(shape, "ones", name="scale")
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        axes = [normalize_axis(a, x.ndim) for a in _axes(self.axis)]
        scale = ops.reshape(self.scale, [x.shape[i] if i in axes else 1 for i in range(x.ndim)])
        return ops.rms_normalization(x, scale, axes, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}


class UnitNormalization(Layer):
    """x divided by its Euclidean norm over `axis` of each sample."""

    supports_masking = True

    half_in_float32 = True

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return ops.normalize(x, axis=self.axis, epsilon=1e-12)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
