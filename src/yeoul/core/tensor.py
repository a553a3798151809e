"""Tensor: what a user holds, concrete (it has an array) or symbolic (it stands for a node's output).

Node: one op applied. `apply` is the single door through which every op goes, eager or traced.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from yeoul.core import dtypes
from yeoul.core.recording import open_recorders
from yeoul.core.shapes import Shape, size_of


class Spec(NamedTuple):
    """Shape and dtype of a tensor."""

    shape: Shape
    dtype: str


class Op:
    """What can be done to tensors: a shape rule, a meaning in NumPy, a gradient."""

    name: str = ""
    display_name: str = ""  # what summaries and drawings of models call it
    has_side_effect = False

    def infer(self, *inputs: Any, **attributes: Any) -> Spec | list[Spec]:
        """Spec of the output (a list for several) from tensors or specs; sizes may be None."""
        raise NotImplementedError(f"Op {self.name!r} has no shape rule.")

    def reference(self, *arrays: np.ndarray, **attributes: Any) -> Any:
        """The op's meaning, in NumPy: an array, or a tuple for several outputs."""
        raise NotImplementedError(f"Op {self.name!r} has no reference implementation.")

    def gradient(self, grad: Any, *inputs_then_output: Any, **attributes: Any) -> Sequence[Tensor | None]:
        """Gradients with respect to the inputs. With several outputs, `grad` and the output are lists."""
        raise NotImplementedError(f"Op {self.name!r} has no gradient.")

    def __repr__(self) -> str:
        return f"<Op {self.name}>"


class Node:
    """An op applied to tensors. Immutable."""

    __slots__ = ("__weakref__", "attributes", "inputs", "op", "recorders", "siblings")

    def __init__(self, op: Any, inputs: tuple[Tensor, ...], attributes: dict[str, Any]):
        self.op = op
        self.inputs = inputs
        self.attributes = attributes
        self.recorders: list[Any] = []  # that keep the node of a concrete result
        self.siblings: tuple[Any, ...] | None = None  # weak references to all outputs, when there are several

    def __repr__(self) -> str:
        return f"<Node {getattr(self.op, 'name', self.op)} of {[x.shape for x in self.inputs]}>"


#: Functions behind the operators of Tensor and Variable, by name; filled by `yeoul.ops`.
operators: dict[str, Callable[..., Any]] = {}


