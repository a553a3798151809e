"""Targets and predictions brought to one dtype and one rank."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.ops.registry import as_float


def aligned(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """(y_true, y_pred) in the float dtype of the predictions and of one rank."""
    y_pred = as_float(y_pred)
    return same_rank(ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype), y_pred)


def same_rank(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """(a, b) where a last axis of size 1 is dropped from the one of higher rank, or given to the other if that is a vector."""
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, ops.expand_dims(b, -1)) if b.ndim == 1 else (ops.squeeze(a, -1), b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        return (ops.expand_dims(a, -1), b) if a.ndim == 1 else (a, ops.squeeze(b, -1))
    return a, b


def smoothed(y_true: Tensor, label_smoothing: float, classes: int) -> Tensor:
    """Targets moved by `label_smoothing` towards 1 / classes. Source: Szegedy et al. 2016, section 7."""
    return y_true * (1.0 - label_smoothing) + label_smoothing / classes if label_smoothing else y_true


def logits_of(y_pred: Any, from_logits: bool, activation: str) -> tuple[Tensor, bool]:
    """The logits that an activation left with its output, or that an op named `activation` read in a traced step.

    Cross-entropies of logits are exact where probabilities underflow.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    if from_logits:
        return y_pred, True
    tags = y_pred.tags or {}
    if "logits" in tags:
        return tags["logits"], True
    if activation == "softmax" and "softmax_of" in tags:
        return tags["softmax_of"], True
    if activation == "sigmoid" and y_pred.is_symbolic and getattr(_op_of(y_pred), "name", None) == "sigmoid":
        return y_pred.node.inputs[0], True
    return y_pred, from_logits


def _op_of(x: Tensor) -> Any:
    return x.node.op if x.node is not None else None
