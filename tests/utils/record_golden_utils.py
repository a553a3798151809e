"""Records what Keras' utils make of the calls in cases.py, as golden_utils.json, which test_golden_utils.py compares with.

Run: KERAS_BACKEND=tensorflow python record_golden_utils.py   (in this folder; needs keras and tensorflow)
"""

import json
import pathlib

import keras
from cases import CASES, summary


def main():
    results = {}
    for label, (name, args, kwargs) in CASES.items():
        try:
            results[label] = summary(getattr(keras.utils, name)(*args, **kwargs))
        except (ValueError, TypeError) as error:
            results[label] = f"{type(error).__name__}: {error}"
    path = pathlib.Path(__file__).with_name("golden_utils.json")
    path.write_text(json.dumps({"keras": keras.__version__, "results": results}) + "\n")


if __name__ == "__main__":
    main()
