"""Sequential: layers one after the other."""

from __future__ import annotations

from typing import Any

from yeoul.core import naming
from yeoul.core.masks import carrying
from yeoul.core.tensor import KerasTensor
from yeoul.layers import Input, InputLayer, Layer
from yeoul.models.graph import LayerGraph, layer_of, standard_input
from yeoul.models.model import Model
from yeoul.serialization import custom_object_scope, deserialize_keras_object, serialize_keras_object


class Sequential(Model):
    """A stack of layers with one input and one output each.

    Args:
        layers: the layers, in order. Starts with `Input(shape)` if the weights are wanted before there are data;
            otherwise the model is built
            when it first sees some.
        trainable: whether the weights are trained.
        name: name of the model.
    """

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None):
        super().__init__(trainable=trainable, name=name)
        self._stack: list[Layer] = []
        self._start: KerasTensor | None = None
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._connect()

    @property
    def layers(self) -> list[Layer]:
        return list(self._stack)

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. Use `add()` and `pop()` to change "
            "the layers."
        )

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Adds a layer at the end.

        Raises: TypeError if it is no layer; ValueError if its name is taken, or an `Input` is not the first.
        """
        if isinstance(layer, KerasTensor) and layer.node is None:
            layer = layer_of(layer)
        if isinstance(layer, InputLayer):
            if self._start is not None or self._stack:
                raise ValueError(
                    f"Sequential model '{self.name}' has already been configured to use input shape "
                    f"{self._start.shape if self._start is not None else None}. You cannot add a different Input "
                    f"layer to it."
                )
            self._start = layer.tensor
            return
        if not isinstance(layer, Layer):
            if not callable(layer) or isinstance(layer, type):
                raise TypeError(
                    f"Only instances of `Layer` can be added to a Sequential model. Received: {layer} (of type "
                    f"{type(layer).__name__})"
                )
            raise TypeError(
                f"Only layers can be added to a Sequential model, and got the function {layer!r}. Wrap it in Lambda()."
            )
        if any(layer.name == other.name for other in self._stack):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. "
                f"Name '{layer.name}' is already the name of a layer in this model. Update the `name` argument to "
                f"pass a unique name."
            )
        shape = layer.given_batch_shape
        if self._start is None and not self._stack:
            if shape is not None:
                self._start = Input(batch_shape=shape, dtype=layer.dtype)
            elif isinstance(layer, Model) and layer._graph is not None and len(layer.inputs) == 1:
                first = layer.inputs[0]
                self._start = Input(batch_shape=first.shape, dtype=first.dtype)
        self._stack.append(layer)
        if rebuild:
            self._connect()

    def pop(self, rebuild: bool = True) -> Layer:
        """Takes the last layer away and returns it."""
        if not self._stack:
            raise ValueError(f"Sequential model {self.name!r} has no layers to take away.")
        layer = self._stack.pop()
        if rebuild:
            self._connect()
        return layer

    def _connect(self) -> None:
        """Calls the layers on the input, if it is known: so they get their weights and the model its graph."""
        self._forget_programs()
        self._untracked("_graph", None)
        self.built = False
        if self._start is None or not self._stack:
            return
        x: Any = self._start
        for layer in self._stack:
            if isinstance(x, (list, tuple, dict)):
                raise ValueError(
                    f"Layers of a Sequential model have one output, and the one before {layer.name!r} has several. "
                    f"Use Model(inputs, outputs)."
                )
            with naming.scope(self, self.name):
                x = layer(x)
        self._settle()
        self._untracked("_graph", LayerGraph(self._start, x, self.name))
        self.built = True

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape, the batch axis first (None for any)."""
        if self.built or input_shape is None:
            return
        if not self._stack:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call `model.add(layer)`."
            )
        shape = tuple(input_shape)
        self._start = Input(batch_shape=(None, *shape[1:]), dtype=self._stack[0].dtype)
        self._connect()

    def _build_from(self, args: tuple, kwargs: dict[str, Any]) -> None:
        x = args[0]
        if not self._stack:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call `model.add(layer)`."
            )
        if isinstance(x, (list, tuple, dict)):
            raise ValueError(
                f"Sequential model {self.name!r} takes one input, and got {len(x)}. Use Model(inputs, outputs) for "
                f"several."
            )
        try:
            self.build(x.shape)
        except (ValueError, TypeError):
            # A layer that needs known sizes: it is built by the call, and an error in it is raised there with the
            # sizes that came.
            self._start = None
            self._untracked("_graph", None)
        self.built = True

    @property
    def _casts_inputs(self) -> bool:
        return False  # its first layer does

    def _can_build_from_data(self) -> bool:
        return bool(self._stack)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        x = inputs
        if self._start is not None:
            x = standard_input(x, self._start, layer_of(self._start).name, self.name)  # type: ignore[union-attr]
        with carrying([x], [mask]):
            for layer in self._stack:
                x = layer(x, training=training) if layer.call_takes("training") else layer(x)
        return x

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state["_start"] = None if self._start is None else layer_of(self._start)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._untracked("_start", None if state["_start"] is None else state["_start"].tensor)

    def get_config(self) -> dict[str, Any]:
        layers = [layer_of(self._start)] if self._start is not None else []
        config = {
            **super().get_config(),
            "layers": [serialize_keras_object(layer) for layer in [*layers, *self._stack]],
        }
        if self._start is not None:
            config["build_input_shape"] = self._start.shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        with custom_object_scope(custom_objects or {}):
            layers = [deserialize_keras_object(entry) for entry in config["layers"]]
        made = cls(layers, trainable=config.get("trainable", True), name=config.get("name"))
        if config.get("dtype") is not None:
            made.dtype_policy = config["dtype"]
        if not made.built and config.get("build_input_shape"):
            made.build(config["build_input_shape"])
        return made

    def get_build_config(self) -> dict[str, Any] | None:
        return None if self._start is None else {"input_shape": self._start.shape}
