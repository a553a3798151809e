"""The parts that models are made of."""

from yeoul.layers.activating import ELU, LeakyReLU, PReLU, ReLU, Softmax
from yeoul.layers.core import Activation, Dense, Embedding, Identity, Input, InputLayer, Lambda
from yeoul.layers.layer import InputSpec, Layer
from yeoul.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    maximum,
    minimum,
    multiply,
    subtract,
)
from yeoul.layers.normalization import BatchNormalization, LayerNormalization, Normalization, Rescaling
from yeoul.layers.regularization import ActivityRegularization, Dropout, GaussianDropout, GaussianNoise
from yeoul.layers.shaping import Flatten, Permute, RepeatVector, Reshape

__all__ = [name for name in dir() if not name.startswith("_") and name[0].isupper()] + [
    "add",
    "average",
    "concatenate",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]
