"""Objects as plain configurations and back: names and dicts for layers, losses, optimizers and the like."""

from __future__ import annotations

import difflib
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

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


def _registered_name(thing: Any) -> str | None:
    return next((name for name, known in _registered.items() if known is thing and ">" in name), None)


def get_registered_name(obj: Any) -> str:
    """The name that a class or function has in configurations: `package>name` if it is registered."""
    return _registered_name(obj) or str(getattr(obj, "__name__", type(obj).__name__))


def get_registered_object(
    name: str, custom_objects: dict[str, Any] | None = None, module_objects: dict[str, Any] | None = None
) -> Any:
    """The class or function of this name among those given and registered; None if there is none."""
    with custom_object_scope(custom_objects or {}):
        return lookup_custom(name) or (module_objects or {}).get(name)


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
        if identifier.get("class_name") == "function":
            return resolve(config, known, kind)
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


#: Modules that Keras names otherwise than by the package.
_MODULES = {"Functional": "keras.src.models.functional", "models": "keras", "dtype_policies": "keras"}


def _public_module(cls: type) -> str | None:
    """The module that a configuration names: Keras' for our own classes; None for one made in a script or notebook."""
    if cls.__module__.startswith("yeoul."):
        package = cls.__module__.split(".")[1]
        return _MODULES.get(cls.__name__) or _MODULES.get(package) or f"keras.{package}"
    return None if cls.__module__ == "__main__" else cls.__module__


def serialize_keras_object(obj: Any) -> Any:
    """A configuration made of what JSON knows.

    Objects become {"module", "class_name", "config", "registered_name"}; layers and models that are built add a "build_config",
    compiled models a "compile_config". Functions are named the same way, by "class_name": "function". Tensors, arrays, slices,
    bytes and `...` become {"class_name": "__tensor__", "config": ...} and the like; lists, tuples and dicts stay what they are.

    Raises: TypeError for an object without get_config().
    """
    if obj is None or isinstance(obj, (str, int, float, bool)):
        return obj
    if isinstance(obj, (list, tuple)):
        parts = [serialize_keras_object(part) for part in obj]
        return tuple(parts) if isinstance(obj, tuple) else parts
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if hasattr(obj, "get_config") and not inspect.isclass(obj):
        return _described(obj)
    special = _special(obj)
    if special is not None:
        return special
    if callable(obj):
        name = get_registered_name(obj)
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    raise TypeError(
        f"Cannot serialize object {obj!r} of type {type(obj)}. To be serializable, a class must implement the `get_config()` method."
    )


def _described(obj: Any) -> dict[str, Any]:
    cls = type(obj)
    is_own = cls.__module__.startswith("yeoul.") and _registered_name(cls) is None
    described = {
        "module": _public_module(cls),
        "class_name": cls.__name__,
        "config": obj.get_config(),
        "registered_name": None if is_own else get_registered_name(cls),
    }
    for key in ("build_config", "compile_config"):
        parts = getattr(obj, f"get_{key}", None)
        found = parts() if parts is not None else None
        if found is not None:
            described[key] = serialize_keras_object(found)
    return described


