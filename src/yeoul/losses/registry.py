"""Losses by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul.core import naming
from yeoul.losses import crossentropy, embeddings, margins, overlap, probabilistic, regression, sequences
from yeoul.losses.loss import FUNCTIONS, Loss, LossFunctionWrapper, named_function
from yeoul.serialization import custom_object_scope, resolve, serialize_keras_object

CLASSES: dict[Callable, type[LossFunctionWrapper]] = {
    regression.mean_squared_error: regression.MeanSquaredError,
    regression.mean_absolute_error: regression.MeanAbsoluteError,
    regression.mean_absolute_percentage_error: regression.MeanAbsolutePercentageError,
    regression.mean_squared_logarithmic_error: regression.MeanSquaredLogarithmicError,
    regression.huber: regression.Huber,
    regression.log_cosh: regression.LogCosh,
    regression.cosine_similarity: regression.CosineSimilarity,
    margins.hinge: margins.Hinge,
    margins.squared_hinge: margins.SquaredHinge,
    margins.categorical_hinge: margins.CategoricalHinge,
    probabilistic.kl_divergence: probabilistic.KLDivergence,
    probabilistic.poisson: probabilistic.Poisson,
    crossentropy.binary_crossentropy: crossentropy.BinaryCrossentropy,
    crossentropy.binary_focal_crossentropy: crossentropy.BinaryFocalCrossentropy,
    crossentropy.categorical_crossentropy: crossentropy.CategoricalCrossentropy,
    crossentropy.categorical_focal_crossentropy: crossentropy.CategoricalFocalCrossentropy,
    crossentropy.sparse_categorical_crossentropy: crossentropy.SparseCategoricalCrossentropy,
    crossentropy.categorical_generalized_cross_entropy: crossentropy.CategoricalGeneralizedCrossEntropy,
    overlap.dice: overlap.Dice,
    overlap.tversky: overlap.Tversky,
    embeddings.circle: embeddings.Circle,
    sequences.ctc: sequences.CTC,
}
ALIASES: dict[str, Callable] = {
    "mse": regression.mean_squared_error,
    "mae": regression.mean_absolute_error,
    "mape": regression.mean_absolute_percentage_error,
    "msle": regression.mean_squared_logarithmic_error,
    "bce": crossentropy.binary_crossentropy,
    "kld": probabilistic.kl_divergence,
    "kullback_leibler_divergence": probabilistic.kl_divergence,
    "logcosh": regression.log_cosh,
}
FUNCTIONS.update({naming.to_snake_case(cls.__name__): function for function, cls in CLASSES.items()})
FUNCTIONS.update({function.__name__: function for function in CLASSES})
FUNCTIONS.update(ALIASES)
_BY_CLASS_NAME: dict[str, type[Loss]] = {cls.__name__: cls for cls in (Loss, LossFunctionWrapper, *CLASSES.values())}


def get(identifier: Any) -> Any:
    """The loss behind a name, config, class, object or function: an object for a class's name, a function for a function's.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    identifier = named_function(identifier)
    is_class_name = isinstance(identifier, str) and identifier in _BY_CLASS_NAME
    classes = {name.lower(): cls for name, cls in _BY_CLASS_NAME.items()}
    if isinstance(identifier, dict) or is_class_name:
        return resolve(identifier, {**FUNCTIONS, **classes}, "loss")
    return resolve(identifier, FUNCTIONS, "loss")


def serialize(loss: Any) -> Any:
    """A configuration of a loss object, or the name of a function."""
    return serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The loss that `serialize` described."""
    with custom_object_scope(custom_objects or {}):
        return get(name)
