"""Attention, composed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor
from yeoul.ops.elementwise import logical_and, select, tanh
from yeoul.ops.neural import softmax
from yeoul.ops.products import einsum
from yeoul.ops.registry import cast, convert, promoted
from yeoul.ops.shaping import repeat

__all__ = ["dot_product_attention"]


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """softmax(scale query key' + bias) value, for every head. Source: Vaswani et al. 2017.

    Args:
        query: (batch, targets, heads, size).
        key, value: (batch, sources, heads, size); with fewer heads, each serves as many neighbouring heads of the query.
        bias: added to the logits; broadcast to (batch, heads, targets, sources).
        mask: True where a target may look at a source; broadcast to the same.
        scale: 1 / sqrt(size) if None.
        is_causal: whether target i sees only sources up to i.
        flash_attention: accepted; the result is the same. True raises, as nothing here is flash attention.
        attn_logits_soft_cap: c in c tanh(logits / c), which keeps logits within (-c, c).
    Returns: (batch, targets, heads, size).
    Raises: ValueError if a rank is not 4 or heads do not divide.
    """
    query, key, value = promoted(query, key, value)
    if not dtypes.is_float(query.dtype):
        query, key, value = (cast(x, config.floatx()) for x in (query, key, value))
    if flash_attention:
        raise ValueError("Flash attention is not supported. Leave flash_attention at None: the result is the same.")
    if not query.ndim == key.ndim == value.ndim == 4:
        raise ValueError(
            "`dot_product_attention` only supports 4D inputs. "
            f"Received: query.shape={query.shape}, key.shape={key.shape}, value.shape={value.shape}."
        )
    heads, groups = query.shape[2], key.shape[2]
    if heads != groups:
        if heads % groups:  # type: ignore[operator]
            raise ValueError(f"The query's heads, {heads}, must be a multiple of the key's, {groups}.")
        key, value = (repeat(x, heads // groups, axis=2) for x in (key, value))  # type: ignore[operator]
    dtype = query.dtype
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale  # type: ignore[arg-type]
    wide = dtype if dtype in ("float32", "float64") else "float32"
    logits = cast(einsum("btnh,bsnh->bnts", query, key), wide) * scale
    if attn_logits_soft_cap is not None:
        logits = tanh(logits / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        logits = logits + cast(bias, wide)
    allowed = None if mask is None else cast(convert(mask), "bool")
    if is_causal:
        earlier = convert(np.tri(query.shape[1], key.shape[1], dtype=bool))  # type: ignore[arg-type]
        allowed = earlier if allowed is None else logical_and(allowed, earlier)
    if allowed is not None:
        # A finite number: a target that may look at nothing gets the mean of all values, and no NaN.
        logits = select(allowed, logits, -0.7 * float(np.finfo(dtypes.to_numpy(wide)).max))
    return einsum("bnts,bsnh->btnh", cast(softmax(logits), dtype), value)
