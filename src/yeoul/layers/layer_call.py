"""LayerCall: a layer in the graph of a functional model."""

from __future__ import annotations

from typing import Any

from yeoul.core import tree
from yeoul.core.tensor import Op


class LayerCall(Op):
    """A layer's call as the op of a functional model's node."""

    def __init__(self, layer: Any, structure: Any, positions: list[int], leaves: list[Any], specs: Any):
        self.layer = layer
        self.name = layer.name
        self._structure = structure
        self._positions = positions
        self._leaves = leaves
        self.specs = specs

    def arguments(self, inputs: list[Any]) -> tuple[tuple, dict[str, Any]]:
        """The arguments of the call, with other tensors than it was built with."""
        leaves = list(self._leaves)
        for position, x in zip(self._positions, inputs, strict=True):
            leaves[position] = x
        return tree.pack_sequence_as(self._structure, leaves)

    def call(self, inputs: list[Any], training: bool | None) -> Any:
        """Calls the layer on other tensors than it was built with."""
        args, kwargs = self.arguments(inputs)
        if self.layer.call_takes("training") and kwargs.get("training") is None:
            kwargs = {**kwargs, "training": training}
        return self.layer(*args, **kwargs)
