"""Transposed convolutions, which enlarge their input."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import Convolution, ints_per_axis, positive_int
from yeoul.layers.signatures import with_defaults

__all__ = [
    "Conv1DTranspose",
    "Conv2DTranspose",
    "Conv3DTranspose",
    "Convolution1DTranspose",
    "Convolution2DTranspose",
    "Convolution3DTranspose",
]


class TransposedConvolution(Convolution):
    """y = activation(conv_transpose(x, kernel) + bias): the way back through a convolution of the same geometry.

    Args:
        output_padding: size added to one side of the output, less than `strides`; if None, "same" gives size * stride and
            "valid" size * stride + max(kernel_size - stride, 0).

    Shapes: input (batch, *spatial, channels) -> output (batch, *larger, filters); kernel (*kernel_size, filters, channels).
    Other arguments and errors as in Conv2D.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, locals(), activity_regularizer, **kwargs
        )  # fmt: skip
        kind = type(self).__name__
        self.filters = positive_int(kind, "filters", filters)
        self.output_padding = (
            None if output_padding is None else ints_per_axis(kind, "output_padding", output_padding, self.rank, 0)
        )
        if self.output_padding is not None and any(
            p >= s for p, s in zip(self.output_padding, self.strides, strict=True)
        ):
            raise ValueError(
                f"{kind}: output_padding must be less than strides on every axis, and got {self.output_padding} and {self.strides}."
            )
        self.kernel: Any = None

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self.kernel = self._add_specified("kernel", (*self.kernel_size, self.filters, channels))
        self._finish_build(channels, self.filters)

    def convolve(self, x: Tensor) -> Tensor:
        return ops.conv_transpose(x, self.kernel, output_padding=self.output_padding, **self._geometry())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "output_padding": self.output_padding}


class Conv1DTranspose(TransposedConvolution):
    rank = 1
    __doc__ = TransposedConvolution.__doc__


@with_defaults(strides=(1, 1), dilation_rate=(1, 1))
class Conv2DTranspose(TransposedConvolution):
    rank = 2
    __doc__ = TransposedConvolution.__doc__


# Keras has these two arguments the other way round here.
@with_defaults(("output_padding", "data_format"), strides=(1, 1, 1), dilation_rate=(1, 1, 1))
class Conv3DTranspose(TransposedConvolution):
    rank = 3
    __doc__ = TransposedConvolution.__doc__


Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
