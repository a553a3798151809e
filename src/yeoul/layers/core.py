"""Input, Dense, Activation and the like."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import activations, ops
from yeoul.core import config, dtypes, naming
from yeoul.core.tensor import KerasTensor, Tensor
from yeoul.layers.host_layer import WAY_OUT
from yeoul.layers.layer import InputSpec, Layer, known_axis
from yeoul.layers.low_rank import LowRank
from yeoul.serialization import serialized_attributes

__all__ = ["Activation", "Dense", "Identity", "Input", "InputLayer"]


class InputLayer(Layer):
    """Where data enters a model. See `Input`; `input_shape` and `batch_input_shape` are older names of the shapes."""

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name or naming.unique_name("input_layer"))
        shape = kwargs.pop("input_shape", None) if shape is None else shape
        batch_shape = kwargs.pop("batch_input_shape", None) if batch_shape is None else batch_shape
        if kwargs:
            raise TypeError(
                f"InputLayer does not know the argument(s) {', '.join(map(repr, kwargs))}. Its arguments are: shape, "
                "batch_size, dtype, sparse, ragged, batch_shape, input_tensor, optional, name."
            )
        if sparse or ragged or input_tensor is not None:
            raise ValueError(
                f"Input {self.name!r}: sparse, ragged and ready-made tensors are not supported. Pass dense arrays to the model."
            )
        self.optional = optional
        if batch_shape is None:
            if shape is None:
                raise ValueError("Input needs shape=..., the shape of one sample without the batch axis.")
            if isinstance(shape, (int, np.integer)):
                raise ValueError(f"Input: shape must be a tuple, such as ({shape},), and got the number {shape}.")
            batch_shape = (batch_size, *shape)
        if dtype == "string":
            raise ValueError(f"Input {self.name!r}: dtype='string' is not possible. {WAY_OUT}")
        self.batch_shape = tuple(batch_shape)
        self._dtype = dtypes.name_of(dtype) if dtype is not None else config.floatx()
        self.built = True
        self._make_tensor()

    def _make_tensor(self) -> None:
        """Makes the tensor that stands for the data."""
        self.tensor = KerasTensor(None, self.batch_shape, self._dtype, name=self.name)
        self.tensor.tags = {"layer": self}
        self._calls.append((self.tensor, self.tensor))

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        del state["tensor"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._make_tensor()

    def call(self, x: Any) -> Any:
        return x

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self._dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: Any = None,
    ragged: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """The start of a functional model.

    Args:
        shape: of one sample, without the batch axis; None for sizes that vary.
        batch_size: fixed number of samples, if any.
        dtype: floatx if not given.
    """
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name).tensor


class Dense(LowRank, Layer):
    """y = activation(x @ kernel + bias).

    Args:
        units: size of the output's last axis.
        activation: name or function; none if not given.
        use_bias: whether a bias is added.
        lora_rank, lora_alpha: trains two thin matrices instead of the kernel (see `LowRank.enable_lora`).
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint: names or objects.

    Shapes: input (batch, ..., features) -> output (batch, ..., units).
    Raises: ValueError if the input's last axis is unknown or changes after the layer was built.
    """

    supports_masking = True

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if not isinstance(units, (int, np.integer)) or units <= 0:
            raise ValueError(f"Dense: units must be a positive integer, and got {units!r}.")
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self._specify("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._specify("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.lora_rank, self.lora_alpha = lora_rank, lora_alpha
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        if len(input_shape) < 2:
            raise ValueError(
                f"Dense {self.name!r} needs an input of rank 2 or more (batch, features), and got shape {tuple(input_shape)}."
            )
        features = known_axis(input_shape, -1, self)
        self.kernel = self._add_specified("kernel", (features, self.units))
        if self.use_bias:
            self.bias = self._add_specified("bias", (self.units,))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self._enable_wanted_lora()
        self.built = True

    def call(self, x: Tensor, training: Any = None) -> Tensor:
        y = ops.matmul(x, self._tuned(self.kernel))
        return self.activation(y if self.bias is None else y + self.bias)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **serialized_attributes(
                self,
                "kernel_initializer bias_initializer kernel_regularizer bias_regularizer kernel_constraint bias_constraint",
            ),
            **self._lora_config(),
        }


class Activation(Layer):
    """An activation function as a layer."""

    supports_masking = True

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        return self.activation(x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class Identity(Layer):
    """The input itself."""

    supports_masking = True

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.built = True

    def call(self, x: Any) -> Any:
        return x
