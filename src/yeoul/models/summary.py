"""The table that `summary` prints."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from yeoul.core import dtypes, tree
from yeoul.layers.core import InputLayer
from yeoul.layers.layer import LayerCall


def print_summary(
    model: Any, line_length: int | None, print_fn: Callable | None, expand_nested: bool, show_trainable: bool
) -> None:
    """Prints layers, output shapes and numbers of weights as Keras does.

    Args:
        print_fn: called with the text instead of printing it.
    """
    is_branched = hasattr(model, "_order") and _is_branched(model)
    columns = ["Layer (type)", "Output Shape", "Param #"]
    if is_branched:
        columns.append("Connected to")
    if show_trainable:
        columns.append("Trainable")
    table = Table(width=line_length or (88 if is_branched else 80), show_lines=True)
    for title in columns:
        table.add_column(title, justify="right" if title == "Param #" else "left", overflow="fold")
    for layer, depth in _rows(model.layers, expand_nested, 0):
        name = "    " * depth + f"{layer.name} ({type(layer).__name__})"
        row = [escape(name), escape(_shape_of(layer)), _params_of(layer)]
        if is_branched:
            row.append(escape(_sources_of(layer, model)))
        if show_trainable:
            row.append("Y" if layer.trainable and layer.trainable_weights else "-" if not layer.weights else "N")
        table.add_row(*row)
    trainable, frozen = model.trainable_weights, model.non_trainable_weights
    optimizer = (
        [v for v in model.optimizer.variables if v is not None] if model.compiled and model.optimizer.built else []
    )
    lines = [
        _total("Total params", [*trainable, *frozen, *optimizer]),
        _total("Trainable params", trainable),
        _total("Non-trainable params", frozen),
    ]
    if optimizer:
        lines.append(_total("Optimizer params", optimizer))
    stream = io.StringIO()
    console = Console(
        file=stream, width=line_length or (88 if is_branched else 80), force_terminal=False, highlight=False
    )
    console.print(f'Model: "{escape(model.name)}"', markup=False)
    console.print(table)
    for line in lines:
        console.print(line, markup=False)
    (print_fn or _print)(stream.getvalue().rstrip("\n"))


def _print(text: str) -> None:
    print(text)


def _rows(layers: list[Any], expand_nested: bool, depth: int) -> list[tuple[Any, int]]:
    found = []
    for layer in layers:
        found.append((layer, depth))
        if expand_nested and hasattr(layer, "get_layer"):
            found.extend(_rows(layer.layers, True, depth + 1))
    return found


def _is_branched(model: Any) -> bool:
    return len(model.inputs) > 1 or len(model.outputs) > 1 or any(
        t.node is not None and len(t.node.inputs) > 1 for t in model._order
    ) or any(len(layer._calls) > 1 for layer in model.layers)  # fmt: skip


def _shape_of(layer: Any) -> str:
    if isinstance(layer, InputLayer):
        return str(layer.batch_shape)
    if layer._calls:
        shapes = [str(tuple(t.shape)) for t in tree.flatten(layer._calls[0][1])]
        return shapes[0] if len(shapes) == 1 else "[" + ", ".join(shapes) + "]"
    if hasattr(layer, "_outputs"):
        return ", ".join(str(tuple(t.shape)) for t in layer._outputs)
    return "?"


def _params_of(layer: Any) -> str:
    if not layer.built and not layer.weights:
        return "0 (unbuilt)"
    return f"{sum(v.size for v in layer.weights):,}"


def _sources_of(layer: Any, model: Any) -> str:
    names = []
    for t in model._order:
        if t.node is not None and isinstance(t.node.op, LayerCall) and t.node.op.layer is layer and t.index == 0:
            for x in t.node.inputs:
                names.append(f"{x.name or (x.node.op.name if x.node is not None else 'input')}[0][{x.index}]")
    return ", ".join(names) or "-"


def _total(title: str, variables: list[Any]) -> str:
    count = sum(v.size for v in variables)
    size = sum(v.size * dtypes.to_numpy(v.dtype).itemsize for v in variables)
    return f" {title}: {count:,} ({_memory(size)})"


def _memory(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            return f"{size:.2f} {unit}"
        size /= 1024
    return ""
