"""Masks: where they come from, who passes them on, and what they do to losses and metrics. Numbers from real Keras 3."""

import warnings

import numpy as np
import pytest

from yeoul import Input, Layer, Model, Sequential, layers, losses, metrics, ops, optimizers
from yeoul.core.masks import get_keras_mask, set_keras_mask

X = np.array([[[1, 2], [0, 0], [3, 4]], [[0, 0], [0, 0], [5, 6]]], np.float32)
OTHER = np.array([[[0, 0], [1, 1], [3, 4]], [[0, 0], [2, 2], [5, 6]]], np.float32)
MASK = [[True, False, True], [False, False, True]]
Y = np.arange(1, 7, dtype=np.float32).reshape(2, 3, 1)


def mask_of(x):
    mask = get_keras_mask(x)
    return None if mask is None else np.asarray(mask).tolist()


def masked(x=X):
    return layers.Masking()(x)


def test_masking_zeroes_and_marks():
    y = layers.Masking(mask_value=3.0)(np.array([[[3, 3], [3, 1]]], np.float32))
    assert mask_of(y) == [[False, True]] and np.asarray(y).tolist() == [[[0, 0], [3, 1]]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Dense(2), lambda: layers.Dropout(0.5), lambda: layers.Activation("relu"), lambda: layers.ReLU(),
        lambda: layers.TimeDistributed(layers.Dense(2)), lambda: layers.LayerNormalization(), lambda: layers.UnitNormalization(),
        lambda: layers.GroupNormalization(1), lambda: layers.Identity(), lambda: layers.Rescaling(2.0), lambda: layers.BatchNormalization(),
        lambda: layers.Normalization(mean=0.0, variance=1.0), lambda: layers.SpectralNormalization(layers.Dense(2)), lambda: layers.PReLU(),
        lambda: layers.GaussianNoise(0.1), lambda: layers.AlphaDropout(0.1), lambda: layers.ActivityRegularization(0.1),
        lambda: layers.Lambda(lambda x: x * 2, mask=lambda x, mask: mask),
    ],
)  # fmt: skip
def test_layers_that_pass_masks(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mask_of(make()(masked())) == MASK


@pytest.mark.parametrize(
    "make",
    [lambda: layers.Flatten(), lambda: layers.Reshape((6,)), lambda: layers.Permute((2, 1)), lambda: layers.RMSNormalization(),
     lambda: layers.EinsumDense("abc,cd->abd", (3, 4))],
)  # fmt: skip
def test_layers_that_drop_masks_say_so(make):
    with pytest.warns(UserWarning, match="does not support masking and will therefore destroy"):
        assert mask_of(make()(masked())) is None


def test_a_mask_set_by_hand():
    x = ops.convert_to_tensor(X)
    x._keras_mask = ops.convert_to_tensor(np.array(MASK))
    assert mask_of(layers.Dense(2)(inputs=x)) == MASK


def test_ops_drop_masks():
    assert mask_of(masked() + 1) is None


def test_embedding_masks_zero():
    assert mask_of(layers.Embedding(4, 2, mask_zero=True)(np.array([[1, 0], [2, 3]]))) == [[True, False], [True, True]]
    assert mask_of(layers.Embedding(4, 2)(np.array([[1, 0]]))) is None


@pytest.mark.parametrize("name", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
def test_merging_masks(name):
    layer = getattr(layers, name)
    assert mask_of(layer()([masked(), masked(OTHER)])) == [[True, True, True], [False, True, True]]
    assert mask_of(layer()([masked(), ops.convert_to_tensor(OTHER)])) is None


def test_concatenated_masks():
    both = [masked(), masked(OTHER)]
    assert mask_of(layers.Concatenate()(both)) == [[True, True, True], [False, True, True]]
    assert mask_of(layers.Concatenate()([both[0], ops.convert_to_tensor(OTHER)])) == [[True] * 3] * 2
    assert mask_of(layers.Concatenate(1)(both)) == [
        [True, False, True, False, True, True],
        [False, False, True, False, True, True],
    ]
    assert mask_of(layers.Concatenate(1)([ops.convert_to_tensor(OTHER), both[0]])) == [
        [True, True, True, True, False, True],
        [True, True, True, False, False, True],
    ]
    assert mask_of(layers.Dot(axes=1)(both)) is None


def test_softmax_takes_masked_entries_out():
    y = layers.Softmax()(np.array([[1.0, 2, 3]], np.float32), mask=np.array([[True, False, True]]))
    np.testing.assert_allclose(y, [[0.11920291, 0.0, 0.8807970]], rtol=1e-5)
    y = layers.Softmax(axis=(1, 2))(X, mask=np.ones((2, 3, 2), bool))
    np.testing.assert_allclose(np.asarray(y)[0, 2], [0.23142409, 0.62907588], rtol=1e-5)
    with pytest.raises(ValueError, match=r"must be broadcastable to the inputs.*\(2, 3, 2\), the mask \(2, 3\)"):
        layers.Softmax()(masked())


def test_batch_normalization_leaves_masked_entries_out():
    layer = layers.BatchNormalization(momentum=0.5)
    y = layer(masked(), training=True)
    np.testing.assert_allclose(
        np.asarray(y)[0], [[-1.2245152, -1.2245153], [-1.8367729, -2.4490306], [0, 0]], atol=1e-5
    )
    np.testing.assert_allclose(layer.moving_mean, [1.5, 2.0], rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, [1.8333334, 1.8333334], rtol=1e-5)


class TakesMask(Layer):
    def call(self, x, mask=None):
        return x * 0 + ops.cast(ops.expand_dims(mask, -1), x.dtype)


class Passes(TakesMask):
    def __init__(self):
        super().__init__()
        self.supports_masking = True


class Turns(Layer):
    def call(self, x):
        return x * 2

    def compute_mask(self, inputs, previous_mask=None):
        return ops.logical_not(previous_mask)


class Twice(Layer):
    def call(self, a, b, a_mask=None, b_mask=None):
        return ops.cast(a_mask, "float32") - ops.cast(b_mask, "float32")


def test_layers_of_users():
    assert np.asarray(TakesMask()(masked()))[..., 0].tolist() == np.array(MASK, float).tolist()
    assert mask_of(TakesMask()(masked())) is None and mask_of(Passes()(masked())) == MASK
    assert mask_of(Passes()(X, mask=np.ones((2, 3), bool))) == [[True] * 3] * 2
    assert np.asarray(Twice()(masked(), masked(OTHER))).tolist() == [[1, -1, 0], [0, -1, 0]]
    i = Input((3, 2))
    model = Model(i, Twice()(layers.Masking()(i), layers.Masking(mask_value=5.0)(i)))
    assert np.asarray(model(X)).tolist() == [[0, -1, 0], [-1, -1, 0]]


def test_inputs_keep_their_own_masks():
    x = masked()
    y = Turns()(x)
    assert mask_of(x) == MASK
    Sequential([layers.Dense(2)])(x, mask=np.ones((2, 3), bool))
    assert mask_of(x) == MASK
    assert mask_of(y) == [[not m for m in row] for row in MASK]


def test_through_models():
    i = Input((3, 2))
    hidden = layers.Masking()(i)
    functional = Model(i, layers.Dense(3)(hidden))
    assert (functional.output._keras_mask.shape, functional.output._keras_mask.dtype) == ((None, 3), "bool")
    assert mask_of(functional(X)) == MASK
    assert mask_of(Sequential([layers.Masking(), layers.Dense(3)])(X)) == MASK
    assert mask_of(Sequential([Input((3, 2)), layers.Masking(), functional])(X)) == MASK

    class Own(Model):
        def __init__(self):
            super().__init__()
            self.masking, self.dense = layers.Masking(), layers.Dense(3)

        def call(self, x):
            return self.dense(self.masking(x))

    assert mask_of(Own()(X)) == MASK
    given = np.array([[True, False, True], [True, True, True]])
    assert mask_of(Model(i, layers.Dense(3)(i))(X, mask=given)) == given.tolist()
    assert mask_of(Sequential([layers.Dense(3)])(X, mask=given)) == given.tolist()
    # A symbolic mask can be computed with.
    counted = Model(i, ops.sum(ops.cast(hidden._keras_mask, "float32"), axis=1))
    assert np.asarray(counted(X)).tolist() == [2.0, 1.0]


WEIGHTS = np.array([[0.5, 1, 2], [1, 1, 3]], np.float32)


def half():
    y = ops.convert_to_tensor(Y * 0.5)
    set_keras_mask(y, ops.convert_to_tensor(np.array(MASK)))
    return y


@pytest.mark.parametrize(
    ("reduction", "plain", "weighted"),
    [("sum_over_batch_size", 3.8333332, 10.541667), ("sum", 11.5, 31.625), ("mean_with_sample_weight", 3.8333332, 5.75), ("mean", 3.8333332, 10.541667)],
)  # fmt: skip
def test_losses_leave_masked_entries_out(reduction, plain, weighted):
    loss = losses.MeanSquaredError(reduction=reduction)
    assert float(loss(Y, half())) == pytest.approx(plain)
    assert float(loss(Y, half(), WEIGHTS)) == pytest.approx(weighted)


def test_loss_without_reduction():
    loss = losses.MeanSquaredError(reduction="none")
    assert np.asarray(loss(Y, half())).tolist() == [[0.25, 0, 2.25], [0, 0, 9]]
    assert np.asarray(loss(Y, half(), WEIGHTS)).tolist() == [[0.125, 0, 4.5], [0, 0, 27]]
    assert np.asarray(loss(Y, half(), np.array([2.0, 1.0]))).tolist() == [[0.5, 0, 4.5], [0, 0, 9]]


@pytest.mark.parametrize(
    ("name", "plain", "weighted"),
    [("MeanSquaredError", 3.8333332, 5.75), ("MeanAbsoluteError", 1.6666667, 2.227273), ("RootMeanSquaredError", 1.9472202, 2.2459113), ("Precision", 0.8, 0.875)],
)  # fmt: skip
def test_metrics(name, plain, weighted):
    y = (Y > 2).astype(np.float32) if name == "Precision" else Y
    for weights, expected in ((None, plain), (WEIGHTS, weighted)):
        metric = getattr(metrics, name)()
        metric.update_state(y, half(), weights)
        assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_training(run_eagerly):
    model = Sequential([Input((3, 2)), layers.Masking(), layers.Dense(1, kernel_initializer="ones")])
    model.compile(
        optimizers.SGD(0.01), "mse", metrics=["mae", metrics.RootMeanSquaredError()], weighted_metrics=["mse"],
        run_eagerly=run_eagerly,
    )  # fmt: skip
    logs = model.fit(X, Y, epochs=3, verbose=0, shuffle=False, batch_size=2).history
    np.testing.assert_allclose(logs["loss"], [15.0, 2.3114069, 0.4926016], rtol=1e-5)
    np.testing.assert_allclose(logs["mae"], [3.6666665, 1.48, 0.6519109], rtol=1e-5)
    np.testing.assert_allclose(logs["mse"], [15.0, 2.3114069, 0.4926016], rtol=1e-5)
    np.testing.assert_allclose(logs["root_mean_squared_error"], [3.8729835, 2.9878557, 2.8511438], rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], [[0.6073161], [0.4913446]], rtol=1e-5)
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), [0.2308906, 0.4255708, 2.836794, 0.2308906], rtol=1e-5)
    model.fit(X, Y, sample_weight=np.array([1.0, 2.0]), verbose=0)  # weights of samples meet masks of steps
