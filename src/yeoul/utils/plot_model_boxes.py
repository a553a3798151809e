"""What a drawing of a model shows: a box for every call of a layer, and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from yeoul.core import tree
from yeoul.core.tensor import KerasTensor
from yeoul.layers import InputLayer
from yeoul.layers.layer import LayerCall
from yeoul.models import Model
from yeoul.models.graph import LayerGraph


@dataclass(frozen=True)
class Show:
    """What boxes tell, as in `plot_model`."""

    shapes: bool = False
    dtype: bool = False
    layer_names: bool = False
    activations: bool = False
    trainable: bool = False
    nested: bool = False


@dataclass(eq=False)
class Box:
    """A call of a layer or an op. `inner` is what stands in the frame of a nested model."""

    title: str
    kind: str = "layer"  # or "input", "op", "model"
    activation: str = ""
    rows: list[str] = field(default_factory=list)
    inner: Boxes | None = None
    is_end: bool = False  # an input or output of the whole model


@dataclass(eq=False)
class Boxes:
    """Boxes in an order in which edges point forward.

    `edges` are (box, output of its frame or 0, box, input of its frame or 0). `inputs` are the boxes of the model's inputs,
    `outputs` (box, output of its frame or 0) of its outputs.
    """

    boxes: list[Box] = field(default_factory=list)
    edges: list[tuple[int, int, int, int]] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[tuple[int, int]] = field(default_factory=list)


def boxes_of(model: Any, show: Show) -> Boxes:
    """The boxes of a model. A model whose graph is not known (a subclass with its own `call`) is one box."""
    return _Reader(show).read(model)


class _Reader:
    def __init__(self, show: Show):
        self.show = show
        self.expanded: set[int] = set()

    def read(self, model: Any) -> Boxes:
        if getattr(model, "_graph", None) is not None:
            return self._graph(model._graph)
        stack = getattr(model, "_stack", None)
        if stack:
            boxes = [self._layer(layer, [], _flat_shapes(layer), None) for layer in stack]
            last = len(boxes) - 1
            boxes[last].is_end = True
            return Boxes(boxes, [(i, 0, i + 1, 0) for i in range(last)], [0], [(last, 0)])
        return Boxes([self._layer(model, [], [], None)], [], [0], [(0, 0)])

    def _graph(self, graph: LayerGraph) -> Boxes:
        found = Boxes()
        source: dict[tuple[int, int], tuple[int, int]] = {}  # (node, index) or (input, -1) -> box, port
        calls: dict[int, int] = {}
        for node in graph.nodes:
            if isinstance(node.op, LayerCall):
                calls[id(node.op.layer)] = calls.get(id(node.op.layer), 0) + 1
        seen: dict[int, int] = {}
        for tensor, layer in zip(graph.inputs, graph.input_layers, strict=True):
            found.inputs.append(len(found.boxes))
            source[id(tensor), -1] = (len(found.boxes), 0)
            found.boxes.append(self._input(layer, tensor))

        def origin(tensor: Any) -> tuple[int, int] | None:
            if (id(tensor), -1) in source:
                return source[id(tensor), -1]
            return source.get((id(tensor.node), tensor.index))

        for node in graph.nodes:
            place = len(found.boxes)
            tensors = _outputs(graph, node)
            inputs = [x for x in node.inputs if x.array is None]
            if isinstance(node.op, LayerCall):
                layer = node.op.layer
                seen[id(layer)] = seen.get(id(layer), 0) + 1
                call = (seen[id(layer)], calls[id(layer)]) if calls[id(layer)] > 1 else None
                box = self._layer(layer, inputs, [spec.shape for spec in tree.flatten(node.op.specs)], call)
                count = len(tree.flatten(node.op.specs))
            else:
                box = self._op(node, graph.names[id(node)], inputs, tensors)
                count = max([t.index for t in tensors], default=0) + 1
            for i in range(count):
                source[id(node), i] = (place, i if box.inner is not None else 0)
            for i, x in enumerate(inputs):
                start = origin(x)
                if start is not None:
                    port = min(i, len(box.inner.inputs) - 1) if box.inner is not None else 0
                    found.edges.append((*start, place, port))
            found.boxes.append(box)
        for tensor in graph.outputs:
            start = origin(tensor)
            if start is not None:
                found.outputs.append(start)
                found.boxes[start[0]].is_end = True
        return found

    # -- single boxes ----------------------------------------------------------------------------------------------------
    def _input(self, layer: InputLayer, tensor: KerasTensor) -> Box:
        rows = [layer.name] if self.show.layer_names else []
        if self.show.shapes:
            rows.append(_shape(tensor.shape))
        if self.show.dtype:
            rows.append(str(tensor.dtype))
        return Box("Input", "input", rows=rows, is_end=True)

    def _layer(self, layer: Any, inputs: list[Any], shapes: list[Any], call: tuple[int, int] | None) -> Box:
        is_model = isinstance(layer, Model)
        box = Box(type(layer).__name__, "model" if is_model else "layer")
        activation = getattr(layer, "activation", None)
        if self.show.activations and activation is not None:
            name = getattr(activation, "__name__", None) or getattr(activation, "name", None)
            box.activation = str(name or type(activation).__name__)
        if self.show.layer_names:
            box.rows.append(layer.name)
        if call is not None:
            box.rows.append(f"shared: call {call[0]} of {call[1]}")
        if self.show.shapes and (shapes or inputs):
            box.rows.append(_flow([x.shape for x in inputs], shapes))
        if self.show.dtype:
            box.rows.append(str(layer.dtype))
        if self.show.trainable and layer.weights:
            box.rows.append("trainable" if layer.trainable and layer.trainable_weights else "not trainable")
        if is_model and self.show.nested and id(layer) not in self.expanded:
            known = getattr(layer, "_graph", None) is not None
            if known:
                self.expanded.add(id(layer))
                box.inner = self.read(layer)
                box.rows = box.rows[: self.show.layer_names + (call is not None)]  # its boxes tell the rest
                for inner in box.inner.boxes:
                    inner.is_end = False
        return box

    def _op(self, node: Any, name: str, inputs: list[Any], outputs: list[Any]) -> Box:
        box = Box(node.op.display_name, "op")
        if self.show.layer_names:
            box.rows.append(name)
        if self.show.shapes and outputs:
            box.rows.append(_flow([x.shape for x in inputs], [t.shape for t in outputs]))
        if self.show.dtype and outputs:
            box.rows.append(str(outputs[0].dtype))
        return box


def _outputs(graph: LayerGraph, node: Any) -> list[Any]:
    """The tensors of `node` that the model uses."""
    used = {id(t): t for n in graph.nodes for t in n.inputs if t.node is node}
    used.update({id(t): t for t in graph.outputs if t.node is node})
    return sorted(used.values(), key=lambda t: t.index)


def _flat_shapes(layer: Any) -> list[Any]:
    return [t.shape for t in tree.flatten(layer._calls[-1][1])] if layer._calls else []


def _shape(shape: Any) -> str:
    return f"({', '.join(str(s) for s in shape)}{',' if len(shape) == 1 else ''})"


def _many(shapes: list[Any]) -> str:
    """Shapes, equal ones counted."""
    texts = [_shape(s) for s in shapes]
    if len(set(texts)) == 1 and len(texts) > 1:
        return f"{len(texts)} × {texts[0]}"
    if len(texts) > 3:
        return f"{texts[0]}, … {len(texts)} inputs"
    return ", ".join(texts)


def _flow(inputs: list[Any], outputs: list[Any]) -> str:
    return " → ".join(_many(shapes) for shapes in (inputs, outputs) if shapes)
