"""Layer: weights and a computation, called on tensors.

Called on concrete or traced tensors, a layer computes. Called on the tensors of a functional model (`Input` and what flows from it), it becomes a node of
that model's graph: the node's op is the call of this layer, and the model applies it again whenever the model is called.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from yeoul import constraints, dtype_policies, initializers, ops, regularizers
from yeoul.core import autocast, dtypes, naming, trace, tree
from yeoul.core.arguments import KnownArguments, arguments_of, given_arguments, is_plain, unknown_arguments, warn_caller
from yeoul.core.masks import get_keras_mask, set_keras_mask
from yeoul.core.tensor import KerasTensor, Node, Op, Tensor, placeholder
from yeoul.core.variable import Variable
from yeoul.layers.mask_passing import leave_masks, take_masks
from yeoul.random import SeedGenerator
from yeoul.serialization import serialize_keras_object


class InputSpec:
    """What a layer expects of an input.

    Args:
        dtype, shape, ndim, min_ndim, max_ndim: conditions; None for none.
        axes: {axis: size} that must hold.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype, self.shape, self.ndim = dtype, shape, ndim if shape is None else len(shape)
        self.max_ndim, self.min_ndim, self.axes, self.name = max_ndim, min_ndim, axes or {}, name


class _Context(threading.local):
    """What enclosing calls of this thread decided: the training flag, and how deep the calls are."""

    def __init__(self) -> None:
        self.training: list[bool | None] = []


context = _Context()


class LayerCall(Op):
    """A layer's call as the op of a functional model's node."""

    def __init__(self, layer: Layer, structure: Any, positions: list[int], leaves: list[Any], specs: Any):
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