class Operators:
    """Arithmetic, comparison and logic as in NumPy, by Keras' promotion of dtypes. Tensors and variables have it."""

    __slots__ = ()
    __hash__: Any

    def __add__(self, other: Any) -> Tensor:
        return operators["add"](self, other)

    def __radd__(self, other: Any) -> Tensor:
        return operators["add"](other, self)

    def __sub__(self, other: Any) -> Tensor:
        return operators["subtract"](self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return operators["subtract"](other, self)

    def __mul__(self, other: Any) -> Tensor:
        return operators["multiply"](self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return operators["multiply"](other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return operators["divide"](self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return operators["divide"](other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return operators["floor_divide"](self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return operators["floor_divide"](other, self)

    def __mod__(self, other: Any) -> Tensor:
        return operators["mod"](self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return operators["mod"](other, self)

    def __pow__(self, other: Any) -> Tensor:
        return operators["power"](self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return operators["power"](other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return operators["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return operators["matmul"](other, self)

    def __and__(self, other: Any) -> Tensor:
        return operators["bitwise_and_or_logical"](self, other)

    def __rand__(self, other: Any) -> Tensor:
        return operators["bitwise_and_or_logical"](other, self)

    def __or__(self, other: Any) -> Tensor:
        return operators["bitwise_or_or_logical"](self, other)

    def __ror__(self, other: Any) -> Tensor:
        return operators["bitwise_or_or_logical"](other, self)

    def __xor__(self, other: Any) -> Tensor:
        return operators["bitwise_xor_or_logical"](self, other)

    def __rxor__(self, other: Any) -> Tensor:
        return operators["bitwise_xor_or_logical"](other, self)

    def __lshift__(self, other: Any) -> Tensor:
        return operators["left_shift"](self, other)

    def __rlshift__(self, other: Any) -> Tensor:
        return operators["left_shift"](other, self)

    def __rshift__(self, other: Any) -> Tensor:
        return operators["right_shift"](self, other)

    def __rrshift__(self, other: Any) -> Tensor:
        return operators["right_shift"](other, self)

    def __lt__(self, other: Any) -> Tensor:
        return operators["less"](self, other)

    def __le__(self, other: Any) -> Tensor:
        return operators["less_equal"](self, other)

    def __gt__(self, other: Any) -> Tensor:
        return operators["greater"](self, other)

    def __ge__(self, other: Any) -> Tensor:
        return operators["greater_equal"](self, other)

    def __eq__(self, other: Any) -> Any:
        return operators["equal"](self, other)

    def __ne__(self, other: Any) -> Any:
        return operators["not_equal"](self, other)

    def __neg__(self) -> Tensor:
        return operators["negative"](self)

    def __abs__(self) -> Tensor:
        return operators["absolute"](self)

    def __invert__(self) -> Tensor:
        return operators["bitwise_or_logical_not"](self)

    def __pos__(self) -> Any:
        return self


class Tensor(Operators):
    """An n-dimensional array of one dtype.

    Concrete tensors have `array`; symbolic ones stand for a value that a program will compute. Arithmetic, comparison,
    indexing and `@` work as in NumPy and follow Keras' promotion of dtypes.
    """

    __slots__ = ("__weakref__", "array", "dtype", "index", "name", "node", "shape", "tags")
    __array_priority__ = 100  # NumPy arrays leave operators to us

    def __init__(
        self,
        array: np.ndarray | None,
        shape: Shape,
        dtype: str,
        node: Node | None = None,
        index: int = 0,
        name: str | None = None,
    ):
        self.array = array
        self.shape = shape
        self.dtype = dtype
        self.node = node
        self.index = index
        self.name = name
        self.tags: dict[str, Any] | None = None  # what layers leave for each other, such as a mask

    # -- what it is ---------------------------------------------------------------------------------------------------
    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Any:
        return size_of(self.shape)

    @property
    def is_symbolic(self) -> bool:
        return self.array is None

    @property
    def T(self) -> Tensor:
        return operators["transpose"](self)

    @property
    def _keras_mask(self) -> Any:
        """The mask that layers left on the tensor, under Keras' name; see `core.masks`."""
        return self.tags.get("mask") if self.tags else None

    @_keras_mask.setter
    def _keras_mask(self, mask: Any) -> None:
        self.tags = {**(self.tags or {}), "mask": mask}

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array of the caller's own.

        Raises: TypeError if the tensor is symbolic.
        """
        return np.array(self._concrete("numpy()"))

    def item(self) -> Any:
        return self._concrete("item()").item()

    def tolist(self) -> Any:
        return self._concrete("tolist()").tolist()

    def _concrete(self, use: str) -> np.ndarray:
        if self.array is None:
            raise TypeError(
                f"{use} needs a value, and this tensor is symbolic (shape {self.shape}, {self.dtype}): it will have one only "
                "when the program runs. Use ops from yeoul.ops on it, or pass run_eagerly=True to compile()."
            )
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self._concrete("Conversion to a NumPy array")
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __float__(self) -> float:
        return float(self._concrete("float()").item())

    def __int__(self) -> int:
        return int(self._concrete("int()").item())

    def __index__(self) -> int:
        array = self._concrete("Use as an index")
        if array.ndim or not dtypes.is_integer(self.dtype):
            raise TypeError(f"Only an integer scalar can be an index, and this is {self.dtype} of shape {self.shape}.")
        return int(array)

    def __bool__(self) -> bool:
        return bool(self._concrete("A Python condition (if, while, and, or, not)"))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("A scalar tensor has no length.")
        if self.shape[0] is None:
            raise TypeError("The length of the first axis is not known yet.")
        return self.shape[0]

    def __iter__(self) -> Any:
        for i in range(len(self)):
            yield self[i]

    def __hash__(self) -> int:
        return id(self)

    def __format__(self, spec: str) -> str:
        if self.array is not None and not self.shape:
            return format(self.array.item(), spec)
        return format(str(self), spec)

    def __repr__(self) -> str:
        if self.array is None:
            return f"<{type(self).__name__} shape={self.shape}, dtype={self.dtype}, name={self.name}>"
        return f"<yeoul.Tensor: shape={self.shape}, dtype={self.dtype}, numpy={np.array2string(self.array, separator=', ')}>"

    def __reduce__(self) -> Any:
        return _rebuild, (self._concrete("Pickling"),)

    def __deepcopy__(self, memo: dict) -> Tensor:
        return self if self.array is None else from_array(self.array.copy())

    # -- what can be done to it: the ops floor above fills `operators` ------------------------------------------------
    def reshape(self, *shape: Any) -> Tensor:
        return operators["reshape"](self, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)

    def astype(self, dtype: Any) -> Tensor:
        return operators["cast"](self, dtype)

    def __getitem__(self, key: Any) -> Tensor:
        return operators["getitem"](self, key)


class KerasTensor(Tensor):
    """A symbolic tensor of a functional model: an `Input`, or what flows from one through layers and ops."""

    __slots__ = ()


def from_array(array: np.ndarray) -> Tensor:
    """A concrete tensor over `array`, not copied."""
    return Tensor(array, array.shape, dtypes.name_of(array.dtype))


def placeholder(shape: Shape, dtype: str, name: str | None = None) -> Tensor:
    """A symbolic tensor with no node: an input of a graph."""
    return Tensor(None, tuple(shape), dtype, name=name)


def _rebuild(array: np.ndarray) -> Tensor:
    return from_array(array)


def apply(op: Op, inputs: tuple[Tensor, ...], attributes: dict[str, Any]) -> Any:
    """Runs `op` at once if every input is concrete, else adds a node. Returns a Tensor, or a list for several outputs."""
    symbolic = False
    kind: type[Tensor] = Tensor
    for x in inputs:
        if x.array is None:
            symbolic = True
            if type(x) is KerasTensor:
                kind = KerasTensor
    if symbolic:
        specs = op.infer(*inputs, **attributes)
        node = Node(op, inputs, attributes)
        if type(specs) is Spec:
            return kind(None, specs[0], specs[1], node)
        results = [kind(None, shape, dtype, node, i) for i, (shape, dtype) in enumerate(specs)]
        node.siblings = tuple(weakref.ref(result) for result in results)
        return results
    try:
        arrays = _execute(op, [x.array for x in inputs], attributes)
    except ValueError:
        op.infer(*inputs, **attributes)  # says it in our words, if shapes are at fault
        raise
    kept = Node(op, inputs, attributes) if open_recorders.list else None
    if isinstance(arrays, tuple):
        results = [Tensor(a, a.shape, dtypes.name_of(a.dtype), kept, i) for i, a in enumerate(arrays)]
        if kept is not None:
            kept.siblings = tuple(weakref.ref(result) for result in results)
            open_recorders.keep(kept, results)
        return results
    result = Tensor(arrays, arrays.shape, dtypes.name_of(arrays.dtype), kept)
    if kept is not None:
        open_recorders.keep(kept, [result])
    return result


def _reference_execute(op: Op, arrays: list, attributes: dict[str, Any]) -> Any:
    result = op.reference(*arrays, **attributes)
    return tuple(np.asarray(r) for r in result) if isinstance(result, (tuple, list)) else np.asarray(result)


_execute: Callable[[Op, list, dict[str, Any]], Any] = _reference_execute


def set_executor(execute: Callable[[Op, list, dict[str, Any]], Any] | None) -> None:
    """The engine in use says here how one op on concrete arrays is run."""
    global _execute
    _execute = execute or _reference_execute
