"""Functions of neural networks: activations, normalisation, cross-entropies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.shapes import normalize_axes, normalize_axis
from yeoul.core.tensor import Tensor
from yeoul.ops.creation import one_hot
from yeoul.ops.elementwise import (
    absolute,
    erf,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    rsqrt,
    select,
    sigmoid,
    softplus,
    sqrt,
    square,
    stop_gradient,
    tanh,
    with_gradient,
)
from yeoul.ops.reductions import cumsum, mean, moments
from yeoul.ops.reductions import max as largest
from yeoul.ops.reductions import sum as sum_of
from yeoul.ops.registry import as_float, cast, convert
from yeoul.ops.shaping import flip, reshape, reshape_by, sort, split, squeeze

__all__ = [
    "batch_normalization",
    "binary_crossentropy",
    "categorical_crossentropy",
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "layer_normalization",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "normalize",
    "psnr",
    "relu",
    "relu6",
    "rms_normalization",
    "selu",
    "silu",
    "soft_shrink",
    "softmax",
    "softsign",
    "sparse_categorical_crossentropy",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
]


def relu(x: Any) -> Tensor:
    """max(x, 0), with gradient 0 at 0."""
    x = convert(x)
    y = select(x <= 0, 0, x)  # a NaN stays one
    return with_gradient(y, x, lambda g: select(y > 0, g, 0))


def relu6(x: Any) -> Tensor:
    """min(max(x, 0), 6), with gradient 0 at 0 and 6."""
    return clipped_relu(x, 6)


def clipped_relu(x: Any, limit: float) -> Tensor:
    """min(max(x, 0), limit) for a positive limit, with gradient 0 at 0 and at the limit."""
    x = convert(x)
    y = select(x <= 0, 0, select(x >= limit, limit, x))
    return with_gradient(y, x, lambda g: select(y > 0, select(y < limit, g, 0), 0))


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """x where positive, negative_slope x elsewhere."""
    x = as_float(x)
    return select(x > 0, x, x * negative_slope)


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where positive, alpha (exp(x) - 1) elsewhere."""
    x = as_float(x)
    return select(x > 0, x, expm1(minimum(x, 0)) * alpha)


def selu(x: Any) -> Tensor:
    """1.0507 x where positive, 1.0507 1.6733 (exp(x) - 1) elsewhere. Source: Klambauer et al. 2017."""
    x = as_float(x)
    return select(x >= 0, x, expm1(minimum(x, 0)) * 1.6732632423543772) * 1.0507009873554805


def celu(x: Any, alpha: float = 1.0) -> Tensor:
    """max(x, 0) + min(alpha (exp(x / alpha) - 1), 0)."""
    x = as_float(x)
    return maximum(x, 0) + minimum(expm1(minimum(x, 0) / alpha) * alpha, 0)


def gelu(x: Any, approximate: bool = True) -> Tensor:
    """x Phi(x), by tanh if `approximate`. Source: Hendrycks & Gimpel 2016."""
    x = as_float(x)
    if approximate:
        return x * 0.5 * (tanh((x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)) + 1.0)
    return x * 0.5 * (erf(x / math.sqrt(2)) + 1.0)


def silu(x: Any) -> Tensor:
    """x sigmoid(x)."""
    x = as_float(x)
    return x * sigmoid(x)


swish = silu


def softsign(x: Any) -> Tensor:
    """x / (1 + |x|)."""
    x = as_float(x)
    return x / (absolute(x) + 1.0)


