"""Models as estimators of scikit-learn, for its pipelines, searches and cross-validation."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'yeoul.wrappers' has no attribute {name!r}")
    try:
        importlib.import_module("sklearn.utils.validation")
    except ImportError as error:
        raise ImportError(
            f"yeoul.wrappers.{name} is an estimator of scikit-learn, which is not installed ({error}). "
            'Install it with: pip install "yeoul[sklearn]"'
        ) from None
    return getattr(importlib.import_module("yeoul.wrappers.estimators"), name)


def __dir__() -> list[str]:
    return __all__
