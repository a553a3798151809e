"""Calls of NumPy-named ops on fixed data: recorded from Keras by record_numpy_ops.py, replayed by test_numpy_ops.py.

A case is (name, positional arguments, named arguments). Arrays are what a model would compute with; lists and numbers are settings.
"""

import numpy as np

RNG = np.random.default_rng(7)


def _array(values, dtype="float32"):
    return np.array(values, dtype)


F = RNG.normal(size=(3, 4)).astype(np.float32)
G = RNG.normal(size=(3, 4)).astype(np.float32)
CUBE = RNG.normal(size=(2, 3, 4)).astype(np.float32)
V = _array([0.5, -1.25, 3.0, 2.0, -0.75])
W = _array([1.0, 0.5, -2.0])
HALF = V.astype(np.float16)
DOUBLE = F.astype(np.float64)
I = RNG.integers(-5, 9, (3, 4)).astype(np.int32)  # noqa: E741
J = RNG.integers(1, 7, (3, 4)).astype(np.int32)
U8 = _array([3, 1, 200, 7], "uint8")
BOOL = _array([True, False, True, True], "bool")
NAN = F.copy()
NAN[0, 1] = NAN[2, 3] = NAN[2, 0] = np.nan
ALL_NAN = _array([[np.nan, np.nan], [1.0, np.nan]])
SPECIAL = _array([-np.inf, -2.5, -1.0, -0.0, 0.0, 0.5, 3.0, np.inf, np.nan])
FINITE = _array([-7.5, -3.0, -1.0, 0.0, 0.5, 2.0, 9.0])
SORTED = _array([-1.0, 0.0, 0.5, 0.5, 2.0])
SETTLED = _array([[3, 1, 2], [3, 1, 2], [0, 5, 1]], "int32")
PLACES = _array([[0, 1], [2, 3], [0, 1]], "int32")
METHODS = ("linear", "lower", "higher", "midpoint", "nearest")

