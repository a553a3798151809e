"""Functional: a model whose graph has layers and ops as nodes."""

from __future__ import annotations

from typing import Any

from yeoul.core import tree
from yeoul.core.tensor import KerasTensor, Tensor, apply
from yeoul.layers.core import InputLayer
from yeoul.layers.layer import Layer, LayerCall, context
from yeoul.models.model import Model, _functional_class


class Functional(Model):
    """The part of a graph of layers between `inputs` and `outputs`.

    Args:
        inputs: tensors made by `Input` (or tensors inside a model, which cut it there); one, a list or a dict.
        outputs: tensors computed from them; one, a list or a dict.

    Raises: ValueError if an output needs an input that is not given.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, trainable: bool = True, **kwargs: Any):
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            for leaf in tree.flatten(structure):
                if not isinstance(leaf, KerasTensor):
                    raise ValueError(
                        f"{what} of a Model must come from Input() and layers called on it, and got {type(leaf).__name__}."
                    )
        super().__init__(name=name or None, **kwargs)
        self._input_structure = inputs
        self._output_structure = outputs
        self._inputs: list[KerasTensor] = tree.flatten(inputs)
        self._outputs: list[KerasTensor] = tree.flatten(outputs)
        self._order = self._path()
        self._operations = self._find_layers()
        self.built = True
        if not trainable:
            self.trainable = False

    def _path(self) -> list[Tensor]:
        """Tensors to compute, inputs first; nothing behind the given inputs."""
        given = {id(t) for t in self._inputs}
        order: list[Tensor] = []
        seen: set[int] = set(given)
        stack: list[tuple[Tensor, bool]] = [(t, False) for t in reversed(self._outputs)]
        while stack:
            t, is_expanded = stack.pop()
            if is_expanded:
                order.append(t)
                continue
            if id(t) in seen:
                continue
            seen.add(id(t))
            if t.array is not None:
                continue
            if t.node is None:
                raise ValueError(
                    f"Model {self.name!r}: an output depends on the Input {t.name!r}, which is not among the inputs. Add it to inputs=..."
                )
            stack.append((t, True))
            stack.extend((x, False) for x in reversed(t.node.inputs))
        return order

    def _find_layers(self) -> list[Layer]:
        found: list[Layer] = []
        for t in self._inputs:
            layer = t.tags.get("layer") if t.tags else None
            found.append(layer if layer is not None else _input_layer_for(t))
        for t in self._order:  # type: ignore[assignment]
            op = t.node.op if t.node is not None else None
            if isinstance(op, LayerCall) and not any(op.layer is layer for layer in found):
                found.append(op.layer)
        return found

    @property
    def layers(self) -> list[Layer]:
        return list(self._operations)

    @property
    def operations(self) -> list[Layer]:
        return list(self._operations)

    @property
    def inputs(self) -> list[KerasTensor]:
        return list(self._inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        return list(self._outputs)

    @property
    def input(self) -> Any:
        return self._input_structure

    @property
    def output(self) -> Any:
        return self._output_structure

    @property
    def input_shape(self) -> Any:
        return tree.map_structure(lambda t: t.shape, self._input_structure)

    @property
    def output_shape(self) -> Any:
        return tree.map_structure(lambda t: t.shape, self._output_structure)

    @property
    def input_names(self) -> list[str]:
        return [t.name or f"input_{i}" for i, t in enumerate(self._inputs)]

    @property
    def output_names(self) -> list[str]:
        if isinstance(self._output_structure, dict):
            return sorted(self._output_structure)
        names: list[str] = []
        for i, t in enumerate(self._outputs):
            name = t.name or (t.node.op.name if t.node is not None else f"output_{i}")
            names.append(name if name not in names else f"{name}_{i}")
        return names

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        given = self._match(inputs)
        values: dict[int, Any] = {}
        for t, x in zip(self._inputs, given, strict=True):
            self._check_shape(t, x)
            values[id(t)] = x
        made: dict[int, list[Any]] = {}
        flag = context.training[-1] if context.training else training
        for t in self._order:  # type: ignore[assignment]
            node: Any = t.node
            key = id(node)
            if key not in made:
                arguments = [x if x.array is not None else values[id(x)] for x in node.inputs]
                if isinstance(node.op, LayerCall):
                    result = node.op.call(arguments, flag)
                    made[key] = tree.flatten(result)
                else:
                    result = apply(node.op, tuple(arguments), node.attributes)
                    made[key] = result if isinstance(result, list) else [result]
            values[id(t)] = made[key][t.index]
        return tree.pack_sequence_as(self._output_structure, [values[id(t)] for t in self._outputs])

    def _match(self, inputs: Any) -> list[Any]:
        """Given tensors in the order of the model's inputs; dicts are matched by key or input name."""
        if isinstance(inputs, dict) and not isinstance(self._input_structure, dict):
            missing = [name for name in self.input_names if name not in inputs]
            if missing:
                raise ValueError(f"Model {self.name!r} needs the input {missing[0]!r}, and got {sorted(inputs)}.")
            return [inputs[name] for name in self.input_names]
        if isinstance(inputs, dict):
            missing = [key for key in self._input_structure if key not in inputs]
            if missing:
                raise ValueError(f"Model {self.name!r} needs the input {missing[0]!r}, and got {sorted(inputs)}.")
            inputs = {key: inputs[key] for key in self._input_structure}
        leaves = tree.flatten(inputs)
        if len(leaves) != len(self._inputs):
            raise ValueError(
                f"Model {self.name!r} has {len(self._inputs)} input(s) {self.input_names}, and got {len(leaves)}."
            )
        return leaves

    def _check_shape(self, t: KerasTensor, x: Tensor) -> None:
        expected, got = tuple(t.shape), tuple(x.shape)
        if len(expected) == len(got) + 1 and expected[-1] == 1:
            return
        if len(expected) != len(got) or any(
            a != b for a, b in zip(expected[1:], got[1:], strict=False) if a is not None and b is not None
        ):
            raise ValueError(
                f"Input {t.name!r} of model {self.name!r} takes samples of shape {expected[1:]}, and got data of shape {got}. "
                "The first axis is the batch."
            )

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "trainable": self.trainable}


def _input_layer_for(t: KerasTensor) -> InputLayer:
    return InputLayer(batch_shape=t.shape, dtype=t.dtype)


_functional_class.append(Functional)
