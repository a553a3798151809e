"""What can be done to tensors: Keras' `ops` names, made of few primitives."""

from yeoul.core.tensor import operators as _operators
from yeoul.ops import binomial as _binomial  # its primitive is registered
from yeoul.ops import calls as _calls
from yeoul.ops import image, linalg, nn, numpy
from yeoul.ops.arrangement import *  # noqa: F403
from yeoul.ops.attention import *  # noqa: F403
from yeoul.ops.complex_numbers import *  # noqa: F403
from yeoul.ops.convolution import *  # noqa: F403
from yeoul.ops.creation import *  # noqa: F403
from yeoul.ops.creation import convert_to_tensor
from yeoul.ops.ctc import *  # noqa: F403
from yeoul.ops.diagonals import *  # noqa: F403
from yeoul.ops.distances import *  # noqa: F403
from yeoul.ops.elementwise import (
    absolute,
    add,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    ceil,
    cos,
    cosh,
    custom_gradient,
    divide,
    equal,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    left_shift,
    less,
    less_equal,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    mod,
    multiply,
    negative,
    not_equal,
    power,
    reciprocal,
    right_shift,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    square,
    stop_gradient,
    subtract,
    tan,
    tanh,
    trunc,
)
from yeoul.ops.fourier import *  # noqa: F403
from yeoul.ops.functional import *  # noqa: F403
from yeoul.ops.indexing import *  # noqa: F403
from yeoul.ops.indexing import slice_ as slice
from yeoul.ops.linalg import *  # noqa: F403
from yeoul.ops.mapping import *  # noqa: F403
from yeoul.ops.nan_statistics import *  # noqa: F403
from yeoul.ops.neural import *  # noqa: F403
from yeoul.ops.patches import *  # noqa: F403
from yeoul.ops.patterns import *  # noqa: F403
from yeoul.ops.pooling import *  # noqa: F403
from yeoul.ops.products import *  # noqa: F403
from yeoul.ops.random_bits import random_bits
from yeoul.ops.reductions import *  # noqa: F403
from yeoul.ops.registry import cast
from yeoul.ops.representation import *  # noqa: F403
from yeoul.ops.scattering import *  # noqa: F403
from yeoul.ops.searching import *  # noqa: F403
from yeoul.ops.segments import *  # noqa: F403
from yeoul.ops.shaping import *  # noqa: F403
from yeoul.ops.special import *  # noqa: F403
from yeoul.ops.statistics import *  # noqa: F403
from yeoul.ops.windows import *  # noqa: F403

_calls.make_public(globals(), image.__dict__, linalg.__dict__, nn.__dict__, numpy.__dict__)

abs = absolute
true_divide = divide
remainder = mod
bitwise_invert = bitwise_not
bitwise_left_shift = left_shift
bitwise_right_shift = right_shift

_operators.update(
    {
        name: globals()[name]
        for name in [
            "absolute",
            "add",
            "bitwise_and_or_logical",
            "bitwise_or_logical_not",
            "bitwise_or_or_logical",
            "bitwise_xor_or_logical",
            "cast",
            "divide",
            "equal",
            "floor_divide",
            "getitem",
            "greater",
            "greater_equal",
            "left_shift",
            "less",
            "less_equal",
            "matmul",
            "mod",
            "multiply",
            "negative",
            "not_equal",
            "power",
            "reshape",
            "right_shift",
            "stack",
            "subtract",
            "transpose",
        ]
    }
)
_operators["convert"] = convert_to_tensor
