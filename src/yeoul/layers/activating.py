"""Activations with parameters, as layers."""

from __future__ import annotations

from typing import Any

from yeoul import activations, ops
from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import InputSpec, Layer, known_axis
from yeoul.serialization import serialized_attributes

__all__ = ["ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax"]


def _not_negative(layer: str, name: str, value: Any) -> float:
    if value is None or value < 0:
        raise ValueError(f"{layer}: {name} must not be negative or None, and got {value!r}.")
    return value


class ReLU(Layer):
    """x above `threshold`, negative_slope (x - threshold) below, at most `max_value`.

    Raises: ValueError if an argument is negative.
    """

    supports_masking = True

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ):
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        if max_value is not None:
            _not_negative("ReLU", "max_value", max_value)
        self.max_value = max_value
        self.negative_slope = _not_negative("ReLU", "negative_slope", negative_slope)
        self.threshold = _not_negative("ReLU", "threshold", threshold)
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return activations.relu(x, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **serialized_attributes(self, "max_value negative_slope threshold")}


class LeakyReLU(Layer):
    """x where positive, negative_slope x elsewhere."""

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any):
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        self.negative_slope = _not_negative("LeakyReLU", "negative_slope", negative_slope)
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return ops.leaky_relu(x, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(Layer):
    """x where positive, alpha (exp(x) - 1) elsewhere."""

    supports_masking = True

    def __init__(self, alpha: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return ops.elu(x, self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


class PReLU(Layer):
    """x where positive, a learned slope times x elsewhere. Source: He et al. 2015.

    Args:
        shared_axes: axes (the batch is 0) along which one slope serves all.
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._specify("alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else list(shared_axes) if shared_axes else None
        self.alpha: Any = None

    def build(self, input_shape: Any) -> None:
        shared = [normalize_axis(axis, len(input_shape)) for axis in self.shared_axes or []]
        sizes = [1 if i in shared else known_axis(input_shape, i, self) for i in range(1, len(input_shape))]
        self.alpha = self._add_specified("alpha", tuple(sizes))
        axes = {i: known_axis(input_shape, i, self) for i in range(1, len(input_shape)) if i not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return ops.relu(x) - ops.relu(-x) * self.alpha

    def get_config(self) -> dict[str, Any]:
        names = "alpha_initializer alpha_regularizer alpha_constraint shared_axes"
        return {**super().get_config(), **serialized_attributes(self, names)}


class Softmax(Layer):
    """exp(x) / sum(exp(x)) along `axis`, an axis or several.

    A mask, of the input's shape or one that broadcasts to it, takes entries out: they get 0.
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.built = True

    def call(self, inputs: Tensor, mask: Any = None) -> Tensor:
        x = inputs
        if mask is not None:
            mask = ops.cast(ops.convert_to_tensor(mask), "bool")
            fits = len(mask.shape) == len(x.shape) and all(
                m in (1, s) or m is None or s is None for m, s in zip(mask.shape, x.shape, strict=True)
            )
            if not fits:
                raise ValueError(
                    f"Softmax {self.name!r}: the `mask` must be broadcastable to the inputs, each of its sizes 1 or theirs. "
                    f"Inputs have shape {tuple(x.shape)}, the mask {tuple(mask.shape)}."
                )
            x = ops.where(mask, x, -65504.0 / 2 if x.dtype == "float16" else -1e9)
        if isinstance(self.axis, list):
            if len(self.axis) == 1:
                y = activations.softmax(x, self.axis[0])
            else:
                e = ops.exp(x - ops.stop_gradient(ops.max(x, axis=self.axis, keepdims=True)))
                y = e / ops.sum(e, axis=self.axis, keepdims=True)
        else:
            y = activations.softmax(x, self.axis)
        return y if mask is None else y * ops.cast(mask, y.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
