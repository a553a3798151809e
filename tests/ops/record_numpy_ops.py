"""Writes golden_numpy_ops.json: what Keras 3 gives for the calls in numpy_cases.py.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/ops/record_numpy_ops.py
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from numpy_cases import CASES


def plain(result: object) -> list:
    """[dtype, shape, values] of each part of a result."""
    parts = result if isinstance(result, (list, tuple)) else [result]
    found = []
    for part in parts:
        array = np.asarray(part)
        values = array.ravel().tolist()
        if array.dtype.kind == "f":
            digits = 12 if array.dtype == np.float64 else 9
            values = [float(f"{v:.{digits}g}") for v in array.astype(np.float64).ravel()]
        found.append([str(array.dtype), list(array.shape), values])
    return found


results = []
for name, args, kwargs in CASES:
    if name == "saturate_cast":  # takes nothing but tensors
        args = (keras.ops.convert_to_tensor(args[0]), *args[1:])
    try:
        results.append(plain(getattr(keras.ops, name)(*args, **kwargs)))
    except Exception as error:  # some calls Keras cannot do: they are checked elsewhere
        print(f"{name}{[getattr(a, 'shape', a) for a in args]} {kwargs}: {type(error).__name__} {str(error)[:90]}")
        results.append(None)
path = Path(__file__).parent / "golden_numpy_ops.json"
path.write_text(json.dumps(results, separators=(",", ":")))
print(len(results), path.stat().st_size)
