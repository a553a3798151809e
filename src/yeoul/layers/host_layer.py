"""HostLayer: a layer that works on NumPy arrays before the loop, because strings never enter a graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import trace, tree
from yeoul.core.tensor import Tensor, from_array, placeholder
from yeoul.layers.adapting import as_host_array
from yeoul.layers.layer import Layer

#: What to do instead of passing strings to a model.
WAY_OUT = (
    "Strings never enter a compiled model: turn them into numbers before it, with the layer called on arrays, such as "
    "x = layer(np.array(['a', 'b'])), and train the model on x."
)


class HostLayer(Layer):
    """Base of layers whose `transform` takes NumPy arrays, of strings too, and gives tensors.

    They are called on arrays, lists and concrete tensors, in data pipelines as well. Within a model a layer can stand only if
    it overrides `call`, for numbers.
    """

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(leaf, Tensor) and leaf.is_symbolic for leaf in tree.flatten(inputs)):
            return super().__call__(inputs, **kwargs)
        with trace.concretely():
            result = self.transform(self._arrays(inputs))
        return from_array(result) if isinstance(result, np.ndarray) and result.dtype.kind not in "UO" else result

    def _arrays(self, inputs: Any) -> Any:
        return as_host_array(inputs)

    def transform(self, inputs: Any) -> Any:
        """The result for arrays on the host."""
        raise NotImplementedError(f"{type(self).__name__} must implement transform(self, inputs).")

    def call(self, inputs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} {self.name!r} can not be part of a model. {WAY_OUT}")

    def output_dtype(self) -> str:
        """The dtype of the result."""
        return "int64" if getattr(self, "output_mode", "int") == "int" else "float32"

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        if type(self).call is HostLayer.call:
            self.call(inputs)
        shape = tree.map_structure(lambda x: tuple(x.shape), inputs)
        return placeholder(self.compute_output_shape(shape), self.output_dtype())
