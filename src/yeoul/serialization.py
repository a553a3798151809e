"""Objects as plain configurations and back: names and dicts for layers, losses, optimizers and the like."""

from __future__ import annotations

import difflib
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_registered: dict[str, Any] = {}


class _Scope(threading.local):
    def __init__(self) -> None:
        self.objects: list[dict[str, Any]] = []


_scope = _Scope()


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorator: the class or function can be named in configurations, as `package>name`."""

    def register(thing: Any) -> Any:
        _registered[f"{package}>{name or thing.__name__}"] = thing
        _registered.setdefault(name or thing.__name__, thing)
        return thing

    return register


@contextmanager
def custom_object_scope(custom_objects: dict[str, Any]) -> Iterator[None]:
    """Within it, configurations may name these objects."""
    _scope.objects.append(dict(custom_objects))
    try:
        yield
    finally:
        _scope.objects.pop()


CustomObjectScope = custom_object_scope


def get_custom_objects() -> dict[str, Any]:
    """What was registered, by name; may be changed."""
    return _registered


def lookup_custom(name: str) -> Any | None:
    for objects in reversed(_scope.objects):
        if name in objects:
            return objects[name]
    return _registered.get(name)


def resolve(identifier: Any, known: dict[str, Any], kind: str) -> Any:
    """The object behind a name, a config dict, a class or an instance.

    Args:
        known: lower-case names and aliases, with the class or function each stands for.
        kind: what it is called in an error: "optimizer", "loss", ...

    Raises: ValueError for a name that does not exist, with the closest spelling.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        config = identifier.get("config", {})
        name = identifier.get("registered_name") or identifier.get("class_name")
        found = lookup_custom(str(name)) or lookup_custom(str(identifier.get("class_name")))
        found = found or _named(str(identifier.get("class_name")), known, kind)
        if inspect.isclass(found):
            return found.from_config(config) if hasattr(found, "from_config") else found(**config)
        return found
    if isinstance(identifier, str):
        found = lookup_custom(identifier) or _named(identifier, known, kind)
        return found() if inspect.isclass(found) else found
    if inspect.isclass(identifier):
        return identifier()
    if callable(identifier) or hasattr(identifier, "get_config"):
        return identifier
    raise ValueError(f"Cannot use {identifier!r} as {kind}: expected a name, an object or a function.")


def _named(name: str, known: dict[str, Any], kind: str) -> Any:
    key = name.lower()
    if key in known:
        return known[key]
    plain = key.replace("_", "")
    for candidate, thing in known.items():
        if candidate.replace("_", "") == plain:
            return thing
    close = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else f" Known names: {', '.join(sorted(known))}."
    raise ValueError(f"Unknown {kind} {name!r}.{hint}")


def _public_module(cls: type) -> str | None:
    """The module that a configuration names: Keras' for our own classes; None for one made in a script or notebook."""
    if cls.__module__.startswith("yeoul."):
        return f"keras.{cls.__module__.split('.')[1]}"
    return None if cls.__module__ == "__main__" else cls.__module__


def serialize_keras_object(obj: Any) -> Any:
    """A configuration: {"module", "class_name", "config", "registered_name"} for objects, the name for functions."""
    if obj is None or isinstance(obj, (str, int, float, bool)):
        return obj
    if isinstance(obj, (list, tuple)):
        return [serialize_keras_object(part) for part in obj]
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if hasattr(obj, "get_config"):
        cls = type(obj)
        registered = next((name for name, known in _registered.items() if known is cls and ">" in name), None)
        return {
            "module": _public_module(cls),
            "class_name": cls.__name__,
            "config": obj.get_config(),
            "registered_name": registered or (None if cls.__module__.startswith("yeoul.") else cls.__name__),
        }
    if callable(obj):
        return getattr(obj, "__name__", str(obj))
    return obj


def serialized_attributes(thing: Any, names: str) -> dict[str, Any]:
    """{name: configuration} of the attributes of `thing` with these names, separated by spaces."""
    return {name: serialize_keras_object(getattr(thing, name)) for name in names.split()}
