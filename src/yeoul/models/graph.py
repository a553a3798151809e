"""LayerGraph: the layers and ops between the inputs and the outputs of a functional model."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from yeoul import ops
from yeoul.core import naming, tree
from yeoul.core.masks import carrying
from yeoul.core.tensor import KerasTensor, Node, Tensor, apply
from yeoul.layers import InputLayer, Layer
from yeoul.layers.layer import LayerCall
from yeoul.models.graph_state import flat_state, restore
from yeoul.ops.calls import FunctionCall


def layer_of(tensor: Tensor) -> Layer | None:
    """The layer that `tensor` comes from; None if it comes from an op."""
    if tensor.node is not None:
        return tensor.node.op.layer if isinstance(tensor.node.op, LayerCall) else None
    return (tensor.tags or {}).get("layer")


class LayerGraph:
    """Nodes from inputs to outputs, in the order they are computed.

    Args:
        inputs, outputs: nested tensors of a functional model. Inputs may stand anywhere: a model can begin at any
            layer's output.
        name: of the model, for messages.

    Raises: ValueError if an output depends on an `Input` that is not among `inputs`.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str):
        self.name = name
        self.input_structure = inputs
        self.output_structure = outputs
        for kind, tensors in (("inputs", inputs), ("outputs", outputs)):
            for tensor in tree.flatten(tensors):
                if not isinstance(tensor, KerasTensor):
                    raise ValueError(
                        f"All `{kind}` of a functional model must come from Input() or from layers called on it, "
                        f"and got "
                        f"{tensor!r} of type {type(tensor).__name__}."
                    )
        self.inputs: list[KerasTensor] = tree.flatten(inputs)
        self.outputs: list[KerasTensor] = tree.flatten(outputs)
        self.input_layers = [self._input_layer(tensor) for tensor in self.inputs]
        self.nodes: list[Node] = []
        self.depths: dict[int, int] = {}
        self._rank: dict[int, int] = {}  # order in which a walk from the outputs meets layers and ops
        self._trace_back()
        self._measure_depths()
        self.operations = self._ordered_operations()
        self.layers = [operation for operation in self.operations if isinstance(operation, Layer)]

    @staticmethod
    def _input_layer(tensor: KerasTensor) -> Any:
        layer = layer_of(tensor)
        if tensor.node is None and isinstance(layer, InputLayer):
            return layer
        # A model that begins inside another one: its first layer stands for the tensor it is fed.
        return InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"{tensor.name or 'input'}_input")

    def _trace_back(self) -> None:
        """Finds the nodes, inputs first."""
        given = {id(tensor) for tensor in self.inputs}
        done: set[int] = set()
        for output in self.outputs:
            stack: list[tuple[Any, bool]] = [(output, False)]
            while stack:
                tensor, is_expanded = stack.pop()
                node = tensor.node
                if is_expanded:
                    if id(node) not in done:
                        done.add(id(node))
                        self.nodes.append(node)
                    continue
                if tensor.array is not None:
                    continue
                if id(tensor) in given:
                    layer = self.input_layers[next(i for i, t in enumerate(self.inputs) if t is tensor)]
                    self._rank.setdefault(id(layer), len(self._rank))
                    continue
                if node is None:
                    raise ValueError(
                        f"Model {self.name!r}: the output depends on the Input {tensor.name!r}, which is not among "
                        f"the inputs "
                        f"({', '.join(str(t.name) for t in self.inputs)}). Add it to `inputs`."
                    )
                if id(node) in done:
                    continue
                self._rank.setdefault(id(self.operation_of(node)), len(self._rank))
                stack.append((tensor, True))
                stack.extend((x, False) for x in reversed(node.inputs))

    def _measure_depths(self) -> None:
        """Depth of a layer: the longest way from it to an output."""
        given = {id(tensor): layer for tensor, layer in zip(self.inputs, self.input_layers, strict=True)}
        node_depths: dict[int, int] = {}
        for node in reversed(self.nodes):
            operation = self.operation_of(node)
            depth = max(node_depths.get(id(node), 0), self.depths.get(id(operation), 0))
            self.depths[id(operation)] = node_depths[id(node)] = depth
            for x in node.inputs:
                if id(x) in given:
                    key = id(given[id(x)])
                    self.depths[key] = max(self.depths.get(key, 0), depth + 1)
                elif x.node is not None:
                    node_depths[id(x.node)] = max(node_depths.get(id(x.node), 0), depth + 1)
        for layer in self.input_layers:
            self.depths.setdefault(id(layer), 0)
            self._rank.setdefault(id(layer), -1)

    def _ordered_operations(self) -> list[Any]:
        found: dict[int, Any] = {id(layer): layer for layer in self.input_layers}
        for node in self.nodes:
            found.setdefault(id(self.operation_of(node)), self.operation_of(node))
        return sorted(found.values(), key=lambda operation: (-self.depths[id(operation)], self._rank[id(operation)]))

    @staticmethod
    def operation_of(node: Any) -> Any:
        """What a summary has one row for: a layer however often it is called, or a single use of an op."""
        return node.op.layer if isinstance(node.op, LayerCall) else node

    @cached_property
    def names(self) -> dict[int, str]:
        """The name of every operation, by its id. Ops are named after themselves, with a number if the name is taken."""
        names = {id(layer): layer.name for layer in self.layers}
        taken = set(names.values())
        for node in self.operations:
            if isinstance(node, Node):
                name = base = naming.to_snake_case(node.op.display_name)
                count = 0
                while name in taken:
                    count += 1
                    name = f"{base}_{count}"
                names[id(node)] = name
                taken.add(name)
        return names

    # -- pickling ----------------------------------------------------------------------------------------------------
    def __getstate__(self) -> dict[str, Any]:
        return flat_state(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state)

    # -- calling -----------------------------------------------------------------------------------------------------
    @property
    def input_names(self) -> list[str]:
        return [layer.name for layer in self.input_layers]

    @property
    def output_names(self) -> list[str]:
        given = {id(tensor): layer.name for tensor, layer in zip(self.inputs, self.input_layers, strict=True)}
        return [given.get(id(t)) or self.names[id(self.operation_of(t.node))] for t in self.outputs]

    def run(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The outputs for `inputs`, node by node. `mask`: masks for the inputs, in their structure."""
        tensors = self.standardize(inputs)
        with carrying(tensors, None if mask is None else self._in_order(mask)):
            return self._run(tensors, training)

    def _run(self, tensors: list[Any], training: bool | None) -> Any:
        given = {id(t): x for t, x in zip(self.inputs, tensors, strict=True)}
        results: dict[int, list[Any]] = {}

        def value_of(tensor: Tensor) -> Any:
            if tensor.array is not None:
                return tensor
            value = given.get(id(tensor))
            return results[id(tensor.node)][tensor.index] if value is None else value

        for node in self.nodes:
            arguments = [value_of(x) for x in node.inputs]
            if isinstance(node.op, LayerCall):
                results[id(node)] = tree.flatten(node.op.call(arguments, training))
            elif isinstance(node.op, FunctionCall):
                results[id(node)] = tree.flatten(node.op.call(arguments))
            else:
                result = apply(node.op, tuple(arguments), node.attributes)
                results[id(node)] = result if isinstance(result, list) else [result]
        return tree.pack_sequence_as(self.output_structure, [value_of(t) for t in self.outputs])

    def standardize(self, inputs: Any) -> list[Any]:
        """`inputs` in the order of the model's, with their ranks and dtypes.

        Raises: ValueError if an input is missing or has another shape than its `Input`.
        """
        return [
            standard_input(x, tensor, name, self.name)
            for x, tensor, name in zip(self._in_order(inputs), self.inputs, self.input_names, strict=True)
        ]

    def _in_order(self, inputs: Any) -> list[Any]:
        if isinstance(inputs, dict):
            names = sorted(self.input_structure) if isinstance(self.input_structure, dict) else self.input_names
            if not set(names) <= set(inputs) and set(self.input_names) <= set(inputs):
                names = self.input_names
            missing = [name for name in names if name not in inputs]
            if missing:
                raise ValueError(
                    f"Model {self.name!r} has the inputs {', '.join(map(str, names))}, and "
                    f"{', '.join(map(repr, missing))} is missing: "
                    f"the data have {', '.join(map(repr, inputs))}."
                )
            return [inputs[name] for name in names]
        flat = tree.flatten(inputs)
        if len(flat) != len(self.inputs):
            raise ValueError(
                f"Model {self.name!r} has {len(self.inputs)} input(s) ({', '.join(self.input_names)}), and got "
                f"{len(flat)} "
                f"of shapes {', '.join(str(tuple(x.shape)) for x in flat)}."
            )
        return flat


def standard_input(x: Any, expected: KerasTensor, name: str, model_name: str) -> Any:
    """`x` with the rank and dtype that `expected` has.

    Raises: ValueError if its shape does not fit.
    """
    shape, wanted = tuple(x.shape), expected.shape
    if len(shape) == len(wanted) - 1 and wanted[-1] == 1:
        x = ops.expand_dims(x, -1)
    elif len(shape) == len(wanted) + 1 and shape[-1] == 1:
        x = ops.squeeze(x, -1)
    shape = tuple(x.shape)
    if len(shape) != len(wanted) or any(
        w is not None and s is not None and s != w for s, w in zip(shape, wanted, strict=True)
    ):
        raise ValueError(
            f"Input {name!r} of model {model_name!r} has shape {wanted}, and got data of shape "
            f"{shape}.{_hint(shape, wanted)}"
        )
    return x if x.dtype == expected.dtype else ops.cast(x, expected.dtype)


def _hint(shape: tuple, wanted: tuple) -> str:
    if len(shape) == len(wanted) - 1:
        return " The first axis counts samples: for a single one, add it with x[None]."
    if len(shape) > len(wanted) and len(wanted) == 2 and wanted[1] is not None:
        size = 1
        for s in shape[1:]:
            size *= s or 1
        if size == wanted[1]:
            return f" Put a Flatten() first, or reshape the data to ({shape[0]}, {size})."
    return ""
