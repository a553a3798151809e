"""BatchNormalization: statistics of the batch while training, of all batches seen afterwards."""

from __future__ import annotations

from typing import Any

from yeoul import initializers, ops
from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import InputSpec, Layer, known_axis
from yeoul.serialization import serialized_attributes

__all__ = ["BatchNormalization"]


class BatchNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, along `axis`. Source: Ioffe & Szegedy 2015.

    While training, mean and variance are those of the batch, and the moving ones follow them:
    moving = momentum moving + (1 - momentum) batch. Otherwise, and when not trainable, the moving ones are used.
    A mask (batch, ...) leaves entries out of the batch's mean and variance.

    Args:
        renorm: corrects the batch's statistics towards running ones, so that training sees what inference does: with r =
            sd / running sd and d = (mean - running mean) / running sd, which get no gradient, the output is that of the
            batch times r plus d. Source: Ioffe 2017.
        renorm_clipping: {"rmax", "rmin", "dmax"}: bounds of r, and of d's size.
        renorm_momentum: of the running mean and standard deviation.
    """

    supports_masking = True

    half_in_float32 = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.axis, self.momentum, self.epsilon, self.center, self.scale = axis, momentum, epsilon, center, scale
        self._specify("beta", beta_initializer, beta_regularizer, beta_constraint)
        self._specify("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.synchronized = synchronized
        self.renorm, self.renorm_clipping, self.renorm_momentum = renorm, renorm_clipping, renorm_momentum
        unknown = set(renorm_clipping or {}) - {"rmax", "rmin", "dmax"}
        if unknown:
            raise ValueError(
                f"BatchNormalization: renorm_clipping knows 'rmax', 'rmin' and 'dmax', and got {sorted(unknown)}."
            )
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        size = known_axis(input_shape, self.axis, self)
        if self.scale:
            self.gamma = self._add_specified("gamma", (size,))
        if self.center:
            self.beta = self._add_specified("beta", (size,))
        self.moving_mean = self.add_weight((size,), self.moving_mean_initializer, trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(
            (size,), self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        if self.renorm:
            running = {"moving_stddev": "ones", "renorm_mean": "zeros", "renorm_stddev": "ones"}
            for name, initializer in running.items():
                setattr(self, name, self.add_weight((size,), initializer, trainable=False, name=name))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: size})
        self.built = True

    def call(self, inputs: Tensor, training: bool = False, mask: Any = None) -> Tensor:
        x = inputs
        mean, variance = self.moving_mean.value, self.moving_variance.value
        if training and self.trainable and None not in x.shape:
            mean, variance = self._batch_statistics(x, mask)
            if self.renorm:
                return self._renormalized(x, mean, variance)
            self._follow(self.moving_mean, mean, self.momentum)
            self._follow(self.moving_variance, variance, self.momentum)
        return ops.batch_normalization(x, mean, variance, self.axis, self.beta, self.gamma, self.epsilon)

    def _batch_statistics(self, x: Tensor, mask: Any) -> tuple[Tensor, Tensor]:
        axis = normalize_axis(self.axis, x.ndim)
        over = [a for a in range(x.ndim) if a != axis]
        if mask is None:
            return ops.moments(x, over)
        weight = ops.cast(mask, x.dtype)
        while weight.ndim < x.ndim:
            weight = ops.expand_dims(weight, -1)
        weight = ops.broadcast_to(weight, x.shape)
        total = ops.sum(weight, over) + 1e-7
        mean = ops.sum(x * weight, over) / total
        shape = [1] * x.ndim
        shape[axis] = -1
        return mean, ops.sum(ops.square(x - ops.reshape(mean, shape)) * weight, over) / total

    @staticmethod
    def _follow(running: Any, value: Tensor, momentum: float) -> None:
        running.assign(running.value * momentum + ops.stop_gradient(ops.cast(value, running.dtype)) * (1.0 - momentum))

    def _renormalized(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        deviation = ops.sqrt(variance + self.epsilon)
        r = ops.stop_gradient(deviation / self.renorm_stddev.value)  # type: ignore[attr-defined]
        d = ops.stop_gradient((mean - self.renorm_mean.value) / self.renorm_stddev.value)  # type: ignore[attr-defined]
        bounds = self.renorm_clipping or {}
        if "rmin" in bounds:
            r = ops.maximum(r, bounds["rmin"])
        if "rmax" in bounds:
            r = ops.minimum(r, bounds["rmax"])
        if "dmax" in bounds:
            d = ops.clip(d, -bounds["dmax"], bounds["dmax"])
        y = ops.batch_normalization(x, mean, variance, self.axis, None, None, self.epsilon)
        shape = [1] * x.ndim
        shape[normalize_axis(self.axis, x.ndim)] = -1
        y = y * ops.reshape(r, shape) + ops.reshape(d, shape)
        self._follow(self.renorm_mean, mean, self.renorm_momentum)  # type: ignore[attr-defined]
        self._follow(self.renorm_stddev, deviation, self.renorm_momentum)  # type: ignore[attr-defined]
        self._follow(self.moving_mean, mean, self.momentum)
        self._follow(self.moving_stddev, deviation, self.momentum)  # type: ignore[attr-defined]
        new = self.moving_stddev.value  # type: ignore[attr-defined]
        self.moving_variance.assign(new * new - self.epsilon)
        y = y if self.gamma is None else y * ops.reshape(self.gamma, shape)
        return y if self.beta is None else y + ops.reshape(self.beta, shape)

    def get_config(self) -> dict[str, Any]:
        names = (
            "axis momentum epsilon center scale beta_initializer gamma_initializer moving_mean_initializer "
            "moving_variance_initializer beta_regularizer gamma_regularizer beta_constraint gamma_constraint "
            "synchronized renorm renorm_clipping renorm_momentum"
        )
        return {**super().get_config(), **serialized_attributes(self, names)}
