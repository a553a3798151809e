"""Layers as configurations and back."""

from __future__ import annotations

import importlib
from typing import Any

from yeoul.serialization import lookup_custom, serialize_keras_object


def serialize(layer: Any) -> dict[str, Any]:
    """{"module", "class_name", "config", "registered_name"} of a layer."""
    return serialize_keras_object(layer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The layer behind a configuration; a layer is returned as it is.

    Raises: ValueError for a class that nobody knows.
    """
    if not isinstance(config, dict):
        return config
    name = config["class_name"]
    registered = config.get("registered_name") or name
    known = (custom_objects or {}).get(name) or lookup_custom(registered) or lookup_custom(name)
    for package in ("yeoul.layers", "yeoul.models"):
        known = known or getattr(importlib.import_module(package), name, None)
    if known is None:
        raise ValueError(
            f"Unknown layer class {name!r}. Pass it in custom_objects, or decorate it with register_keras_serializable()."
        )
    return known.from_config(config["config"])
