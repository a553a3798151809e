"""Records the cases of data_runs.py with Keras as golden_data.json.

Run: KERAS_BACKEND=jax python record_golden_data.py   (in this folder; needs keras, jax, pandas, scipy, torch)
With TensorFlow, the losses of single outputs are means of the batches' losses whatever the size of the last batch.
"""

import json
import pathlib

import keras
from data_runs import CASES, plain


def main():
    results = {}
    for name, run in CASES.items():
        try:
            results[name] = plain(run(keras))
        except Exception as error:
            print(name, type(error).__name__, str(error)[:500])
    path = pathlib.Path(__file__).with_name("golden_data.json")
    path.write_text(json.dumps({"keras": keras.__version__, "results": results}) + "\n")


if __name__ == "__main__":
    main()
