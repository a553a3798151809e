"""Pipeline: layers one after the other, as one layer."""

from __future__ import annotations

from typing import Any

from yeoul.layers.layer import Layer
from yeoul.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["Pipeline"]


class Pipeline(Layer):
    """Applies layers one after the other, such as a preparation of images; not a model, and what passes may be a dict.

    Args:
        layers: the layers, in order.

    Called on its own, without `training`, it trains, as layers of augmentation do.
    """

    def __init__(self, layers: Any, name: str | None = None):
        super().__init__(name=name)
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"Pipeline {self.name!r} is made of layers, and got {layer!r}.")
        self._steps = list(layers)

    @property
    def layers(self) -> list[Layer]:
        return list(self._steps)

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        for layer in self._steps:
            given = {"training": training} if layer.call_takes("training") else {}
            inputs = layer(inputs, **given)
        return inputs

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Pipeline:
        return cls([deserialize_keras_object(layer) for layer in config["layers"]], name=config.get("name"))

    def get_config(self) -> dict[str, Any]:
        return {"layers": [serialize_keras_object(layer) for layer in self._steps], "name": self.name}
