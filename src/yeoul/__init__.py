"""Yeoul: deep learning with the Keras API on an engine that compiles the whole training loop.

Sub-packages and names are loaded when first used, so that `import yeoul` costs little more than `import numpy`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from yeoul.core.on_demand import loaded_on_demand

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

_names, _loaded, _ = loaded_on_demand(
    __name__,
    {
        ".config": "show_config version",
        ".core.tensor": "KerasTensor Tensor",
        ".core.variable": "Variable",
        ".dtype_policies": "DTypePolicy FloatDTypePolicy",
        ".graph.function": "function",
        ".graph.tape": "GradientTape",
        ".initializers": "Initializer",
        ".layers": "Input InputSpec Layer",
        ".losses": "Loss",
        ".metrics": "Metric",
        ".models": "Model Sequential",
        ".ops": "custom_gradient stop_gradient",
        ".optimizers": "Optimizer",
        ".random": "SeedGenerator",
        ".regularizers": "Regularizer",
    },
)

__all__ = sorted([*(_PACKAGES - {"core", "engines", "graph"}), *_names, "__version__"])


def __getattr__(name: str) -> Any:
    return import_module(f"yeoul.{name}") if name in _PACKAGES else _loaded(name)


def __dir__() -> list[str]:
    return __all__
