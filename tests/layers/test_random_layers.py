"""Layers that draw: by their distribution, and alike for equal seeds."""

import numpy as np
import pytest

from yeoul import Input, Sequential, layers, losses, optimizers

ONES = np.ones((400, 500), np.float32)
LAYERS = [
    lambda **kw: layers.Dropout(0.3, **kw),
    lambda **kw: layers.AlphaDropout(0.3, **kw),
    lambda **kw: layers.GaussianNoise(0.5, **kw),
    lambda **kw: layers.GaussianDropout(0.3, **kw),
]


@pytest.mark.parametrize("make", LAYERS)
def test_only_while_training_and_by_seed(make):
    layer, same, other = make(seed=3), make(seed=3), make(seed=4)
    np.testing.assert_array_equal(layer(ONES), ONES)
    first = np.asarray(layer(ONES, training=True))
    np.testing.assert_array_equal(same(ONES, training=True), first)
    assert not np.array_equal(other(ONES, training=True), first)
    assert not np.array_equal(layer(ONES, training=True), first)
    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(again(ONES, training=True), first)


@pytest.mark.parametrize("make", LAYERS)
def test_compiled_draws_are_eager_draws(make):
    """A fit of one step with learning rate 1 leaves the noisy inputs' column sums in the kernel."""
    x = ONES[:40, :6]
    layer = make(seed=5)
    dense = layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = Sequential([Input((6,)), layer, dense])
    model.compile(optimizers.SGD(1.0), losses.MeanSquaredError("sum"))
    model.fit(x, -0.5 * np.ones((40, 1)), batch_size=40, verbose=0, shuffle=False)
    expected = -np.asarray(make(seed=5)(x, training=True)).sum(0)
    np.testing.assert_allclose(dense.get_weights()[0][:, 0], expected, rtol=1e-4)


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=(400, 500)).astype(np.float32)
    y = np.asarray(layers.AlphaDropout(0.3, seed=1)(x, training=True))
    assert abs(y.mean()) < 0.01 and abs(y.std() - 1) < 0.01
    lowest = -1.6732632 * 1.0507010
    a = (0.7 * (1 + 0.3 * lowest**2)) ** -0.5
    dropped = np.isclose(y, a * lowest - a * lowest * 0.3, atol=1e-5)
    assert abs(dropped.mean() - 0.3) < 0.01
    np.testing.assert_allclose(y[~dropped], (x * a - a * lowest * 0.3)[~dropped], rtol=1e-4, atol=1e-5)


def test_gaussians():
    y = np.asarray(layers.GaussianNoise(0.5, seed=1)(ONES, training=True))
    assert abs(y.mean() - 1) < 0.01 and abs(y.std() - 0.5) < 0.01
    y = np.asarray(layers.GaussianDropout(0.3, seed=1)(ONES, training=True))
    assert abs(y.mean() - 1) < 0.01 and abs(y.std() - (0.3 / 0.7) ** 0.5) < 0.01


@pytest.mark.parametrize("layer", [layers.Dropout, layers.AlphaDropout])
def test_noise_shape(layer):
    y = np.asarray(layer(0.5, noise_shape=(None, 1), seed=1)(ONES, training=True))
    assert (y == y[:, :1]).all() and len(np.unique(y)) == 2
