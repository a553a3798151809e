"""The graph of a functional model as Keras' configuration, and back.

    {"name", "trainable", "layers": [{"module", "class_name", "config", "name", "inbound_nodes"}], "input_layers", "output_layers"}

A layer has an inbound node for every call: {"args", "kwargs"} with tensors as {"class_name": "__keras_tensor__", "config":
{"shape", "dtype", "keras_history": [name, call, output]}}. Ops stand among the layers, with one call each.
"""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core import naming, tree
from yeoul.core.tensor import KerasTensor, Tensor, apply
from yeoul.layers import InputLayer
from yeoul.ops.calls import CALLS, FunctionCall
from yeoul.ops.registry import PRIMITIVES
from yeoul.serialization import deserialize_keras_object, serialize_keras_object

#: The module that configurations name for ops of this library's own.
OP_MODULE = "yeoul.ops"


# -- writing -------------------------------------------------------------------------------------------------------------
def graph_config(graph: Any) -> dict[str, Any]:
    """ "layers", "input_layers" and "output_layers" of a configuration."""
    writer = _Writer(graph)
    return {
        "layers": [writer.entry(operation) for operation in graph.operations],
        "input_layers": _histories(graph.input_structure, writer.end),
        "output_layers": _histories(graph.output_structure, writer.end),
    }


