"""Layers and models from configurations, and copies of models with fresh weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul.core import tree
from yeoul.core.tensor import KerasTensor, apply
from yeoul.layers import Input, Layer
from yeoul.layers.layer import LayerCall
from yeoul.models.model import Functional, Model
from yeoul.models.sequential import Sequential
from yeoul.ops.calls import FunctionCall


def _clone_layer(layer: Layer) -> Any:
    return type(layer).from_config(layer.get_config())


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A model of the same structure with new layers and new weights, compiled as the model is.

    Args:
        model: the model to copy.
        input_tensors: tensors to call the copy on instead of new inputs.
        clone_function: makes the new layer from an old one.
        call_function: (layer, *args, **kwargs) -> what the new layer gives.
        recursive: whether `clone_function` sees the layers of nested models too.

    Raises: ValueError for a subclassed model with a `clone_function`.
    """
    copy = _clone(model, input_tensors, clone_function, call_function, recursive)
    if model.compiled:
        copy.compile_from_config(model.get_compile_config())
    return copy


def _clone(
    model: Model, input_tensors: Any, clone_function: Callable | None, call_function: Callable | None, recursive: bool
) -> Model:
    make = clone_function or _clone_layer

    def copied(layer: Layer) -> Any:
        if isinstance(layer, Model) and (clone_function is None or recursive):
            return _clone(layer, None, clone_function, call_function, recursive)
        return make(layer)

    if isinstance(model, Sequential):
        layers = [copied(layer) for layer in model.layers]
        if input_tensors is not None:
            start = input_tensors[0] if isinstance(input_tensors, (list, tuple)) else input_tensors
            return Sequential([start, *layers], name=model.name)
        if model._start is not None:
            start = model._start
            return Sequential(
                [Input(batch_shape=start.shape, dtype=start.dtype, name=start.name), *layers], name=model.name
            )
        return Sequential(layers, name=model.name)
    if not isinstance(model, Functional):
        if clone_function is not None or input_tensors is not None:
            raise ValueError(
                "Arguments `clone_function` and `input_tensors` are only supported for Sequential or Functional models."
            )
        return type(model).from_config(model.get_config())
    graph = model._graph
    assert graph is not None
    if input_tensors is None:
        starts = [
            Input(batch_shape=t.shape, dtype=t.dtype, name=layer.name)
            for t, layer in zip(graph.inputs, graph.input_layers, strict=True)
        ]
    else:
        starts = tree.flatten(input_tensors)
    made: dict[int, Any] = {}
    values: dict[int, Any] = {id(t): x for t, x in zip(graph.inputs, starts, strict=True)}
    results: dict[int, list[Any]] = {}

    def value_of(tensor: KerasTensor) -> Any:
        if tensor.array is not None:
            return tensor
        found = values.get(id(tensor))
        return results[id(tensor.node)][tensor.index] if found is None else found

    for node in graph.nodes:
        inputs = [value_of(x) for x in node.inputs]  # type: ignore[arg-type]
        if isinstance(node.op, LayerCall):
            layer = made.get(id(node.op.layer))
            if layer is None:
                layer = made[id(node.op.layer)] = copied(node.op.layer)
            args, named = node.op.arguments(inputs)
            output = layer(*args, **named) if call_function is None else call_function(layer, *args, **named)
            results[id(node)] = tree.flatten(output)
        elif isinstance(node.op, FunctionCall):
            results[id(node)] = tree.flatten(node.op.call(inputs))
        else:
            output = apply(node.op, tuple(inputs), node.attributes)
            results[id(node)] = output if isinstance(output, list) else [output]
    outputs = tree.pack_sequence_as(graph.output_structure, [value_of(t) for t in graph.outputs])
    return Functional(tree.pack_sequence_as(graph.input_structure, starts), outputs, name=model.name)
