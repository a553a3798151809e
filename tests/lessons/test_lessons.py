"""Whole lessons, with the results that they must reach."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from yeoul import Input, Sequential, datasets, layers, optimizers, utils
from yeoul.training.trainer import Trainer

EXAMPLES = Path(__file__).parents[2] / "examples"


#: Lessons whose convolutions take long on all their data.
CONVOLUTIONAL = [
    "fashion_mnist_cnn.py",
    "inception_block.py",
    "residual_digits.py",
    "residual_network.py",
    "video_3d.py",
]


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_convolutional_lesson_runs_for_two_epochs(name, capsys, monkeypatch, tmp_path):
    if name == "fashion_mnist_cnn.py":
        if not datasets.fashion_mnist.is_available():
            pytest.skip("Fashion-MNIST is not on this machine")
        parts = datasets.fashion_mnist.load_data()
        few = tuple((x[:60], y[:60]) for x, y in parts)
        monkeypatch.setattr(datasets.fashion_mnist, "load_data", lambda: few)
    if name == "residual_digits.py":
        pytest.importorskip("sklearn")
    fit = Trainer.fit

    def shortened(self, *args, epochs=1, **kwargs):
        return fit(self, *args, epochs=min(epochs, 2), **kwargs)

    monkeypatch.setattr(Trainer, "fit", shortened)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    assert "validation accuracy: " in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py") if path.name not in CONVOLUTIONAL))
def test_example_runs(name, capsys):
    if name == "fashion_mnist.py" and not datasets.fashion_mnist.is_available():
        pytest.skip("Fashion-MNIST is not on this machine")
    if name == "iris.py":
        pytest.importorskip("sklearn")
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    assert capsys.readouterr().out


@pytest.mark.parametrize("seed", range(6))
def test_blood_fat(seed):
    utils.set_random_seed(seed)
    x, y = datasets.blood_fat.load_data()
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("rmsprop", "mse")
    history = model.fit(x, y, epochs=5000, verbose=0)
    # 1,712 is the least-squares optimum; rmsprop at 0.001 has moved the bias by about 5 after 5,000 steps.
    assert 1712 < history.history["loss"][-1] < 2500
    assert abs(model.get_weights()[1][0] - 4.96) < 0.1
    assert len(history.history["loss"]) == 5000


def test_blood_fat_optimum_is_that_of_least_squares():
    x, y = datasets.blood_fat.load_data()
    design = np.c_[x, np.ones(25)].astype(np.float64)
    _, residual, _, _ = np.linalg.lstsq(design, y.astype(np.float64), rcond=None)
    assert residual[0] / 25 == pytest.approx(1712.25, abs=0.01)


def test_xor_is_learned_from_most_starts():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    learned = 0
    for seed in range(100):
        utils.set_random_seed(seed)
        model = Sequential([Input((2,)), layers.Dense(2, activation="sigmoid"), layers.Dense(1, activation="sigmoid")])
        model.compile(optimizers.SGD(0.1), "mse")
        learned += model.fit(x, y, epochs=5000, batch_size=1, verbose=0).history["loss"][-1] < 0.01
    assert learned >= 60


def test_iris():
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.model_selection import train_test_split

    x, y = sklearn_datasets.load_iris(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=1, stratify=y)
    model = Sequential(
        [Input((4,)), *[layers.Dense(32, activation="relu") for _ in range(3)], layers.Dense(3, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=100, verbose=0)
    assert model.evaluate(x_test, y_test, verbose=0)[1] >= 0.95


def test_residual_network_reads_digits(capsys):
    pytest.importorskip("sklearn")
    ran = runpy.run_path(str(EXAMPLES / "residual_digits.py"), run_name="__main__")
    assert ran["accuracy"] >= 0.96


@pytest.mark.skipif(not datasets.fashion_mnist.is_available(), reason="Fashion-MNIST is not on this machine")
def test_fashion_mnist():
    (x, y), _ = datasets.fashion_mnist.load_data()
    model = Sequential(
        [
            Input((28, 28)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=5, validation_split=0.2, verbose=0)
    assert max(history.history["val_accuracy"]) >= 0.87