def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x))."""
    return -softplus(-as_float(x))


def hard_sigmoid(x: Any) -> Tensor:
    """relu6(x + 3) / 6: from 0 at -3 to 1 at 3."""
    return relu6(as_float(x) + 3.0) / 6.0


def hard_silu(x: Any) -> Tensor:
    """x hard_sigmoid(x)."""
    x = as_float(x)
    return x * hard_sigmoid(x)


hard_swish = hard_silu


def hard_tanh(x: Any) -> Tensor:
    """min(max(x, -1), 1)."""
    return minimum(maximum(as_float(x), -1.0), 1.0)


def tanh_shrink(x: Any) -> Tensor:
    """x - tanh(x)."""
    x = as_float(x)
    return x - tanh(x)


def hard_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """x where |x| > threshold, 0 elsewhere."""
    x = as_float(x)
    return select(absolute(x) > threshold, x, 0)


def soft_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """x moved towards 0 by `threshold`, 0 within it."""
    x = as_float(x)
    return select(x > threshold, x - threshold, select(x < -threshold, x + threshold, 0))


def threshold(x: Any, threshold: float, default_value: float) -> Tensor:
    """x where x > threshold, `default_value` elsewhere."""
    x = convert(x)
    return select(x > threshold, x, default_value)


def squareplus(x: Any, b: float = 4) -> Tensor:
    """(x + sqrt(x^2 + b)) / 2."""
    x = as_float(x)
    return (x + sqrt(square(x) + b)) / 2.0


def sparse_plus(x: Any) -> Tensor:
    """0 below -1, (x + 1)^2 / 4 up to 1, x above."""
    x = as_float(x)
    return select(x <= -1, 0, select(x < 1, square(x + 1.0) * 0.25, x))


def sparse_sigmoid(x: Any) -> Tensor:
    """(x + 1) / 2 between -1 and 1, 0 below, 1 above; with gradient 0 at both."""
    x = as_float(x)
    return select(x <= -1, 0, select(x >= 1, 1, (x + 1.0) * 0.5))


def glu(x: Any, axis: int = -1) -> Tensor:
    """a sigmoid(b) for the two halves a, b of x along `axis`."""

    a, b = split(as_float(x), 2, axis)
    return a * sigmoid(b)


def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`; all axes together if None."""
    x = as_float(x)
    if axis is None:
        return reshape_by(softmax(reshape(x, (-1,)), 0), [(x, i) for i in range(x.ndim)])
    e = exp(x - stop_gradient(largest(x, axis, keepdims=True)))
    y = e / sum_of(e, axis, keepdims=True)
    if y.is_symbolic and axis in (-1, x.ndim - 1):
        y.tags = {"softmax_of": x}  # for cross-entropies, which are exact with it
    return y


def log_softmax(x: Any, axis: Any = -1) -> Tensor:
    """log(softmax(x)) along `axis`."""
    x = as_float(x)
    shifted = x - stop_gradient(largest(x, axis, keepdims=True))
    return shifted - log(sum_of(exp(shifted), axis, keepdims=True))


def sparsemax(x: Any, axis: int = -1) -> Tensor:
    """The point of the simplex nearest to x along `axis`: max(x - tau, 0), with tau such that the sum is 1. Many elements are exactly 0.

    Source: Martins & Astudillo 2016, algorithm 1; Keras 3.15 takes another threshold, with which the sum is not 1.
    """
    x = as_float(x)
    axis = normalize_axis(axis, x.ndim)
    n: Any = x.shape[axis]
    descending = flip(sort(x, axis), axis)
    ranks = np.arange(1, n + 1, dtype=dtypes.to_numpy(x.dtype)).reshape([n if i == axis else 1 for i in range(x.ndim)])
    is_in = cast(descending * ranks + 1.0 > cumsum(descending, axis), x.dtype)
    tau = (sum_of(descending * is_in, axis, keepdims=True) - 1.0) / sum_of(is_in, axis, keepdims=True)
    return maximum(x - tau, 0)


