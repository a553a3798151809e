"""Writes golden_interface.json: configurations and variables of Keras' losses and metrics.

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
LEFT_OUT = {"MeanMetricWrapper", "CTC"}


def interface(module: ModuleType, name: str) -> dict[str, Any]:
    """The configuration and the variables of an object of this class."""
    made = getattr(module, name)(**{**REQUIRED.get(name, {}), "name": "given"})
    variables = [[v.path, list(v.shape), str(v.dtype)] for v in getattr(made, "variables", [])]
    return {"config": made.get_config(), "variables": variables}


def classes(module: ModuleType) -> list[str]:
    return [name for name in dir(module) if inspect.isclass(getattr(module, name)) and name not in LEFT_OUT]


def main() -> None:
    import keras

    modules = {"losses": keras.losses, "metrics": keras.metrics}
    golden = {kind: {name: interface(m, name) for name in classes(m)} for kind, m in modules.items()}
    Path(__file__).with_name("golden_interface.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
