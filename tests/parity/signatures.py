"""The public names of a package of the Keras API, and what they take, as plain data."""

from __future__ import annotations

import importlib
import inspect
import types
from typing import Any

#: Names that modules hold for their own use. Keras' public modules have no `__all__`.
_FOREIGN = {"annotations"}

#: Bases whose methods all count. Of other classes only methods that none of these has.
BASES = {
    "Callback",
    "Constraint",
    "Initializer",
    "Layer",
    "LearningRateSchedule",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
}


def describe(value: Any) -> Any:
    """A default value as JSON."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else repr(value)
    if isinstance(value, (list, tuple)):
        return [describe(v) for v in value]
    if isinstance(value, dict):
        return {str(k): describe(v) for k, v in value.items()}
    return f"<{getattr(value, '__name__', type(value).__name__)}>"


def parameters(function: Any, is_method: bool = False) -> list[list[Any]] | None:
    """[name] or [name, default] for each parameter; `*args` and `**kwargs` with their stars, and "*" where names only begin."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    if is_method and found and found[0].name in ("self", "cls"):
        found = found[1:]
    listed: list[list[Any]] = []
    for parameter in found:
        if parameter.kind is parameter.VAR_POSITIONAL:
            listed.append(["*" + parameter.name])
        elif parameter.kind is parameter.VAR_KEYWORD:
            listed.append(["**" + parameter.name])
        else:
            if parameter.kind is parameter.KEYWORD_ONLY and not any(p[0].startswith("*") for p in listed):
                listed.append(["*"])
            has_default = parameter.default is not parameter.empty
            listed.append([parameter.name, describe(parameter.default)] if has_default else [parameter.name])
    return listed


def methods(cls: type, base_methods: set[str]) -> dict[str, Any]:
    """The parameters of the public methods of a class; those that every layer, loss... has only for the bases themselves."""
    found = {}
    for name in dir(cls):
        if name.startswith("_") or (cls.__name__ not in BASES and name in base_methods):
            continue
        held = inspect.getattr_static(cls, name)
        if isinstance(held, (staticmethod, classmethod)):
            held = held.__func__
        if isinstance(held, property):
            found[name] = "property"
        elif isinstance(held, types.FunctionType):
            found[name] = parameters(held, is_method=True)
    return found


def entry(value: Any, base_methods: set[str]) -> dict[str, Any]:
    if inspect.isclass(value):
        return {
            "kind": "class",
            "parameters": parameters(value.__init__, is_method=True),
            "methods": methods(value, base_methods),
        }
    if callable(value):
        return {"kind": "function", "parameters": parameters(value)}
    return {"kind": "value"}


def public_api(package: types.ModuleType, top: str) -> dict[str, dict[str, Any]]:
    """{module: {name: entry}} for a package and the public modules in it; `top` stands for the package's own name."""
    base_methods: set[str] = set()
    for name in BASES:
        for place in (package, *(getattr(package, m, None) for m in ("callbacks", "constraints"))):
            base = getattr(place, name, None)
            if base is not None:
                base_methods |= {m for m in dir(base) if not m.startswith("_")}
    schedule = package.optimizers.schedules.LearningRateSchedule
    base_methods |= {m for m in dir(schedule) if not m.startswith("_")}
    modules: dict[str, dict[str, Any]] = {}
    _walk(package, top, package.__name__, base_methods, modules)
    return modules


def _walk(module: Any, label: str, prefix: str, base_methods: set[str], modules: dict[str, Any]) -> None:
    entries: dict[str, Any] = {}
    modules[label] = entries
    for name in sorted(dir(module)):
        if name.startswith("_") or name in _FOREIGN:
            continue
        value = getattr(module, name)
        if inspect.ismodule(value):
            is_public = value.__name__ == f"{module.__name__}.{name}" and name != "src"
            if is_public and f"{label}.{name}" not in modules:
                _walk(value, f"{label}.{name}", prefix, base_methods, modules)
        else:
            entries[name] = entry(value, base_methods)


def find(path: str, package: str) -> Any:
    """The object of a dotted path below `package`, importing modules on the way; None if there is none."""
    value: Any = importlib.import_module(package)
    walked = package
    for part in path.split(".") if path else []:
        walked += f".{part}"
        try:
            value = getattr(value, part)
        except AttributeError:
            try:
                value = importlib.import_module(walked)
            except ImportError:
                return None
    return value