class Layer(KnownArguments):
    """Base of all layers.

    Args:
        trainable: whether its weights are trained.
        name: unique name; made from the class if not given.
        dtype: a dtype policy or its name, such as "mixed_float16": the dtypes of weights and computation; the global policy if not given.
        autocast: whether float inputs are cast to the compute dtype.
        activity_regularizer: penalty on the output.

    A subclass makes weights in `build(self, input_shape)` with `add_weight`, and computes in `call(self, inputs)`, which may take
    `training`. Assigning a layer, or a list or dict of layers, to an attribute makes it a part of this one.

    Masks travel with the tensors. A layer with `supports_masking = True` passes its input's mask on; one that overrides
    `compute_mask(self, inputs, previous_mask)` says what its outputs' masks are; one whose `call` takes `mask` is given it.
    """

    supports_masking = False

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__new__(cls, *args, **kwargs)
        if not cls.__init__.__module__.startswith("yeoul."):  # type: ignore[misc]
            given = given_arguments(cls, args, kwargs)
            if given is not None:  # objects are left out, so that nothing is kept alive
                made.__dict__["_given"] = {name: value for name, value in given.items() if is_plain(value)}
                made.__dict__["_given_objects"] = [name for name, value in given.items() if not is_plain(value)]
        return made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "compute_mask" in cls.__dict__ and "supports_masking" not in cls.__dict__:
            cls.supports_masking = True

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        self._own: list[Variable]
        object.__setattr__(self, "_own", [])
        self._call_losses: list[Tensor] = []
        self.name = name or naming.unique_name(naming.to_snake_case(type(self).__name__))
        self.built = False
        self.autocast = autocast
        self.input_spec: Any = None
        self._trainable = bool(trainable)
        self._dtype_policy = dtype_policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._calls: list[tuple[Any, Any]] = []  # symbolic inputs and outputs
        self.given_input_shape: tuple | None = None
        self._initial_weights: Any = None
        self._accept_older_arguments(kwargs)

    def _accept_older_arguments(self, kwargs: dict[str, Any]) -> None:
        """Arguments of Keras 1 and 2 that the layer's place in a model says today."""
        if "input_dim" in kwargs:
            dim = kwargs.pop("input_dim")
            length = kwargs.pop("input_length", None)
            kwargs["input_shape"] = (dim,) if length is None else (length, dim)
        if "input_shape" in kwargs:
            self.given_input_shape = tuple(np.atleast_1d(kwargs.pop("input_shape")).tolist())
            warn_caller(
                f"{type(self).__name__}: input_shape= and input_dim= are accepted, but start the model with "
                f"Input(shape={self.given_input_shape}) instead.",
                DeprecationWarning,
            )
        if "batch_input_shape" in kwargs:
            self.given_input_shape = tuple(kwargs.pop("batch_input_shape"))[1:]
        self._initial_weights = kwargs.pop("weights", None)
        if kwargs.get("quantization_config", 0) is None:  # Keras writes it into configurations
            del kwargs["quantization_config"]
        if kwargs:
            raise TypeError(unknown_arguments(type(self), kwargs))

    # -- parts --------------------------------------------------------------------------------------------------------
    def __setattr__(self, name: str, value: Any) -> None:
        if "_own" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__}: call super().__init__() before setting attributes (here {name!r})."
            )
        if isinstance(value, Variable) and not any(value is v for v in self._own):
            self._own.append(value)
            value.path = f"{self.__dict__.get('name', '')}/{value.name}"
        object.__setattr__(self, name, value)

    def _parts(self) -> Iterator[Layer]:
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
    def layers(self) -> list[Layer]:
        return list(self._parts())

    def _flatten_layers(self, include_self: bool = True) -> list[Layer]:
        found: list[Layer] = [self] if include_self else []
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

    @property
    def metrics(self) -> list[Any]:
        return []

    @property
    def dtype_policy(self) -> dtype_policies.DTypePolicy:
        policy = self._dtype_policy
        return policy[self.name] if isinstance(policy, dtype_policies.DTypePolicyMap) else policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = dtype_policies.get(value)

    @property
    def dtype(self) -> str:
        return self.variable_dtype

    @property
    def _dtype(self) -> str:
        """The dtype of a layer that has one only, such as an input's."""
        return self.variable_dtype

    @_dtype.setter
    def _dtype(self, value: str) -> None:
        self.dtype_policy = value

    @property
    def variable_dtype(self) -> str:
        return self.dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        return self.dtype_policy.compute_dtype

    #: Layers of statistics set this: in half precision they take their inputs and compute in float32.
    half_in_float32 = False

    @property
    def input_dtype(self) -> str:
        """What float inputs are cast to."""
        dtype = self.compute_dtype
        return "float32" if self.half_in_float32 and dtype in ("float16", "bfloat16") else dtype

    @property
    def _casts_inputs(self) -> bool:
        return self.autocast

    def _reading_dtype(self) -> str | None:
        """What variables are to be read as while this layer computes."""
        dtype = self.input_dtype
        if autocast.scope.dtype is None:
            return dtype if self.autocast and dtype != self.variable_dtype else None
        return dtype if self.autocast and dtypes.is_float(dtype) else None

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
        variable.path = f"{self.name}/{variable.name}"
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._own.append(variable)
        return variable

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

    # -- losses -------------------------------------------------------------------------------------------------------
    def add_loss(self, loss: Any) -> None:
        """Adds a scalar to what training minimises."""
        for value in loss if isinstance(loss, (list, tuple)) else [loss]:
            self._call_losses.append(ops.convert_to_tensor(value))

    @property
    def losses(self) -> list[Tensor]:
        """Losses of the last call, and the penalties on weights."""
        found = [loss for layer in self._flatten_layers() for loss in layer._call_losses]
        for v in self.trainable_weights:
            if v.regularizer is not None:
                found.append(v.regularizer(v.value))
        return found

    def _forget_losses(self) -> None:
        for layer in self._flatten_layers():
            if layer._call_losses:
                layer._call_losses = []

    # -- calling --------------------------------------------------------------------------------------------------------
    def build(self, input_shape: Any) -> None:
        """Makes the weights. Layers without weights need none."""
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"Layer {type(self).__name__} implements no call(self, inputs).")

    @classmethod
    def call_arguments(cls) -> tuple[str, ...]:
        """The names of `call`'s arguments, `self` first."""
        known = cls.__dict__.get("_call_arguments")
        if known is None:
            known = tuple(inspect.signature(cls.call).parameters)
            cls._call_arguments = known  # type: ignore[attr-defined]
        return known

    @classmethod
    def call_takes(cls, name: str) -> bool:
        """Whether `call` has an argument of this name."""
        return name in cls.call_arguments()

    @classmethod
    def _training_default(cls) -> bool | None:
        """What `call` does if nobody says whether this is training: layers of noise nothing, layers of augmentation their work."""
        known = cls.__dict__.get("_training_if_unsaid", cls)
        if known is cls:
            default = inspect.signature(cls.call).parameters["training"].default
            known = False if default is inspect.Parameter.empty else default
            cls._training_if_unsaid = known  # type: ignore[attr-defined]
        return known

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not args and "inputs" in kwargs:
            args = (kwargs.pop("inputs"),)
        leaves = (
            tree.flatten((args, kwargs))
            if len(args) != 1 or kwargs or isinstance(args[0], (list, tuple, dict))
            else list(args)
        )
        if any(type(leaf) is KerasTensor for leaf in leaves):
            return self._symbolic_call(args, kwargs)
        previous_mask = take_masks(self, args, kwargs)
        args = tuple([self._prepared(a) for a in args])
        kwargs = {k: self._prepared(v) if isinstance(v, Tensor) else v for k, v in kwargs.items()}
        if not self.built:
            self._build_from(args, kwargs)
        if self.input_spec is not None:
            self._check_input(args[0])
        training = kwargs.pop("training", None)
        if training is None and context.training:
            training = context.training[-1]
        if self.call_takes("training"):
            if training is None:
                training = self._training_default()
            kwargs["training"] = None if training is None else bool(training)
        if not context.training:
            self._forget_losses()
        context.training.append(training)
        try:
            with autocast.reading_as(self._reading_dtype()):
                y = self.call(*args, **kwargs)
        finally:
            context.training.pop()
        if self.half_in_float32 and self.input_dtype != self.compute_dtype:
            y = tree.map_structure(lambda t: ops.cast(t, self.compute_dtype) if dtypes.is_float(t.dtype) else t, y)
        if self.activity_regularizer is not None:
            for leaf in tree.flatten(y):
                batch = ops.cast(ops.shape(leaf)[0], leaf.dtype) if ops.shape(leaf) and ops.shape(leaf)[0] else 1.0
                self.add_loss(self.activity_regularizer(leaf) / batch)
        if previous_mask is not None or type(self).compute_mask is not Layer.compute_mask:
            leave_masks(self, args[0] if args else None, y, previous_mask)
        return y

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the output, given that of the inputs: the same one."""
        return previous_mask

    def _prepared(self, x: Any) -> Any:
        if isinstance(x, Tensor):
            return (
                ops.cast(x, self.input_dtype)
                if self._casts_inputs and dtypes.is_float(x.dtype) and dtypes.is_float(self.input_dtype)
                else x
            )
        if isinstance(x, (list, tuple, dict)) and x:
            leaves = tree.flatten(x)
            if all(isinstance(leaf, (Tensor, Variable, np.ndarray)) for leaf in leaves):
                return tree.map_structure(self._prepared, x)
            if all(isinstance(leaf, (int, float, np.number, bool)) for leaf in leaves):
                return self._prepared(ops.convert_to_tensor(x))
            return x
        if isinstance(x, (np.ndarray, np.generic, Variable)) or hasattr(x, "__array__"):
            return self._prepared(ops.convert_to_tensor(x))
        return x

    def _build_from(self, args: tuple, kwargs: dict[str, Any]) -> None:
        shape = (
            tree.map_structure(lambda x: tuple(x.shape) if isinstance(x, Tensor) else None, args[0]) if args else None
        )
        if isinstance(shape, list) and shape and isinstance(shape[0], tuple):
            shape = list(shape)
        self._build_for(shape)

    def _build_for(self, shape: Any) -> None:
        with trace.concretely(), autocast.reading_as(None):
            self.build(shape)
        self.built = True
        self.built_shape = shape
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    def _check_input(self, x: Any) -> None:
        specs = self.input_spec if isinstance(self.input_spec, (list, tuple)) else [self.input_spec]
        for spec, leaf in zip(specs, tree.flatten(x), strict=False):
            if spec is None or not isinstance(leaf, Tensor):
                continue
            shape = leaf.shape
            if spec.ndim is not None and len(shape) != spec.ndim:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} needs an input of rank {spec.ndim}, and got rank {len(shape)}: shape {shape}."
                )
            if spec.min_ndim is not None and len(shape) < spec.min_ndim:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} needs an input of rank {spec.min_ndim} or more, and got shape {shape}. "
                    "A batch of samples has the batch as its first axis."
                )
            for axis, size in spec.axes.items():
                if shape[axis] is not None and shape[axis] != size:
                    raise ValueError(
                        f"{type(self).__name__} {self.name!r} was built for inputs whose "
                        f"{'last axis' if axis == -1 else f'axis {axis}'} is {size}, and got shape {shape}."
                        + _advice(shape, axis, size)
                    )

    # -- functional models ----------------------------------------------------------------------------------------------
    def _symbolic_call(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        leaves = tree.flatten((args, kwargs))
        positions = [i for i, leaf in enumerate(leaves) if isinstance(leaf, KerasTensor)]
        inputs = [leaves[i] for i in positions]
        output = self.compute_output_spec(*args, **kwargs)
        specs = tree.flatten(output)
        op = LayerCall(
            self, (args, kwargs), positions, [None if isinstance(x, KerasTensor) else x for x in leaves], output
        )
        node = Node(op, tuple(inputs), {})
        made = []
        for i, spec in enumerate(specs):
            made.append(KerasTensor(None, spec.shape, spec.dtype, node, i, name=self.name))
            mask = get_keras_mask(spec)
            if mask is not None:
                set_keras_mask(made[-1], _symbolic_mask(made[-1], mask))
        result = tree.pack_sequence_as(output, made)
        self._calls.append((tree.pack_sequence_as(args[0], tree.flatten(args[0])) if args else None, result))
        return result

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic tensors with the shapes and dtypes that the layer would give."""

        def stand_in(x: Any) -> Any:
            if not isinstance(x, KerasTensor):
                return x
            y, mask = placeholder(x.shape, x.dtype, x.name), get_keras_mask(x)
            if mask is not None:
                set_keras_mask(y, placeholder(mask.shape, mask.dtype))
            return y

        new_args, new_kwargs = tree.map_structure(stand_in, (args, kwargs))
        with trace.tracing():
            saved, context.training = context.training, [kwargs.get("training")]
            try:
                return self(*new_args, **new_kwargs)
            finally:
                context.training = saved
                self._forget_losses()

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape from the input's, None for unknown sizes."""
        inputs = _placeholders(input_shape, self.compute_dtype)
        with trace.tracing():
            y = self(inputs)
        return tree.map_structure(lambda t: t.shape, y)

    def _one_call(self, what: str, index: int) -> Any:
        if not self._calls:
            raise AttributeError(f"Layer {self.name!r} has no {what}: it was never called on the Input of a model.")
        return self._calls[0][index]

    @property
    def input(self) -> Any:
        return self._one_call("input", 0)

    @property
    def output(self) -> Any:
        return self._one_call("output", 1)

    # -- configuration ---------------------------------------------------------------------------------------------------
    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a layer again.

        A class of one's own that does not override this gets what it was made with.

        Raises: NotImplementedError if that is not possible, because an argument is an object.
        """
        penalty = {"activity_regularizer": serialize_keras_object(self.activity_regularizer)}
        base = {"name": self.name, "trainable": self._trainable, "dtype": dtype_policies.serialize(self._dtype_policy)}
        base = base if self.activity_regularizer is None else {**base, **penalty}
        given = self.__dict__.get("_given")
        writer = next(cls for cls in type(self).__mro__ if "get_config" in cls.__dict__)
        if given is None or not writer.__module__.startswith("yeoul."):
            return base
        objects = self.__dict__["_given_objects"]
        if objects:
            raise NotImplementedError(
                f"{type(self).__name__} was made with {', '.join(map(repr, objects))}, which is more than numbers and text: override "
                "get_config() in it, and from_config() if a configuration must be turned into objects first."
            )
        accepted = arguments_of(type(self))
        return {**given, **{key: value for key, value in base.items() if key in accepted}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)

    def get_build_config(self) -> dict[str, Any] | None:
        """What `build_from_config` makes the weights with: {"input_shape"}; None if the layer is not built, or has no `build`."""
        shape = self.__dict__.get("built_shape")
        return None if shape is None or type(self).build is Layer.build else {"input_shape": shape}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Makes the weights for the input shape in `config`, as `get_build_config` wrote it."""
        shape = config.get("input_shape")
        if shape is not None:
            self._build_for(_as_shapes(shape))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_calls", "_call_losses")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__["_calls"] = []
        self.__dict__["_call_losses"] = []


