"""Records what Keras makes of the calls in cases.py. Run with Keras, SciPy and Pillow: python record_golden_preprocessing.py"""

import json
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import cases
import numpy as np
from keras._tf_keras.keras.preprocessing import image, text

arrays = {}
picture = cases.pictures(1)[0]
for name, settings in cases.AFFINE.items():
    arrays[f"affine {name}"] = image.apply_affine_transform(
        picture, row_axis=0, col_axis=1, channel_axis=2, **settings
    ).astype(np.float32)
for name in cases.GENERATORS:
    for number, (x, y, weight) in enumerate(cases.flowed(image.ImageDataGenerator, name)):
        arrays[f"flow {name} {number} x"] = np.asarray(x, np.float32)
        arrays[f"flow {name} {number} y"] = y
        arrays[f"flow {name} {number} w"] = weight
for size, form in (((6, 4), "channels_last"), ((20, 30), "channels_last"), ((5, 5), "channels_first")):
    x = cases.pictures(1)[0]
    x = np.moveaxis(x, -1, 0) if form == "channels_first" else x
    arrays[f"smart {size} {form}"] = np.asarray(image.smart_resize(x, size, data_format=form))
np.savez_compressed(Path(__file__).with_name("golden_preprocessing.npz"), **arrays)
made = {name: cases.tokenized(text.Tokenizer, name) for name in cases.TOKENIZERS}
Path(__file__).with_name("golden_text.json").write_text(json.dumps(made, indent=0) + "\n")
