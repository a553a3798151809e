"""Layers tuned by low-rank matrices."""

import numpy as np
import pytest

from yeoul import Input, Sequential, layers

X = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
IMAGES = np.random.default_rng(1).normal(size=(2, 5, 6, 4)).astype(np.float32)
MAKERS = [
    (lambda **kw: layers.Dense(3, **kw), X, (5, 2), (2, 3)),
    (lambda **kw: layers.EinsumDense("ab,bcd->acd", (3, 4), bias_axes="cd", **kw), X, (5, 3, 2), (2, 4)),
    (lambda **kw: layers.Conv1D(3, 2, **kw), IMAGES[:, 0], (2, 4, 2), (2, 3)),
    (lambda **kw: layers.Conv2D(6, 3, groups=2, padding="same", **kw), IMAGES, (3, 3, 2, 2), (2, 6)),
    (lambda **kw: layers.Conv3D(3, (1, 2, 2), **kw), IMAGES[None], (1, 2, 2, 4, 2), (2, 3)),
    (lambda **kw: layers.Embedding(7, 3, **kw), np.arange(7), (7, 2), (2, 3)),
]


@pytest.mark.parametrize(("make", "x", "a_shape", "b_shape"), MAKERS)
def test_the_output_is_that_of_the_sum(make, x, a_shape, b_shape):
    layer = make()
    before = np.asarray(layer(x))
    layer.enable_lora(2, lora_alpha=4)
    name = "embeddings" if hasattr(layer, "embeddings") else "kernel"
    a, b = getattr(layer, f"lora_{name}_a"), getattr(layer, f"lora_{name}_b")
    assert (a.shape, b.shape) == (a_shape, b_shape)
    np.testing.assert_array_equal(layer(x), before)  # B starts at 0
    kernel = getattr(layer, name)
    trained = {id(w) for w in layer.trainable_weights}
    assert id(kernel) not in trained and {id(a), id(b)} <= trained
    b.assign(np.ones(b_shape, np.float32))
    expected = make()
    expected(x)
    weights = {w.path.split("/")[-1]: w.numpy() for w in layer.weights}
    weights[name] = weights[name] + 2.0 * (weights[f"lora_{name}_a"] @ weights[f"lora_{name}_b"])
    expected.set_weights([weights[w.path.split("/")[-1]] for w in expected.weights])
    np.testing.assert_allclose(layer(x), expected(x), rtol=1e-5, atol=1e-6)
    again = type(layer).from_config(layer.get_config())
    again(x)
    assert again.lora_enabled and (again.lora_rank, again.lora_alpha) == (2, 4)


def test_training_leaves_the_kernel():
    model = Sequential([Input((5,)), layers.Dense(3, lora_rank=2)])
    kernel = model.layers[0].kernel.numpy()
    model.compile("sgd", "mse")
    losses = model.fit(X, np.ones((8, 3)), epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(model.layers[0].kernel.numpy(), kernel)


def test_errors():
    with pytest.raises(ValueError, match="not built yet"):
        layers.Dense(3).enable_lora(2)
    layer = layers.Dense(3, lora_rank=2)
    layer(X)
    with pytest.raises(ValueError, match="already enabled"):
        layer.enable_lora(2)
    with pytest.raises(ValueError, match="incompatible with a constraint"):
        layers.Dense(3, lora_rank=2, kernel_constraint="max_norm")(X)
