"""Where weights start."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import naming
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.initializers.constant import Constant, Identity, Ones, Zeros
from yeoul.initializers.drawn import RandomInitializer, RandomNormal, RandomUniform, TruncatedNormal
from yeoul.initializers.initializer import Initializer
from yeoul.initializers.orthogonal import Orthogonal
from yeoul.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    compute_fans,
)
from yeoul.initializers.stft import STFT
from yeoul.serialization import custom_object_scope, resolve, serialize_keras_object

constant, zeros, ones, identity = Constant, Zeros, Ones, Identity
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling, orthogonal, stft = VarianceScaling, Orthogonal, STFT
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
IdentityInitializer, OrthogonalInitializer, STFTInitializer = Identity, Orthogonal, STFT

_CLASSES: tuple[Any, ...] = (
    Constant, Zeros, Ones, Identity, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, GlorotNormal, GlorotUniform, HeNormal,
    HeUniform, LecunNormal, LecunUniform, Orthogonal, STFT,
)  # fmt: skip

ALL: dict[str, Any] = {naming.to_snake_case(cls.__name__): cls for cls in _CLASSES} | {
    "zero": Zeros, "one": Ones, "normal": RandomNormal, "uniform": RandomUniform, "identity_initializer": Identity,
    "orthogonal_initializer": Orthogonal, "stft_initializer": STFT,
}  # fmt: skip

__all__ = [
    "ALL",
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "stft",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]


def get(identifier: Any) -> Any:
    """The initializer behind a name, config, object, function, or array of the values themselves.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    if isinstance(identifier, (np.ndarray, Tensor, Variable)):
        return _given(ops.convert_to_tensor(identifier))
    return resolve(identifier, ALL, "initializer")


def _given(values: Tensor) -> Any:
    def initialize(shape: Any, dtype: Any = None) -> Tensor:
        if tuple(shape) != tuple(values.shape):
            raise ValueError(
                f"The initializer is an array of shape {values.shape}, and the weight has shape {tuple(shape)}."
            )
        return values if dtype is None else ops.cast(values, dtype)

    return initialize


def serialize(initializer: Any) -> Any:
    """The configuration of an initializer."""
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer of a configuration.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    with custom_object_scope(custom_objects or {}):
        return get(config)
