"""Mixed precision under Keras' older names: policies, the global policy, the optimizer that scales the loss."""

from __future__ import annotations

from yeoul.dtype_policies import DTypePolicy, dtype_policy, set_dtype_policy
from yeoul.optimizers import LossScaleOptimizer

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
