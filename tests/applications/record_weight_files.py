"""Saves a tiny model in Keras' formats. Run with Keras installed: python record_weight_files.py"""

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import cases
import h5py
import keras
from keras.src.legacy.saving import legacy_h5_format

here = Path(__file__).parent
keras.utils.clear_session()
cases.tiny_model(keras).save_weights(here / "tiny.weights.h5")
keras.utils.clear_session()
flat = cases.tiny_model(cases.Flat(keras))
flat.save(here / "tiny_model.h5")
with h5py.File(here / "tiny_weights.h5", "w") as file:
    legacy_h5_format.save_weights_to_hdf5_group(file, flat)
