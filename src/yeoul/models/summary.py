"""The table that `model.summary()` prints."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from typing import Any

from yeoul.callbacks.progress import print_message
from yeoul.core import dtypes, tree
from yeoul.core.tensor import Node
from yeoul.layers import Layer
from yeoul.models.graph import LayerGraph, layer_of
from yeoul.models.table import draw_table, fitted_widths, readable_size
from yeoul.ops.calls import FunctionCall


def _size(variables: Iterable[Any]) -> tuple[int, int]:
    """Elements and bytes of distinct variables."""
    distinct = list({id(v): v for v in variables}.values())
    return sum(v.size for v in distinct), sum(v.size * dtypes.to_numpy(v.dtype).itemsize for v in distinct)


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """See `Model.summary`."""
    graph: LayerGraph | None = (
        model._graph if type(model).__name__ != "Sequential" and not hasattr(model, "_stack") else None
    )
    is_chain = graph is None or _is_chain(graph)
    rows_of = graph.operations if graph is not None else model.layers
    names = graph.names if graph is not None else {id(layer): layer.name for layer in rows_of}
    header = ["Layer (type)", "Output Shape", "Param #"]
    width = 88
    ends = [0.45, 0.80, 1.0]
    if not is_chain:
        header.append("Connected to")
        width = 108
        ends = [0.3, 0.56, 0.74, 1.0]
    if positions:
        if len(positions) < len(ends):
            raise ValueError(
                f"positions must say where each of the {len(ends)} columns ends, such as {ends}, and got {positions}."
            )
        ends = list(positions)[: len(ends)]
    if show_trainable:
        header.append("Trainable")
        width += 12
        ends = [end * 0.90 for end in ends] + [1.0]
    width = line_length or min(width, shutil.get_terminal_size().columns - 4)
    columns, before = [], 0
    for end in ends:
        columns.append(int(end * width) - before)
        before += columns[-1]
        if columns[-1] < 4:
            raise ValueError("Insufficient console width to print summary.")
    if layer_range is not None:
        first, last = _range(rows_of, names, layer_range)
        rows_of = rows_of[first:last]
    rows: list[list[str]] = []
    for operation in rows_of:
        rows.extend(_rows(operation, names, graph, is_chain, show_trainable, expand_nested, 0))
    table = draw_table(
        header,
        rows,
        fitted_widths(columns, width),
        ["<", "<", ">"] + (["<"] if not is_chain else []) + (["^"] if show_trainable else []),
    )
    lines = [f'Model: "{model.name}"', *table]
    trained, trained_bytes = _size(model.trainable_weights)
    frozen, frozen_bytes = _size(model.non_trainable_weights)
    optimizer = model.optimizer if model.compiled and model.optimizer is not None and model.optimizer.built else None
    extra, extra_bytes = _size(optimizer.variables) if optimizer is not None else (0, 0)
    total, total_bytes = trained + frozen + extra, trained_bytes + frozen_bytes + extra_bytes
    lines.append(f" Total params: {total:,} ({readable_size(total_bytes)})")
    lines.append(f" Trainable params: {trained:,} ({readable_size(trained_bytes)})")
    lines.append(f" Non-trainable params: {frozen:,} ({readable_size(frozen_bytes)})")
    if optimizer is not None:
        lines.append(f" Optimizer params: {extra:,} ({readable_size(extra_bytes)})")
    text = "\n".join(lines) + "\n"
    if print_fn is not None:
        print_fn(text)
    else:
        print_message(text)


def _is_chain(graph: LayerGraph) -> bool:
    """Whether every layer has one input, and no two stand beside each other or are used twice."""
    if len(graph.inputs) != 1 or any(len(node.inputs) != 1 for node in graph.nodes):
        return False
    depths = list(graph.depths.values())
    return len(set(depths)) == len(depths) and len(graph.nodes) == len(graph.operations) - 1


def _range(operations: list[Any], names: dict[int, str], layer_range: Any) -> tuple[int, int]:
    if len(layer_range) != 2 or not all(isinstance(pattern, str) for pattern in layer_range):
        raise ValueError(f"layer_range must be two strings, and is {layer_range!r}.")
    found = [[i for i, op in enumerate(operations) if re.match(pattern, names[id(op)])] for pattern in layer_range]
    if not found[0] or not found[1]:
        raise ValueError(f"Passed layer_names do not match the layer names in the model. Received: {layer_range}")
    if min(found[0]) > max(found[1]):
        return min(found[1]), max(found[0]) + 1
    return min(found[0]), max(found[1]) + 1


def _rows(
    operation: Any,
    names: dict[int, str],
    graph: LayerGraph | None,
    is_chain: bool,
    show_trainable: bool,
    expand: bool,
    level: int,
) -> list[list[str]]:
    prefix = "   " * level + "└ " if level else ""
    if isinstance(operation, Node):
        fields = [f"{prefix}{names[id(operation)]} ({operation.op.display_name})", _op_shape(operation, graph), "0"]
    else:
        params = f"{sum(v.size for v in operation.weights):,}" if operation.built else "0 (unbuilt)"
        fields = [f"{prefix}{operation.name} ({type(operation).__name__})", _output_shape(operation), params]
    if not is_chain:
        fields.append(_connections(operation, names, graph) if not level else "-")
    if show_trainable:
        weights = getattr(operation, "weights", ())
        fields.append(("Y" if operation.trainable else "N") if weights else "-")
    rows = [fields]
    if expand and hasattr(operation, "call") and hasattr(operation, "fit"):
        for inner in operation.layers:
            rows.extend(_rows(inner, names, None, is_chain, show_trainable, expand, level + 1))
    return rows


def _shape(shape: Any) -> str:
    return f"({', '.join(str(s) for s in shape)})"


def _op_shape(node: Node, graph: LayerGraph | None) -> str:
    """The shape of an op's output; all of them for a function with several, else the one that the model uses."""
    if isinstance(node.op, FunctionCall):
        shapes = [_shape(t.shape) for t in tree.flatten(node.op.specs)]
        return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"
    used = [t for n in (graph.nodes if graph else []) for t in n.inputs] + (graph.outputs if graph else [])
    return next((_shape(t.shape) for t in used if t.node is node), "?")


