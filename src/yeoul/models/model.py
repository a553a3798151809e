"""Model: a layer that can be trained. Functional: a model made of the way from inputs to outputs."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from yeoul.core import tree
from yeoul.core.tensor import KerasTensor
from yeoul.layers import Layer
from yeoul.models.graph import LayerGraph, layer_of
from yeoul.models.graph_config import graph_config, read_graph
from yeoul.models.memory_plan import MemoryPlan, memory_plan
from yeoul.models.summary import print_summary
from yeoul.serialization import custom_object_scope, deserialize_keras_object, serialize_keras_object
from yeoul.training.trainer import Trainer


def _are_functional(args: tuple, kwargs: dict[str, Any]) -> bool:
    return len(args) == 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)


class Model(Trainer, Layer):
    """Layers with training and inference.

    Three ways to make one: `Model(inputs, outputs)` from tensors that started at `Input()`; a subclass with its
        own `call`; `Sequential`.

    Args:
        inputs, outputs: tensors, or lists or dicts of them.
        name: name of the model.
    """

    _graph: LayerGraph | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _are_functional(args, kwargs):
            cls = Functional
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any):
        if not _are_functional(args, kwargs):
            if args:
                raise TypeError(
                    f"{type(self).__name__} takes inputs and outputs, or no arguments but name=, dtype=, "
                    f"trainable=. Got {args!r}."
                )
            super().__init__(**kwargs)
            self._forget_programs()
            return
        inputs = args[0] if args else kwargs.pop("inputs")
        outputs = args[1] if len(args) > 1 else kwargs.pop("outputs")
        trainable = kwargs.pop("trainable", None)
        super().__init__(**kwargs)
        self._forget_programs()
        self._untracked("_graph", LayerGraph(inputs, outputs, self.name))
        if type(self).call is Model.call:
            self._settle()
            self.built = True
        if trainable is not None:
            self._trainable = bool(trainable)  # the layers keep theirs

    # -- parts -------------------------------------------------------------------------------------------------------
    @property
    def layers(self) -> list[Layer]:
        """The layers of the model, from inputs to outputs."""
        own = [part for part in self._parts() if part is not self]
        if self._graph is None:
            return own
        known = {id(layer) for layer in self._graph.layers}
        return self._graph.layers + [part for part in own if id(part) not in known]

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError("`Model.layers` attribute is reserved and should not be used. Please use another name.")

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place among `layers`.

        Raises: ValueError if there is none.
        """
        if (name is None) == (index is None):
            raise ValueError(
                f"Provide either a layer name or a layer index at `get_layer`. Received: index={index}, name={name}"
            )
        if index is not None:
            if len(self.layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has {len(self.layers)} layers."
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in self.layers]}.")

    def _required_graph(self, what: str) -> LayerGraph:
        if self._graph is None:
            raise AttributeError(
                f"Model {self.name!r} has no `{what}`: its inputs are not known. Build it, or make it with "
                f"Model(inputs, outputs)."
            )
        return self._graph

    def _output_layers(self) -> list[Layer]:
        """The layers whose outputs are the model's; none if they are not known."""
        if self._graph is None:
            return []
        return [layer for layer in (layer_of(tensor) for tensor in self._graph.outputs) if layer is not None]

    @property
    def inputs(self) -> list[KerasTensor]:
        return self._required_graph("inputs").inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        return self._required_graph("outputs").outputs

    @property
    def input(self) -> Any:
        return self._required_graph("input").input_structure

    @property
    def output(self) -> Any:
        return self._required_graph("output").output_structure

    @property
    def input_shape(self) -> Any:
        return tree.map_structure(lambda t: t.shape, self.input)

    @property
    def output_shape(self) -> Any:
        return tree.map_structure(lambda t: t.shape, self.output)

    @property
    def input_names(self) -> list[str]:
        return self._required_graph("input_names").input_names

    @property
    def output_names(self) -> list[str] | None:
        """Names of the outputs; None for a subclass with its own `call`."""
        return self._graph.output_names if self._graph is not None else None

    # -- computation -------------------------------------------------------------------------------------------------
    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if self._graph is None:
            raise NotImplementedError(f"Model {type(self).__name__} does not have a `call()` method implemented.")
        return self._graph.run(inputs, training, mask)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """None: the layers inside have left their masks on the outputs."""
        return None

    @property
    def _casts_inputs(self) -> bool:
        return self.autocast and self._graph is None  # a graph's inputs have the dtypes of its `Input`s

    def _can_build_from_data(self) -> bool:
        return self._graph is not None or type(self).call is not Model.call

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape, the batch axis first (None for any)."""
        if (
            self._graph is None
            and input_shape is not None
            and type(self).call is not Model.call
            and not self._is_building()
        ):
            self._untracked("_builds", True)
            try:
                self.built = True
                self.compute_output_shape(input_shape)
                self.built_shape = input_shape
            except BaseException:
                self.built = False
                raise
            finally:
                self._untracked("_builds", False)
        self.built = True

    def _build_from(self, args: tuple, kwargs: dict[str, Any]) -> None:
        # A subclass' layers build themselves when `call` meets them; its own `build` runs if it has one.
        if type(self).build is not Model.build:
            super()._build_from(args, kwargs)
        self.built = True

    def _is_building(self) -> bool:
        return bool(self.__dict__.get("_builds"))

    # -- pickling ----------------------------------------------------------------------------------------------------
    def __getstate__(self) -> dict[str, Any]:
        """Everything but compiled programs: weights, optimizer, metrics, history."""
        state = super().__getstate__()
        state.pop("_cache", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._forget_programs()

    # -- description -------------------------------------------------------------------------------------------------
    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints a table of the layers, their output shapes and numbers of weights.

        Args:
            line_length: width of the table, in characters.
            positions: where columns end, as fractions of the width.
            print_fn: takes the text instead of printing it.
            expand_nested: whether layers of nested models have rows of their own.
            show_trainable: whether there is a column that says which layers are trained.
            layer_range: names (or patterns) of the first and the last layer to show.
        """
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    def memory_plan(self, batch_size: int | None = None) -> MemoryPlan:
        """What the model needs in memory: parameters, optimizer, activations, workspace, constants, in bytes.

        The model is traced as `fit` and `predict` would, for batches like those it has seen last, or as its `Input`s and losses say. It
        is not run; if it is compiled, its optimizer is built.

        Args:
            batch_size: samples of a step, 32 if None.

        Returns: a `MemoryPlan`, which prints itself as a table: for training and `predict` if the model is compiled, else for
        `predict` alone; how much it saves that values share memory; and the largest values where memory is fullest.

        Raises: ValueError if the model is not built, if a size of its inputs is not known, or if the engine plans no memory.
        """
        return memory_plan(self, batch_size)

    def diagnose(
        self, x: Any, y: Any = None, history: Any = None, validation_data: Any = None, batch_size: int = 32
    ) -> Any:
        """What a good teacher would notice: about the data, the loss, the layers, the learning rate and the curves.

        Learning rates are tried for 50 steps each; afterwards the model is as it was, to the bit. What was looked at and found well is
        not mentioned: a healthy model has no findings.

        Args:
            x, y: the training data, as arrays.
            history: what `fit` returned, to look at its curves.
            validation_data: (x, y) that training must not have seen.
            batch_size: samples of a trial step.

        Returns: a `Diagnosis`, a list of findings that prints itself: each with a severity, its evidence in numbers and what to
        try.

        Raises: ValueError if the model is not compiled, or x gives batches.
        """
        # Diagnosis stands a floor above: this floor asks for it by name, only when someone wants one.
        return import_module("yeoul.diagnosis").diagnose(self, x, y, history, validation_data, batch_size)

    def count_params(self) -> int:
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on model {self.name!r}, but it isn't built. Build it first via: "
                f"`model.build(input_shape)`, or train it."
            )
        return sum(v.size for v in self.weights)

    # -- configuration -----------------------------------------------------------------------------------------------
    def to_json(self, **kwargs: Any) -> str:
        """The architecture and how it was compiled as JSON, without weights. `kwargs` go to `json.dumps`."""
        return json.dumps(serialize_keras_object(self), **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The layers and how they are called, if the model is made of `inputs` and `outputs`; else its name, trainable and dtype."""
        if self._graph is None or not _is_made_of_tensors(type(self)):
            return super().get_config()
        return {"name": self.name, "trainable": self.trainable, **graph_config(self._graph)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """The model behind a configuration, with new weights.

        Args:
            custom_objects: your own classes and functions by name.

        Raises: TypeError for an unknown class, or a configuration that the class does not take.
        """
        if "layers" not in config or "input_layers" not in config:
            with custom_object_scope(custom_objects or {}):
                return cls(**config)
        with custom_object_scope(custom_objects or {}):
            inputs, outputs = read_graph(config)
        made = (Functional if cls is Model else cls)(inputs, outputs, name=config.get("name"))
        made._trainable = config.get("trainable") is not False
        return made

    def get_build_config(self) -> dict[str, Any] | None:
        """{"input_shape"} of a model that is built; its shapes are in its graph if it is made of `inputs` and `outputs`."""
        return {"input_shape": self.__dict__.get("built_shape")} if self.built else None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Makes the weights for the input shape in `config`, if the model has none yet."""
        if not self.built and config.get("input_shape") is not None:
            super().build_from_config(config)


def _is_made_of_tensors(cls: type) -> bool:
    """Whether the class is made with (inputs, outputs), so that it can be made again from a graph."""
    parameters = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    if list(parameters)[1:3] == ["inputs", "outputs"]:
        return True
    return {p.kind for name, p in parameters.items() if name != "self"} == {
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
    }


class Functional(Model):
    """What `Model(inputs, outputs)` makes."""

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any):
        super().__init__(inputs, outputs, name=name, **kwargs)


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that `to_json` described, with new weights.

    Raises: TypeError for an unknown class.
    """
    return deserialize_keras_object(json.loads(json_string), custom_objects)
