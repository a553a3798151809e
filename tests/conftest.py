"""What all tests share: a fixed seed and the default engine."""

import pytest

from yeoul import config, utils


@pytest.fixture(autouse=True)
def _same_start():
    utils.set_random_seed(1)
    config.set_engine("native")
    config.set_floatx("float32")
    yield