def _special(obj: Any) -> dict[str, Any] | None:
    """The form of what is neither plain nor configured."""
    if isinstance(obj, slice):
        parts = {"start": obj.start, "stop": obj.stop, "step": obj.step}
        return {"class_name": "__slice__", "config": serialize_keras_object(parts)}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("latin-1")}}
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, np.dtype):
        return obj.name  # type: ignore[return-value]
    if isinstance(obj, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": obj.dtype.name}}
    if hasattr(obj, "numpy") and hasattr(obj, "dtype"):
        return {"class_name": "__tensor__", "config": {"value": obj.numpy().tolist(), "dtype": str(obj.dtype)}}
    return None


def deserialize_keras_object(
    config: Any, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """What `serialize_keras_object` described, of this library's or Keras' own writing.

    Args:
        config: a configuration, or lists and dicts of them.
        custom_objects: your own classes and functions by name.
        safe_mode: whether code that comes with a configuration (a lambda's) is refused.
        module_objects: more objects by name, an older form of `custom_objects`.

    Raises: TypeError for an unknown class or function, or if a class can not be made of its configuration.
    """
    more = kwargs.pop("module_objects", None)
    if kwargs:
        raise TypeError(f"deserialize_keras_object does not know the argument(s) {', '.join(map(repr, kwargs))}.")
    with custom_object_scope({**(more or {}), **(custom_objects or {})}):
        return _made(config, safe_mode)


def _made(config: Any, safe_mode: bool) -> Any:
    if isinstance(config, (list, tuple)):
        parts = [_made(part, safe_mode) for part in config]
        return tuple(parts) if isinstance(config, tuple) else parts
    if not isinstance(config, dict):
        return config
    kind = config.get("class_name")
    if kind == "__tuple__":
        return tuple(_made(part, safe_mode) for part in config["items"])
    if not isinstance(kind, str) or "config" not in config:
        return {key: _made(value, safe_mode) for key, value in config.items()}
    inner = config["config"]
    if kind in _SPECIAL:
        return _SPECIAL[kind](inner)
    if kind == "function":
        return _function(inner, config)
    if kind == "__lambda__":
        raise ValueError(
            "The configuration holds the code of a Python lambda, which is not run. Give the function a name, decorate it with "
            "@register_keras_serializable() and write the configuration again."
        )
    cls = class_named(config)
    if not hasattr(cls, "from_config"):
        raise TypeError(
            f"Cannot make {kind!r} of a configuration: it has no from_config(). Full object config: {config}"
        )
    takes_safe_mode = "safe_mode" in inspect.signature(cls.from_config).parameters
    try:
        made = cls.from_config(inner, **({"safe_mode": safe_mode} if takes_safe_mode else {}))
    except TypeError as error:
        raise TypeError(
            f"{kind} could not be made of its configuration: {error} If it holds layers or other objects, its from_config() must "
            f"turn their configurations into objects with deserialize_keras_object(). Its config: {inner}"
        ) from error
    if config.get("build_config") and not getattr(made, "built", True):
        made.build_from_config(_made(config["build_config"], safe_mode))
    if config.get("compile_config"):
        made.compile_from_config(config["compile_config"])
    return made


def _tensor(inner: dict[str, Any]) -> Any:
    dtype = inner["dtype"]
    return import_module("yeoul.ops").convert_to_tensor(inner["value"], dtype)


_SPECIAL: dict[str, Callable[[dict[str, Any]], Any]] = {
    "__slice__": lambda inner: slice(*(_made(inner[part], True) for part in ("start", "stop", "step"))),
    "__ellipsis__": lambda inner: Ellipsis,
    "__bytes__": lambda inner: inner["value"].encode("latin-1"),
    "__numpy__": lambda inner: np.array(inner["value"], inner["dtype"]),
    "__tensor__": _tensor,
}

#: Where classes and functions of Keras' own are, by the last part of the module's name that Keras gives them.
_PACKAGES = (
    "layers", "models", "initializers", "regularizers", "constraints", "losses", "metrics", "optimizers", "activations",
    "dtype_policies", "random", "callbacks",
)  # fmt: skip


def class_named(config: dict[str, Any]) -> Any:
    """The class that a configuration names: a custom one, or one of this library.

    Raises: TypeError if nobody knows it.
    """
    name = config["class_name"]
    found = lookup_custom(str(config.get("registered_name") or name)) or lookup_custom(name)
    if found is not None:
        return found
    module = str(config.get("module") or "")
    if module.split(".")[0] not in ("", "keras", "yeoul", "builtins"):
        found = _imported(module, name)
    named = [part for part in _PACKAGES if part in module.split(".")]
    for package in (*named, *_PACKAGES):
        if found is None:
            found = getattr(import_module(f"yeoul.{package}"), name, None)
    if (found is None and "schedules" in module) or "optimizers" in named:
        found = found or getattr(import_module("yeoul.optimizers.schedules"), name, None)
    if not inspect.isclass(found):
        raise TypeError(_unknown("class", name, config))
    return found


def _imported(module: str, name: str) -> Any:
    """A class of a module that is loaded already: configurations do not import modules."""
    return getattr(sys.modules.get(module), name, None)


def _function(name: str, config: dict[str, Any]) -> Any:
    found = lookup_custom(name)
    for package in ("activations", "losses", "metrics", "ops"):
        found = found or getattr(import_module(f"yeoul.{package}"), name, None)
    if found is None:
        raise TypeError(_unknown("function", name, config))
    return found


def _unknown(kind: str, name: str, config: dict[str, Any]) -> str:
    short = name.split(">")[-1]
    return (
        f"Could not locate {kind} {name!r}. Pass it in custom_objects={{{short!r}: {short}}}, or decorate it with "
        f"@register_keras_serializable() and import its module before reading the configuration. Full object config: {config}"
    )


def attributes(thing: Any, names: str) -> dict[str, Any]:
    """{name: value} of the attributes of `thing` with these names, separated by spaces."""
    return {name: getattr(thing, name) for name in names.split()}


def serialized_attributes(thing: Any, names: str) -> dict[str, Any]:
    """`attributes` with a configuration for each value; functions by their names."""
    return {name: name_or_configuration(value) for name, value in attributes(thing, names).items()}


def name_or_configuration(part: Any) -> Any:
    """The name of a function, the configuration of anything else: how layers write their activations."""
    is_function = callable(part) and not hasattr(part, "get_config")
    return getattr(part, "__name__", str(part)) if is_function else serialize_keras_object(part)
