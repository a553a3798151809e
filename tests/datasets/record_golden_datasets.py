"""Records what Keras' data sets fetch, and what they make of the files of small_files.py, as golden_datasets.json.

Run: python tests/datasets/record_golden_datasets.py   (needs keras; nothing is downloaded)
"""

import contextlib
import json
import pathlib
import sys
import tempfile

import keras
import small_files
from cases import CASES, summary


def main():
    fetched, results = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        small_files.make(folder)

        def get_file(fname=None, origin=None, **kwargs):
            name = origin.rsplit("/", 1)[1]
            fetched[name] = {"fname": fname, "origin": origin, **kwargs}
            path = pathlib.Path(folder, name)
            return keras.utils.get_file(fname, path.as_uri(), extract=kwargs.get("extract", False), cache_dir=folder)

        for name in ("boston_housing", "california_housing", "cifar10", "cifar100", "imdb", "reuters"):
            module = sys.modules[f"keras.src.datasets.{name}"]
            module.get_file = get_file
        for label, (name, function, arguments) in CASES.items():
            try:
                results[label] = summary(getattr(getattr(keras.datasets, name), function)(**arguments))
            except Exception as error:
                results[label] = f"{type(error).__name__}: {error}"
        with contextlib.suppress(ValueError):  # made for batches of 10,000, but it says what it fetches
            keras.datasets.cifar10.load_data()
    path = pathlib.Path(__file__).with_name("golden_datasets.json")
    path.write_text(json.dumps({"keras": keras.__version__, "fetched": fetched, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
