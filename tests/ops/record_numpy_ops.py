"""Writes golden_numpy_ops.json: what Keras 3 gives for the calls in numpy_cases.py, and the signatures of its ops.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/ops/record_numpy_ops.py
"""

import inspect
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


def signature_of(name: str) -> str:
    return str(inspect.signature(getattr(keras.ops, name)))


results = []
for name, args, kwargs in CASES:
    if name == "saturate_cast":  # takes nothing but tensors
        args = (keras.ops.convert_to_tensor(args[0]), *args[1:])
    try:
        results.append(plain(getattr(keras.ops, name)(*args, **kwargs)))
    except Exception as error:  # some calls Keras cannot do: they are checked elsewhere
        print(f"{name}{[getattr(a, 'shape', a) for a in args]} {kwargs}: {type(error).__name__} {str(error)[:90]}")
        results.append(None)
numpy_names = [n for n in dir(keras.ops.numpy) if not n.startswith("_")]
core = ["associative_scan", "dtype", "saturate_cast", "scatter", "scatter_update", "slice_update", "vectorized_map"]
golden = {"results": results, "signatures": {n: signature_of(n) for n in sorted({*numpy_names, *core})}}
path = Path(__file__).parent / "golden_numpy_ops.json"
path.write_text(json.dumps(golden, separators=(",", ":")))
print(len(results), path.stat().st_size)
