"""Writes golden_images.npz and golden_filters.npz: results of real Keras 3 for every case of image_cases.py.

Run it where Keras is installed, once for each backend, as they differ:
    KERAS_BACKEND=jax python tests/ops/record_golden_images.py           golden_images.npz (TensorFlow's bicubic weights come
                                                                         from a coarse table, some fill modes are not SciPy's)
    KERAS_BACKEND=tensorflow python tests/ops/record_golden_images.py    golden_filters.npz (JAX mixes channels in a blur)
"""

from pathlib import Path

import keras
import numpy as np
from image_cases import cases

are_filters = keras.backend.backend() == "tensorflow"
results = {}
for number, (function, operands, kwargs) in enumerate(cases()):
    if (function in ("gaussian_blur", "sobel_edges")) == are_filters:
        tensors = [keras.ops.convert_to_tensor(x) for x in operands]
        results[str(number)] = np.asarray(getattr(keras.ops.image, function)(*tensors, **kwargs))
name = "golden_filters.npz" if are_filters else "golden_images.npz"
np.savez_compressed(Path(__file__).with_name(name), **results)
