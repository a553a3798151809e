"""Writes golden_preprocessing.json: what preprocessing layers of real Keras 3 give, and what they learn from data.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/layers/record_preprocessing.py
"""

import json
from pathlib import Path

import numpy as np

ROWS = [[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]
NORMAL = np.random.RandomState(0).randn(500, 2).round(3).tolist()
TOKENS, WORDS = ["a", "b", "c", "d"], [["a", "c", "d"], ["d", "z", "b"]]
NUMBERS, ITEMS = [12, 36, 1138, 42], [[12, 1138, 42], [42, 1000, 36]]
INDICES = [[0, 2, 1], [3, 3, 0]]
MODES = ("one_hot", "multi_hot", "count")
TEXTS = ["".join(chr(32 + (i * 7 + n) % 90) for i in range(n)) for n in (*range(70), 127, 128, 129, 192, 300)] + [
    "é한글",
    "ß",
]
BAGS = [["a", "b"], ["a", "c"], ["a", "a"]]
# (layer, arguments, data to adapt to or None, input)
CASES: list[tuple] = [
    *[("Discretization", {"bin_boundaries": [0.0, 1.0, 2.0], "output_mode": mode}, None, x) for mode in ("int", *MODES) for x in (ROWS, ROWS[0])],
    *[("Discretization", {"num_bins": bins, "epsilon": epsilon}, NORMAL, ROWS) for bins, epsilon in ((4, 0.01), (10, 0.01), (5, 0.1), (3, 0.5))],
    *[("Discretization", {"num_bins": bins, "output_mode": "one_hot"}, data, [0.0, 2.0, 9.0])
      for data, bins in ((list(range(1, 11)), 3), ([1.0, 1, 1, 2, 2, 5], 3), ([3.0, 1, 2], 2), ([[1.0], [4.0]], 4))],
    *[("CategoryEncoding", {"num_tokens": tokens, "output_mode": mode}, None, x)
      for mode in MODES for tokens in (4, 3) for x in (INDICES, INDICES[0], [[1], [2]], 2, [INDICES])],
    *[("Hashing", {"num_bins": 2**31 - 1, "salt": salt}, None, x) for salt in (None, 133, [133, 137]) for x in (TEXTS, (np.arange(-20, 30) * 12345).tolist())],
    *[("Hashing", {"num_bins": 3, "output_mode": mode}, None, WORDS) for mode in ("int", *MODES)],
    ("Hashing", {"num_bins": 3, "mask_value": "z"}, None, WORDS), ("Hashing", {"num_bins": 3, "mask_value": 42}, None, ITEMS), ("Hashing", {"num_bins": 1}, None, WORDS),
    *[("HashedCrossing", {"num_bins": 5, "output_mode": mode}, None, (["A", "B", "A", "B", "A"], [101, 101, 101, 102, 102])) for mode in ("int", "one_hot")],
    *[("HashedCrossing", {"num_bins": 50, "output_mode": mode}, None, ([["A"], ["B"]], [[101], [102]])) for mode in ("int", "one_hot")],
    ("HashedCrossing", {"num_bins": 1000}, None, (["A", "B"], ["C", "D"], [1, -2])), ("HashedCrossing", {"num_bins": 5}, None, ("A", 3)),
    *[("StringLookup", {"vocabulary": TOKENS, **options}, None, x) for x in (WORDS, WORDS[1], [["a"], ["q"]])
      for options in ({}, {"num_oov_indices": 2}, {"num_oov_indices": 3, "salt": 7}, {"mask_token": "z"}, {"mask_token": "z", "output_mode": "multi_hot"},
                      *[{"output_mode": mode, "max_tokens": 7, "pad_to_max_tokens": pad} for mode in MODES for pad in (False, True)],
                      {"output_mode": "tf_idf", "idf_weights": [0.25, 0.75, 0.6, 0.4]})],
    ("StringLookup", {"vocabulary": ["[UNK]", *TOKENS], "output_mode": "tf_idf", "idf_weights": [0.9, 0.25, 0.75, 0.6, 0.4]}, None, WORDS),
    *[("StringLookup", options, data, WORDS) for data in ([*WORDS, ["d", "c", "e"]], [["b", "a", "d"], ["c", "x", "x"]])
      for options in ({}, {"max_tokens": 3}, {"mask_token": "d"}, {"output_mode": "count"}, {"num_oov_indices": 2})],
    ("StringLookup", {"output_mode": "tf_idf"}, BAGS, WORDS), ("StringLookup", {"output_mode": "tf_idf", "max_tokens": 3, "pad_to_max_tokens": True}, BAGS, WORDS),
    *[("StringLookup", {"vocabulary": TOKENS, "invert": True, **options}, None, [[1, 0], [4, 9]]) for options in ({}, {"mask_token": ""})],
    *[("IntegerLookup", {"vocabulary": NUMBERS, **options}, None, x) for x in (ITEMS, [[12], [7]], list(range(-6, 20)))
      for options in ({}, {"num_oov_indices": 5}, {"num_oov_indices": 5, "oov_method": "farmhash"}, {"num_oov_indices": 5, "oov_method": "farmhash", "salt": 3},
                      {"mask_token": 7}, *[{"output_mode": mode} for mode in MODES])],
    ("IntegerLookup", {}, ITEMS, ITEMS), ("IntegerLookup", {"max_tokens": 3, "mask_token": 42}, ITEMS, ITEMS), ("IntegerLookup", {"vocabulary": NUMBERS, "invert": True}, None, [[1, 0], [4, 9]]),
    ("Normalization", {}, NORMAL, NORMAL[:3]), ("Normalization", {"axis": None}, NORMAL, NORMAL[:3]), ("Normalization", {"axis": (0, 1)}, NORMAL, NORMAL[:3]), ("Normalization", {"invert": True}, NORMAL, NORMAL[:3]),
]  # fmt: skip
CASES = [case for case in CASES if not (case[0] == "Normalization" and case[1].get("axis") == (0, 1))]


def case_id(case: tuple) -> str:
    return (
        f"{case[0]} {case[1]} {case[2] is not None} {np.shape(case[3][0] if isinstance(case[3], tuple) else case[3])}"
    )


def run(layers: object, case: tuple) -> dict:
    """What the layer gives, its dtype, and what it learnt."""
    name, options, data, x = case
    layer = getattr(layers, name)(**options)
    if data is not None:
        layer.adapt(np.array(data))
    y = layer(tuple(np.array(part) for part in x) if isinstance(x, tuple) else np.array(x))
    array = np.asarray(y)
    if array.dtype.kind in "OS":
        array = array.astype(str)
    found = {"output": array.tolist(), "dtype": array.dtype.name if array.dtype.kind != "U" else "string"}
    if hasattr(layer, "get_vocabulary"):
        found["vocabulary"] = [v.item() if hasattr(v, "item") else v for v in layer.get_vocabulary()]
    if name == "Discretization":
        found["boundaries"] = [float(b) for b in layer.bin_boundaries]
    return found


def main() -> None:
    import keras

    golden = [run(keras.layers, case) for case in CASES]
    Path(__file__).with_name("golden_preprocessing.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
