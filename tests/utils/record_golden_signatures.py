"""Records the signatures of Keras' callbacks, utilities, wrappers and data sets as golden_signatures.json.

Run: KERAS_BACKEND=tensorflow python record_golden_signatures.py   (in this folder; needs keras and tensorflow)
"""

import inspect
import json
import pathlib

import keras


def main():
    places = {name: getattr(keras, name) for name in ("callbacks", "utils", "wrappers")}
    places |= {f"datasets.{name}": part for name, part in vars(keras.datasets).items() if inspect.ismodule(part)}
    signatures = {}
    for place, module in places.items():
        for name, thing in vars(module).items():
            if callable(thing) and not name.startswith("_"):
                parameters = inspect.signature(thing).parameters.values()
                signatures[f"{place}.{name}"] = [str(p.replace(annotation=p.empty)) for p in parameters]
    path = pathlib.Path(__file__).with_name("golden_signatures.json")
    path.write_text(json.dumps({"keras": keras.__version__, "signatures": signatures}, indent=0) + "\n")


if __name__ == "__main__":
    main()
