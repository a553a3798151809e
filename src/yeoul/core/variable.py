"""Variable: state that training changes in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul.core import autocast, config, dtypes, naming, trace
from yeoul.core.recording import open_recorders
from yeoul.core.shapes import Shape
from yeoul.core.tensor import Operators, Tensor, from_array, operators


class Variable(Operators):
    """A tensor whose value can change: a weight, an optimizer's slot, a counter.

    Args:
        initializer: an array, tensor, number, or a function of (shape, dtype) that returns one.
        shape: needed when `initializer` is a function.
        dtype: name of the dtype; that of the value or `floatx()` if not given.
        trainable: whether `trainable_variables` of a layer list it.
        autocast: whether a float variable reads in the compute dtype of the layer that is being called, under a mixed dtype policy.
        aggregation: accepted; there is one replica.
        name: "variable" with a number if not given.

    The memory of a variable never moves, so programs read and write it in place.
    """

    def __init__(
        self,
        initializer: Any,
        shape: Shape | None = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        **kwargs: Any,
    ):
        self.name = name or naming.unique_name("variable")
        self.path = self.name
        self.autocast = bool(autocast)
        self.aggregation = aggregation
        self.regularizer: Any = None
        self.constraint: Callable[[Tensor], Tensor] | None = None
        self.overwrite_with_gradient = False
        self._trainable = bool(trainable)
        self._read: Tensor | None = None
        with trace.concretely():
            if callable(initializer):
                if shape is None:
                    raise ValueError(f"Variable {self.name!r}: an initializer that is a function needs shape=...")
                initializer = initializer(tuple(shape), dtype=dtypes.name_of(dtype or config.floatx()))
            if isinstance(initializer, (Tensor, Variable)):
                array = np.asarray(initializer)
            else:
                array = np.asarray(initializer)
                if dtype is None:
                    # Python floats and ints take the default width; arrays keep theirs.
                    if not isinstance(initializer, (np.ndarray, np.generic)):
                        if array.dtype == np.float64:
                            array = array.astype(dtypes.to_numpy(config.floatx()))
                        elif array.dtype == np.int64:
                            array = array.astype(np.int32)
        target = dtypes.to_numpy(dtypes.name_of(dtype)) if dtype is not None else array.dtype
        if shape is not None and tuple(shape) != array.shape:
            array = np.broadcast_to(array, tuple(shape))
        # Aligned to a cache line, so that vector loads of weights never straddle two.
        self._array = aligned_empty(array.shape, target)
        self._array[...] = array
        self.shape: tuple[int, ...] = array.shape
        self.storage_dtype = dtypes.name_of(target)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_read"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._read = None
        self._array = aligned_empty(self.shape, state["_array"].dtype)
        self._array[...] = state["_array"]

    # -- value --------------------------------------------------------------------------------------------------------
    @property
    def array(self) -> np.ndarray:
        """The memory itself, shared with running programs."""
        return self._array

    @property
    def value(self) -> Tensor:
        """The current value: symbolic inside a trace, a snapshot otherwise."""
        x = self._stored_value()
        return x if autocast.scope.dtype is None else operators["cast"](x, self.dtype)

    @property
    def dtype(self) -> str:
        """The dtype of `value`: that of the memory, except within a layer under a mixed dtype policy."""
        read = autocast.scope.dtype
        if read is None or not self.autocast or not dtypes.is_float(self.storage_dtype):
            return self.storage_dtype
        return read

    def _stored_value(self) -> Tensor:
        active = trace.current()
        if active is not None:
            return active.read(self)
        if open_recorders.list:
            # All reads under a tape are one tensor, so that the tape knows it for the variable's.
            if self._read is None:
                self._read = from_array(self._array.copy())
            open_recorders.note_read(self, self._read)
            return self._read
        self._read = None
        return from_array(self._array.copy())

    def numpy(self) -> np.ndarray:
        """A copy of the value."""
        return self._array.copy()

    def assign(self, value: Any) -> Tensor:
        """Sets the value.

        Raises: ValueError if the shape differs.
        """
        active = trace.current()
        tensor = operators["convert"](value, self.storage_dtype)
        if tuple(tensor.shape) != self.shape:
            raise ValueError(
                f"Variable {self.path!r} has shape {self.shape}, and the value to assign has shape {tuple(tensor.shape)}."
            )
        if active is not None:
            active.write(self, tensor)
            return tensor
        if tensor.array is None:
            raise TypeError(
                f"Variable {self.path!r} is concrete and the value to assign is symbolic. Assign inside the traced function."
            )
        self._read = None
        self._array[...] = tensor.array
        return tensor

    def assign_add(self, value: Any) -> Tensor:
        return self.assign(operators["add"](self._stored_value(), value))

    def assign_sub(self, value: Any) -> Tensor:
        return self.assign(operators["subtract"](self._stored_value(), value))

    # -- what it is ---------------------------------------------------------------------------------------------------
    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(self._array.size)

    @property
    def T(self) -> Tensor:
        return operators["transpose"](self.value)

    def __getitem__(self, key: Any) -> Tensor:
        return operators["getitem"](self.value, key)

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._array, dtype=dtype)

    def __float__(self) -> float:
        return float(self._array.item())

    def __int__(self) -> int:
        return int(self._array.item())

    def __bool__(self) -> bool:
        return bool(self.value)

    def __format__(self, spec: str) -> str:
        return format(self._array.item(), spec) if not self.shape else format(str(self), spec)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        value = np.array2string(self._array, separator=", ")
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.storage_dtype}, value={value}>"


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An uninitialised array whose memory starts at a multiple of 64 bytes."""
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    raw = np.empty(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)
