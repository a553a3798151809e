"""Layers as configurations and back."""

from __future__ import annotations

from typing import Any

from yeoul.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["deserialize", "serialize"]


def serialize(layer: Any) -> dict[str, Any]:
    """{"module", "class_name", "config", "registered_name"} of a layer."""
    return serialize_keras_object(layer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The layer behind a configuration; a layer is returned as it is.

    Raises: TypeError for a class that nobody knows.
    """
    if not isinstance(config, dict):
        return config
    return deserialize_keras_object(config, custom_objects)
