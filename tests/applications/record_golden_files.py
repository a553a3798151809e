"""Records which files Keras fetches for weights="imagenet", with `get_file` replaced. Run with Keras installed."""

import importlib
import json
import os
import pkgutil
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import cases
import keras
import keras.src.applications as sources
from keras.src.utils import file_utils


class AskedError(Exception):
    pass


def ask(fname=None, origin=None, file_hash=None, **kwargs):
    raise AskedError(origin, file_hash)


def variants(name):
    if name in ("MobileNet", "MobileNetV2"):
        small, alphas = (128, (0.25, 0.5, 0.75, 1.0)) if name == "MobileNet" else (96, (0.35, 0.5, 0.75, 1.0, 1.3, 1.4))
        return [{"alpha": a, "input_shape": (s, s, 3)} for a in alphas for s in (small, 224)]
    if name.startswith("MobileNetV3"):
        return [{"alpha": 0.75}, {"alpha": 1.0}, {"alpha": 1.0, "minimalistic": True}]
    return [{}]


def main():
    for module in pkgutil.iter_modules(sources.__path__):
        if "test" not in module.name:
            found = importlib.import_module(f"keras.src.applications.{module.name}")
            if hasattr(found, "file_utils"):
                found.file_utils.get_file = ask
    file_utils.get_file = ask
    origins = {}
    for name in cases.MODELS:
        for include_top in (True, False):
            for settings in variants(name):
                try:
                    getattr(keras.applications, name)(include_top=include_top, weights="imagenet", **settings)
                except AskedError as asked:
                    origins[json.dumps([name, include_top, settings])] = asked.args
    path = Path(__file__).with_name("golden_files.json")
    path.write_text(json.dumps(origins, indent=0, separators=(",", ":")))


if __name__ == "__main__":
    main()
