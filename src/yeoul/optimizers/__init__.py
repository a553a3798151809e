"""How weights follow their gradients."""

from __future__ import annotations

from typing import Any

from yeoul.optimizers import legacy, schedules
from yeoul.optimizers.adadelta import Adadelta
from yeoul.optimizers.adafactor import Adafactor
from yeoul.optimizers.adagrad import Adagrad
from yeoul.optimizers.adam import Adam
from yeoul.optimizers.adamax import Adamax
from yeoul.optimizers.adamw import AdamW
from yeoul.optimizers.ftrl import Ftrl
from yeoul.optimizers.lamb import Lamb
from yeoul.optimizers.lion import Lion
from yeoul.optimizers.loss_scale_optimizer import LossScaleOptimizer
from yeoul.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from yeoul.optimizers.muon import Muon
from yeoul.optimizers.nadam import Nadam
from yeoul.optimizers.optimizer import Optimizer
from yeoul.optimizers.rmsprop import RMSprop
from yeoul.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from yeoul.optimizers.sgd import SGD
from yeoul.serialization import custom_object_scope, resolve, serialize_keras_object

_CLASSES = (
    SGD, RMSprop, Adagrad, Adadelta, Adafactor, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, LossScaleOptimizer, MultiOptimizer, Muon, Nadam,
    ScheduleFreeAdamW,
)  # fmt: skip

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]

ALL: dict[str, Any] = {cls.__name__.lower(): cls for cls in _CLASSES}


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The configuration of an optimizer."""
    return serialize_keras_object(optimizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Optimizer:
    """The optimizer of a configuration.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    with custom_object_scope(custom_objects or {}):
        return resolve(config, ALL, "optimizer")


def get(identifier: Any) -> Any:
    """The optimizer behind a name, config or object.

    Raises: ValueError for an unknown name, with the closest spelling, and for what is no optimizer.
    """
    found = resolve(identifier, ALL, "optimizer")
    if found is not None and not hasattr(found, "apply"):
        raise ValueError(f"Cannot use {identifier!r} as optimizer: it has no apply(gradients, weights).")
    return found
