"""How an op is declared, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.shapes import Shape, broadcast
from yeoul.core.tensor import Op, Spec, Tensor, apply, from_array, operators
from yeoul.core.variable import Variable

#: Every primitive by name. Tests walk it; engines key their lowering tables by these names.
PRIMITIVES: dict[str, Op] = {}


def primitive(cls: type[Op]) -> Op:
    """Class decorator: one instance of the class, registered under its `name`."""
    return register(cls())


def register(op: Op) -> Op:
    if op.name in PRIMITIVES:
        raise ValueError(f"There is a primitive {op.name!r} already.")
    PRIMITIVES[op.name] = op
    op.display_name = display_name(_PUBLIC_NAMES.get(op.name, op.name))
    return op


#: Public names of primitives whose own names are shorter.
_PUBLIC_NAMES = {
    "abs": "absolute", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan",
    "atan2": "arctan2", "atanh": "arctanh", "div": "true_divide", "eq": "equal", "floordiv": "floor_divide", "ge": "greater_equal",
    "gt": "greater", "imaginary_part": "imag", "le": "less_equal", "lt": "less", "max": "maximum", "min": "minimum",
    "mul": "multiply", "ne": "not_equal", "neg": "negative", "pow": "power", "real_part": "real", "reduce_max": "max",
    "reduce_min": "min", "select": "where", "shl": "left_shift", "shr": "right_shift", "sub": "subtract",
}  # fmt: skip


def display_name(name: str) -> str:
    """What summaries and drawings call an op, as Keras' classes are named: floor_divide -> FloorDivide."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


# -- what users pass -> tensors -----------------------------------------------------------------------------------------
_PYTHON_KINDS = {bool: "bool", int: "int", float: "float"}


def convert(x: Any, dtype: str | None = None) -> Tensor:
    """A tensor from a tensor, variable, array, number or nested list; cast to `dtype` if given."""
    if isinstance(x, Tensor):
        return x if dtype is None or x.dtype == dtype else cast(x, dtype)
    if isinstance(x, Variable):
        return convert(x.value, dtype)
    if x is None:
        raise ValueError("Expected a tensor, array or number, and got None.")
    if isinstance(x, (list, tuple)) and _holds_symbolic(x):
        return convert(operators["stack"]([convert(part) for part in x]), dtype)
    if hasattr(x, "detach") and hasattr(x, "cpu"):
        x = x.detach().cpu().numpy()
    array = np.asarray(x)
    if array.dtype == object:
        raise ValueError(f"Cannot make a tensor of {type(x).__name__}: its rows differ in length or hold objects.")
    if array.dtype.kind in "US":
        raise ValueError("Cannot make a tensor of strings. Use StringLookup or Hashing to turn them into numbers.")
    if dtype is None:
        if not isinstance(x, (np.ndarray, np.generic)) and not hasattr(x, "__array__"):
            if array.dtype == np.float64:
                dtype = config.floatx()
            elif array.dtype == np.int64:
                dtype = "int32"
        if dtype is None:
            return from_array(array)
    return from_array(np.asarray(array, dtypes.to_numpy(dtype)))


def concrete(x: Any, op: str, instead: str) -> np.ndarray:
    """The values of `x`, for an op whose result has a size that depends on them.

    Raises: TypeError if the tensor is symbolic.
    """
    x = convert(x)
    if x.array is None:
        raise TypeError(
            f"{op}: the size of the result depends on the values, and this tensor (shape {x.shape}) has none until the "
            f"program runs. {instead}"
        )
    return x.array


def _holds_symbolic(items: Sequence) -> bool:
    return any(
        isinstance(item, (Tensor, Variable)) or (isinstance(item, (list, tuple)) and _holds_symbolic(item))
        for item in items
    )


def kind_of(x: Any) -> str:
    """The dtype of `x` for promotion: weak "int" or "float" for Python numbers."""
    weak = _PYTHON_KINDS.get(type(x))
    if weak is not None:
        return weak
    if isinstance(x, (Tensor, Variable)):
        return x.dtype
    return convert(x).dtype


def promoted(*values: Any, to_float: bool = False) -> list[Tensor]:
    """`values` as tensors of their common dtype by Keras' promotion; at least a float dtype with `to_float`."""
    if (
        len(values) == 2
        and type(values[0]) is Tensor
        and type(values[1]) is Tensor
        and values[0].dtype == values[1].dtype
    ):
        dtype = values[0].dtype
    else:
        values = tuple(v if isinstance(v, (Tensor, Variable, bool, int, float)) else convert(v) for v in values)
        dtype = result_type(*(kind_of(v) for v in values))
    if to_float and not dtypes.is_float(dtype):
        dtype = "float64" if dtype == "int64" and config.floatx() == "float64" else config.floatx()
    return [convert(v, dtype) for v in values]


def result_type(*kinds: Any) -> str:
    """The dtype of an op on operands of these dtypes (names, or Python types for weak scalars)."""
    names = [
        k if k in ("int", "float") else dtypes.name_of(k)
        for k in (_PYTHON_KINDS.get(k, k) if isinstance(k, type) else k for k in kinds)
    ]
    dtype = dtypes.promote(*names) if names else config.floatx()
    if dtype == "float":
        return config.floatx()
    return "int32" if dtype == "int" else dtype


def cast(x: Any, dtype: Any) -> Tensor:
    """`x` with its elements converted to `dtype`; floats are truncated towards zero when cast to integers."""
    x = convert(x)
    dtype = dtypes.name_of(dtype)
    return x if x.dtype == dtype else _cast(x, dtype=dtype)


