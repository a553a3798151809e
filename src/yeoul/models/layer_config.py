"""Layers as configurations and back."""

from __future__ import annotations

from typing import Any

from yeoul import layers
from yeoul.serialization import lookup_custom, serialize_keras_object


def describe_layer(layer: Any) -> dict[str, Any]:
    """{"class_name", "config", ...} of a layer."""
    return serialize_keras_object(layer)


def make_layer(entry: dict[str, Any], known: dict[str, Any] | None = None) -> Any:
    """The layer behind a configuration.

    Args:
        known: classes that are no layers of `yeoul.layers`: models, a user's own.

    Raises: ValueError for a class that nobody knows.
    """
    name = entry["class_name"]
    cls = (
        (known or {}).get(name)
        or lookup_custom(entry.get("registered_name") or name)
        or lookup_custom(name)
        or getattr(layers, name, None)
    )
    if cls is None:
        raise ValueError(
            f"Unknown layer class {name!r}. Pass it in custom_objects, or decorate it with "
            f"register_keras_serializable()."
        )
    return cls.from_config(entry["config"])