class _MaskOf(Layer):
    """The mask that a tensor carries, as a node of a functional model."""

    def call(self, x: Tensor, mask: Any = None) -> Any:
        return mask


def _symbolic_mask(tensor: KerasTensor, mask: Tensor) -> KerasTensor:
    op = LayerCall(_MaskOf(name="mask_of", autocast=False), ((tensor,), {}), [0], [None], mask)
    return KerasTensor(None, mask.shape, mask.dtype, Node(op, (tensor,), {}), name="mask_of")


#: Attributes that hold no layers of their own, or many other things.
_NO_PARTS = frozenset(("_calls", "_given", "_own", "_cache", "_graph", "_counts", "_documents", "_tokens", "optimizer"))


def known_axis(input_shape: Any, axis: int, layer: Layer) -> int:
    """The size of an axis that a layer needs for its weights.

    Raises: ValueError if it is unknown.
    """
    size = input_shape[axis] if len(input_shape) >= abs(axis) else None
    if size is None:
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} must know the size of axis {axis} of its input, and got shape {input_shape}."
        )
    return int(size)


def _advice(shape: tuple, axis: int, size: int) -> str:
    rest = shape[1:]
    if axis == -1 and None not in rest and len(rest) > 1 and int(np.prod(rest)) == size:
        return f"\nPut a Flatten() before it, or reshape the data to ({shape[0]}, {size})."
    return ""


def _layers_in(value: Any) -> Iterator[Layer]:
    if isinstance(value, Layer):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _layers_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _layers_in(part)


def _unique(variables: list[Variable]) -> list[Variable]:
    return list({id(v): v for v in variables}.values())


def _as_shapes(shape: Any) -> Any:
    """Shapes that JSON made lists of, as tuples again."""
    if isinstance(shape, dict):
        return {key: _as_shapes(part) for key, part in shape.items()}
    if any(isinstance(part, (list, tuple, dict)) for part in shape):
        return [_as_shapes(part) for part in shape]
    return tuple(shape)


def _placeholders(shape: Any, dtype: str) -> Any:
    if isinstance(shape, dict):
        return {k: _placeholders(s, dtype) for k, s in shape.items()}
    if isinstance(shape, (list, tuple)) and shape and isinstance(shape[0], (list, tuple)):
        return [_placeholders(s, dtype) for s in shape]
    return placeholder(tuple(shape), dtype)
