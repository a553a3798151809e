"""Windows, halves and padded sequences beyond what is recorded from Keras."""

import numpy as np
import pytest

import yeoul
from yeoul import Input, Sequential, layers, ops, utils

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


def regression(shape):
    model = Sequential([Input(shape), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_windows_train_a_model():
    windows = utils.timeseries_dataset_from_array(X[:-4], X[4:, 0], sequence_length=4, batch_size=8)
    assert len(windows) == 5
    history = regression((4, 3)).fit(windows, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    inputs, targets = windows[0]
    np.testing.assert_array_equal(inputs[2], X[2:6])
    assert targets[2] == X[6, 0]
    with pytest.raises(IndexError, match="Batch 5 of 5"):
        windows[5]


def test_shuffled_windows_are_all_there_and_repeatable():
    make = lambda seed: utils.timeseries_dataset_from_array(  # noqa: E731
        np.arange(30), np.arange(30), 3, batch_size=4, shuffle=True, seed=seed
    )
    firsts = [np.concatenate([y for _, y in make(seed)]) for seed in (1, 1, 2)]
    assert sorted(firsts[0]) == list(range(28))
    np.testing.assert_array_equal(firsts[0], firsts[1])
    assert not np.array_equal(firsts[0], firsts[2]) and not np.array_equal(firsts[0], np.arange(28))
    windows = make(3)
    assert not np.array_equal(*[np.concatenate([y for _, y in windows]) for _ in range(2)])
    for x, y in windows:
        np.testing.assert_array_equal(x[:, 0], y)


def test_no_window_fits():
    assert list(utils.timeseries_dataset_from_array(np.arange(5), None, 9)) == []
    with pytest.raises(ValueError, match="`sequence_length` must be higher than 0"):
        utils.timeseries_dataset_from_array(np.arange(5), None, 0)


def test_halves_train_a_model():
    left, right = utils.split_dataset((X, X[:, :1]), left_size=0.75, shuffle=True, seed=4)
    assert len(left) == 30 and right.cardinality() == 10
    assert {tuple(x) for x, _ in left} | {tuple(x) for x, _ in right} == {tuple(x) for x in X}
    model = regression((3,))
    history = model.fit(left.batch(8), validation_data=right.batch(4), epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert [len(batch[0]) for batch in left.batch(8)] == [8, 8, 8, 6]
    assert len(left.batch(8, drop_remainder=True)) == 3
    again, _ = utils.split_dataset((X, X[:, :1]), left_size=0.75, shuffle=True, seed=4)
    np.testing.assert_array_equal(again[3][0], left[3][0])


def test_split_of_a_torch_dataset():
    torch = pytest.importorskip("torch")
    dataset = torch.utils.data.TensorDataset(torch.arange(10))
    left, right = utils.split_dataset(dataset, left_size=6)
    assert isinstance(left, torch.utils.data.Subset)
    assert [int(row[0]) for row in right] == [6, 7, 8, 9]


def test_sequences_with_marks():
    np.testing.assert_array_equal(utils.pad_sequences([]), np.zeros((0, 0), np.int32))
    with pytest.raises(ValueError, match='Padding type "left" not understood'):
        utils.pad_sequences([[1]], padding="left")


def test_small_ones():
    assert utils.is_keras_tensor(Input((3,))) and not utils.is_keras_tensor(ops.ones(3))
    assert utils.standardize_dtype(None) == "float32" and utils.standardize_dtype(np.int16) == "int16"
    unit = utils.normalize(ops.convert_to_tensor([[3.0, 4.0]]))
    assert isinstance(unit, yeoul.Tensor)
    np.testing.assert_allclose(unit.numpy(), [[0.6, 0.8]], rtol=1e-6)
    assert utils.unpack_x_y_sample_weight(utils.pack_x_y_sample_weight(1, 2, 3)) == (1, 2, 3)
