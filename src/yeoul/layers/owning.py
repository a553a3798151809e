"""What a layer owns: its weights, and the layers that are its attributes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from yeoul import constraints, initializers, regularizers
from yeoul.core import dtypes, naming
from yeoul.core.variable import Variable
from yeoul.random import SeedGenerator


class Owner:
    """Base of layers: keeps track of weights and of parts, and knows where it stands among the layers around it."""

    name: str
    built: bool
    variable_dtype: str
    _own: list[Variable]
    _trainable: bool
    _path: str | None = None

    # -- where it stands ------------------------------------------------------------------------------------------------
    @property
    def path(self) -> str | None:
        """The names of the layers around this one when it was built, and its own: "model/block/dense". None before."""
        return self._path

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _in_its_place(cls.build)  # type: ignore[attr-defined]

    def _settle(self) -> None:
        """Takes the layers around for those of `path`, unless that was done before."""
        if self._path is None:
            object.__setattr__(self, "_path", self._place())

    def _place(self) -> str:
        """`path`, or what it would be here."""
        return self._path or naming.path_of(self, self.__dict__.get("name", ""))

    # -- parts ----------------------------------------------------------------------------------------------------------
    def __setattr__(self, name: str, value: Any) -> None:
        if "_own" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__}: call super().__init__() before setting attributes (here {name!r})."
            )
        if isinstance(value, Variable) and not any(value is v for v in self._own):
            self._own.append(value)
            if value.path == value.name:
                value.path = f"{self._place()}/{value.name}"
        object.__setattr__(self, name, value)

    def _parts(self) -> Iterator[Any]:
        """Layers that are attributes of this one, in order of assignment."""
        seen: set[int] = set()
        for key, value in self.__dict__.items():
            if key in _NO_PARTS:
                continue
            for part in _layers_in(value):
                if id(part) not in seen and part is not self:
                    seen.add(id(part))
                    yield part

    @property
    def layers(self) -> list[Any]:
        return list(self._parts())

    def _flatten_layers(self, include_self: bool = True) -> list[Any]:
        found: list[Any] = [self] if include_self else []
        for part in self.layers:
            for layer in part._flatten_layers():
                if not any(layer is other for other in found):
                    found.append(layer)
        return found

    def _random_states(self) -> list[Variable]:
        return [
            value.state
            for layer in self._flatten_layers()
            for value in layer.__dict__.values()
            if isinstance(value, SeedGenerator)
        ]

    @property
    def variables(self) -> list[Variable]:
        """All state: weights and the states of random generators."""
        return [*self.weights, *self._random_states()]

    @property
    def weights(self) -> list[Variable]:
        own = [v for v in self._own if v.trainable] + [v for v in self._own if not v.trainable]
        found = list(own)
        for layer in self.layers:
            found.extend(layer.weights)
        return _unique(found)

    @property
    def trainable_weights(self) -> list[Variable]:
        if not self._trainable:
            return []
        found = [v for v in self._own if v.trainable]
        for layer in self.layers:
            found.extend(layer.trainable_weights)
        return _unique(found)

    @property
    def non_trainable_weights(self) -> list[Variable]:
        trained = {id(v) for v in self.trainable_weights}
        return [v for v in self.weights if id(v) not in trained]

    @property
    def trainable_variables(self) -> list[Variable]:
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        trained = {id(v) for v in self.trainable_weights}
        return [v for v in self.variables if id(v) not in trained]

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.layers:
            layer.trainable = value

    def _own_metrics(self) -> list[Any]:
        """Metrics that are attributes of this layer."""
        from yeoul.metrics.metric import Metric  # only here: most layers are made and called without metrics

        found: dict[int, Metric] = {}
        for name, value in self.__dict__.items():
            if name not in _NO_METRICS:
                parts = value if isinstance(value, (list, tuple)) else (value,)
                found.update({id(part): part for part in parts if isinstance(part, Metric)})
        return list(found.values())

    @property
    def metrics(self) -> list[Any]:
        """Metrics that are attributes of this layer and of its parts."""
        found = [metric for layer in self._flatten_layers() for metric in layer._own_metrics()]
        return list({id(metric): metric for metric in found}.values())

    @property
    def metrics_variables(self) -> list[Variable]:
        """The state of `metrics`."""
        return [variable for metric in self.metrics for variable in metric.variables]

    # -- weights --------------------------------------------------------------------------------------------------------
    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> Variable:
        """A new weight of this layer.

        Args:
            shape: sizes; () for a scalar.
            initializer: name, object or function; glorot_uniform for floats if not given.
        """
        dtype = dtypes.name_of(dtype) if dtype is not None else self.variable_dtype
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(dtype) else "zeros"
        variable = Variable(
            initializers.get(initializer),
            shape=tuple(shape) if shape is not None else (),
            dtype=dtype,
            trainable=trainable,
            autocast=autocast,
            name=name or "variable",
        )
        variable.path = f"{self._place()}/{variable.name}"
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._own.append(variable)
        return variable

    def _specify(self, weight: str, initializer: Any, regularizer: Any, constraint: Any) -> None:
        """Says in the constructor how a weight will be made: sets `<weight>_initializer`, `_regularizer` and `_constraint`."""
        setattr(self, f"{weight}_initializer", initializers.get(initializer))
        setattr(self, f"{weight}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{weight}_constraint", constraints.get(constraint))

    def _add_specified(self, weight: str, shape: tuple, name: str | None = None) -> Variable:
        """The new weight that was specified so; `name` is its own, if that is another one."""
        return self.add_weight(
            shape,
            getattr(self, f"{weight}_initializer"),
            regularizer=getattr(self, f"{weight}_regularizer"),
            constraint=getattr(self, f"{weight}_constraint"),
            name=name or weight,
        )

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights, in the order of `weights`."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Sets all weights, in the order of `weights`.

        Raises: ValueError if their number or shapes differ; then none is changed.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(f"Layer {self.name!r} has {len(own)} weights, and got {len(weights)}.")
        arrays = [np.asarray(w) for w in weights]
        for v, w in zip(own, arrays, strict=True):
            if v.shape != w.shape:
                raise ValueError(f"Layer {self.name!r}: weight {v.path!r} has shape {v.shape}, and got {w.shape}.")
        for v, w in zip(own, arrays, strict=True):
            v.assign(w)

    def count_params(self) -> int:
        """Number of weights.

        Raises: ValueError if the layer is not built.
        """
        if not self.built:
            raise ValueError(
                f"Layer {self.name!r} is not built yet: call it on data, or build(input_shape), before count_params()."
            )
        return sum(v.size for v in self.weights)


def _in_its_place(build: Callable[..., Any]) -> Callable[..., Any]:
    """`build` that settles the layer's path, and is around what is built inside it."""

    @functools.wraps(build)
    def building(self: Any, *args: Any, **kwargs: Any) -> Any:
        with naming.scope(self, self.name):
            self._settle()
            return build(self, *args, **kwargs)

    return building


#: Attributes that hold no metrics of the layer's own, or many other things.
_NO_METRICS = frozenset(("_loss_tracker", "_stack", "_calls"))

#: Attributes that hold no layers of their own, or many other things.
_NO_PARTS = frozenset(("_calls", "_given", "_own", "_cache", "_graph", "_counts", "_documents", "_tokens", "optimizer"))


def _layers_in(value: Any) -> Iterator[Any]:
    if isinstance(value, Owner):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _layers_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _layers_in(part)


def _unique(variables: list[Variable]) -> list[Variable]:
    return list({id(v): v for v in variables}.values())
