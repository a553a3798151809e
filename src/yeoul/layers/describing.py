"""Layers as configurations and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yeoul.layers.layer import Layer
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
    known = known or next((cls for cls in _subclasses(Layer) if cls.__name__ == name), None)
    if known is None:
        raise ValueError(
            f"Unknown layer class {name!r}. Pass it in custom_objects, or decorate it with register_keras_serializable()."
        )
    return known.from_config(config["config"])


def _subclasses(cls: type) -> Iterator[Any]:
    """Layers and models of this package; a user's own must be named."""
    parts: list[Any] = cls.__subclasses__()
    for part in parts:
        if part.__module__.startswith("yeoul."):
            yield part
        yield from _subclasses(part)
