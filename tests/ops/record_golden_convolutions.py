"""Writes golden_convolutions.npz and golden_pooling.npz: results of real Keras 3 for every case of convolution_cases.py.

Run it where Keras is installed, once for each backend, as neither runs every case:
    KERAS_BACKEND=jax python tests/ops/record_golden_convolutions.py           writes golden_convolutions.npz
    KERAS_BACKEND=tensorflow python tests/ops/record_golden_convolutions.py    writes golden_pooling.npz
"""

from pathlib import Path

import keras
import numpy as np
from convolution_cases import cases, operands

is_pooling = keras.backend.backend() == "tensorflow"
results = {
    str(number): np.asarray(
        getattr(keras.ops, function)(*map(keras.ops.convert_to_tensor, operands(number, shapes)), **kwargs)
    )
    for number, (function, shapes, kwargs) in enumerate(cases())
    if function.endswith("pool") == is_pooling
}
name = "golden_pooling.npz" if is_pooling else "golden_convolutions.npz"
np.savez_compressed(Path(__file__).with_name(name), **results)
