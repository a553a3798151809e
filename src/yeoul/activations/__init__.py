"""Activation functions by name, function or object."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.ops import (
    celu,
    elu,
    exp,
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
from yeoul.serialization import resolve

exponential = exp
swish = silu
hard_swish = hard_silu


def linear(x: Any) -> Any:
    """x itself."""
    return x


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """x above `threshold`, negative_slope (x - threshold) below, at most `max_value`."""
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        return ops.relu(x)
    x = ops.convert_to_tensor(x)
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


def softmax(x: Any, axis: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`. The result remembers its logits, which cross-entropies prefer.

    Raises: ValueError for a vector, whose softmax would run over the batch.
    """
    x = ops.convert_to_tensor(x)
    if x.ndim == 1:
        raise ValueError(f"softmax needs a tensor of rank 2 or more (samples, classes), and got shape {x.shape}.")
    return _with_logits(ops.softmax(x, axis), x)


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
        linear, relu, relu6, gelu, tanh, sigmoid, softmax, softplus, softsign, silu, selu, elu, celu, leaky_relu, mish, log_sigmoid,
        log_softmax, hard_sigmoid, hard_silu, hard_tanh, hard_shrink, soft_shrink, tanh_shrink, glu, squareplus, sparse_plus,
        sparse_sigmoid, threshold,
    )
}  # fmt: skip
ALL.update({"exponential": exponential, "swish": swish, "hard_swish": hard_swish})


def get(identifier: Any) -> Any:
    """The activation behind a name or function; linear for None.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    return linear if identifier is None else resolve(identifier, ALL, "activation")


def serialize(activation: Any) -> str:
    """The name of an activation."""
    return str(getattr(activation, "__name__", None) or getattr(activation, "name", activation))


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    return get(config)
