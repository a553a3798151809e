"""The graph of a functional model as flat lists, so that models can be pickled and copied however deep they are."""

from __future__ import annotations

from typing import Any

from yeoul.core import tree
from yeoul.core.tensor import KerasTensor, Node, Tensor, apply, placeholder
from yeoul.layers import InputLayer
from yeoul.layers.layer import LayerCall
from yeoul.ops.calls import FunctionCall, add_call
from yeoul.ops.registry import PRIMITIVES

_TENSOR = "<tensor>"


def flat_state(graph: Any) -> dict[str, Any]:
    """What `restore` makes an equal graph of.

    A tensor is a number: those of the inputs come first, then the outputs of the nodes in order. The recipe of a node is
    ("op", name, inputs, attributes), ("function", name, args and kwargs, ...) or ("layer", layer, args and kwargs, positions of tensors in them, inputs,
    structure of the outputs, their shapes and dtypes).
    """
    numbers: dict[int, int] = {id(tensor): i for i, tensor in enumerate(graph.inputs)}
    first: dict[int, int] = {}
    count = len(graph.inputs)
    recipes: list[tuple] = []

    def number_of(tensor: Tensor) -> Any:
        if tensor.array is not None:
            return tensor
        known = numbers.get(id(tensor))
        return first[id(tensor.node)] + tensor.index if known is None else known

    for node in graph.nodes:
        inputs = [number_of(x) for x in node.inputs]
        if isinstance(node.op, LayerCall):
            args, kwargs = node.op.arguments([_TENSOR] * len(inputs))
            specs = [(spec.shape, spec.dtype) for spec in tree.flatten(node.op.specs)]
            structure = tree.map_structure(lambda spec: 0, node.op.specs)
            recipes.append(("layer", node.op.layer, (args, kwargs), node.op._positions, inputs, structure, specs))
            made = len(specs)
        elif isinstance(node.op, FunctionCall):
            structure = tree.map_structure(lambda spec: 0, node.op.specs)
            specs = [(spec.shape, spec.dtype) for spec in tree.flatten(node.op.specs)]
            given = node.op.arguments([_TENSOR] * len(inputs))
            recipes.append(("function", node.op.name, given, node.op.positions, inputs, structure, specs))
            made = len(specs)
        else:
            recipes.append(("op", node.op.name, inputs, node.attributes))
            made = len(node.siblings) if node.siblings is not None else 1
        first[id(node)] = count
        count += made
    return {
        "name": graph.name,
        "input_layers": graph.input_layers,
        "inputs": tree.map_structure(number_of, graph.input_structure),
        "outputs": tree.map_structure(number_of, graph.output_structure),
        "recipes": recipes,
    }


def restore(graph: Any, state: dict[str, Any]) -> None:
    """Makes `graph`, an object without attributes, what the state was taken from."""
    tensors: list[Any] = [layer.tensor for layer in state["input_layers"]]

    def tensor_of(place: Any) -> Any:
        return tensors[place] if isinstance(place, int) else place

    for kind, *recipe in state["recipes"]:
        if kind == "op":
            name, inputs, attributes = recipe
            made = apply(PRIMITIVES[name], tuple(tensor_of(x) for x in inputs), attributes)
            tensors.extend(made if isinstance(made, list) else [made])
        elif kind == "function":
            name, arguments, positions, inputs, structure, specs = recipe
            given = tuple(tensor_of(x) for x in inputs)
            shaped = tree.pack_sequence_as(structure, [placeholder(*spec) for spec in specs])
            leaves = tree.flatten(arguments)
            for position, x in zip(positions, given, strict=True):
                leaves[position] = x
            whole = tree.pack_sequence_as(arguments, leaves)
            tensors.extend(tree.flatten(add_call(name, whole, positions, given, shaped)))
        else:
            layer, arguments, positions, inputs, structure, specs = recipe
            given = tuple(tensor_of(x) for x in inputs)
            tensors.extend(_call_again(layer, arguments, positions, given, structure, specs))
    inputs = tree.map_structure(tensor_of, state["inputs"])
    graph.__init__(inputs, tree.map_structure(tensor_of, state["outputs"]), state["name"])


def _call_again(
    layer: Any, arguments: Any, positions: list[int], inputs: tuple, structure: Any, specs: list
) -> list[KerasTensor]:
    """The node of a layer's call, with the layer as it is and nothing computed."""
    leaves = tree.flatten(arguments)
    for position, x in zip(positions, inputs, strict=True):
        leaves[position] = x
    whole = tree.pack_sequence_as(arguments, leaves)
    kept = [None if isinstance(leaf, KerasTensor) else leaf for leaf in leaves]
    op = LayerCall(layer, whole, positions, kept, None)
    node = Node(op, inputs, {})
    made = [KerasTensor(None, shape, dtype, node, i, name=layer.name) for i, (shape, dtype) in enumerate(specs)]
    op.specs = result = tree.pack_sequence_as(structure, made)
    if not isinstance(layer, InputLayer):
        layer._calls.append((whole[0][0] if whole[0] else None, result))
    return made
