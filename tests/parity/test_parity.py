"""Every public name of Keras that is here takes the same arguments, in the same order, with the same defaults."""

import importlib.util

import pytest

from tests.parity.accepted import DIFFERENT, reason_for_method
from tests.parity.comparing import compare, keras_api, parameter_differences
from tests.parity.page import PAGE, parity_page
from tests.parity.signatures import entry, find, public_api

_THERE = [row for row in compare() if row.is_there]


@pytest.mark.parametrize("row", _THERE, ids=lambda row: row.path)
def test_takes_what_keras_takes(row):
    for method, difference in row.differences.items():
        path = f"{row.path}.{method}".rstrip(".")
        is_known = path in DIFFERENT or (difference == "missing" and reason_for_method(method) is not None)
        assert is_known, f"{path} differs from Keras: {difference}. Mend it, or say why in tests/parity/accepted.py."


def test_every_listed_difference_is_one():
    found = {f"{row.path}.{method}".rstrip(".") for row in _THERE for method in row.differences}
    assert set(DIFFERENT) <= found


def test_every_signature_can_be_read():
    for row in _THERE:
        theirs = keras_api()["modules"][row.module][row.name]
        ours = entry(find(row.path, "yeoul"), set())
        if theirs["kind"] != "value":
            assert (ours["parameters"] is None) <= (theirs["parameters"] is None), f"{row.path} has no signature"


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == parity_page(), (
        "docs/parity.md does not tell what is there. Run: python docs/make_parity.py"
    )


@pytest.mark.parametrize(
    ("theirs", "ours", "said"),
    [
        ([["a"], ["b", 1]], [["a"], ["b", 1]], ""),
        ([["a"], ["b", 1]], [["a"], ["b", 1], ["more", None]], ""),
        ([["a"], ["b", 1]], [["b", 1], ["a"]], "takes `b`, `a` in this order"),
        ([["a", 1]], [["a", 2]], "`a` is `2`, not `1`"),
        ([["a", 1]], [["a"]], "`a` is required, not `1`"),
        ([["a"]], [], "without `a`"),
        ([["a"]], [["a"], ["b"]], "needs `b`"),
        ([["*"], ["a", 1], ["b", 1]], [["*"], ["b", 1], ["a", 1]], ""),
    ],
)
def test_differences_are_seen(theirs, ours, said):
    assert parameter_differences(theirs, ours) == said


@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="Keras is not installed here")
def test_recording_is_what_keras_has():
    import keras

    recorded = keras_api()
    if keras.__version__ != recorded["version"] or keras.backend.backend() != "tensorflow":
        pytest.skip(f"recorded from Keras {recorded['version']} on TensorFlow")
    assert public_api(keras, "") == recorded["modules"]
