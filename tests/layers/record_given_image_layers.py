"""Writes golden_given_image_layers.npz: what image layers of real Keras 3 make of images and labels by the choices of given_image_cases.py.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/layers/record_given_image_layers.py
"""

from pathlib import Path

import keras
import numpy as np
from given_image_cases import choices, images, labels

results = {}
for case, (name, kwargs, shape, given, _) in enumerate(choices()):
    layer = getattr(keras.layers, name)(**kwargs)
    given = given and {k: v if isinstance(v, tuple) else keras.ops.convert_to_tensor(v) for k, v in given.items()}
    x = keras.ops.convert_to_tensor(images(case, kwargs, shape))
    results[f"images_{case}"] = np.asarray(layer.transform_images(x, given, training=True))
    if given is not None:
        results[f"labels_{case}"] = np.asarray(layer.transform_labels(keras.ops.convert_to_tensor(labels()), given))
np.savez_compressed(Path(__file__).with_name("golden_given_image_layers.npz"), **results)
