"""How weights follow their gradients."""

from __future__ import annotations

from typing import Any

from yeoul.optimizers import schedules
from yeoul.optimizers.optimizer import Optimizer
from yeoul.optimizers.rules import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, RMSprop
from yeoul.serialization import resolve

__all__ = ["SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Optimizer", "RMSprop", "get", "schedules"]

ALL: dict[str, Any] = {
    cls.__name__.lower(): cls for cls in (SGD, RMSprop, Adagrad, Adadelta, Adam, AdamW, Adamax, Lion)
}


def get(identifier: Any) -> Any:
    """The optimizer behind a name, config or object.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    return resolve(identifier, ALL, "optimizer")
