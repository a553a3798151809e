"""Writes golden_initializers.json: what real Keras 3 gives where nothing is random, and its configurations.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/initializers/record_golden.py
"""

import json
from pathlib import Path

import numpy as np

WINDOWS = [None, "hann", "hamming", "blackman", "nuttall", "blackmanharris", "flattop", "bartlett", "boxcar", "cosine"]
FIXED = [
    ["Constant", {"value": 2.5}, [2, 3]], ["Zeros", {}, [2, 2]], ["Ones", {}, [3]], ["Identity", {}, [3, 3]], ["Identity", {"gain": 0.5}, [2, 3]],
    *[["STFT", {"window": w, "periodic": p, "side": s, "scaling": c}, [6, 1, 5]]
      for w, p, s, c in zip(WINDOWS * 2, [False] * 10 + [True] * 10, ["real", "imag"] * 10, ["density", "spectrum", None, "density"] * 5, strict=True)],
]  # fmt: skip
CONFIGURED = {
    "Constant": {"value": 2}, "Zeros": {}, "Ones": {}, "RandomNormal": {"seed": 1}, "RandomUniform": {"minval": 0.0}, "TruncatedNormal": {},
    "VarianceScaling": {"mode": "fan_avg", "distribution": "uniform", "seed": 3}, "GlorotNormal": {}, "GlorotUniform": {"seed": 1},
    "HeNormal": {}, "HeUniform": {}, "LecunNormal": {"input_axes": [0], "output_axes": [1]}, "LecunUniform": {}, "Orthogonal": {"gain": 2.0},
    "STFT": {},
}  # fmt: skip


def main() -> None:
    from keras import initializers

    golden = {
        "fixed": [
            [name, options, shape, np.asarray(getattr(initializers, name)(**options)(tuple(shape))).tolist()]
            for name, options, shape in FIXED
        ],
        "configured": [
            [name, options, initializers.serialize(getattr(initializers, name)(**options))]
            for name, options in CONFIGURED.items()
        ],
    }
    Path(__file__).with_name("golden_initializers.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
