"""Yeoul: deep learning with the Keras API on an engine that compiles the whole training loop.

Sub-packages and names are loaded when first used, so that `import yeoul` costs little more than `import numpy`.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PACKAGES = frozenset(
    {
        "activations",
        "applications",
        "backend",
        "callbacks",
        "config",
        "constraints",
        "core",
        "datasets",
        "diagnosis",
        "dtype_policies",
        "engines",
        "graph",
        "initializers",
        "layers",
        "losses",
        "metrics",
        "mixed_precision",
        "models",
        "ops",
        "optimizers",
        "preprocessing",
        "random",
        "regularizers",
        "training",
        "tree",
        "utils",
        "visualization",
        "wrappers",
    }
)

_NAMES = {
    "DTypePolicy": "yeoul.dtype_policies",
    "FloatDTypePolicy": "yeoul.dtype_policies",
    "GradientTape": "yeoul.graph.tape",
    "Initializer": "yeoul.initializers",
    "Input": "yeoul.layers",
    "InputSpec": "yeoul.layers",
    "KerasTensor": "yeoul.core.tensor",
    "Layer": "yeoul.layers",
    "Loss": "yeoul.losses",
    "Metric": "yeoul.metrics",
    "Model": "yeoul.models",
    "Optimizer": "yeoul.optimizers",
    "Regularizer": "yeoul.regularizers",
    "SeedGenerator": "yeoul.random",
    "Sequential": "yeoul.models",
    "Tensor": "yeoul.core.tensor",
    "Variable": "yeoul.core.variable",
    "custom_gradient": "yeoul.ops",
    "function": "yeoul.graph.function",
    "show_config": "yeoul.config",
    "stop_gradient": "yeoul.ops",
    "version": "yeoul.config",
}

__all__ = sorted([*(_PACKAGES - {"core", "engines", "graph"}), *_NAMES, "__version__"])


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        value: Any = importlib.import_module(f"yeoul.{name}")
    elif name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
        globals()[name] = value
    else:
        raise AttributeError(f"module 'yeoul' has no attribute {name!r}")
    return value


def __dir__() -> list[str]:
    return __all__
