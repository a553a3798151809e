"""The parts that models are made of."""

from yeoul.layers.activating import ELU, LeakyReLU, PReLU, ReLU, Softmax
from yeoul.layers.augmentation_chains import *  # noqa: F403
from yeoul.layers.batch_normalization import BatchNormalization
from yeoul.layers.color_augmentation import *  # noqa: F403
from yeoul.layers.convolution import *  # noqa: F403
from yeoul.layers.core import Activation, Dense, Identity, Input, InputLayer
from yeoul.layers.describing import deserialize, serialize
from yeoul.layers.discretization import Discretization
from yeoul.layers.einsum_dense import EinsumDense
from yeoul.layers.embedding import Embedding
from yeoul.layers.encoding import CategoryEncoding
from yeoul.layers.function_layer import Lambda
from yeoul.layers.hashing import HashedCrossing, Hashing
from yeoul.layers.histogram_augmentation import *  # noqa: F403
from yeoul.layers.layer import InputSpec, Layer
from yeoul.layers.lookup import IntegerLookup, StringLookup
from yeoul.layers.masking import Masking
from yeoul.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from yeoul.layers.mixing_augmentation import *  # noqa: F403
from yeoul.layers.normalization import Normalization, Rescaling
from yeoul.layers.padding import *  # noqa: F403
from yeoul.layers.pipeline import *  # noqa: F403
from yeoul.layers.place_augmentation import *  # noqa: F403
from yeoul.layers.pooling import *  # noqa: F403
from yeoul.layers.regularization import ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise
from yeoul.layers.resizing import *  # noqa: F403
from yeoul.layers.sample_normalization import (
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from yeoul.layers.shaping import Flatten, Permute, RepeatVector, Reshape
from yeoul.layers.spatial_dropout import *  # noqa: F403
from yeoul.layers.transposed_convolution import *  # noqa: F403
from yeoul.layers.upsampling import *  # noqa: F403
from yeoul.layers.wrapping import SpectralNormalization, TimeDistributed, Wrapper

_FUNCTIONS = "add average concatenate deserialize dot maximum minimum multiply serialize subtract"
__all__ = [name for name in dir() if not name.startswith("_") and name[0].isupper()] + _FUNCTIONS.split()