def psnr(x1: Any, x2: Any, max_val: float) -> Tensor:
    """Peak signal-to-noise ratio in decibels: 10 log10(max_val^2 / mean((x1 - x2)^2)); infinite for equal signals.

    Raises: ValueError if the shapes differ.
    """
    x1, x2 = as_float(x1), as_float(x2)
    if x1.shape != x2.shape:
        raise ValueError(f"Input shapes {x1.shape} and {x2.shape} must match for PSNR calculation. ")
    return (2 * math.log(max_val) - log(mean(square(x1 - x2)))) * (10 / math.log(10))


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """-sum(target log(p)) along `axis`, p being softmax(output) or the output renormalised and clipped."""
    target, output = convert(target), as_float(output)
    target = cast(target, output.dtype)
    if from_logits:
        return -sum_of(target * log_softmax(output, axis), axis)
    output = output / sum_of(output, axis, keepdims=True)
    return -sum_of(target * log(_clip_probabilities(output)), axis)


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """-log(p[target]) along `axis`, for integer targets."""
    target, output = convert(target), as_float(output)
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = squeeze(target, -1)
    if not dtypes.is_integer(target.dtype):
        target = cast(target, "int32")
    axis = normalize_axis(axis, output.ndim)
    logs = (
        log_softmax(output, axis)
        if from_logits
        else log(_clip_probabilities(output / sum_of(output, axis, keepdims=True)))
    )
    return -sum_of(one_hot(target, output.shape[axis], axis, output.dtype) * logs, axis)  # type: ignore[arg-type]


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """-(t log(p) + (1 - t) log(1 - p)), element by element."""
    target, output = convert(target), as_float(output)
    target = cast(target, output.dtype)
    if from_logits:
        return maximum(output, 0) - output * target + log1p(exp(-absolute(output)))
    output = _clip_probabilities(output)
    return -(target * log(output) + (1.0 - target) * log(1.0 - output))


def _clip_probabilities(p: Tensor) -> Tensor:
    epsilon = config.epsilon()
    return minimum(maximum(p, epsilon), 1.0 - epsilon)


def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """x divided by its norm along `axis`."""
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        return x * rsqrt(maximum(sum_of(square(x), axis, keepdims=True), epsilon * epsilon))
    if order == 1:
        return x / maximum(sum_of(absolute(x), axis, keepdims=True), epsilon)
    return x / maximum(sum_of(absolute(x) ** order, axis, keepdims=True) ** (1.0 / order), epsilon)


def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) scale + offset, statistics lying along `axis`."""
    x = as_float(x)
    axis = normalize_axis(axis, x.ndim)
    shape = [1] * x.ndim
    shape[axis] = -1

    def along(v: Any) -> Tensor:
        v = cast(v, x.dtype)
        return v if axis == x.ndim - 1 else reshape(v, shape)

    factor = rsqrt(cast(variance, x.dtype) + epsilon)
    if scale is not None:
        factor = factor * cast(scale, x.dtype)
    y = (x - along(mean)) * along(factor)
    return y if offset is None else y + along(offset)


def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None, **kwargs: Any
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) over `axis` of each sample, scaled by gamma and moved by beta.

    `epsilon` is the configured one (1e-7) if not given. With the older argument rms_scaling=True the mean stays in x and beta is not
    added; that is not `rms_normalization`.
    """
    has_mean = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(f"layer_normalization has no argument {next(iter(kwargs))!r}.")
    x = as_float(x)
    average, variance = moments(x, axis, keepdims=True)
    beta = None if has_mean else beta
    y = (x if has_mean else x - average) * rsqrt(variance + (config.epsilon() if epsilon is None else epsilon))
    y = y if gamma is None else y * _along_axes(gamma, x, axis)
    return cast(y if beta is None else y + _along_axes(beta, x, axis), x.dtype)


def _along_axes(v: Any, x: Tensor, axis: Any) -> Tensor:
    """`v`, whose axes are those of `x` named in `axis`, with axes of size 1 for the others."""
    v = convert(v)
    axes = normalize_axes(axis, x.ndim)
    if v.ndim != len(axes) or axes == tuple(range(x.ndim - len(axes), x.ndim)):
        return v
    sizes = iter(v.shape)
    return reshape(v, tuple(next(sizes) if i in axes else 1 for i in range(x.ndim)))


def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Tensor:
    """x / sqrt(mean(x^2) + epsilon) scale, `epsilon` the configured one (1e-7) if not given. Source: Zhang & Sennrich 2019."""
    x = as_float(x)
    y = x * rsqrt(mean(square(x), axis, keepdims=True) + (config.epsilon() if epsilon is None else epsilon))
    return y if scale is None else cast(y * scale, x.dtype)
