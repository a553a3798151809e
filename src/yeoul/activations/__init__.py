"""Activation functions by name, function or object."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.ops import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu6,
    selu,
    silu,
    soft_shrink,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    tanh_shrink,
    threshold,
)
from yeoul.ops.neural import clipped_relu
from yeoul.serialization import custom_object_scope, resolve, serialize_keras_object

swish = silu
hard_swish = hard_silu


def exponential(x: Any) -> Tensor:
    """exp(x)."""
    return ops.exp(x)


def linear(x: Any) -> Any:
    """x itself."""
    return x


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """x above `threshold`, negative_slope (x - threshold) below, at most `max_value`."""
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        return ops.relu(x)
    x = ops.convert_to_tensor(x)
    if negative_slope == 0.0 and threshold == 0.0 and max_value is not None and max_value > 0:
        return clipped_relu(x, max_value)
    if negative_slope == 0.0:
        y = ops.where(ops.less_equal(x, threshold), 0.0, x)
    else:
        y = ops.where(ops.greater(x, threshold), x, ops.multiply(ops.subtract(x, threshold), negative_slope))
    return y if max_value is None else ops.minimum(y, max_value)


def gelu(x: Any, approximate: bool = False) -> Tensor:
    """x Phi(x); by tanh if `approximate`."""
    return ops.gelu(x, approximate)


def tanh(x: Any) -> Tensor:
    """Hyperbolic tangent."""
    return ops.tanh(x)


def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x)). The result remembers its logits, which cross-entropies prefer."""
    return _with_logits(ops.sigmoid(x), x)


def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`. The result remembers its logits, which cross-entropies prefer."""
    return _with_logits(ops.softmax(x, axis), x)


def sparsemax(x: Any, axis: int = -1) -> Tensor:
    """The point of the simplex nearest to x along `axis`: max(x - t, 0), with t such that the sum is 1. Many elements are exactly 0.

    Source: Martins & Astudillo 2016, algorithm 1; Keras 3.15 takes another threshold, with which the sum is not 1.
    """
    return ops.sparsemax(x, axis)


def _with_logits(y: Tensor, x: Any) -> Tensor:
    y.tags = {"logits": x}
    return y


def mish(x: Any) -> Tensor:
    """x tanh(softplus(x)). Source: Misra 2019."""
    x = ops.convert_to_tensor(x)
    return x * ops.tanh(ops.softplus(x))


ALL: dict[str, Any] = {
    f.__name__ if hasattr(f, "__name__") else f.name: f  # type: ignore[union-attr]
    for f in (
        exponential, linear, relu, relu6, gelu, tanh, sigmoid, softmax, softplus, softsign, silu, selu, elu, celu, leaky_relu, mish, log_sigmoid,
        log_softmax, hard_sigmoid, hard_silu, hard_tanh, hard_shrink, soft_shrink, tanh_shrink, glu, squareplus, sparse_plus,
        sparse_sigmoid, sparsemax, threshold,
    )
}  # fmt: skip
ALL.update({"swish": swish, "hard_swish": hard_swish})


def get(identifier: Any) -> Any:
    """The activation behind a name or function; linear for None.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    return linear if identifier is None else resolve(identifier, ALL, "activation")


def serialize(activation: Any) -> Any:
    """The name of an activation function; the configuration of an activation that is a layer."""
    if hasattr(activation, "get_config"):
        return serialize_keras_object(activation)
    return str(getattr(activation, "__name__", None) or getattr(activation, "name", activation))


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The activation of a name or configuration.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    with custom_object_scope(custom_objects or {}):
        return get(config)
