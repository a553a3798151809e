"""Every layer trained in the compiled loop against the same steps run op by op."""

import numpy as np
import pytest

from tests.layers.record_golden import case_id, inputs_of, made
from tests.layers.test_configs import ANY_BATCH
from yeoul import Input, Model, Sequential, layers, optimizers, utils


def trained(case, run_eagerly):
    utils.set_random_seed(2)
    arrays = inputs_of(case)
    xs = [Input(a.shape[1:]) for a in arrays]
    # A layer before gives gradients to inputs something to do.
    hidden = [layers.Dense(a.shape[-1], activation="tanh")(x) for a, x in zip(arrays, xs, strict=True)]
    y = made(layers, case[0], case[1])(hidden if len(hidden) > 1 else hidden[0])
    model = Model(xs, y)
    model.compile(optimizers.SGD(0.05), "mse", run_eagerly=run_eagerly)
    target = np.random.default_rng(5).normal(size=(len(arrays[0]), *y.shape[1:])).astype(np.float32)
    history = model.fit(arrays, target, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"]
    return history, model.get_weights()


@pytest.mark.parametrize("case", ANY_BATCH, ids=case_id)
def test_training(case):
    compiled, eager = trained(case, False), trained(case, True)
    np.testing.assert_allclose(compiled[0], eager[0], rtol=2e-4, atol=1e-6)
    for a, b in zip(compiled[1], eager[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_masks_in_batch_statistics_and_time_steps(run_eagerly):
    """Steps that are masked must have no say: whatever stands there, training gives the same."""
    found = []
    tokens = np.random.default_rng(0).integers(1, 9, (12, 5)).astype(np.int32)
    tokens[:, 3:] = 0
    for table_row in (0.0, 7.0):
        utils.set_random_seed(3)
        model = Sequential(
            [
                Input((5,), dtype="int32"),
                layers.Embedding(9, 4, mask_zero=True),
                layers.BatchNormalization(),
                layers.TimeDistributed(layers.Dense(3, activation="relu")),
                layers.Dropout(0.0),
                layers.Dense(1),
            ]
        )
        table = model.layers[0].get_weights()[0]
        table[0] = table_row
        model.layers[0].set_weights([table])
        model.compile("sgd", "mse", metrics=["mae"], run_eagerly=run_eagerly)
        history = model.fit(tokens, np.ones((12, 5, 1)), epochs=2, batch_size=6, shuffle=False, verbose=0).history
        found.append([*history["loss"], *history["mae"]])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


def test_time_distributed_over_unknown_lengths():
    x = Input((None, 4))
    model = Model(x, layers.TimeDistributed(layers.Dense(3))(x))
    assert model.output_shape == (None, None, 3)
    for length in (2, 5):
        assert model.predict(np.ones((3, length, 4)), verbose=0).shape == (3, length, 3)
