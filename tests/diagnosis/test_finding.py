"""How findings are listed and shown."""

import pytest

from yeoul.diagnosis import Diagnosis, Finding

HINT = Finding("A hint", "hint", "It is 3.", "make it 4.", {"it": 3})
ERROR = Finding("An <error>", "error", "It is NaN.", "fill it.")


def test_the_gravest_come_first():
    diagnosis = Diagnosis([HINT, ERROR], "m")
    assert diagnosis.names == ["An <error>", "A hint"]
    assert len(diagnosis) == 2 and diagnosis[1] is HINT


def test_text_says_all():
    text = str(Diagnosis([HINT, ERROR], "m", ["NaN", "weights"], {"history": "there is none"}))
    assert text == (
        "Diagnosis of 'm': 1 error, 1 hint\n\n"
        "✗ An <error> (error)\n  It is NaN.\n  Try: fill it.\n\n"
        "· A hint (hint)\n  It is 3.\n  Try: make it 4.\n\n"
        "Looked at: NaN, weights.\nNot looked at: history, because there is none."
    )
    assert repr(Diagnosis([], "m")) == "Diagnosis of 'm': nothing found."


def test_text_fits_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    finding = Finding("Long", "warning", "word " * 40, "change " * 40)
    assert max(map(len, str(Diagnosis([finding, finding], "m", ["NaN"] * 30)).splitlines())) <= 40


def test_html_is_escaped():
    html = Diagnosis([ERROR], "m", ["NaN"])._repr_html_()
    assert "An &lt;error&gt;" in html and "<error>" not in html
    assert "fill it." in html and "Looked at: NaN." in html


def test_a_severity_nobody_knows():
    with pytest.raises(ValueError):
        Diagnosis([Finding("x", "grave", "", "")])
