"""function: a Python function traced once per input signature and run as a compiled graph."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from yeoul.core import engine, trace, tree
from yeoul.core.graph import Graph
from yeoul.core.recording import open_recorders
from yeoul.core.tensor import Tensor, from_array, placeholder
from yeoul.core.variable import Variable
from yeoul.ops.registry import convert


def function(
    func: Callable | None = None, input_signature: Any = None, jit_compile: bool | None = None, **kwargs: Any
) -> Any:
    """Decorator: the function is traced once for each combination of shapes, dtypes and Python values, and runs compiled.

    Python side effects (print, append) happen only while tracing; variables are updated at every call.
    """
    if func is None:
        return lambda f: Function(f)
    return Function(func)


class Function:
    """A traced function; see `function`."""

    def __init__(self, python_function: Callable):
        self.python_function = python_function
        self._programs: dict[Any, tuple[Any, Any, list[bool]]] = {}
        functools.update_wrapper(self, python_function)

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leaves = tree.flatten((args, kwargs))
        if trace.current() is not None or any(isinstance(leaf, Tensor) and leaf.array is None for leaf in leaves):
            return self.python_function(*args, **kwargs)  # within another trace it is part of that
        is_tensor = [isinstance(leaf, (Tensor, np.ndarray, np.generic)) for leaf in leaves]
        tensors = [convert(leaf) if t else leaf for leaf, t in zip(leaves, is_tensor, strict=True)]
        if open_recorders.list:  # op by op, so that a tape can follow
            new_args, new_kwargs = tree.pack_sequence_as((args, kwargs), tensors)
            return self.python_function(*new_args, **new_kwargs)
        key = (
            repr(tree.map_structure(lambda leaf: 0, (args, kwargs))),
            tuple([(t.shape, t.dtype) if flag else _python_key(t) for t, flag in zip(tensors, is_tensor, strict=True)]),
        )
        arrays = [np.ascontiguousarray(t.array) for t, flag in zip(tensors, is_tensor, strict=True) if flag]
        found = self._programs.get(key)
        if found is None:
            found = self._programs[key] = self._trace(args, kwargs, tensors, is_tensor)
        program, structure, symbolic = found
        results = iter(program.run(arrays))
        outputs = [
            from_array(next(results)) if s else leaf for s, leaf in zip(symbolic, tree.flatten(structure), strict=True)
        ]
        return tree.pack_sequence_as(structure, outputs)

    def _trace(self, args: Any, kwargs: Any, tensors: list[Any], is_tensor: list[bool]) -> Any:
        inputs = [placeholder(t.shape, t.dtype) if flag else t for t, flag in zip(tensors, is_tensor, strict=True)]
        new_args, new_kwargs = tree.pack_sequence_as((args, kwargs), inputs)
        with trace.tracing() as traced:
            result = self.python_function(*new_args, **new_kwargs)
            result = tree.map_structure(lambda leaf: leaf.value if isinstance(leaf, Variable) else leaf, result)
        leaves = tree.flatten(result)
        symbolic = [isinstance(leaf, Tensor) for leaf in leaves]
        graph = Graph(
            [x for x, flag in zip(inputs, is_tensor, strict=True) if flag],
            [leaf for leaf, s in zip(leaves, symbolic, strict=True) if s],
            traced.variables,
            traced.updates,
        )
        return engine.current().compile(graph), result, symbolic


def _python_key(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return id(value)
    return (type(value), value)
