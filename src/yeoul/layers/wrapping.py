"""Layers around another layer."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor, placeholder
from yeoul.layers.describing import deserialize, serialize
from yeoul.layers.layer import Layer

__all__ = ["SpectralNormalization", "TimeDistributed", "Wrapper"]


class Wrapper(Layer):
    """Base of layers that hold one in `layer` and change what its call does."""

    def __init__(self, layer: Layer, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise ValueError(f"{type(self).__name__} wraps a layer, and got {layer!r} of type {type(layer).__name__}.")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
        self.built = True

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": serialize(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        return cls(deserialize(config["layer"], custom_objects), **{k: v for k, v in config.items() if k != "layer"})


class TimeDistributed(Wrapper):
    """The same layer at every time step.

    Shapes: (batch, time, ...) -> (batch, time, *output of the layer for (batch, ...)).

    Time steps are put into the batch, so a layer with statistics of the batch takes them over all time steps at once.
    """

    supports_masking = True

    def _check(self, shape: Any) -> None:
        if len(shape) < 3:
            raise ValueError(
                f"TimeDistributed {self.name!r} needs an input of rank 3 or more (batch, time, ...), and got shape {tuple(shape)}."
            )

    def build(self, input_shape: Any = None) -> None:
        self._check(input_shape)
        super().build((input_shape[0], *input_shape[2:]))

    def call(self, inputs: Tensor, training: bool = False, mask: Any = None) -> Tensor:
        self._check(inputs.shape)
        batch, time, *rest = inputs.shape
        given: dict[str, Any] = {"training": training} if self.layer.call_takes("training") else {}
        if batch is None and time is None:  # only the shape matters
            y = self.layer(placeholder((None, *rest), inputs.dtype), **given)
            return placeholder((None, None, *y.shape[1:]), y.dtype)
        if mask is not None and self.layer.call_takes("mask") and mask.ndim > 1:
            given["mask"] = ops.reshape(mask, (-1, *mask.shape[2:]))
        y = self.layer(ops.reshape(inputs, (-1, *_unknown_once(rest))), **given)
        size = -1 if batch is None or time is None else time
        return ops.reshape(y, (-1 if batch is None else batch, time if time is not None else size, *y.shape[1:]))


def _unknown_once(sizes: list) -> list:
    if None in sizes:
        raise ValueError(f"TimeDistributed must know the sizes of a time step, and got {tuple(sizes)}.")
    return sizes


class SpectralNormalization(Wrapper):
    """Divides the wrapped layer's kernel by an estimate of its largest singular value, at every call in training.

    With the kernel as a matrix W (its last axis as columns), `power_iterations` times v = u W^T / |u W^T|, u = v W / |v W|;
    then W <- W / (v W u^T). Source: Miyato et al. 2018.

    Masks pass as they do through the layer.

    Raises: ValueError if the layer has neither `kernel` nor `embeddings`, or power_iterations is not positive.
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any):
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                f"SpectralNormalization: power_iterations must be greater than zero, and got {power_iterations}."
            )
        self.power_iterations = power_iterations
        self.supports_masking = layer.supports_masking

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        name = next((n for n in ("kernel", "embeddings") if getattr(self.layer, n, None) is not None), None)
        if name is None:
            raise ValueError(
                f"SpectralNormalization {self.name!r}: {type(self.layer).__name__} {self.layer.name!r} has neither 'kernel' "
                "nor 'embeddings' to normalise."
            )
        self.kernel = getattr(self.layer, name)
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]), _starting_vector(), trainable=False, name="vector_u", dtype=self.kernel.dtype
        )

    def normalized_weights(self) -> tuple[Tensor, Tensor]:
        """The next u, and the kernel divided by its estimated norm."""
        kernel = self.kernel.value
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        u = self.vector_u.value
        for _ in range(self.power_iterations):
            v = _unit(ops.matmul(u, ops.transpose(matrix)))
            u = _unit(ops.matmul(v, matrix))
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        sigma = ops.matmul(ops.matmul(v, matrix), ops.transpose(u))
        return u, kernel / ops.reshape(sigma, (1,) * kernel.ndim)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            u, kernel = self.normalized_weights()
            is_zero = ops.all(ops.equal(self.kernel.value, 0))
            u, kernel = ops.where(is_zero, self.vector_u.value, u), ops.where(is_zero, self.kernel.value, kernel)
            self.vector_u.assign(u)
            self.kernel.assign(kernel)
        y = self.layer(inputs, training=training) if self.layer.call_takes("training") else self.layer(inputs)
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _starting_vector() -> Any:
    from yeoul.initializers import TruncatedNormal

    return TruncatedNormal(stddev=0.02)


def _unit(x: Tensor) -> Tensor:
    return ops.normalize(x, axis=-1, epsilon=1e-12)
