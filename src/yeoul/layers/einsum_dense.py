"""EinsumDense: a dense layer over any axes."""

from __future__ import annotations

import re
from typing import Any

from yeoul import activations, ops
from yeoul.core.tensor import Tensor
from yeoul.layers.layer import Layer
from yeoul.layers.low_rank import LowRank
from yeoul.serialization import serialized_attributes

__all__ = ["EinsumDense"]

_EQUATION = re.compile(r"^(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?$")


class EinsumDense(LowRank, Layer):
    """y = activation(einsum(equation, x, kernel) + bias).

    Args:
        equation: as in "abc,cd->abd", for input, kernel and output; "..." stands for axes not named, first or last.
        output_shape: of one sample, None for sizes that the input gives.
        bias_axes: letters of the output that the bias has; no bias if None.

    Raises: ValueError if the equation is of another form, or shapes do not fit it.
    """

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.equation = equation
        self.partial_output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.bias_axes = bias_axes
        self.activation = activations.get(activation)
        self._specify("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._specify("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.lora_rank, self.lora_alpha = lora_rank, lora_alpha
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        kernel_shape, bias_shape = self._weight_shapes(tuple(input_shape))
        self.kernel = self._add_specified("kernel", kernel_shape)
        if bias_shape is not None:
            self.bias = self._add_specified("bias", bias_shape)
        self._enable_wanted_lora()
        self.built = True

    def _weight_shapes(self, input_shape: tuple) -> tuple[tuple, tuple | None]:
        found = _EQUATION.match(self.equation.replace(" ", ""))
        parts: Any = found.groups() if found else [None] * 7
        first, read, last, weights, out_first, written, out_last = parts
        if found is None or bool(first) != bool(out_first) or bool(last) != bool(out_last) or (first and last):
            raise ValueError(
                f"EinsumDense: the equation {self.equation!r} is invalid. It must have the form [X],[Y]->[Z], ...[X],[Y]->...[Z] "
                "or [X]...,[Y]->[Z]...."
            )
        elided = len(input_shape) - len(read)
        if elided < 0 or (elided and not (first or last)):
            raise ValueError(
                f"EinsumDense {self.name!r}: {self.equation!r} names {len(read)} axes of the input, whose shape is {input_shape}."
            )
        sizes = dict(zip(read, input_shape[elided:] if first else input_shape, strict=False))
        output = [*([] if first else input_shape[:1]), *self.partial_output_shape]
        if first and len(output) > len(written):
            output = output[len(output) - len(written) :]
        if len(output) < len(written):
            raise ValueError(
                f"EinsumDense {self.name!r}: output_shape {self.partial_output_shape} is too short for the output {written!r} of {self.equation!r}."
            )
        out_sizes = {}
        for letter, size in zip(written, output, strict=False):
            have = sizes.get(letter)
            if have is not None and size is not None and have != size:
                raise ValueError(
                    f"EinsumDense {self.name!r}: input and output do not match at the shared dimension {letter!r}: the input has "
                    f"{have}, output_shape says {size}."
                )
            if letter not in read and letter not in weights:
                raise ValueError(
                    f"EinsumDense {self.name!r}: dimension {letter!r} stands in the output {written!r} and neither in the input "
                    f"{read!r} nor in the kernel {weights!r}."
                )
            out_sizes[letter] = have if size is None else size
        for letter in weights:
            if letter not in read and letter not in written:
                raise ValueError(
                    f"EinsumDense {self.name!r}: dimension {letter!r} of the kernel stands neither in the input {read!r} nor in "
                    f"the output {written!r}."
                )
        kernel_shape = tuple(out_sizes.get(c) if sizes.get(c) is None else sizes[c] for c in weights)
        bias_shape = None
        if self.bias_axes:
            for letter in self.bias_axes:
                if letter not in written:
                    raise ValueError(
                        f"EinsumDense {self.name!r}: bias dimension {letter!r} is not part of the output {written!r}."
                    )
            start = min(written.index(c) for c in self.bias_axes)
            bias_shape = tuple(out_sizes[c] if c in self.bias_axes else 1 for c in written[start:])
            bias_shape += (1,) * elided if last else ()
        for what, shape in (("kernel", kernel_shape), ("bias", bias_shape or ())):
            if None in shape:
                raise ValueError(
                    f"EinsumDense {self.name!r}: the {what} of {self.equation!r} has an axis of unknown size, {shape}, for inputs of "
                    f"shape {input_shape}. Give the size in Input(shape) or output_shape."
                )
        return kernel_shape, bias_shape

    def call(self, inputs: Tensor, training: Any = None) -> Tensor:
        y = ops.einsum(self.equation, inputs, self._tuned(self.kernel))
        return self.activation(y if self.bias is None else y + self.bias)

    def get_config(self) -> dict[str, Any]:
        names = (
            "kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer "
            "kernel_constraint bias_constraint"
        )
        return {
            **super().get_config(),
            "output_shape": self.partial_output_shape,
            "equation": self.equation,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            **serialized_attributes(self, names),
            **self._lora_config(),
        }
