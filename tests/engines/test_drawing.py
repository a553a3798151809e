"""Random words drawn at once by the native engine."""

import numpy as np
import pytest

from yeoul import ops
from yeoul.engines.native import engine
from yeoul.ops.random_bits import philox


@pytest.mark.parametrize("count", [engine._WORTH_A_PROGRAM - 1, engine._WORTH_A_PROGRAM, 40_001])
def test_large_draws_are_those_of_the_reference(count):
    state = ops.convert_to_tensor(np.array([5, 7], np.uint32))
    drawn = np.asarray(ops.random_bits(state, shape=(count,)))
    np.testing.assert_array_equal(drawn, philox(5, 7, count))
