"""Classifier, regressor and transformer: a model behind scikit-learn's `fit`, `predict` and `transform`."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from yeoul.models import Model, clone_model


class ModelEstimator(BaseEstimator):
    """What the three estimators share.

    Args:
        model: a compiled model, or a function that makes one: it is called with X=, y= (as `Model.fit` will get them)
            and `model_kwargs`. A model is cloned before it is trained, so that it stays as it is and every `fit`
            starts from new weights.
        warm_start: whether `fit` goes on training the model of the `fit` before; a model that was given is then
            trained itself, not a clone.
        model_kwargs: further arguments of the function.
        fit_kwargs: arguments of `Model.fit`; those given to `fit` go first.

    Attributes:
        model_: the trained model.
        history_: what `Model.fit` returned.
        n_features_in_: columns of X; `feature_names_in_`: their names, if X is a frame.
    """

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ):
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Trains a model on X (samples, features) and y (samples,)."""
        X, y = self._validated(X, y)
        target = self._encoded(y)
        model = self._model_for(X, target)
        arguments = {**(self.fit_kwargs or {}), **kwargs}
        self.history_ = model.fit(X, target, **arguments)
        self.model_ = model
        return self

    def _validated(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        return validate_data(self, X, y)

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        """Targets as the model takes them: (samples, 1) from (samples,)."""
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _model_for(self, X: np.ndarray, target: np.ndarray) -> Model:
        """The model to train.

        Raises: TypeError if `model` makes something else; RuntimeError if it is not compiled.
        """
        held = getattr(self, "model_", None)
        if self.warm_start and held is not None:
            return held
        if isinstance(self.model, Model):
            _require_compiled(self.model)
            return self.model if self.warm_start else _fresh_copy(self.model)
        if not callable(self.model):
            raise TypeError(
                f"{type(self).__name__}: model must be a compiled Model or a function that makes one, and is "
                f"{self.model!r} of type {type(self.model).__name__}."
            )
        made = self.model(X=X, y=target, **(self.model_kwargs or {}))
        if not isinstance(made, Model):
            raise TypeError(
                f"{type(self).__name__}: the function {getattr(self.model, '__name__', self.model)!r} must return a "
                f"Model, and returned {made!r}."
            )
        _require_compiled(made)
        return made

    def _raw_predictions(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False)
        return self.model_.predict(X, verbose=0)


class SKLearnClassifier(ClassifierMixin, ModelEstimator):
    """A model as a classifier: it is trained on one-hot rows of the classes, whatever their labels, and its output
    needs one unit a class.

    Arguments and attributes are those of `ModelEstimator`, and:
        classes_: the labels, sorted.
    """

    classes_: np.ndarray

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def _validated(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        if self.warm_start and "classes_" in vars(self):
            unknown = np.setdiff1d(y, self.classes_)
            if len(unknown):
                raise ValueError(
                    f"{type(self).__name__} with warm_start=True was trained on the classes {self.classes_.tolist()}, "
                    f"and y holds {unknown.tolist()} as well."
                )
        else:
            self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} tells classes apart, and y holds only one class: {self.classes_.tolist()[0]!r}."
            )
        return X, y

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        return np.eye(len(self.classes_))[np.searchsorted(self.classes_, y)]

    def _scores(self, X: Any) -> np.ndarray:
        scores = self._raw_predictions(X)
        if scores.ndim != 2 or scores.shape[1] != len(self.classes_):
            raise ValueError(
                f"{type(self).__name__}: the model must have one output unit for each of the {len(self.classes_)} "
                f"classes, and its output has shape {scores.shape}. Give the last layer y.shape[1] units."
            )
        return scores

    def predict(self, X: Any) -> np.ndarray:
        """The label of the largest output for each sample."""
        best = np.argmax(self._scores(X), axis=1)
        return self.classes_[best]

    def decision_function(self, X: Any) -> np.ndarray:
        """The outputs of the model (samples, classes). For two classes, as scikit-learn has it, how much larger the
        output of the second is: (samples,).
        """
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores


class SKLearnRegressor(RegressorMixin, ModelEstimator):
    """A model as a regressor: it is trained on y of shape (samples, 1).

    Arguments and attributes are those of `ModelEstimator`.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags

    def _validated(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        X, y = validate_data(self, X, y, y_numeric=True)
        return X, column_or_1d(y, warn=True)

    def predict(self, X: Any) -> np.ndarray:
        """The outputs, (samples,)."""
        values = self._raw_predictions(X)
        return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


class SKLearnTransformer(TransformerMixin, ModelEstimator):
    """A model as a transformer: its outputs are new features. Without y it is trained on X itself, as an autoencoder
    is.

    Arguments and attributes are those of `ModelEstimator`.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # outputs are of the model's dtype
        return tags

    def fit(self, X: Any, y: Any = None, **kwargs: Any) -> Any:
        """Trains a model on X (samples, features) and y; on X as the target if y is None."""
        return super().fit(X, y, **kwargs)

    def _validated(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        if y is None:
            X = validate_data(self, X)
            return X, X
        return validate_data(self, X, y, multi_output=True)

    def transform(self, X: Any) -> np.ndarray:
        """The outputs, (samples, features of the model)."""
        return self._raw_predictions(X)


def _require_compiled(model: Model) -> None:
    if not model.compiled or model.optimizer is None or model.loss is None:
        raise RuntimeError(
            f"Given model needs to be compiled, and have a loss and an optimizer. Call compile() on {model.name!r}."
        )


def _fresh_copy(model: Model) -> Model:
    """A model of the same structure, compiled alike, with new weights."""
    clone = clone_model(model)
    arguments = model.get_compile_config()
    optimizer = model.optimizer
    arguments["optimizer"] = type(optimizer).from_config(optimizer.get_config())
    for name in ("loss", "loss_weights", "metrics", "weighted_metrics"):
        arguments[name] = copy.deepcopy(arguments[name])
    clone.compile(**arguments)
    return clone
