"""Records the runs of averaging_runs.py with Keras as golden_averaging.json.

Run: KERAS_BACKEND=tensorflow python record_golden_averaging.py   (in this folder; needs keras and tensorflow)
"""

import json
import pathlib
import tempfile

import keras
from averaging_runs import CSV_RUNS, averaging, logged


def main():
    golden = {"keras": keras.__version__}
    golden["averaging"] = {str(on_epoch): averaging(keras, on_epoch) for on_epoch in (False, True)}
    with tempfile.TemporaryDirectory() as folder:
        golden["csv"] = {name: logged(keras, f"{folder}/log.csv", **options) for name, options in CSV_RUNS.items()}
    path = pathlib.Path(__file__).with_name("golden_averaging.json")
    path.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
