"""The parts that models are made of."""

from yeoul.layers.activating import ELU, LeakyReLU, PReLU, ReLU, Softmax
from yeoul.layers.color_augmentation import *  # noqa: F403
from yeoul.layers.convolution import *  # noqa: F403
from yeoul.layers.core import Activation, Dense, Embedding, Identity, Input, InputLayer, Lambda
from yeoul.layers.image_augmentation import *  # noqa: F403
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
from yeoul.layers.padding import *  # noqa: F403
from yeoul.layers.pooling import *  # noqa: F403
from yeoul.layers.regularization import ActivityRegularization, Dropout, GaussianDropout, GaussianNoise
from yeoul.layers.resizing import *  # noqa: F403
from yeoul.layers.shaping import Flatten, Permute, RepeatVector, Reshape
from yeoul.layers.spatial_dropout import *  # noqa: F403
from yeoul.layers.transposed_convolution import *  # noqa: F403
from yeoul.layers.upsampling import *  # noqa: F403

__all__ = [name for name in dir() if not name.startswith("_") and name[0].isupper()] + [
    "add",
    "average",
    "concatenate",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]
