"""Writes golden_constraints.json: constrained weights and configurations of real Keras 3.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/constraints/record_golden.py
"""

import json
from pathlib import Path

import numpy as np

CASES = [
    ["MaxNorm", {}], ["MaxNorm", {"max_value": 1.0, "axis": 1}], ["MaxNorm", {"max_value": 1.5, "axis": [0, 1]}], ["NonNeg", {}],
    ["UnitNorm", {}], ["UnitNorm", {"axis": 1}], ["MinMaxNorm", {}], ["MinMaxNorm", {"min_value": 0.5, "max_value": 1.5, "rate": 0.3, "axis": 1}],
    ["MinMaxNorm", {"min_value": 3.0, "max_value": 4.0}],
]  # fmt: skip


def weight() -> np.ndarray:
    w = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    w[:, 2] = 0
    return w


def main() -> None:
    from keras import constraints

    golden = [
        [
            name,
            options,
            np.asarray(getattr(constraints, name)(**options)(weight())).tolist(),
            constraints.serialize(getattr(constraints, name)(**options)),
        ]
        for name, options in CASES
    ]
    Path(__file__).with_name("golden_constraints.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
