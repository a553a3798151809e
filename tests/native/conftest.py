"""What all tests of the extension module share."""

import pytest

from yeoul import _native


@pytest.fixture(autouse=True)
def _restore_threads():
    before = _native.num_threads()
    yield
    _native.set_num_threads(before)
