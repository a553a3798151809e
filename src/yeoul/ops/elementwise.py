"""Element-wise primitives: arithmetic, comparison, logic, transcendental functions, selection."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.shapes import broadcast
from yeoul.core.tensor import Spec, Tensor, apply
from yeoul.ops.registry import (
    Elementwise,
    Primitive,
    binary,
    cast,
    convert,
    elementwise,
    primitive,
    promoted,
    register,
    unbroadcast,
)

_SQRT_PI = math.sqrt(math.pi)


def _float_only(function: Any) -> Any:
    """`function` with half-width floats computed in float32."""

    def compute(*arrays: np.ndarray) -> np.ndarray:
        dtype = arrays[0].dtype
        if dtype.itemsize == 2:
            return function(*(a.astype(np.float32) for a in arrays)).astype(dtype)
        return function(*arrays)

    return compute


def _erf(x: np.ndarray) -> np.ndarray:
    return np.vectorize(math.erf, otypes=[np.float64])(x).astype(x.dtype) if x.size else x.copy()


def _erfc(x: np.ndarray) -> np.ndarray:
    return np.vectorize(math.erfc, otypes=[np.float64])(x).astype(x.dtype) if x.size else x.copy()


def _sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


class _Absolute(Elementwise):
    """|x|; of complex numbers real."""

    def infer(self, *inputs: Any) -> Spec:
        shape, dtype = super().infer(*inputs)
        return Spec(shape, {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype))

    def reference(self, *arrays: np.ndarray) -> np.ndarray:
        return np.abs(*arrays) if arrays[0].dtype.kind == "c" else super().reference(*arrays)


# -- one operand --------------------------------------------------------------------------------------------------------
negative = elementwise("neg", np.negative, lambda g, x, y: -g)
absolute: Any = register(_Absolute("abs", np.abs, lambda g, x, y: g * sign(x)))  # type: ignore[has-type]
sign = elementwise("sign", np.sign)
floor = elementwise("floor", np.floor, result="float")
ceil = elementwise("ceil", np.ceil, result="float")
rint = elementwise("round", np.rint)
trunc = elementwise("trunc", np.trunc)
sqrt = elementwise("sqrt", np.sqrt, lambda g, x, y: g * 0.5 / y, result="float")
rsqrt = elementwise("rsqrt", lambda x: 1 / np.sqrt(x), lambda g, x, y: g * -0.5 * y / x, result="float")
square = elementwise("square", np.square, lambda g, x, y: g * (x + x), operands="number")
reciprocal = elementwise("reciprocal", lambda x: 1 / x, lambda g, x, y: -g * square(y), result="float")
exp = elementwise("exp", np.exp, lambda g, x, y: g * y, result="float")
expm1 = elementwise("expm1", np.expm1, lambda g, x, y: g * (y + 1), result="float")
log = elementwise("log", np.log, lambda g, x, y: g / x, result="float")
log1p = elementwise("log1p", np.log1p, lambda g, x, y: g / (x + 1), result="float")
sin = elementwise("sin", np.sin, lambda g, x, y: g * cos(x), result="float")  # type: ignore[has-type]
cos = elementwise("cos", np.cos, lambda g, x, y: -g * sin(x), result="float")
tan = elementwise("tan", np.tan, lambda g, x, y: g * (square(y) + 1), result="float")
arcsin = elementwise("asin", np.arcsin, lambda g, x, y: g * rsqrt(1 - square(x)), result="float")
arccos = elementwise("acos", np.arccos, lambda g, x, y: -g * rsqrt(1 - square(x)), result="float")
arctan = elementwise("atan", np.arctan, lambda g, x, y: g / (square(x) + 1), result="float")
sinh = elementwise("sinh", np.sinh, lambda g, x, y: g * cosh(x), result="float")  # type: ignore[has-type]
cosh = elementwise("cosh", np.cosh, lambda g, x, y: g * sinh(x), result="float")
tanh = elementwise("tanh", np.tanh, lambda g, x, y: g * (1 - square(y)), result="float")
arcsinh = elementwise("asinh", np.arcsinh, lambda g, x, y: g * rsqrt(square(x) + 1), result="float")
arccosh = elementwise("acosh", np.arccosh, lambda g, x, y: g * rsqrt(square(x) - 1), result="float")
arctanh = elementwise("atanh", np.arctanh, lambda g, x, y: g / (1 - square(x)), result="float")
sigmoid = elementwise("sigmoid", _float_only(_sigmoid), lambda g, x, y: g * (y * (1 - y)), result="float")
softplus = elementwise(
    "softplus",
    _float_only(lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)),
    lambda g, x, y: g * sigmoid(x),
    result="float",
)
erf = elementwise("erf", _erf, lambda g, x, y: g * (2 / _SQRT_PI) * exp(-square(x)), result="float")
erfc = elementwise("erfc", _erfc, lambda g, x, y: g * (-2 / _SQRT_PI) * exp(-square(x)), result="float")
isnan = elementwise("isnan", np.isnan, result="bool")
isinf = elementwise("isinf", np.isinf, result="bool")
isfinite = elementwise("isfinite", np.isfinite, result="bool")
logical_not = elementwise("logical_not", np.logical_not, result="bool", operands="bool")
bitwise_not = elementwise("bitwise_not", np.invert)

# -- two operands -------------------------------------------------------------------------------------------------------


def _divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.true_divide(a, b)


def _integer_safe(function: Any) -> Any:
    """`function` with 0 as the result of an integer division by zero."""

    def compute(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if a.dtype.kind in "iu":
            return np.where(b == 0, 0, function(a, np.where(b == 0, 1, b)))
        return function(a, b)

    return compute


def _power(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.dtype.kind in "iu":
        return np.where(b < 0, np.where(a == 1, 1, 0), np.power(a, np.maximum(b, 0)))
    return np.power(a, b)


def _power_gradient(g: Tensor, a: Tensor, b: Tensor, y: Tensor) -> tuple:
    at_base = g * b * power(a, b - 1)
    safe = select(a > 0, a, 1)
    return at_base, select(a > 0, g * y * log(safe), 0)


add = binary("add", np.add, lambda g, a, b, y: (g, g))
subtract = binary("sub", np.subtract, lambda g, a, b, y: (g, -g))
multiply = binary("mul", np.multiply, lambda g, a, b, y: (g * b, g * a))
divide = binary("div", _divide, lambda g, a, b, y: (g / b, -g * y / b), result="float")
floor_divide = binary("floordiv", _integer_safe(np.floor_divide))
mod = binary("mod", _integer_safe(np.mod), lambda g, a, b, y: (g, -g * floor_divide(a, b)), operands="number")
power = binary("pow", _power, _power_gradient)
arctan2 = binary(
    "atan2",
    np.arctan2,
    lambda g, a, b, y: (g * b / (square(a) + square(b)), -g * a / (square(a) + square(b))),
    result="float",
)


def _winner_takes(g: Tensor, first_wins: Tensor) -> tuple:
    return select(first_wins, g, 0), select(first_wins, 0, g)


# Of equal operands the first takes the gradient, as in Keras on TensorFlow.
maximum = binary("max", np.maximum, lambda g, a, b, y: _winner_takes(g, a >= b))
minimum = binary("min", np.minimum, lambda g, a, b, y: _winner_takes(g, a <= b))
equal = binary("eq", np.equal, result="bool")
not_equal = binary("ne", np.not_equal, result="bool")
less = binary("lt", np.less, result="bool")
less_equal = binary("le", np.less_equal, result="bool")
greater = binary("gt", np.greater, result="bool")
greater_equal = binary("ge", np.greater_equal, result="bool")
logical_and = binary("logical_and", np.logical_and, result="bool", operands="bool")
logical_or = binary("logical_or", np.logical_or, result="bool", operands="bool")
logical_xor = binary("logical_xor", np.logical_xor, result="bool", operands="bool")
bitwise_and = binary("bitwise_and", np.bitwise_and, names=("x", "y"))
bitwise_or = binary("bitwise_or", np.bitwise_or, names=("x", "y"))
bitwise_xor = binary("bitwise_xor", np.bitwise_xor, names=("x", "y"))


def _shift(function: Any) -> Any:
    def compute(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        bits = a.dtype.itemsize * 8
        return np.where((b < 0) | (b >= bits), 0, function(a, np.where((b < 0) | (b >= bits), 0, b)))

    return compute


left_shift = binary("shl", _shift(np.left_shift), names=("x", "y"))
right_shift = binary("shr", _shift(np.right_shift), names=("x", "y"))


# -- three operands -----------------------------------------------------------------------------------------------------
@primitive
class _Select(Primitive):
    """y = where(condition, a, b), element by element."""

    name = "select"

    def infer(self, condition: Any, a: Any, b: Any) -> Spec:
        return Spec(broadcast(condition.shape, a.shape, b.shape, context="where"), a.dtype)

    def reference(self, condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(condition, a, b)

    def gradient(self, g: Tensor, condition: Tensor, a: Tensor, b: Tensor, y: Tensor) -> tuple:
        if not dtypes.is_float(a.dtype):
            return None, None, None
        return None, unbroadcast(select(condition, g, 0), a.shape), unbroadcast(select(condition, 0, g), b.shape)


_select: Any = _Select


def select(condition: Any, a: Any, b: Any) -> Tensor:
    """Elements of `a` where `condition` holds, of `b` elsewhere; operands broadcast."""
    a, b = promoted(a, b)
    return _select(cast(condition, "bool"), a, b)


# -- gradients by decree ------------------------------------------------------------------------------------------------
@primitive
class _StopGradient(Primitive):
    name = "stop_gradient"

    def infer(self, x: Any) -> Spec:
        return Spec(x.shape, x.dtype)

    def reference(self, x: np.ndarray) -> np.ndarray:
        return x

    def gradient(self, g: Tensor, x: Tensor, y: Tensor) -> tuple:
        return (None,)


def stop_gradient(variable: Any) -> Tensor:
    """The same values, through which no gradient flows."""
    return _StopGradient(convert(variable))  # type: ignore[call-arg, operator, return-value]


@primitive
class _CustomGradient(Primitive):
    """The first operand, with gradients for the others computed by the user's function."""

    name = "custom_gradient"

    def infer(self, y: Any, *inputs: Any, function: Any) -> Spec:
        return Spec(y.shape, y.dtype)

    def reference(self, y: np.ndarray, *inputs: np.ndarray, function: Any) -> np.ndarray:
        return y

    def gradient(self, g: Tensor, y: Tensor, *inputs_then_output: Tensor, function: Any) -> tuple:
        grads = function(g, upstream=g) if _wants_upstream(function) else function(g)
        grads = grads if isinstance(grads, (tuple, list)) else (grads,)
        return (None, *grads)


def _wants_upstream(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_argcount == 0 and "upstream" in code.co_varnames


def with_gradient(y: Tensor, x: Tensor, function: Any) -> Tensor:
    """`y`, computed from `x`, with function(gradient of y) as the gradient of x: for formulas that need y alone, so that x need not be kept."""
    return apply(_CustomGradient, (y, x), {"function": function})  # type: ignore[arg-type, return-value]


def custom_gradient(f: Any) -> Any:
    """Decorator for a function that returns (value, gradient function).

    The gradient function takes the gradient of the value and returns that of each argument.
    """

    def wrapped(*args: Any, **kwargs: Any) -> Tensor:
        inputs = [convert(a) for a in args]
        value, gradient_function = f(*inputs, **kwargs)
        return apply(_CustomGradient, (stop_gradient(value), *inputs), {"function": gradient_function})  # type: ignore[arg-type]

    wrapped.__name__ = getattr(f, "__name__", "custom_gradient")
    wrapped.__doc__ = f.__doc__
    return wrapped
