"""Lambda: a function as a layer."""

from __future__ import annotations

import base64
import inspect
import marshal
import types
from collections.abc import Callable
from typing import Any

from yeoul.core import tree
from yeoul.layers.layer import Layer
from yeoul.serialization import lookup_custom

__all__ = ["Lambda"]


class Lambda(Layer):
    """A function of the input as a layer. It has no weights; a layer of your own is better where it needs some.

    Args:
        function: takes the inputs, and `mask` and `training` if it has these arguments.
        output_shape: of one sample, or a function of the input's shape; needed by nobody, since shapes are inferred.
        mask: the output's mask, or a function (inputs, mask) that gives it.
        arguments: more arguments for the function.
    """

    def __init__(
        self,
        function: Callable,
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise ValueError(f"Lambda: function must be a function of the input, and got {function!r}.")
        self.function, self._output_shape, self.mask, self.arguments = function, output_shape, mask, arguments or {}
        self.supports_masking = mask is not None
        self._takes = set(inspect.signature(function).parameters) if _has_signature(function) else set()
        self.built = True

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        given = {name: value for name, value in (("mask", mask), ("training", training)) if name in self._takes}
        return self.function(inputs, **{**self.arguments, **given})

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        return (tree.flatten(input_shape)[0], *self._output_shape)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "function": _describe(self.function)}
        if self._output_shape is not None:
            config["output_shape"] = (
                _describe(self._output_shape) if callable(self._output_shape) else self._output_shape
            )
        if self.mask is not None:
            config["mask"] = _describe(self.mask) if callable(self.mask) else self.mask
        return {**config, "arguments": self.arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool = True) -> Lambda:
        """The layer behind `config`.

        Raises: ValueError for a lambda, whose code comes with the configuration, unless `safe_mode` is False.
        """
        config = dict(config)
        for key in ("function", "output_shape", "mask"):
            if key in config:
                config[key] = _function(config[key], custom_objects or {}, safe_mode)
        return cls(**config)


def _has_signature(function: Any) -> bool:
    try:
        inspect.signature(function)
    except (TypeError, ValueError):
        return False
    return True


def _describe(function: Callable) -> Any:
    if isinstance(function, types.LambdaType) and function.__name__ == "<lambda>":
        code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
        closure = tuple(cell.cell_contents for cell in function.__closure__) if function.__closure__ else None
        return {
            "class_name": "__lambda__",
            "config": {"code": code, "defaults": function.__defaults__, "closure": closure},
        }
    name = getattr(function, "__name__", type(function).__name__)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def _function(config: Any, custom_objects: dict[str, Any], safe_mode: bool) -> Any:
    kind = config.get("class_name") if isinstance(config, dict) else None
    if kind == "function":
        found = custom_objects.get(config["config"]) or lookup_custom(config["config"])
        if found is None:
            raise ValueError(
                f"Unknown function {config['config']!r} of a Lambda layer. Pass it in custom_objects, or decorate it with "
                "register_keras_serializable()."
            )
        return found
    if kind == "__lambda__":
        if safe_mode:
            raise ValueError(
                "Requested the deserialization of a Lambda layer whose function is a Python lambda: its code would run. "
                "If you trust where it comes from, pass safe_mode=False."
            )
        inner = config["config"]
        code = marshal.loads(base64.decodebytes(inner["code"].encode("ascii")))
        cells = tuple(types.CellType(value) for value in inner["closure"]) if inner["closure"] else None
        defaults = tuple(inner["defaults"]) if inner["defaults"] else None
        return types.FunctionType(code, globals(), "<lambda>", defaults, cells)
    return config
