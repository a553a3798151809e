"""How what yeoul takes differs from what Keras takes, name by name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.parity.accepted import INNER
from tests.parity.signatures import entry, find

RECORDED = Path(__file__).parent / "keras_api.json"


@dataclass
class Row:
    """One public name of Keras. `differences` are sentences by what differs: the name itself ("") or one of its methods."""

    module: str
    name: str
    is_there: bool
    differences: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}".lstrip(".")


@cache
def keras_api() -> dict[str, Any]:
    return json.loads(RECORDED.read_text(encoding="utf-8"))


@cache
def compare() -> tuple[Row, ...]:
    """A row for every name that was recorded from Keras."""
    rows = []
    for module, names in keras_api()["modules"].items():
        for name, theirs in names.items():
            ours = find(f"{module}.{name}".lstrip("."), "yeoul")
            row = Row(module, name, ours is not None)
            if row.is_there:
                row.differences = _entry_differences(theirs, entry(ours, set()), _instance(name))
            rows.append(row)
    return tuple(rows)


@cache
def _instance(name: str) -> Any:
    """An object of a class, to see which attributes it has; only of classes whose attributes users read."""
    import yeoul
    from yeoul import Input, Sequential, Variable, layers, optimizers

    if name == "Variable":
        return Variable(1.0)
    if name == "KerasTensor":
        return Input((2,))
    if name in ("Model", "Sequential"):
        model = Sequential([Input((2,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        return model
    if name in ("Layer", "Dense"):
        layer = layers.Dense(1)
        layer(Input((2,)))
        return layer
    if name == "Optimizer":
        return optimizers.SGD()
    return (
        {"Loss": yeoul.Loss, "Metric": yeoul.Metric, "Callback": yeoul.callbacks.Callback}[name]()
        if name in ("Loss", "Metric", "Callback")
        else None
    )


def _entry_differences(theirs: dict[str, Any], ours: dict[str, Any], instance: Any) -> dict[str, str]:
    differences: dict[str, str] = {}
    own = ours.get("parameters")
    # Where Keras says only *args, **kwargs it says nothing that could be compared.
    if theirs.get("parameters") is not None and own is not None:
        sentence = parameter_differences(theirs["parameters"], own)
        if sentence:
            differences[""] = sentence
    if theirs["kind"] == "class" and ours["kind"] != "class":
        differences[""] = "is a function"
    for name, parameters in theirs.get("methods", {}).items():
        if ours["kind"] != "class":
            break
        if name in INNER:
            continue
        if parameters == "property":
            if instance is not None and not hasattr(instance, name):
                differences[name] = "missing"
            continue
        own = ours["methods"].get(name)
        if own is None:
            differences[name] = "missing"
        elif own != "property":
            sentence = parameter_differences(parameters, own)
            if sentence:
                differences[name] = sentence
    return differences


def parameter_differences(theirs: list[list[Any]], ours: list[list[Any]]) -> str:
    """What differs, in words; nothing if every call that Keras takes means the same here."""
    if {p[0] for p in theirs} <= {"*args", "**kwargs"} and theirs:
        return ""  # says nothing that could be compared
    is_open = any(p[0].startswith("**") for p in ours)
    order_matters = not any(p[0].startswith("*") and not p[0].startswith("**") for p in theirs)
    named = [p for p in theirs if not p[0].startswith("*")]
    own = [p for p in ours if not p[0].startswith("*")]
    own_names = [p[0] for p in own]
    told = []
    absent = [p[0] for p in named if p[0] not in own_names]
    if absent and not (is_open and not order_matters):
        told.append("without " + ", ".join(f"`{n}`" for n in absent))
    common = [p[0] for p in named if p[0] in own_names]
    if order_matters and not absent and own_names[: len(common)] != common:
        told.append("takes " + ", ".join(f"`{n}`" for n in own_names[: len(common)]) + " in this order")
    for p in named:
        if p[0] in own_names:
            q = own[own_names.index(p[0])]
            if _default(p) != _default(q) and not (len(p) == 1 and order_matters):
                told.append(f"`{p[0]}` is {_shown(q)}, not {_shown(p)}")
    further = [p for p in own if p[0] not in [q[0] for q in named] and len(p) == 1]
    if further:
        told.append("needs " + ", ".join(f"`{p[0]}`" for p in further))
    return "; ".join(told)


def _default(parameter: list[Any]) -> Any:
    if len(parameter) == 1:
        return "<none>"
    value = parameter[1]
    return "<object>" if isinstance(value, str) and value.startswith("<") else value


def _shown(parameter: list[Any]) -> str:
    return "required" if len(parameter) == 1 else f"`{parameter[1]!r}`"