class _Writer:
    def __init__(self, graph: Any):
        self.graph = graph
        self.calls: dict[int, list[Any]] = {}  # of an operation, in order
        self.place: dict[int, int] = {}  # of a node among its operation's calls
        self.given = {id(t): layer.name for t, layer in zip(graph.inputs, graph.input_layers, strict=True)}
        for node in graph.nodes:
            nodes = self.calls.setdefault(id(graph.operation_of(node)), [])
            self.place[id(node)] = len(nodes)
            nodes.append(node)

    def history(self, tensor: Tensor) -> list[Any]:
        """[name of the operation, its call, which output]."""
        name = self.given.get(id(tensor))
        if name is not None:
            return [name, 0, 0]
        operation = self.graph.operation_of(tensor.node)
        return [self.graph.names[id(operation)], self.place[id(tensor.node)], tensor.index]

    def end(self, tensor: Tensor) -> list[Any]:
        """The history of an input or output of the model, where Keras counts a functional model's making as its first call."""
        name, place, index = self.history(tensor)
        is_inside = id(tensor) in self.given or tensor.node is None
        operation = None if is_inside else self.graph.operation_of(tensor.node)
        return [name, place + _counts_its_making(operation), index]

    def entry(self, operation: Any) -> dict[str, Any]:
        name = self.graph.names[id(operation)]
        nodes = self.calls.get(id(operation), [])
        if operation in self.graph.layers:
            described = serialize_keras_object(operation)
            return {**described, "name": name, "inbound_nodes": [self._call(node) for node in nodes]}
        node = operation
        if isinstance(node.op, FunctionCall):
            args, kwargs = node.op.arguments(list(node.inputs))
            described = {
                "module": OP_MODULE,
                "class_name": node.op.display_name,
                "config": {"name": name, "op": node.op.name},
                "registered_name": None,
            }
            call = {"args": tuple(map(self._exact, args)), "kwargs": self._exact(kwargs)}
            return {**described, "name": name, "inbound_nodes": [call]}
        described = {
            "module": OP_MODULE,
            "class_name": node.op.display_name,
            "config": {"name": name, "op": node.op.name, "attributes": serialize_keras_object(node.attributes)},
            "registered_name": None,
        }
        inputs = tuple(self._value(x) for x in node.inputs)
        return {**described, "name": name, "inbound_nodes": [{"args": inputs, "kwargs": {}}]}

    def _call(self, node: Any) -> dict[str, Any]:
        args, kwargs = node.op.arguments(list(node.inputs))
        if "mask" in node.op.layer.call_arguments()[2:]:
            kwargs = {"mask": tree.map_structure(lambda _: None, args[0]) if args else None, **kwargs}
        return {"args": self._value(args), "kwargs": self._value(kwargs)}

    def _exact(self, value: Any) -> Any:
        """A value of which JSON does not make lists of tuples: ops tell them apart."""
        if isinstance(value, tuple):
            return {"class_name": "__tuple__", "items": list(map(self._exact, value))}
        if isinstance(value, list):
            return list(map(self._exact, value))
        if isinstance(value, dict):
            return {key: self._exact(part) for key, part in value.items()}
        return self._value(value)

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._value(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return (
                type(value)(map(self._value, value)) if type(value) in (list, tuple) else list(map(self._value, value))
            )
        if isinstance(value, KerasTensor):
            inner = {"shape": value.shape, "dtype": value.dtype, "keras_history": self.history(value)}
            return {"class_name": "__keras_tensor__", "config": inner}
        return serialize_keras_object(value)


def _counts_its_making(layer: Any) -> bool:
    return hasattr(layer, "fit") and not hasattr(layer, "_stack") and getattr(layer, "_graph", None) is not None


def _histories(structure: Any, history: Any) -> Any:
    if isinstance(structure, dict):
        return {key: _histories(part, history) for key, part in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [_histories(part, history) for part in structure]
    return history(structure)


# -- reading -------------------------------------------------------------------------------------------------------------
def read_graph(config: dict[str, Any]) -> tuple[Any, Any]:
    """Inputs and outputs of the model that `config` describes, in their structures.

    Raises: TypeError for a class that nobody knows; ValueError if a call needs a tensor that no layer gives.
    """
    return _Reader(config).read()


class _Reader:
    def __init__(self, config: dict[str, Any]):
        self.config = config
        self.tensors: dict[tuple[str, int], list[Any]] = {}  # outputs of an operation's call
        self.makers: dict[str, Any] = {}

    def read(self) -> tuple[Any, Any]:
        waiting: dict[str, list[dict]] = {}
        for entry in self.config["layers"]:
            name = entry.get("name") or entry["config"]["name"]
            if _is_op(entry):
                self.makers[name] = _op_of(entry)
            else:
                self.makers[name] = layer = _layer_of(entry, name)
                if isinstance(layer, InputLayer):
                    self.tensors[name, 0] = [layer.tensor]
                    continue
            waiting[name] = list(entry["inbound_nodes"])
        self._connect(waiting)
        return self._structure(self.config["input_layers"]), self._structure(self.config["output_layers"])

    def _connect(self, waiting: dict[str, list[dict]]) -> None:
        """Makes the calls, each when the tensors it takes are there."""
        done = dict.fromkeys(waiting, 0)
        while any(done[name] < len(calls) for name, calls in waiting.items()):
            before = sum(done.values())
            for name, calls in waiting.items():
                while done[name] < len(calls) and not self._missing(calls[done[name]]):
                    self.tensors[name, done[name]] = self._call(name, calls[done[name]])
                    done[name] += 1
            if sum(done.values()) == before:
                self._complain(waiting, done)

    def _complain(self, waiting: dict[str, list[dict]], done: dict[str, int]) -> None:
        name, call = next((name, calls[done[name]]) for name, calls in waiting.items() if done[name] < len(calls))
        missing = ", ".join(
            f"output {index} of call {place} of {source!r}" for source, place, index in self._missing(call)
        )
        raise ValueError(
            f"The configuration of model {self.config.get('name')!r} can not be followed: {name!r} is called on {missing}, which "
            f"no layer gives."
        )

    def _missing(self, call: Any) -> list[Any]:
        return [history for history in _histories_in(call) if (history[0], history[1]) not in self.tensors]

    def _call(self, name: str, call: Any) -> list[Any]:
        args, kwargs = self._value(call["args"]), self._value(call.get("kwargs") or {})
        maker = self.makers[name]
        if all(mask is None for mask in tree.flatten(kwargs.get("mask"))):
            kwargs.pop("mask", None)
        return tree.flatten(maker(*args, **kwargs))

    def _value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(self._value(part) for part in value)
        if not isinstance(value, dict):
            return value
        kind = value.get("class_name")
        if kind == "__keras_tensor__":
            name, place, index = value["config"]["keras_history"]
            return self.tensors[name, place][index]
        if kind == "__tuple__":
            return tuple(map(self._value, value["items"]))
        if kind is not None and "config" in value:
            return deserialize_keras_object(value)
        return {key: self._value(part) for key, part in value.items()}

    def _structure(self, structure: Any) -> Any:
        if isinstance(structure, dict):
            return {key: self._structure(part) for key, part in structure.items()}
        if len(structure) == 3 and isinstance(structure[0], str):
            name, place, index = structure
            return self.tensors[name, place - _counts_its_making(self.makers[name])][index]
        return [self._structure(part) for part in structure]


def _histories_in(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [history for part in value for history in _histories_in(part)]
    if not isinstance(value, dict):
        return []
    if value.get("class_name") == "__keras_tensor__":
        return [value["config"]["keras_history"]]
    return [history for part in value.values() for history in _histories_in(part)]


def _layer_of(entry: dict[str, Any], name: str) -> Any:
    layer = deserialize_keras_object({key: entry[key] for key in entry if key not in ("build_config", "inbound_nodes")})
    layer.name = name
    return layer


def _is_op(entry: dict[str, Any]) -> bool:
    module = str(entry.get("module"))
    return module == OP_MODULE or module.startswith("keras.src.ops.")


def _op_of(entry: dict[str, Any]) -> Any:
    """A function of tensors that adds the op's node."""
    config = entry["config"]
    if entry["module"] != OP_MODULE:
        return _op_of_keras(entry)
    if "attributes" not in config and config["op"] in CALLS:
        return CALLS[config["op"]]
    op = PRIMITIVES.get(config["op"])
    if op is None or "attributes" not in config:
        raise ValueError(f"Unknown op {config['op']!r} in a configuration, made by another version of this library.")
    attributes = {key: _as_tuples(value) for key, value in deserialize_keras_object(config["attributes"]).items()}
    return lambda *inputs: apply(op, inputs, attributes)


def _op_of_keras(entry: dict[str, Any]) -> Any:
    name = naming.to_snake_case(entry["class_name"])
    function = CALLS.get(name) or getattr(ops, name, None)
    if function is None:
        raise ValueError(f"Keras' op {entry['class_name']!r} is not known here. Use a layer in its place.")
    options = {key: deserialize_keras_object(value) for key, value in entry["config"].items() if key != "name"}
    if name == "get_item":
        return lambda x, key: function(x, tuple(key) if isinstance(key, list) else key)
    return lambda *args, **kwargs: function(*args, **options, **kwargs)


def _as_tuples(value: Any) -> Any:
    """Attributes that JSON made lists of, as the tuples that they were."""
    return tuple(map(_as_tuples, value)) if isinstance(value, (list, tuple)) else value
