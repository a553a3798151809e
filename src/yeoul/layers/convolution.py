"""Convolutions over one, two or three spatial axes: plain, depthwise, separable and transposed."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul import activations, ops
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.layers.input_spec import missing_axis
from yeoul.layers.layer import InputSpec, Layer, known_axis
from yeoul.layers.low_rank import LowRank
from yeoul.layers.signatures import with_defaults
from yeoul.serialization import attributes, serialize_keras_object

__all__ = [
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Convolution1D",
    "Convolution2D",
    "Convolution3D",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
]


def ints_per_axis(layer: str, name: str, value: Any, rank: int, lowest: int = 1) -> tuple[int, ...]:
    """`value` as `rank` ints, each at least `lowest`.

    Raises: ValueError if it is neither an int nor `rank` of them.
    """
    given = (value,) * rank if isinstance(value, (int, np.integer)) else value
    if (
        not isinstance(given, (tuple, list))
        or len(given) != rank
        or any(not isinstance(v, (int, np.integer)) or v < lowest for v in given)
    ):
        raise ValueError(
            f"{layer}: {name} must be an integer of {lowest} or more, or a tuple of {rank} of them, and got {value!r}."
        )
    return tuple(int(v) for v in given)


def padding_name(layer: str, padding: Any, allowed: tuple[str, ...] = ("valid", "same")) -> str:
    """`padding` in lower case.

    Raises: ValueError if it is not one of `allowed`.
    """
    name = padding.lower() if isinstance(padding, str) else padding
    if name not in allowed:
        raise ValueError(f"{layer}: padding must be one of {', '.join(map(repr, allowed))}, and got {padding!r}.")
    return name


class Convolution(Layer):
    """Base of convolutional layers: what they are told, and the bias and activation at their end.

    A subclass names its weights in `kernels` ("kernel", or "depthwise" and "pointwise"), makes them in `build`, and computes in `convolve`.
    """

    rank = 2
    kernels: tuple[str, ...] = ("kernel",)
    paddings: tuple[str, ...] = ("valid", "same")

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        weights: dict[str, Any],
        activity_regularizer: Any,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        kind = type(self).__name__
        self.kernel_size = ints_per_axis(kind, "kernel_size", kernel_size, self.rank)
        self.strides = ints_per_axis(kind, "strides", strides, self.rank)
        self.dilation_rate = ints_per_axis(kind, "dilation_rate", dilation_rate, self.rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{kind}: strides and dilation_rate cannot both be more than 1, and got {self.strides} and {self.dilation_rate}."
            )
        self.padding = padding_name(kind, padding, self.paddings)
        self.data_format = standardize_data_format(data_format)
        if self.padding == "causal" and self.data_format != "channels_last":
            raise ValueError(f"{kind}: padding='causal' needs data_format='channels_last'.")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        for name in (*self.kernels, "bias"):
            self._specify(name, *(weights[f"{name}_{part}"] for part in ("initializer", "regularizer", "constraint")))
        self.bias: Any = None
        self.input_spec = InputSpec(min_ndim=self.rank + 2)

    @property
    def channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def _channels(self, input_shape: Any) -> int:
        if len(input_shape) != self.rank + 2:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} needs an input of rank {self.rank + 2}, "
                f"{'(batch, *spatial, channels)' if self.channel_axis == -1 else '(batch, channels, *spatial)'}, "
                f"and got shape {tuple(input_shape)}."
                + missing_axis(input_shape, self.rank + 2, self.channel_axis == 1)
            )
        return known_axis(input_shape, self.channel_axis, self)

    def _check_reach(self, input_shape: Any) -> None:
        """Raises ValueError if the window is larger than an unpadded input."""
        sizes = tuple(input_shape[1:-1] if self.channel_axis == -1 else input_shape[2:])
        reach = tuple((k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True))
        if self.padding == "valid" and any(s is not None and s < r for s, r in zip(sizes, reach, strict=True)):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: a window that reaches over {reach} elements does not fit into an input "
                f"of spatial size {sizes} (shape {tuple(input_shape)}), so no output would be left. "
                "Use a smaller kernel_size, padding='same', or a larger input."
            )

    def _finish_build(self, channels: int, filters: int) -> None:
        if self.use_bias:
            self.bias = self._add_specified("bias", (filters,))
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={self.channel_axis: channels})
        self.built = True

    def convolve(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def call(self, x: Tensor) -> Tensor:
        y = self.convolve(x)
        if self.bias is not None:
            y = y + (
                self.bias
                if self.data_format == "channels_last"
                else ops.reshape(self.bias, (-1, *(1 for _ in range(self.rank))))
            )
        return self.activation(y)

    def _geometry(self) -> dict[str, Any]:
        return attributes(self, "strides padding data_format dilation_rate")

    def get_config(self) -> dict[str, Any]:
        parts = [
            f"{name}_{part}"
            for part in ("initializer", "regularizer", "constraint")
            for name in (*self.kernels, "bias")
        ]
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            **self._geometry(),
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **{name: serialize_keras_object(getattr(self, name)) for name in parts},
            "activity_regularizer": serialize_keras_object(self.activity_regularizer),
        }


def positive_int(layer: str, name: str, value: Any) -> int:
    if not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{layer}: {name} must be a positive integer, and got {value!r}.")
    return int(value)


class PlainConvolution(LowRank, Convolution):
    """y = activation(conv(x, kernel) + bias).

    Args:
        filters: channels of the output.
        kernel_size: size of the window, an int or one for each spatial axis.
        strides: steps between windows.
        padding: "valid" (windows lie within the input) or "same" (ceil(size / stride) windows); for Conv1D also "causal".
        data_format: "channels_last" or "channels_first"; that of the configuration if None.
        dilation_rate: steps between elements of a window.
        groups: number of groups of channels that are convolved apart.
        activation, use_bias and what concerns kernel and bias: as in Dense.
        lora_rank, lora_alpha: trains two thin matrices instead of the kernel (see `LowRank.enable_lora`).

    Shapes: input (batch, *spatial, channels) -> output (batch, *windows, filters); kernel (*kernel_size, channels // groups, filters).
    Raises: ValueError if the channels are unknown or change, or no window fits.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        lora_rank, lora_alpha = kwargs.pop("lora_rank", None), kwargs.pop("lora_alpha", None)
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, locals(), activity_regularizer, **kwargs
        )  # fmt: skip
        self.lora_rank, self.lora_alpha = lora_rank, lora_alpha
        self.filters = positive_int(type(self).__name__, "filters", filters)
        self.groups = positive_int(type(self).__name__, "groups", groups)
        if self.filters % self.groups:
            raise ValueError(
                f"{type(self).__name__}: filters must be a multiple of groups, and got {self.filters} and {self.groups}."
            )
        self.kernel: Any = None

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: the input's channels must be a multiple of groups={self.groups}, "
                f"and got {channels} (shape {tuple(input_shape)})."
            )
        self._check_reach(input_shape)
        self.kernel = self._add_specified("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self._finish_build(channels, self.filters)
        self._enable_wanted_lora()

    def convolve(self, x: Tensor) -> Tensor:
        return ops.conv(x, self._tuned(self.kernel), **self._geometry())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "groups": self.groups, **self._lora_config()}


