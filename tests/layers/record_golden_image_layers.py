"""Writes golden_image_layers.npz: what image layers of real Keras 3 give for every case of image_layer_cases.py.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/layers/record_golden_image_layers.py
"""

from pathlib import Path

import keras
import numpy as np
from image_layer_cases import cases, images

results = {
    str(case): np.asarray(getattr(keras.layers, name)(**kwargs)(images(case, shape), training=True))
    for case, (name, kwargs, shape) in enumerate(cases())
}
np.savez_compressed(Path(__file__).with_name("golden_image_layers.npz"), **results)
