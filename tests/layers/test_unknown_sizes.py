"""Layers between an Input with several unknown sizes and data."""

import numpy as np
import pytest

from yeoul import Input, Model, layers, ops


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
