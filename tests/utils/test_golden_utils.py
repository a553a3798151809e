"""Utils against results recorded from Keras by record_golden_utils.py."""

import json
import pathlib
import re

import numpy as np
import pytest

from tests.utils.cases import CASES, summary
from yeoul import utils

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_utils.json").read_text())["results"]


def first_words(message):
    """A message up to its first full stop, without blanks: where it goes on may differ."""
    return re.sub(r"\s", "", re.split(r"\.\s|\.[A-Z]|\.$", message)[0])


@pytest.mark.parametrize("label", list(CASES))
def test_result_equals_keras(label):
    name, args, kwargs = CASES[label]
    expected = GOLDEN[label]
    call = getattr(utils, name)
    if isinstance(expected, str):
        kind, message = expected.split(": ", 1)
        with pytest.raises(ValueError if kind == "ValueError" else TypeError) as caught:
            summary(call(*args, **kwargs))
        assert first_words(str(caught.value)) == first_words(message)
    elif label.startswith("normalize"):
        np.testing.assert_allclose(summary(call(*args, **kwargs)), expected, rtol=1e-6)
    else:
        assert summary(call(*args, **kwargs)) == expected
