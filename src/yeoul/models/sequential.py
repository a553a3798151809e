"""Sequential: layers one after the other."""

from __future__ import annotations

from typing import Any

from yeoul.core import revision
from yeoul.core.tensor import KerasTensor
from yeoul.layers.core import InputLayer
from yeoul.layers.layer import Layer
from yeoul.models.model import Model


class Sequential(Model):
    """A stack of layers, each applied to the output of the one before.

    Args:
        layers: list of layers; an `Input` at its start fixes the shape of samples and builds the model at once.
    """

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None):
        super().__init__(name=name)
        self._stack: list[Layer] = []
        self._input_layer: InputLayer | None = None
        self._symbolic_output: KerasTensor | None = None
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._connect()
        if not trainable:
            self.trainable = False

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Puts a layer on top.

        Raises: ValueError for what is no layer, or a second layer of the same name.
        """
        if isinstance(layer, KerasTensor):
            layer = layer.tags["layer"] if layer.tags else None
        if not isinstance(layer, Layer):
            raise ValueError(f"Sequential takes layers, and got {layer!r} of type {type(layer).__name__}.")
        if isinstance(layer, InputLayer):
            if self._stack or self._input_layer is not None:
                raise ValueError(f"Sequential {self.name!r}: Input comes first, and only once.")
            self._input_layer = layer
            return
        if any(layer is other or layer.name == other.name for other in self._stack):
            raise ValueError(
                f"Sequential {self.name!r} has a layer named {layer.name!r} already. Names must differ: pass name=..."
            )
        if not self._stack and self._input_layer is None and layer.given_input_shape is not None:
            self._input_layer = InputLayer(layer.given_input_shape)
        self._stack.append(layer)
        revision.bump()
        if self.compiled:
            self._forget_programs()
        if rebuild:
            if self._symbolic_output is not None:
                self._symbolic_output = layer(self._symbolic_output)
            else:
                self._connect()

    def pop(self, rebuild: bool = True) -> Layer:
        """Takes the top layer off.

        Raises: ValueError if there is none.
        """
        if not self._stack:
            raise ValueError(f"Sequential {self.name!r} has no layers to take off.")
        layer = self._stack.pop()
        self._symbolic_output = None
        self._connect()
        self._forget_programs()
        return layer

    def _connect(self) -> None:
        """Builds all layers, as soon as the input's shape is known."""
        if self._input_layer is None or not self._stack:
            return
        x: Any = self._input_layer.tensor
        for layer in self._stack:
            x = layer(x)
        self._symbolic_output = x
        self.built = True

    def build(self, input_shape: Any = None) -> None:
        if self._input_layer is None and input_shape is not None:
            self._input_layer = InputLayer(batch_shape=tuple(input_shape))
            self._connect()
        self.built = True

    def _build_from(self, args: tuple, kwargs: dict[str, Any]) -> None:
        x = args[0]
        if self._input_layer is None and hasattr(x, "shape"):
            self._input_layer = InputLayer(batch_shape=(None, *x.shape[1:]), dtype=x.dtype)
            self._connect()
        self.built = True

    @property
    def layers(self) -> list[Layer]:
        return list(self._stack)

    @property
    def inputs(self) -> list[Any]:
        return [self.input]

    @property
    def outputs(self) -> list[Any]:
        return [self.output]

    @property
    def input(self) -> Any:
        if self._input_layer is None:
            raise AttributeError(
                f"Sequential {self.name!r} has no input yet: start it with Input(shape=...), or call it on data."
            )
        return self._input_layer.tensor

    @property
    def output(self) -> Any:
        if self._symbolic_output is None:
            raise AttributeError(
                f"Sequential {self.name!r} has no output yet: start it with Input(shape=...), or call it on data."
            )
        return self._symbolic_output

    @property
    def input_shape(self) -> Any:
        return self.input.shape

    @property
    def output_shape(self) -> Any:
        return self.output.shape

    @property
    def output_names(self) -> list[str] | None:
        return [self._stack[-1].name] if self._stack else None

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        x = inputs
        if self._input_layer is not None and hasattr(x, "shape"):
            expected, got = self._input_layer.batch_shape, tuple(x.shape)
            mismatched = any(a not in (None, b) for a, b in zip(expected[1:], got[1:], strict=False) if b is not None)
            if mismatched or len(expected) != len(got):
                first = self._stack[0] if self._stack else self
                if first.input_spec is not None and len(got) > 1:
                    first._check_input(x)  # names the layer and the way out
                raise ValueError(
                    f"Sequential {self.name!r} takes samples of shape {expected[1:]}, and got data of shape {got}. The first axis is the batch."
                )
        for layer in self._stack:
            x = layer(x)
        return x

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "layers": [{"class_name": type(layer).__name__, "config": layer.get_config()} for layer in self._stack],
        }
