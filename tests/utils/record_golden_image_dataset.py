"""Records what Keras reads from the folder in image_cases.py, as golden_image_dataset.npz.

Run: KERAS_BACKEND=tensorflow python record_golden_image_dataset.py   (in this folder; needs keras, tensorflow and Pillow)
"""

import pathlib
import tempfile

import image_cases
import keras
import numpy as np

with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary) / "images"
    image_cases.write(folder)
    arrays = {}
    for name in image_cases.SETTINGS:
        x, y = image_cases.read(keras.utils.image_dataset_from_directory, folder, name)
        arrays[f"{name} x"], arrays[f"{name} y"] = x, y
np.savez_compressed(pathlib.Path(__file__).with_name("golden_image_dataset.npz"), **arrays)
