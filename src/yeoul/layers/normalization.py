"""Layers that shift and scale: by statistics of the batch, of each sample, or of data seen before."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import constraints, initializers, ops, regularizers
from yeoul.core import config
from yeoul.core.shapes import normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import InputSpec, Layer, known_axis


class BatchNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, along `axis`. Source: Ioffe & Szegedy 2015.

    While training, mean and variance are those of the batch, and the moving ones follow them:
    moving = momentum moving + (1 - momentum) batch. Otherwise, and when not trainable, the moving ones are used.
    """

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
        synchronized: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.axis, self.momentum, self.epsilon, self.center, self.scale = axis, momentum, epsilon, center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        size = known_axis(input_shape, self.axis, self)
        if self.scale:
            self.gamma = self.add_weight(
                (size,),
                self.gamma_initializer,
                name="gamma",
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                (size,),
                self.beta_initializer,
                name="beta",
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        self.moving_mean = self.add_weight((size,), self.moving_mean_initializer, trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(
            (size,), self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: size})
        self.built = True

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        mean, variance = self.moving_mean.value, self.moving_variance.value
        if training and self.trainable and None not in x.shape:
            axis = normalize_axis(self.axis, x.ndim)
            mean, variance = ops.moments(x, [a for a in range(x.ndim) if a != axis])
            for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign(moving.value * self.momentum + ops.stop_gradient(batch) * (1.0 - self.momentum))
        return ops.batch_normalization(x, mean, variance, self.axis, self.beta, self.gamma, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        names = ["axis", "momentum", "epsilon", "center", "scale"]
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class LayerNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta over `axis` of each sample. Source: Ba et al. 2016."""

    half_in_float32 = True

    def __init__(self, axis: Any = -1, epsilon: float = 0.001, center: bool = True, scale: bool = True, beta_initializer: Any = "zeros",
                 gamma_initializer: Any = "ones", **kwargs: Any):  # fmt: skip
        super().__init__(**kwargs)
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = (
            initializers.get(beta_initializer),
            initializers.get(gamma_initializer),
        )
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        axes = [self.axis] if isinstance(self.axis, int) else list(self.axis)
        shape = tuple(known_axis(input_shape, a, self) for a in axes)
        if self.scale:
            self.gamma = self.add_weight(shape, self.gamma_initializer, name="gamma")
        if self.center:
            self.beta = self.add_weight(shape, self.beta_initializer, name="beta")
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return ops.layer_normalization(x, self.gamma, self.beta, self.axis, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
        }


class Normalization(Layer):
    """(x - mean) / sqrt(variance), with statistics given or taken from data by `adapt`.

    Args:
        axis: axes with statistics of their own; None for one mean and variance.
        mean, variance: known statistics.
        invert: whether to undo the normalisation instead.
    """

    def __init__(self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError("Normalization: give both mean and variance, or neither and call adapt(data).")
        self.axis = axis
        self.invert = invert
        self.input_mean, self.input_variance = mean, variance
        self.mean: Any = None
        self.variance: Any = None

    def _axes(self, rank: int) -> list[int]:
        axes = [] if self.axis is None else [self.axis] if isinstance(self.axis, int) else list(self.axis)
        return [normalize_axis(a, rank) for a in axes]

    def build(self, input_shape: Any) -> None:
        shape = tuple(known_axis(input_shape, a, self) for a in self._axes(len(input_shape)))
        self.mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape, "ones", trainable=False, name="variance")
        if self.input_mean is not None:
            self.mean.assign(np.broadcast_to(np.asarray(self.input_mean, np.float32), shape))
            self.variance.assign(np.broadcast_to(np.asarray(self.input_variance, np.float32), shape))
        self.built = True

    def adapt(self, data: Any) -> None:
        """Takes mean and variance from the data."""
        x = np.asarray(data)
        x = x.reshape(-1, 1) if x.ndim == 1 else x
        if not self.built:
            self.build(x.shape)
        over = tuple(a for a in range(x.ndim) if a not in self._axes(x.ndim))
        self.mean.assign(x.mean(axis=over, dtype=np.float64).astype(np.float32))
        self.variance.assign(x.var(axis=over, dtype=np.float64).astype(np.float32))

    def call(self, x: Tensor) -> Tensor:
        axes = self._axes(x.ndim)
        shape = [x.shape[a] if a in axes else 1 for a in range(x.ndim)]
        mean = ops.reshape(self.mean, shape)
        deviation = ops.maximum(ops.sqrt(ops.reshape(self.variance, shape)), config.epsilon())
        return x * deviation + mean if self.invert else (x - mean) / deviation

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": self.input_mean,
            "variance": self.input_variance,
        }


class Rescaling(Layer):
    """x scale + offset."""

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, x: Tensor) -> Tensor:
        return ops.cast(x, self.compute_dtype) * self.scale + self.offset

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}