class Conv1D(PlainConvolution):
    __doc__ = f"Convolution along one axis: (batch, steps, channels).\n\n{PlainConvolution.__doc__}"
    rank = 1
    paddings = ("valid", "same", "causal")


@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class Conv2D(PlainConvolution):
    __doc__ = f"Convolution over images: (batch, height, width, channels).\n\n{PlainConvolution.__doc__}"
    rank = 2


@with_defaults(strides=(1, 1, 1), dilation_rate=(1, 1, 1))
class Conv3D(PlainConvolution):
    __doc__ = f"Convolution over volumes: (batch, depth, height, width, channels).\n\n{PlainConvolution.__doc__}"
    rank = 3


class DepthwiseConvolution(Convolution):
    """Each channel convolved on its own with `depth_multiplier` filters.

    Shapes: input (batch, *spatial, channels) -> output (batch, *windows, channels * depth_multiplier);
    kernel (*kernel_size, channels, depth_multiplier). Arguments and errors as in Conv2D.
    """

    kernels = ("depthwise",)

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, locals(), activity_regularizer, **kwargs
        )  # fmt: skip
        self.depth_multiplier = positive_int(type(self).__name__, "depth_multiplier", depth_multiplier)
        self.kernel: Any = None

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self._check_reach(input_shape)
        self.kernel = self._add_specified("depthwise", (*self.kernel_size, channels, self.depth_multiplier), "kernel")
        self._finish_build(channels, channels * self.depth_multiplier)

    def convolve(self, x: Tensor) -> Tensor:
        return ops.depthwise_conv(x, self.kernel, **self._geometry())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "depth_multiplier": self.depth_multiplier}


class DepthwiseConv1D(DepthwiseConvolution):
    rank = 1
    __doc__ = DepthwiseConvolution.__doc__


@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class DepthwiseConv2D(DepthwiseConvolution):
    rank = 2
    __doc__ = DepthwiseConvolution.__doc__


class SeparableConvolution(Convolution):
    """A depthwise convolution, then a product of channels. Source: Chollet 2017, without activation between.

    Shapes: input (batch, *spatial, channels) -> output (batch, *windows, filters); depthwise kernel
    (*kernel_size, channels, depth_multiplier), pointwise kernel (1, ..., 1, channels * depth_multiplier, filters).
    Arguments and errors as in Conv2D.
    """

    kernels = ("depthwise", "pointwise")

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, locals(), activity_regularizer, **kwargs
        )  # fmt: skip
        self.filters = positive_int(type(self).__name__, "filters", filters)
        self.depth_multiplier = positive_int(type(self).__name__, "depth_multiplier", depth_multiplier)
        self.depthwise_kernel: Any = None
        self.pointwise_kernel: Any = None

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self._check_reach(input_shape)
        middle = channels * self.depth_multiplier
        self.depthwise_kernel = self._add_specified(
            "depthwise", (*self.kernel_size, channels, self.depth_multiplier), "depthwise_kernel"
        )
        self.pointwise_kernel = self._add_specified(
            "pointwise", (*(1 for _ in range(self.rank)), middle, self.filters), "pointwise_kernel"
        )
        self._finish_build(channels, self.filters)

    def convolve(self, x: Tensor) -> Tensor:
        return ops.separable_conv(x, self.depthwise_kernel, self.pointwise_kernel, **self._geometry())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "depth_multiplier": self.depth_multiplier}


class SeparableConv1D(SeparableConvolution):
    rank = 1
    __doc__ = SeparableConvolution.__doc__


@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class SeparableConv2D(SeparableConvolution):
    rank = 2
    __doc__ = SeparableConvolution.__doc__


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
