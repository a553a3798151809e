"""Compiled matrix products of shapes that leave edges, against NumPy in float64."""

import numpy as np
import pytest

import yeoul
from yeoul import _native


@pytest.mark.parametrize(
    ("m", "n", "k"),
    [
        (32, 100, 784), (33, 17, 70), (7, 9, 65), (100, 1030, 400), (5, 8, 300), (64, 512, 64), (90, 31, 330), (50, 20, 900),
        (49, 512, 600), (6, 1001, 300), (63, 300, 1000), (200, 1030, 330),  # few rows by many weights
        (32, 100, 3136), (63, 57, 4700), (5, 61, 4300), (1, 64, 4100), (13, 8, 32800),  # by narrow weights, block by block
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["nn", "tn", "nt"])
def test_products_whose_last_panel_overlaps(m, n, k, dtype, layout):
    rng = np.random.default_rng(1)
    left = rng.standard_normal((m, k) if layout[0] == "n" else (k, m)).astype(dtype)
    right = rng.standard_normal((k, n) if layout[1] == "n" else (n, k)).astype(dtype)

    def product(a, b):
        return (a if layout[0] == "n" else a.T) @ (b if layout[1] == "n" else b.T)

    compiled = yeoul.function(lambda a, b: product(yeoul.ops.convert_to_tensor(a), yeoul.ops.convert_to_tensor(b)))
    expected = product(left.astype(np.float64), right.astype(np.float64))
    np.testing.assert_allclose(np.asarray(compiled(left, right)), expected, rtol=0, atol=np.finfo(dtype).eps * k * 4)


@pytest.mark.parametrize(("m", "n", "k"), [(49, 512, 600), (49, 160, 960), (196, 1030, 300), (32, 100, 3136)])
def test_products_are_the_same_bits_for_any_number_of_threads(m, n, k):
    rng = np.random.default_rng(0)
    a, b, bias = (rng.standard_normal(shape).astype(np.float32) for shape in ((m, k), (k, n), (n,)))
    compiled = yeoul.function(lambda a, b, c: yeoul.ops.relu(yeoul.ops.matmul(a, b) + c))
    before, found = _native.num_threads(), []
    for threads in (1, 2, 4):
        _native.set_num_threads(threads)
        found.append(np.asarray(compiled(a, b, bias)))
    _native.set_num_threads(before)
    np.testing.assert_allclose(found[0], np.maximum(a.astype(float) @ b + bias, 0), rtol=0, atol=1e-3)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)