CASES = [
    *[(name, (x,), {}) for name in ("angle", "conj", "conjugate", "real", "imag", "isreal") for x in (F, I)],
    *[(name, (x,), {}) for name in ("cbrt", "fabs", "deg2rad", "rad2deg", "sinc") for x in (FINITE, I, HALF, DOUBLE)],
    *[(name, (x,), {}) for name in ("isposinf", "isneginf", "signbit") for x in (SPECIAL, I, BOOL)],
    *[("i0", (x,), {}) for x in (FINITE, J, DOUBLE, HALF)],
    *[(name, args, {}) for name in ("fmax", "fmin") for args in ((NAN, G), (I, J), (G, NAN), (I, F))],
    *[("fmod", args, {}) for args in ((FINITE, 2.0), (I, J), (F, G), (I, 3), (U8, U8), (BOOL, BOOL))],
    *[(name, args, {}) for name in ("gcd", "lcm") for args in ((I, J), (J, 4), (U8, U8))],
    *[("heaviside", args, {}) for args in ((FINITE, 0.5), (I, I), (F, G))],
    *[("ldexp", args, {}) for args in ((F, J), (I, J), (V, [1, -2, 3, 0, 5]))],
    *[("nextafter", args, {}) for args in ((F, G), (DOUBLE, DOUBLE * 2))],
    *[("logaddexp2", args, {}) for args in ((F, G), (I, J), (V, -np.inf))],
    *[("divide_no_nan", args, {}) for args in ((I, [0, 1, 2, 0]), (F, G), (F, 0.0))],
    # statistics
    *[("quantile", (F, q), {"axis": axis, "method": m}) for q, axis, m in [(0.3, None, m) for m in METHODS]
      + [([0.1, 0.5, 1.0], 1, m) for m in METHODS] + [([0.25], (0, 1), "linear")]],
    ("quantile", (CUBE, [0.2, 0.7]), {"axis": (0, 2), "keepdims": True}), ("quantile", (CUBE, 0.4), {"axis": 1, "keepdims": True}),
    ("quantile", (I, 0.3), {}), ("quantile", (NAN, 0.5), {"axis": 1}), ("quantile", (DOUBLE, [0.1, 0.9]), {"axis": -1}),
    ("percentile", (F, 30), {}), ("percentile", (F, [10.0, 90.0]), {"axis": 0, "method": "nearest"}),
    *[("median", (x,), k) for x, k in ((F, {}), (CUBE, {"axis": 1}), (CUBE, {"axis": (0, -1), "keepdims": True}), (I, {"axis": 0}), (NAN, {"axis": 1}), (HALF, {}))],
    *[("ptp", (x,), k) for x, k in ((F, {}), (I, {"axis": 1}), (CUBE, {"axis": (0, 2), "keepdims": True}))],
    *[(name, (x,), k) for name in ("nansum", "nanprod", "nanmax", "nanmin") for x, k in ((NAN, {}), (NAN, {"axis": 0}), (NAN, {"axis": (0, 1), "keepdims": True}), (I, {"axis": 1}), (ALL_NAN, {"axis": 1}), (U8, {}))],
    *[(name, (x,), k) for name in ("nanmean", "nanvar", "nanstd", "nanmedian") for x, k in ((NAN, {}), (NAN, {"axis": 0}), (NAN, {"axis": 1, "keepdims": True}), (I, {"axis": 1}), (ALL_NAN, {"axis": 1}))],
    *[(name, (x,), k) for name in ("nanargmax", "nanargmin") for x, k in ((NAN, {}), (NAN, {"axis": 0}), (NAN, {"axis": 1, "keepdims": True}), (I, {"axis": 1}), (ALL_NAN, {"axis": 1}))],
    *[(name, (x,), k) for name in ("nancumsum", "nancumprod") for x, k in ((NAN, {}), (NAN, {"axis": 0}), (NAN, {"axis": 1, "dtype": "float64"}), (I, {"axis": 1}))],
    ("nanquantile", (NAN, [0.3, 0.5]), {}), ("nanquantile", (NAN, 0.3), {"axis": 0, "keepdims": True}), ("nanquantile", (NAN, [0.1, 0.8]), {"axis": 1, "method": "lower"}),
    ("nanpercentile", (NAN, 30.0), {"axis": 1}), ("nanpercentile", (NAN, [30, 60]), {"axis": 0, "method": "midpoint"}),
    ("histogram", (F.reshape(-1),), {}), ("histogram", (V,), {"bins": 3, "range": (-1.0, 2.5)}),
    ("corrcoef", (F,), {}), ("corrcoef", (DOUBLE,), {}), ("corrcoef", (J,), {}),
    *[("correlate", args, {"mode": mode}) for args in ((V, W), (W, V), (V, V)) for mode in ("same", "full")], ("correlate", (V, W), {}),
    *[("diff", (x,), k) for x, k in ((F, {}), (CUBE, {"n": 2, "axis": 1}), (I, {"axis": 0}), (BOOL, {}), (F, {"n": 3}))],
    *[("trapezoid", (F,), k) for k in ({}, {"dx": 0.5, "axis": 0}, {"x": [0.0, 1.0, 3.0, 3.5]})], ("trapezoid", (I,), {"axis": 0}), ("trapezoid", (F, np.abs(G)), {}),
    # searching
    *[("searchsorted", (SORTED, V), {"side": side}) for side in ("left", "right")], ("searchsorted", (_array([1, 3, 5], "int32"), I), {}),
    ("digitize", (V, SORTED), {}), ("digitize", (I, [-2, 0, 4]), {}),
    ("isin", (I, [1, 2, 7]), {}), ("isin", (I, J), {"invert": True}), ("isin", (F, F[0]), {}),
    ("nonzero", (I,), {}), ("nonzero", (BOOL,), {}),
    *[("unique", (SETTLED,), k) for k in ({}, {"return_index": True, "return_inverse": True, "return_counts": True}, {"axis": 0, "return_inverse": True, "return_counts": True}, {"sorted": False}, {"size": 7, "fill_value": 9}, {"size": 3}, {"size": 7, "return_counts": True})],
    ("unravel_index", (_array([5, 2, 11], "int32"), (3, 4)), {}), ("unravel_index", (_array([[7, 1]], "int64"), (2, 2, 2)), {}),
    # writing
    ("scatter", (PLACES, V[:3], (3, 4)), {}), ("scatter", (PLACES[:, :1], F, (4, 4)), {}),
    *[("scatter_update", (F, PLACES[:2], V[:2]), {"reduction": r}) for r in (None, "add", "max", "min", "mul")],
    *[("scatter_update", (F, PLACES, V[:3]), {"reduction": r}) for r in ("add", "max", "min", "mul")],
    ("scatter_update", (F, PLACES[1:, :1], G[:2]), {}), ("scatter_update", (I, PLACES[:2], [7, 8]), {}),
    ("slice_update", (F, [1, 1], G[:2, :2]), {}), ("slice_update", (F, [5, 2], G[:1, :2]), {}), ("slice_update", (CUBE, [0, 0, 3], CUBE[:, :, :1] * 2), {}),
    # arrangement
    ("append", (F, V), {}), ("append", (F, G), {"axis": 1}), ("append", (I, F), {"axis": 0}),
    ("dstack", ([F, G],), {}), ("dstack", ([V, V],), {}), ("dsplit", (CUBE, 2), {}), ("hsplit", (F, [1, 3]), {}), ("hsplit", (F[0], 2), {}), ("vsplit", (F, 3), {}),
    ("fliplr", (F,), {}), ("flipud", (F,), {}), *[("rot90", (F,), {"k": k}) for k in (1, 3, -1)], ("rot90", (CUBE,), {"axes": (2, 1)}),
    ("diagflat", (V[:3],), {}), ("diagflat", (F[:2, :2],), {"k": -1}), ("diagonal", (CUBE,), {"offset": 1, "axis1": 1, "axis2": 2}), ("trace", (CUBE,), {"offset": -1, "axis1": 2, "axis2": 0}), ("diag", (V,), {"k": 2}), ("diag", (F,), {"k": -1}),
    ("select", ([I > 3, I > 0], [F, G], 0.5), {}), ("array_split", (V, 3), {}), ("get_item", (F, (slice(None), -1)), {}),
    # creation
    ("array", ([1, 2],), {}), ("array", ([[1.5]],), {"dtype": "float16"}), ("empty_like", (I * 0,), {}), ("geomspace", (1.0, 1000.0, 7), {}), ("geomspace", (2, 512, 4), {"endpoint": False}),
    ("tri", (3,), {}), ("tri", (3, 4, 1), {"dtype": "int32"}),
    *[(name, (n,), {}) for name in ("bartlett", "blackman", "hamming", "hanning") for n in (1, 6, 9)], *[("kaiser", (n, 8.6), {}) for n in (1, 6, 9)],
    # products
    ("kron", (F, G[:2]), {}), ("kron", (V, F), {}), ("kron", (I[:1], J), {}),
    ("cross", (CUBE.transpose(0, 2, 1), V[:3]), {}), ("cross", (F[:, :2], G[:, :2]), {}), ("cross", (F[:, :2], G[:, :3]), {}), ("cross", (F, G), {"axis": 0}), ("cross", (I[:, :3], J[:, 1:]), {}),
    ("vander", (V,), {}), ("vander", (I[0],), {"N": 3, "increasing": True}),
    # representation
    ("view", (F, "int32"), {}), ("view", (F, "uint8"), {}), ("view", (U8, "int16"), {}), ("copy", (F,), {}),
    ("allclose", (F, F + 1e-7), {}), ("allclose", (F, G), {}), ("allclose", (NAN, NAN), {"equal_nan": True}),
]  # fmt: skip
CASES += [
    ("saturate_cast", (_array([-1.5, 300.0, 7.9]), "uint8"), {}),
    ("saturate_cast", (_array([-1, 300, -200], "int32"), "int8"), {}),
    ("saturate_cast", (_array([-7.0, 5.0]), "int32"), {}),
    ("saturate_cast", (_array([1e6, -1e6, np.inf, 3.0]), "float16"), {}),
    ("saturate_cast", (_array([200, 3], "uint8"), "int8"), {}),
    ("saturate_cast", (_array([-3, 7], "int64"), "uint32"), {}),
]
#: Their sizes depend on values.
EAGER_ONLY = ("nonzero", "unique")
