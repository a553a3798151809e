"""Model: a layer that can be trained."""

from __future__ import annotations

from typing import Any

from yeoul.layers.layer import Layer
from yeoul.metrics import Metric
from yeoul.models.summary import print_summary
from yeoul.training.trainer import Trainer


class Model(Trainer, Layer):
    """A layer with compile, fit, evaluate and predict.

    Made in one of three ways: `Model(inputs, outputs)` from a graph of layers (the functional way), as a `Sequential`, or by a subclass that makes its
    layers in `__init__` and uses them in `call(self, inputs, training=False)`.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_functional(args, kwargs):
            # Deferred by Python's import order alone: Functional is a Model.
            return object.__new__(_functional_class[0])
        return object.__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any):
        if args:
            raise TypeError(
                f"{type(self).__name__} takes inputs and outputs made with Input and layers, or keyword arguments; got {args!r}."
            )
        super().__init__(**kwargs)
        self._forget_programs()

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"Model {type(self).__name__} implements no call(self, inputs).")

    def _own_metrics(self) -> list[Metric]:
        """Metrics that are attributes of the model or of its layers."""
        found: list[Metric] = []
        for layer in self._flatten_layers():
            for key, value in layer.__dict__.items():
                if key in ("_loss_tracker", "_compile_metrics", "_compile_loss"):
                    continue
                for part in value if isinstance(value, (list, tuple)) else [value]:
                    if isinstance(part, Metric) and not any(part is other for other in found):
                        found.append(part)
        return found

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place.

        Raises: ValueError if there is none.
        """
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"Model {self.name!r} has {len(layers)} layers, and there is none at index {index}.")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"Model {self.name!r} has no layer named {name!r}. Its layers: {', '.join(layer.name for layer in layers)}."
        )

    def summary(self, line_length: int | None = None, positions: Any = None, print_fn: Any = None, expand_nested: bool = False,
                show_trainable: bool = False, layer_range: Any = None) -> None:  # fmt: skip
        """Prints the layers with their output shapes and numbers of weights."""
        print_summary(self, line_length, print_fn, expand_nested, show_trainable)

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape (with the batch axis, which may be None)."""
        if input_shape is not None and not self.built:
            self.compute_output_shape(_with_tuples(input_shape))
        self.built = True

    def _build_from(self, args: tuple, kwargs: dict[str, Any]) -> None:
        self.built = True  # layers build themselves when the call reaches them


_functional_class: list[Any] = []


def _is_functional(args: tuple, kwargs: dict[str, Any]) -> bool:
    return len(args) >= 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)


def _with_tuples(shape: Any) -> Any:
    if isinstance(shape, dict):
        return {k: _with_tuples(s) for k, s in shape.items()}
    if isinstance(shape, list) and shape and isinstance(shape[0], (list, tuple)):
        return [tuple(s) for s in shape]
    return tuple(shape)
