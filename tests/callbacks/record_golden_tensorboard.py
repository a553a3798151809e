"""Records what Keras' TensorBoard writes, decoded by TensorFlow, as golden_tensorboard.json.

Run: KERAS_BACKEND=tensorflow python record_golden_tensorboard.py   (in this folder; needs keras, tensorflow, tensorboard)
"""

import json
import pathlib
import tempfile

import keras
import numpy as np
import tensorflow as tf
from tensorboard_runs import RUNS, run

HISTOGRAMS = {
    "constant": [1.0, 1.0, 1.0],
    "empty": [],
    "two": [1.0, 1.0, 2.0],
    "normal": np.random.default_rng(31).normal(size=50).tolist(),
}


def decoded(folder):
    found = []
    for path in sorted(pathlib.Path(folder).rglob("*tfevents*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                found.append([path.parent.name, int(event.step), value.tag, *content(value)])
    return found


def content(value):
    plugin = value.metadata.plugin_data.plugin_name
    array = tf.make_ndarray(value.tensor)
    if plugin == "images":
        pixels = [np.asarray(tf.image.decode_png(part))[..., 0].tolist() for part in array[2:]]
        return plugin, [int(array[0]), int(array[1]), pixels]
    if array.dtype == object:
        return plugin, "text"
    return plugin, array.tolist()


def main():
    golden = {"keras": keras.__version__, "runs": {}, "histograms": {}}
    for name, options in RUNS.items():
        with tempfile.TemporaryDirectory() as folder:
            run(keras, folder, options)
            golden["runs"][name] = decoded(folder)
    for name, values in HISTOGRAMS.items():
        with tempfile.TemporaryDirectory() as folder:
            with tf.summary.create_file_writer(folder).as_default():
                tf.summary.histogram(name, np.array(values), step=0)
            golden["histograms"][name] = [values, decoded(folder)[0][-1]]
    path = pathlib.Path(__file__).with_name("golden_tensorboard.json")
    path.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
