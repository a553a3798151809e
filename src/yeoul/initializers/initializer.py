"""Initializer: what all rules for first values share."""

from __future__ import annotations

from typing import Any

from yeoul.core.arguments import KnownArguments


class Initializer(KnownArguments):
    """A function of (shape, dtype) that gives the first value of a weight."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        raise NotImplementedError("An initializer implements __call__(self, shape, dtype=None).")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        return cls(**config)

    def clone(self) -> Initializer:
        return type(self).from_config(self.get_config())
