"""scikit-learn's own conformance checks."""

import pytest

pytest.importorskip("sklearn")

from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from yeoul import Input, Model, layers, optimizers, utils, wrappers


class Network:
    """Makes a small perceptron that fits what it is given, with the same weights every time."""

    def __call__(self, X, y, loss, units=(10,), activation=None):
        utils.set_random_seed(1)
        x = h = Input((X.shape[1],))
        for size in units:
            h = layers.Dense(size, activation="relu")(h)
        model = Model(x, layers.Dense(y.shape[1], activation=activation)(h))
        model.compile(optimizers.Adam(0.05), loss)
        return model

    def __repr__(self):
        return "network"  # part of the names of the tests, which must not change from run to run


class Seeded:
    """`Network` draws the same weights every time, so checks that compare two fits apply too."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        assert tags.non_deterministic
        tags.non_deterministic = False
        return tags


class Classifier(Seeded, wrappers.SKLearnClassifier):
    pass


class Regressor(Seeded, wrappers.SKLearnRegressor):
    pass


class Transformer(Seeded, wrappers.SKLearnTransformer):
    pass


def classifier():
    return Classifier(
        Network(),
        model_kwargs={"loss": "categorical_crossentropy", "units": (20,), "activation": "softmax"},
        fit_kwargs={"epochs": 20, "verbose": 0},
    )


ESTIMATORS = [
    classifier(),
    Regressor(Network(), model_kwargs={"loss": "mse"}, fit_kwargs={"epochs": 5, "verbose": 0}),
    Transformer(Network(), model_kwargs={"loss": "mse"}, fit_kwargs={"verbose": 0}),
    make_pipeline(StandardScaler(), classifier()),
]


def expected_to_fail(estimator):
    """What no pipeline of scikit-learn passes: it fits the steps that it was given."""
    if not isinstance(estimator, Pipeline):
        return {}
    return dict.fromkeys(("check_dont_overwrite_parameters", "check_estimators_overwrite_params"), "steps are fitted")


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_to_fail)
def test_check(estimator, check):
    check(estimator)
