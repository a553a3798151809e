"""The estimators in scikit-learn's pipelines and searches, and what they do with a model."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
from sklearn.base import clone
from sklearn.datasets import load_iris, make_moons
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from yeoul import Input, Sequential, layers, optimizers, utils
from yeoul.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

X = np.random.default_rng(5).normal(size=(60, 3))
Y = X @ [1.0, -2.0, 0.5] + 0.3


def build(X, y, loss="mse", units=8, activation=None):
    utils.set_random_seed(2)
    model = Sequential(
        [Input((X.shape[1],)), layers.Dense(units, activation="relu"), layers.Dense(y.shape[1], activation=activation)]
    )
    model.compile(optimizers.Adam(0.03), loss)
    return model


def linear():
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile(optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model


def classifier(**kwargs):
    return SKLearnClassifier(
        build,
        model_kwargs={"loss": "categorical_crossentropy", "activation": "softmax"},
        fit_kwargs={"epochs": 20, "verbose": 0, **kwargs},
    )


def test_classifier_in_a_pipeline():
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    pipeline = make_pipeline(StandardScaler(), classifier())
    assert cross_val_score(pipeline, x, names, cv=3).min() > 0.9
    assert set(cross_val_predict(pipeline, x, names, cv=3)) == set(names)


def test_targets_are_one_hot_and_labels_come_back():
    seen = []

    def spy(X, y):
        seen.append(y)
        return build(X, y, "categorical_crossentropy", activation="softmax")

    labels = np.array(["b", "a"] * 30)
    estimator = SKLearnClassifier(spy, fit_kwargs={"epochs": 1, "verbose": 0}).fit(X, labels)
    np.testing.assert_array_equal(seen[0], np.tile([[0.0, 1.0], [1.0, 0.0]], (30, 1)))
    assert estimator.classes_.tolist() == ["a", "b"]
    outputs = estimator.model_.predict(X, verbose=0)
    np.testing.assert_array_equal(estimator.predict(X), np.where(outputs[:, 1] > outputs[:, 0], "b", "a"))
    np.testing.assert_array_equal(estimator.decision_function(X), outputs[:, 1] - outputs[:, 0])
    three = SKLearnClassifier(spy, fit_kwargs={"epochs": 1, "verbose": 0}).fit(X, np.arange(60) % 3)
    assert three.decision_function(X).shape == (60, 3)
    with pytest.warns(DataConversionWarning):
        estimator.fit(X, labels[:, None])


def test_regressor_flattens_its_output():
    estimator = SKLearnRegressor(build, fit_kwargs={"epochs": 60, "verbose": 0}).fit(X, Y)
    assert estimator.predict(X).shape == (60,)
    assert estimator.score(X, Y) > 0.9
    assert list(estimator.history_.history) == ["loss"] and len(estimator.history_.epoch) == 60
    estimator.fit(X, Y, epochs=3)
    assert len(estimator.history_.epoch) == 3


def test_transformer_with_and_without_targets():
    wide = SKLearnTransformer(build, fit_kwargs={"verbose": 0})
    assert wide.fit_transform(X).shape == (60, 3)
    assert wide.fit(X, Y).transform(X).shape == (60, 1)
    assert make_pipeline(wide, StandardScaler()).fit_transform(X, Y).shape == (60, 1)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_grid_search_in_two_workers(backend):
    x, y = make_moons(80, noise=0.1, random_state=0)
    grid = {
        "model_kwargs": [{"loss": "categorical_crossentropy", "activation": "softmax", "units": n} for n in (1, 16)]
    }
    search = GridSearchCV(classifier(epochs=30), grid, cv=2, n_jobs=2)
    with joblib.parallel_backend(backend):
        search.fit(x, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.all((scores > 0) & (scores <= 1))
    if backend == "loky":  # threads share the seed that `build` sets
        alone = GridSearchCV(classifier(epochs=30), grid, cv=2, n_jobs=1).fit(x, y)
        np.testing.assert_array_equal(scores, alone.cv_results_["mean_test_score"])
        assert search.best_params_["model_kwargs"]["units"] == 16


def test_fitted_estimators_pickle():
    estimator = pickle.loads(pickle.dumps(classifier().fit(X, Y > 0)))
    assert estimator.predict(X).dtype == bool
    assert estimator.score(X, Y > 0) > 0.5


def test_a_model_is_cloned_before_it_is_trained():
    model = linear()
    before = model.get_weights()
    estimator = SKLearnRegressor(model, fit_kwargs={"epochs": 30, "verbose": 0}).fit(X, Y)
    assert estimator.model_ is not model and estimator.model_.optimizer is not model.optimizer
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert estimator.score(X, Y) > 0.9
    assert list(estimator.history_.history) == ["loss", "mae"]
    assert cross_val_score(estimator, X, Y, cv=2).min() > 0.9
    assert not hasattr(clone(estimator), "model_")


def test_warm_start_goes_on():
    model = linear()
    estimator = SKLearnRegressor(model, warm_start=True, fit_kwargs={"epochs": 2, "verbose": 0}).fit(X, Y)
    assert estimator.model_ is model
    first = estimator.history_.history["loss"][0]
    last = estimator.history_.history["loss"][-1]
    assert estimator.fit(X, Y).history_.history["loss"][0] < min(first, last)
    made = SKLearnRegressor(build, warm_start=True, fit_kwargs={"verbose": 0}).fit(X, Y)
    held = made.model_
    assert made.fit(X, Y).model_ is held
    made.warm_start = False
    assert made.fit(X, Y).model_ is not held


def test_errors_say_what_to_do():
    with pytest.raises(RuntimeError, match="needs to be compiled, and have a loss and an optimizer"):
        SKLearnRegressor(Sequential([Input((3,)), layers.Dense(1)])).fit(X, Y)
    with pytest.raises(TypeError, match="model must be a compiled Model or a function that makes one, and is 3"):
        SKLearnRegressor(3).fit(X, Y)
    with pytest.raises(TypeError, match="the function 'build_nothing' must return a Model, and returned None"):
        SKLearnRegressor(build_nothing).fit(X, Y)
    with pytest.raises(NotFittedError):
        classifier().predict(X)
    with pytest.raises(ValueError, match="y holds only one class: 1"):
        classifier().fit(X, np.ones(60, int))
    narrow = SKLearnClassifier(linear(), fit_kwargs={"verbose": 0, "epochs": 1})
    with pytest.raises(ValueError, match="must have one output unit for each of the 2 classes"):
        narrow.model_, narrow.classes_, narrow.n_features_in_ = linear(), np.array([0, 1]), 3
        narrow.predict(X)


def build_nothing(X, y):
    return None


def test_sklearn_is_imported_when_needed():
    code = (
        "import sys, yeoul\n"
        "from yeoul import wrappers\n"
        "assert not any(m.startswith('sklearn') for m in sys.modules)\n"
        "sys.modules['sklearn'] = None\n"
        "try: wrappers.SKLearnClassifier\n"
        "except ImportError as error: print(error)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "yeoul.wrappers.SKLearnClassifier is an estimator of scikit-learn" in out
    assert 'pip install "yeoul[sklearn]"' in out
