"""Spatial layers trained in the compiled loop against the same steps run op by op, and on batches of any size."""

import sys
from pathlib import Path

import numpy as np
import pytest

from yeoul import Input, Model, layers, ops, optimizers, utils

sys.path.insert(0, str(Path(__file__).parent))
from spatial_cases import cases

CASES = cases()
#: Every layer, and every fourth of the other cases.
CHOSEN = [c for i, c in enumerate(CASES) if i % 4 == 0 or c[0] not in {d[0] for d in CASES[:i]}]


def trained(case, run_eagerly):
    name, kwargs, shape = case
    utils.set_random_seed(2)
    x = Input(shape[1:])
    # A layer before gives gradients to inputs something to do.
    hidden = layers.Dense(shape[-1], activation="tanh")(x)
    y = getattr(layers, name)(**kwargs)(hidden)
    model = Model(x, y)
    model.compile(optimizers.SGD(0.05), "mse", run_eagerly=run_eagerly)
    rng = np.random.default_rng(5)
    data = rng.normal(size=(5, *shape[1:])).astype(np.float32)
    target = rng.normal(size=(5, *y.shape[1:])).astype(np.float32)
    history = model.fit(data, target, epochs=2, batch_size=2, shuffle=False, verbose=0).history["loss"]
    return history, model.get_weights()


@pytest.mark.parametrize("case", CHOSEN, ids=lambda c: f"{c[0]}-{'-'.join(f'{k}={v}' for k, v in c[1].items())}")
def test_training(case):
    compiled, eager = trained(case, False), trained(case, True)
    np.testing.assert_allclose(compiled[0], eager[0], rtol=2e-4, atol=1e-6)
    for a, b in zip(compiled[1], eager[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-5)


def test_sequences_of_any_length():
    x = Input((None, 3))
    y = layers.Conv1D(4, 3, padding="causal", activation="relu")(x)
    y = layers.MaxPooling1D(2, padding="same")(y)
    y = layers.SeparableConv1D(4, 2, padding="same", strides=2)(y)
    y = layers.UpSampling1D(2)(layers.ZeroPadding1D(1)(y))
    y = layers.AveragePooling1D(3, strides=1, padding="same")(layers.Cropping1D(1)(y))
    model = Model(x, layers.GlobalMaxPooling1D()(y))
    assert model.output_shape == (None, 4)
    model.compile("sgd", "mse")
    for length in (8, 13):
        model.fit(np.ones((4, length, 3)), np.ones((4, 4)), verbose=0)
        assert model.predict(np.ones((3, length, 3)), verbose=0).shape == (3, 4)


def test_ops_in_functional_models():
    rng = np.random.default_rng(0)
    kernel, data = rng.normal(size=(3, 3, 2, 4)), rng.normal(size=(3, 6, 5, 2)).astype(np.float32)

    def chain(x):
        y = ops.conv(x, kernel, strides=2, padding="same")
        y = ops.conv_transpose(y, kernel, strides=2, padding="same")
        y = ops.max_pool(y, 2, strides=1, padding="same") + ops.average_pool(y, 2, strides=1, padding="same")
        y = ops.adaptive_average_pool(y, 4) * ops.adaptive_max_pool(y, (4, 4))
        return ops.depthwise_conv(y, kernel[..., :1], data_format="channels_last")

    x = Input((6, 5, 2))
    model = Model(x, chain(x))
    assert model.output_shape == (None, 2, 2, 2)
    np.testing.assert_allclose(model.predict(data, batch_size=2, verbose=0), chain(data), rtol=1e-4, atol=1e-4)


def test_ops_wait_for_the_size_of_images():
    x = Input((None, None, 2))
    kernel = np.ones((3, 3, 2, 2), np.float32)
    images = np.random.default_rng(0).normal(size=(2, 5, 6, 2)).astype(np.float32)
    for op in (
        lambda x: ops.conv(x, kernel, padding="same"),
        lambda x: ops.conv(x, kernel, strides=2, padding="same"),
        lambda x: ops.conv_transpose(x, kernel, strides=2),
        lambda x: ops.image.resize(x, (4, 3)),
    ):
        model, expected = Model(x, op(x)), np.asarray(op(images))
        assert model.output_shape in ((None, None, None, 2), (None, 4, 3, 2))
        np.testing.assert_allclose(model.predict(images, verbose=0), expected, rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="adaptive_max_pool must know the spatial sizes"):
        ops.adaptive_max_pool(x, 2)
