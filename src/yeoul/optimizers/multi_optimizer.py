"""MultiOptimizer: different optimizers for different weights of one model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.optimizers.optimizer import Optimizer
from yeoul.serialization import serialize_keras_object


class OptimizerMap(MutableMapping):
    """Optimizers by regular expressions that the whole path of a weight must match.

    Args:
        default_optimizer: for weights that no expression matches.
        optimizer_map: {expression: optimizer}.

    Raises: TypeError if the default is no optimizer; ValueError if an expression is given twice, or two match one weight.
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None):
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(f"OptimizerMap: default_optimizer must be an Optimizer, and got {default_optimizer!r}.")
        self._default_optimizer = default_optimizer
        self._optimizers: dict[str, Optimizer] = {}
        for pattern, optimizer in (optimizer_map or {}).items():
            self[pattern] = optimizer

    @property
    def default_optimizer(self) -> Optimizer:
        return self._default_optimizer

    def __getitem__(self, path: str) -> Optimizer:
        if path in self._optimizers:
            return self._optimizers[path]
        found = [pattern for pattern in self._optimizers if re.fullmatch(pattern, path)]
        if len(found) > 1:
            raise ValueError(
                f"OptimizerMap: the path {path!r} matches several expressions: {', '.join(map(repr, found))}."
            )
        return self._optimizers[found[0]] if found else self._default_optimizer

    def __setitem__(self, pattern: str, optimizer: Optimizer) -> None:
        if pattern in self._optimizers:
            raise ValueError(f"OptimizerMap: {pattern!r} has an optimizer already. Delete it first.")
        if not isinstance(optimizer, Optimizer):
            raise ValueError(f"OptimizerMap: {pattern!r} must stand for an Optimizer, and got {optimizer!r}.")
        self._optimizers[pattern] = optimizer

    def __delitem__(self, pattern: str) -> None:
        del self._optimizers[pattern]

    def __len__(self) -> int:
        return len(self._optimizers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizers)

    def __call__(self, variable: Variable) -> Optimizer:
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        return {
            "default_optimizer": serialize_keras_object(self._default_optimizer),
            "optimizer_map": {pattern: serialize_keras_object(o) for pattern, o in self._optimizers.items()},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> OptimizerMap:
        from yeoul import optimizers

        def made(part: Any) -> Optimizer:
            return optimizers.deserialize(part, custom_objects)

        return cls(
            made(config["default_optimizer"]), {pattern: made(o) for pattern, o in config["optimizer_map"].items()}
        )


class MultiOptimizer(Optimizer):
    """Hands every weight's gradient to an optimizer of its own.

    Args:
        optimizer_map: an `OptimizerMap`, or a function that takes a weight and gives its optimizer.
        loss_scale_factor: of the loss; it takes the place of the optimizers' own factors.

    It has no learning rate: those of `optimizers` are set one by one.
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ):
        if not callable(optimizer_map):
            raise TypeError(
                "MultiOptimizer: optimizer_map must be an OptimizerMap or a function from a weight to its optimizer, and got "
                f"{optimizer_map!r}."
            )
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self.optimizer_map = optimizer_map
        self._parts: list[tuple[Optimizer, list[Variable]]] = []

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers in use: those of the map, in the order of the weights once it is built."""
        if self._parts:
            return [optimizer for optimizer, _ in self._parts]
        if isinstance(self.optimizer_map, OptimizerMap):
            return [*self.optimizer_map._optimizers.values(), self.optimizer_map.default_optimizer]
        return []

    @property
    def learning_rate(self) -> Any:
        raise AttributeError("A MultiOptimizer has no learning rate: read and set those of its `optimizers`.")

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError("A MultiOptimizer has no learning rate: read and set those of its `optimizers`.")

    @property
    def variables(self) -> list[Variable]:
        return [*super().variables, *(v for optimizer in self.optimizers for v in optimizer.variables)]

    def build(self, variables: list[Variable]) -> None:
        self._trainable = list(variables)
        self._index = {id(v): i for i, v in enumerate(variables)}
        parts: dict[int, tuple[Optimizer, list[Variable]]] = {}
        for v in variables:
            optimizer = self.optimizer_map(v)
            if not isinstance(optimizer, Optimizer):
                raise ValueError(
                    f"MultiOptimizer: the optimizer of {v.path!r} must be an Optimizer, and is {optimizer!r}."
                )
            parts.setdefault(id(optimizer), (optimizer, []))[1].append(v)
        self._parts = list(parts.values())
        for optimizer, own in self._parts:
            optimizer.loss_scale_factor = self.loss_scale_factor
            optimizer.build(own)
        self.built = True

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        for optimizer in self.optimizers:
            optimizer.exclude_from_weight_decay(var_list, var_names)

    def _apply(self, pairs: list[tuple[Tensor, Variable]]) -> None:
        given = {id(v): (g, v) for g, v in pairs}
        for optimizer, own in self._parts:
            mine = [given[id(v)] for v in own if id(v) in given]
            if mine:
                optimizer._apply(mine)
        self._iterations.assign_add(1)

    def finalize_variable_values(self, var_list: list[Variable]) -> None:
        for optimizer in self.optimizers:
            optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        is_map = isinstance(self.optimizer_map, OptimizerMap)
        chosen = serialize_keras_object(self.optimizer_map) if is_map else self.optimizer_map
        return {"optimizer_map": chosen, "loss_scale_factor": self.loss_scale_factor, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
        chosen = config["optimizer_map"]
        if isinstance(chosen, dict):
            chosen = OptimizerMap.from_config(chosen["config"], custom_objects)
        return cls(**{**config, "optimizer_map": chosen})