def as_float(x: Any) -> Tensor:
    """`x` as a tensor of floats: integers and booleans become floatx."""
    x = convert(x)
    return x if dtypes.is_float(x.dtype) else cast(x, config.floatx())


class Primitive(Op):
    """An op that takes tensors as they come. Called with tensors and attributes."""

    def __call__(self, *inputs: Any, **attributes: Any) -> Any:
        return apply(self, tuple(x if isinstance(x, Tensor) else convert(x) for x in inputs), attributes)


@primitive
class _Cast(Primitive):
    name = "cast"

    def infer(self, x: Any, *, dtype: str) -> Spec:
        return Spec(x.shape, dtype)

    def reference(self, x: np.ndarray, *, dtype: str) -> np.ndarray:
        with np.errstate(all="ignore"):
            return x.astype(dtypes.to_numpy(dtype))

    def gradient(self, grad: Tensor, x: Tensor, y: Tensor, *, dtype: str) -> tuple:
        return (cast(grad, x.dtype) if dtypes.is_float(x.dtype) and dtypes.is_float(dtype) else None,)


_cast: Any = PRIMITIVES["cast"]


class Elementwise(Op):
    """f applied to every element, operands broadcast.

    Args:
        function: the meaning, in NumPy.
        gradient: (grad, *inputs, output) -> the gradient of each input before broadcasting is undone; None where there is none.
        result: "same" (dtype of the operands), "float" (integers become floatx first), "bool".
        operands: "any", "bool" to cast the operands to bool first, or "number" to make int32 of bool.
        names: what the operands are called.
    """

    def __init__(
        self,
        name: str,
        function: Callable,
        gradient: Callable | None = None,
        arity: int = 1,
        result: str = "same",
        operands: str = "any",
        names: Sequence[str] = (),
        doc: str | None = None,
    ):
        self.name = name
        self.function = function
        self.arity = arity
        self.result = result
        self.operands = operands
        self._gradient = gradient
        self.__doc__ = doc
        self.__name__ = name
        names = names or (("x",) if arity == 1 else ("x1", "x2"))
        self.__signature__ = Signature([Parameter(n, Parameter.POSITIONAL_OR_KEYWORD) for n in names])

    def __call__(self, *values: Any, **named: Any) -> Tensor:
        if named:
            try:
                values = self.__signature__.bind(*values, **named).args
            except TypeError as error:
                raise TypeError(f"{self.name}{self.__signature__}: {error}.") from None
        if len(values) != self.arity:
            raise TypeError(f"{self.name} takes {self.arity} operand(s), and got {len(values)}.")
        if self.operands == "bool":
            inputs = [cast(v, "bool") for v in values]
        elif self.arity == 1:
            x = convert(values[0])
            inputs = [x if self.result != "float" or dtypes.is_float(x.dtype) else cast(x, config.floatx())]
        else:
            inputs = promoted(*values, to_float=self.result == "float")
        if self.operands == "number" and inputs[0].dtype == "bool":
            inputs = [cast(x, "int32") for x in inputs]
        return apply(self, tuple(inputs), {})

    def infer(self, *inputs: Any) -> Spec:
        x = inputs[0]
        shape = x.shape if self.arity == 1 else broadcast(*(i.shape for i in inputs), context=self.name)
        return Spec(shape, "bool" if self.result == "bool" else x.dtype)

    def reference(self, *arrays: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            result = self.function(*arrays)
        expected = np.dtype(np.bool_) if self.result == "bool" else arrays[0].dtype
        return np.asarray(result, expected)

    def gradient(self, grad: Tensor, *inputs_then_output: Tensor) -> list[Tensor | None]:
        inputs = inputs_then_output[:-1]
        if self._gradient is None or not dtypes.is_float(inputs[0].dtype):
            return [None] * len(inputs)
        grads = self._gradient(grad, *inputs_then_output)
        if self.arity == 1:
            grads = (grads,)
        return [None if g is None else unbroadcast(g, x.shape) for g, x in zip(grads, inputs, strict=True)]


def elementwise(name: str, function: Callable, gradient: Callable | None = None, **options: Any) -> Any:
    """Declares an element-wise primitive of one operand."""
    return register(Elementwise(name, function, gradient, **options))


def binary(name: str, function: Callable, gradient: Callable | None = None, **options: Any) -> Any:
    """Declares an element-wise primitive of two operands."""
    return register(Elementwise(name, function, gradient, arity=2, **options))


def unbroadcast(grad: Tensor, shape: Shape) -> Tensor:
    """Sums `grad` over the axes along which `shape` was broadcast."""
    if grad.shape == shape:
        return grad
    lead = len(grad.shape) - len(shape)
    if lead < 0 or any(s not in (1, g) for s, g in zip(shape, grad.shape[lead:], strict=True)):
        return PRIMITIVES["broadcast_to"](grad, shape=shape)  # type: ignore[operator]
    axes = tuple(range(lead)) + tuple(lead + i for i, s in enumerate(shape) if s == 1 and grad.shape[lead + i] != 1)
    summed = PRIMITIVES["sum"](grad, axes=axes) if axes else grad  # type: ignore[operator]
    if tuple(summed.shape) != tuple(shape):
        summed = PRIMITIVES["reshape"](summed, shape=tuple(shape))  # type: ignore[operator]
    # A gradient smaller than its operand (a scalar from a closed form) is spread over it.
    return summed
