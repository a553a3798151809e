"""Layer: weights and a computation, called on tensors.

Called on concrete or traced tensors, a layer computes. Called on the tensors of a functional model (`Input` and what flows from it), it becomes a node of
that model's graph: the node's op is the call of this layer, and the model applies it again whenever the model is called.
"""

from __future__ import annotations

import inspect
import threading
from typing import Any

import numpy as np

from yeoul import dtype_policies, ops, regularizers
from yeoul.core import autocast, dtypes, naming, trace, tree
from yeoul.core.arguments import (
    KnownArguments,
    arguments_of,
    given_arguments,
    is_own,
    is_plain,
    unknown_arguments,
    warn_caller,
)
from yeoul.core.masks import get_keras_mask, set_keras_mask
from yeoul.core.tensor import KerasTensor, Node, Tensor, placeholder
from yeoul.core.variable import Variable
from yeoul.layers.input_spec import InputSpec as InputSpec
from yeoul.layers.input_spec import check_inputs
from yeoul.layers.layer_call import LayerCall as LayerCall
from yeoul.layers.mask_passing import leave_masks, take_masks
from yeoul.layers.owning import Owner
from yeoul.serialization import serialize_keras_object

__all__ = ["Layer"]


class _Context(threading.local):
    """What enclosing calls of this thread decided: the training flag, and how deep the calls are."""

    def __init__(self) -> None:
        self.training: list[bool | None] = []


context = _Context()


class Layer(Owner, KnownArguments):
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
        if not is_own(cls.__init__):  # type: ignore[misc]
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
        self.given_batch_shape: tuple | None = None  # the shape that the layer wants its model to begin with
        self._initial_weights: Any = None
        self._accept_older_arguments(kwargs)

    def _accept_older_arguments(self, kwargs: dict[str, Any]) -> None:
        """Arguments of Keras 1 and 2 that the layer's place in a model says today."""
        if "input_dim" in kwargs:
            dim = kwargs.pop("input_dim")
            length = kwargs.pop("input_length", None)
            kwargs["input_shape"] = (dim,) if length is None else (length, dim)
        if "input_shape" in kwargs:
            shape = tuple(np.atleast_1d(kwargs.pop("input_shape")).tolist())
            self.given_batch_shape = (kwargs.pop("batch_size", None), *shape)
            warn_caller(
                f"{type(self).__name__}: input_shape= and input_dim= are accepted, but start the model with "
                f"Input(shape={shape}) instead.",
                DeprecationWarning,
            )
        if "batch_input_shape" in kwargs:
            self.given_batch_shape = tuple(kwargs.pop("batch_input_shape"))
        self._initial_weights = kwargs.pop("weights", None)
        if kwargs.get("quantization_config", 0) is None:  # Keras writes it into configurations
            del kwargs["quantization_config"]
        if kwargs:
            raise TypeError(unknown_arguments(type(self), kwargs))

    # -- precision ----------------------------------------------------------------------------------------------------
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
        with naming.scope(self, self.name):
            self._settle()
            if not self.built:
                self._build_from(args, kwargs)
            if self.input_spec is not None:
                check_inputs(f"{type(self).__name__} {self.name!r}", self.input_spec, args[0])
            y = self._called(args, kwargs)
        if self.half_in_float32 and self.input_dtype != self.compute_dtype:
            y = tree.map_structure(lambda t: ops.cast(t, self.compute_dtype) if dtypes.is_float(t.dtype) else t, y)
        if self.activity_regularizer is not None:
            for leaf in tree.flatten(y):
                batch = ops.cast(ops.shape(leaf)[0], leaf.dtype) if ops.shape(leaf) and ops.shape(leaf)[0] else 1.0
                self.add_loss(self.activity_regularizer(leaf) / batch)
        if previous_mask is not None or type(self).compute_mask is not Layer.compute_mask:
            leave_masks(self, args[0] if args else None, y, previous_mask)
        return y

    def _called(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """`call` with the training flag that holds here, in the dtype in which the layer computes."""
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
                return self.call(*args, **kwargs)
        finally:
            context.training.pop()

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple:
        """A call for given values of the weights; the layer itself does not change.

        Args:
            trainable_variables, non_trainable_variables: values for the lists of these names, in their order.
            args, kwargs: of the call.
            return_losses: whether the losses of the call are returned too.

        Returns: (output, values of `non_trainable_variables` after the call), and a list of the losses if wanted.
        Raises: ValueError if the layer is not built, or a number of values is wrong.
        """
        kind = f"{type(self).__name__} {self.name!r}"
        if not self.built:
            raise ValueError(
                f"{kind} is not built yet: call it on data, or build(input_shape), before stateless_call()."
            )
        lists = {
            "trainable_variables": (self.trainable_variables, trainable_variables),
            "non_trainable_variables": (self.non_trainable_variables, non_trainable_variables),
        }
        state = trace.holding(kind, lists)
        with trace.tracing(state):
            y = self(*args, **kwargs)
            losses = self.losses
        self._forget_losses()
        after = [state.read(v) for v in self.non_trainable_variables]
        return (y, after, losses) if return_losses else (y, after)

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
        if given is None or not is_own(writer):
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
