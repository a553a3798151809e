"""Compiled matrix products of shapes that leave edges, against NumPy in float64."""

import numpy as np
import pytest

import yeoul


@pytest.mark.parametrize(
    ("m", "n", "k"),
    [(32, 100, 784), (33, 17, 70), (7, 9, 65), (100, 1030, 400), (5, 8, 300), (64, 512, 64), (90, 31, 330)],
)
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
