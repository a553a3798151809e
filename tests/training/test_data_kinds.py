"""Frames, sparse matrices, data loaders and streams: what is taken, how batches go on, and what is refused."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

from yeoul import Input, Sequential, layers, optimizers, utils
from yeoul.training import adapters, sparse_rows

RNG = np.random.default_rng(47)
X = RNG.random((30, 4)).astype(np.float32)
Y = X[:, :1] - X[:, 1:2]
RAN_OUT = "Your input ran out of data"


def net():
    model = Sequential([Input((4,)), layers.Dense(3, activation="tanh"), layers.Dense(1)])
    rng = np.random.default_rng(53)
    model.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in model.weights])
    model.compile(optimizers.SGD(0.1), "mse")
    return model


def losses(x, y=None, model=None, **kwargs):
    return (model or net()).fit(x, y, **{"verbose": 0, "shuffle": False, "epochs": 2, **kwargs}).history


class Batches(utils.PyDataset):
    def __init__(self, count, size=5):
        super().__init__()
        self.count, self.size = count, size

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        rows = slice(index * self.size, (index + 1) * self.size)
        return X[rows], Y[rows]


# -- sparse ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def always_sparse(monkeypatch):
    monkeypatch.setattr(sparse_rows, "DENSE_LIMIT", 0)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
@pytest.mark.parametrize("shape", ["matrix", "array"])
def test_sparse_matrices_small_and_large(kind, shape, monkeypatch):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = getattr(sparse, f"{kind}_{shape}")(X.astype(np.float64))
    expected = losses(X, Y, batch_size=8)
    assert losses(matrix, Y, batch_size=8) == expected
    monkeypatch.setattr(sparse_rows, "DENSE_LIMIT", 0)
    assert losses(matrix, Y, batch_size=8) == expected


def test_large_sparse_matrices_everywhere(always_sparse):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_matrix(X)
    weights = RNG.random(30)
    for options in (
        {"validation_split": 0.3},
        {"validation_data": (matrix, Y)},
        {"shuffle": True},
        {"sample_weight": weights, "validation_split": 0.2},
        {"steps_per_epoch": 2},
    ):
        mine, dense = net(), net()
        # Both have to draw the same orders.
        for model in (mine, dense):
            model._untracked("_shuffle_state", np.array([5, 0], np.uint32))
        plain = {k: (X, Y) if k == "validation_data" else v for k, v in options.items()}
        got = losses(matrix, Y, mine, batch_size=5, epochs=3, **options)
        wanted = losses(X, Y, dense, batch_size=5, epochs=3, **plain)
        assert list(got) == list(wanted)
        for name, values in wanted.items():
            np.testing.assert_allclose(got[name], values, rtol=1e-6, err_msg=f"{options}: {name}")
    model = net()
    assert model.evaluate(matrix, Y, verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0), rel=1e-6)
    for size in (4, 64):
        np.testing.assert_allclose(
            model.predict(matrix, batch_size=size, verbose=0), model.predict(X, verbose=0), rtol=1e-6
        )
    np.testing.assert_array_equal(model.predict_on_batch(matrix), model.predict_on_batch(X))
    assert model.train_on_batch(matrix, Y) == net().train_on_batch(X, Y)
    assert losses(X, sparse.csr_matrix(Y)) == losses(X, Y)


def test_only_batches_become_dense(always_sparse):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_matrix(([1.0], ([3], [7])), shape=(10**7, 10**6))
    data = adapters.array_data(matrix)
    assert not data.is_dense and data.samples == 10**7
    rows = data.slice(0, 5).batch(slice(2, 4))
    assert rows.shape == (2, 10**6) and rows.dtype == np.float32 and rows[1, 7] == 1


# -- frames ----------------------------------------------------------------------------------------------------------
def test_frames():
    pd = pytest.importorskip("pandas")
    mixed = pd.DataFrame({"a": X[:, 0], "b": X[:, 1] > 0.5, "c": [1, 2, 3] * 10, "d": X[:, 3].astype("f2")})
    as_numbers = np.column_stack([mixed[c].to_numpy(float) for c in mixed]).astype(np.float32)
    assert losses(mixed, pd.Series(Y[:, 0])) == losses(as_numbers, Y)
    shuffled = pd.DataFrame(X, index=range(30, 0, -1))
    assert losses(shuffled, pd.Series(Y[:, 0], index=range(100, 130))) == losses(X, Y)
    whole = pd.DataFrame({c: pd.array([1, 0] * 15, dtype="Int64") for c in "abcd"})
    assert losses(whole, Y) == losses(whole.to_numpy(np.float32), Y)
    missing = pd.DataFrame({c: pd.array([1, None] * 15, dtype="Int64") for c in "abcd"})
    assert np.isnan(adapters.to_array(missing)[1]).all()


def test_frames_that_are_no_numbers():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": X[:, 0], "colour": ["red"] * 30, "size": pd.Categorical(list("sml") * 10)})
    with pytest.raises(
        ValueError, match=r"`x` holds something else than numbers: 'colour' \(\w+\), 'size' \(category\)"
    ):
        losses(frame, Y)
    with pytest.raises(ValueError, match="`y` holds something else than numbers: values of dtype category"):
        losses(X, pd.Series(list("abc") * 10, dtype="category"))


# -- PyTorch ---------------------------------------------------------------------------------------------------------
def loader(torch, **kwargs):
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    return torch.utils.data.DataLoader(dataset, batch_size=8, **kwargs)


def test_data_loaders():
    torch = pytest.importorskip("torch")
    expected = losses(X, Y, batch_size=8)
    assert losses(loader(torch)) == expected
    assert losses(loader(torch, num_workers=1)) == expected
    history = losses(X, Y, batch_size=8, validation_data=loader(torch))
    np.testing.assert_allclose(
        history["val_loss"], losses(X, Y, batch_size=8, validation_data=(X, Y), validation_batch_size=8)["val_loss"]
    )
    with pytest.raises(ValueError, match=r"When x is a DataLoader, `y` must not be passed"):
        losses(loader(torch), Y)
    with pytest.raises(ValueError, match=r"Unrecognized data type: x=.*TensorDataset"):
        losses(loader(torch).dataset, Y)


def test_torch_tensors():
    torch = pytest.importorskip("torch")
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    assert losses(x, y) == losses(X, Y)
    assert losses(x.double().requires_grad_(), y) == losses(X, Y)
    np.testing.assert_allclose(losses(x.bfloat16(), y)["loss"], losses(X, Y)["loss"], rtol=2e-2)


class LoaderLike:
    """An iterable with a length, as data loaders are."""

    def __init__(self, count):
        self.dataset = Batches(count)

    def __len__(self):
        return len(self.dataset)

    def __iter__(self):
        return (self.dataset[i] for i in range(len(self)))


# -- steps -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [Batches, LoaderLike])
def test_steps_go_on_where_the_epoch_before_stopped(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = losses(make(4), steps_per_epoch=2, epochs=3)
    expected = net()
    first = losses(X[:10], Y[:10], expected, batch_size=5, epochs=1)
    second = losses(X[10:20], Y[10:20], expected, batch_size=5, epochs=1)
    third = losses(X[:10], Y[:10], expected, batch_size=5, epochs=1)
    np.testing.assert_allclose(history["loss"], [h["loss"][0] for h in (first, second, third)], rtol=1e-6)


def test_arrays_go_on_too():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = losses(X[:20], Y[:20], batch_size=5, steps_per_epoch=2, epochs=3)
    assert history == losses(Batches(4), steps_per_epoch=2, epochs=3)


@pytest.mark.parametrize("make", [Batches, LoaderLike])
def test_every_validation_begins_at_the_first_batch(make):
    history = losses(X, Y, validation_data=make(5), validation_steps=2, epochs=3)
    wanted = losses(X, Y, validation_data=(X[:10], Y[:10]), validation_batch_size=5, epochs=3)
    np.testing.assert_allclose(history["val_loss"], wanted["val_loss"], rtol=1e-6)


def test_too_many_steps_are_warned_of():
    with pytest.warns(UserWarning, match=RAN_OUT):
        losses(X, Y, steps_per_epoch=99, epochs=1)
    for source in ((X, Y), Batches(3)):
        with pytest.warns(UserWarning, match=RAN_OUT):
            losses(X, Y, validation_data=source, validation_steps=99)
    model = net()
    for call in (
        lambda: model.evaluate(X, Y, steps=99, verbose=0),
        lambda: model.evaluate(Batches(3), steps=99, verbose=0),
        lambda: model.predict(X, steps=99, verbose=0),
    ):
        with pytest.warns(UserWarning, match=RAN_OUT):
            call()


def test_validation_generator_that_ends():
    batches = (Batches(3)[i] for i in range(3))
    with pytest.warns(UserWarning, match=RAN_OUT):
        history = losses(X, Y, validation_data=batches, epochs=3)
    assert len(history["loss"]) == 3 and len(history["val_loss"]) == 1
    with pytest.raises(ValueError, match="`x` gave no batches"):
        losses(X, Y, validation_data=iter([]))


# -- weights of classes ----------------------------------------------------------------------------------------------
def test_class_weight_is_for_training_only():
    labels = (X[:, 0] > 0.5).astype(np.float32)
    weights = {0: 9.0, 1: 0.1}

    def frozen():
        model = Sequential([Input((4,)), layers.Dense(1, activation="sigmoid", kernel_initializer="zeros")])
        model.compile(optimizers.SGD(0.0), "binary_crossentropy")
        return model

    plain = losses(X, labels, frozen(), validation_split=0.3)
    weighted = losses(X, labels, frozen(), validation_split=0.3, class_weight=weights)
    assert weighted["val_loss"] == plain["val_loss"]
    assert weighted["loss"] != plain["loss"]


def test_optional_packages_are_not_imported():
    code = (
        "import sys, numpy as np, yeoul\n"
        "from yeoul import Sequential, layers, callbacks, utils, datasets, wrappers\n"
        "model = Sequential([layers.Dense(1)]); model.compile('sgd', 'mse')\n"
        "model.fit(np.ones((4, 2)), np.ones(4), verbose=0)\n"
        "print([m for m in ('pandas', 'scipy', 'torch', 'sklearn', 'tensorflow') if m in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
