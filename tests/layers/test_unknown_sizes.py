"""Layers and ops between an Input with several unknown sizes and data."""

import numpy as np
import pytest

from yeoul import Input, Model, layers, ops
from yeoul.ops.layout import resolve_shape


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((3, 5), (None, None, 1), (3, 5, 1)),
        ((3, 1), (None, None, 1), (3, 1, 1)),
        ((1, 5), (1, None, None), (1, 1, 5)),
        ((3, 5, 1), (None, None), (3, 5)),
        ((3, 1, 5, 1), (None, 1, None), (3, 1, 5)),
        ((3, 5, 6), (None, None, 2, 3), (3, 5, 2, 3)),
        ((3, 5, 2, 3), (None, None, 6), (3, 5, 6)),
        ((2, 4, 7, 9), (None, 4, None, None), (2, 4, 7, 9)),
    ],
)
def test_sizes_are_filled_in_in_order(old, new, expected):
    assert resolve_shape(old, new) == expected


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"Cannot reshape \(3, 5, 4\) to \(None, None, 3\)"):
        resolve_shape((3, 5, 4), (None, None, 3))


def test_ops_on_unknown_sizes():
    x = Input((None, 4))
    for y in (ops.expand_dims(x, 1), ops.squeeze(ops.expand_dims(x, -1), -1), ops.reshape(x, (None, None, 2, 2))):
        model = Model(x, y)
        for time in (1, 3):
            data = np.random.default_rng(0).normal(size=(2, time, 4)).astype(np.float32)
            found = model.predict(data, verbose=0)
            np.testing.assert_array_equal(found, data.reshape(found.shape))
            assert found.shape[0] == 2 and time in found.shape
            assert model(data).ndim == len(y.shape)


@pytest.mark.parametrize("time", [1, 5])
def test_masks_of_unknown_length(time):
    a, b = Input((None,), dtype="int32"), Input((None, 2))
    x, y = layers.Embedding(9, 2, mask_zero=True)(a), layers.Masking()(b)
    joined = layers.concatenate([layers.concatenate([x, y], axis=1), layers.concatenate([y, x], axis=1)])
    summed = ops.sum(joined * ops.cast(ops.expand_dims(joined._keras_mask, -1), "float32"), axis=1)
    assert joined._keras_mask.shape == (None, None)
    model = Model([a, b], [joined, summed])
    tokens, rows = np.ones((3, time), np.int32), np.ones((3, time, 2), np.float32)
    tokens[0, -1:] = 0
    rows[1, :1] = 0
    first, second = model([tokens, rows])
    mask = np.concatenate([tokens != 0, rows.any(-1)], 1) | np.concatenate([rows.any(-1), tokens != 0], 1)
    np.testing.assert_array_equal(first._keras_mask, mask)
    np.testing.assert_allclose(second, (np.asarray(first) * mask[..., None]).sum(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict([tokens, rows], verbose=0)[1], second, rtol=1e-5, atol=1e-6)
    model = Model([a, b], layers.TimeDistributed(layers.Dense(1))(layers.add([x, y])))
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit([tokens, rows], np.ones((3, time, 1)), verbose=0).history["loss"][0])
