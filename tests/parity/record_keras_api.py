"""Records every public name of Keras and what it takes, into keras_api.json. Run where Keras 3.15 is installed:

KERAS_BACKEND=tensorflow python -m tests.parity.record_keras_api
"""

import json
from pathlib import Path

import keras

from tests.parity.signatures import public_api

if __name__ == "__main__":
    api = {"version": keras.__version__, "modules": public_api(keras, "")}
    text = json.dumps(api, separators=(",", ":"), sort_keys=True)
    # One line a name, so that changes can be read.
    lines = ["{", f'"version": {json.dumps(api["version"])},', '"modules": {']
    modules = api["modules"]
    for i, (module, names) in enumerate(sorted(modules.items())):
        lines.append(f"{json.dumps(module)}: {{")
        rows = [f"{json.dumps(n)}: {json.dumps(e, separators=(',', ':'))}" for n, e in sorted(names.items())]
        lines.append(",\n".join(rows))
        lines.append("}" + ("," if i + 1 < len(modules) else ""))
    lines += ["}", "}"]
    (Path(__file__).parent / "keras_api.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(len(text), {module: len(names) for module, names in modules.items()})
