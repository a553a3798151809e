"""Writes golden_interface.json: names, arguments, defaults and configurations of Keras' losses and metrics.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/metrics/record_interface.py
"""

import inspect
import json
from pathlib import Path
from types import ModuleType
from typing import Any

REQUIRED: dict[str, dict[str, Any]] = {
    "IoU": {"num_classes": 3, "target_class_ids": [0, 2]}, "OneHotIoU": {"num_classes": 3, "target_class_ids": [1]},
    "MeanIoU": {"num_classes": 3}, "OneHotMeanIoU": {"num_classes": 3}, "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5}, "PrecisionAtRecall": {"recall": 0.5}, "RecallAtPrecision": {"precision": 0.5},
}  # fmt: skip
LEFT_OUT = {"get", "serialize", "deserialize", "MeanMetricWrapper", "CTC", "ctc"}


def arguments(thing: Any) -> list[list[Any]]:
    """(name, default) of every argument; "required" where there is none."""
    found = []
    for parameter in inspect.signature(thing).parameters.values():
        default = "required" if parameter.default is parameter.empty else parameter.default
        found.append([parameter.name, list(default) if isinstance(default, tuple) else default])
    return found


def interface(module: ModuleType, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        thing = getattr(module, name)
        found[name] = {"arguments": arguments(thing)}
        if inspect.isclass(thing):
            made = thing(**{**REQUIRED.get(name, {}), "name": "given"})
            found[name]["config"] = made.get_config()
            variables = getattr(made, "variables", [])
            found[name]["variables"] = [[v.path, list(v.shape), str(v.dtype)] for v in variables]
    return found


def public(module: ModuleType) -> list[str]:
    return [
        name
        for name in dir(module)
        if not name.startswith("_") and name not in LEFT_OUT and callable(getattr(module, name))
    ]


def main() -> None:
    import keras

    golden = {kind: interface(getattr(keras, kind), public(getattr(keras, kind))) for kind in ("losses", "metrics")}
    Path(__file__).with_name("golden_interface.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
