"""Records what Keras' applications are made of and compute. Run with Keras installed: python record_golden_applications.py"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import cases
import keras
import numpy as np


def main(details=None):
    golden = {"keras": keras.__version__, "models": {}, "variants": {}, "outputs": {}, "preprocessed": {}}
    full = {}
    for name in cases.MODELS:
        keras.utils.clear_session()
        model = getattr(keras.applications, name)(weights=None)
        golden["models"][name] = cases.summary(model)
        full[name] = cases.described(model)
        print(name, model.count_params(), flush=True)
    for name, (model_name, settings) in cases.VARIANTS.items():
        keras.utils.clear_session()
        model = getattr(keras.applications, model_name)(weights=None, **settings)
        golden["variants"][name] = cases.summary(model)
        full[name] = cases.described(model)
    for name, settings in cases.SMALL.items():
        keras.utils.clear_session()
        model = cases.small_model(keras.applications, name)
        outputs = model.predict(cases.prepared(name, settings["input_shape"]), verbose=0)
        golden["outputs"][name] = [[float(f"{v:.7g}") for v in row[:16]] for row in outputs]
        print(name, np.std(outputs), flush=True)
    pictures = cases.images((2, 2, 3))
    for module_name in cases.MODULES:
        module = getattr(keras.applications, module_name)
        golden["preprocessed"][module_name] = {
            "last": [float(f"{v:.7g}") for v in module.preprocess_input(pictures.copy()).ravel()],
            "first": [
                float(f"{v:.7g}")
                for v in np.asarray(
                    module.preprocess_input(np.moveaxis(pictures, -1, 1).copy(), data_format="channels_first")
                ).ravel()
            ],
        }
    path = Path(__file__).with_name("golden_applications.json")
    path.write_text(json.dumps(golden, indent=0, separators=(",", ":")) + "\n")
    if details:
        Path(details).write_text(json.dumps(full))


if __name__ == "__main__":
    main(*sys.argv[1:])