def _output_shape(layer: Layer) -> str:
    if layer._calls:
        outputs = tree.map_structure(lambda t: _shape(t.shape), layer._calls[-1][1])
    else:
        shape = getattr(layer, "built_shape", None)
        graph = getattr(layer, "_graph", None)
        if graph is not None:
            outputs = tree.map_structure(lambda t: _shape(t.shape), graph.output_structure)
        elif shape is not None:
            try:
                found = layer.compute_output_shape(shape)
            except Exception:
                return "?"
            outputs = _shape(found) if not isinstance(found, list) else [_shape(s) for s in found]
        else:
            return "?"
    flat = tree.flatten(outputs)
    return flat[0] if len(flat) == 1 else str(outputs).replace("'", "")


def _connections(operation: Any, names: dict[int, str], graph: LayerGraph | None) -> str:
    assert graph is not None
    found = []
    for node in graph.nodes:
        owner = node if isinstance(operation, Node) else getattr(node.op, "layer", None)
        if owner is not operation:
            continue
        for x in node.inputs:
            source: Any = layer_of(x)
            given = next((i for i, t in enumerate(graph.inputs) if t is x), None)
            if given is not None:
                found.append(f"{graph.input_layers[given].name}[0][0]")
            elif source is not None:
                index = next(
                    (i for i, call in enumerate(source._calls) if any(t.node is x.node for t in tree.flatten(call[1]))),
                    0,
                )
                found.append(f"{source.name}[{index}][{x.index}]")
            elif x.node is not None:
                found.append(f"{names.get(id(x.node), x.node.op.name)}[0][{x.index}]")
    return ", ".join(found) or "-"
