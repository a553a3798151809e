"""Layers that summarise windows, or all places, of sequences, images and volumes."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.layers.convolution import ints_per_axis, padding_name
from yeoul.layers.layer import InputSpec, Layer
from yeoul.layers.signatures import with_defaults
from yeoul.serialization import attributes

__all__ = [
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
]


class Pooling(Layer):
    """Base of pooling layers.

    Args:
        pool_size: size of the window, an int or one for each spatial axis.
        strides: steps between windows; `pool_size` if None.
        padding: "valid" (windows lie within the input) or "same" (ceil(size / stride) windows; places outside do not count).
        data_format: "channels_last" or "channels_first"; that of the configuration if None.

    Shapes: input (batch, *spatial, channels) -> output (batch, *windows, channels).
    """

    rank = 2

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        kind = type(self).__name__
        self.pool_size = ints_per_axis(kind, "pool_size", pool_size, self.rank)
        self.strides = self.pool_size if strides is None else ints_per_axis(kind, "strides", strides, self.rank)
        self.padding = padding_name(kind, padding)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.built = True

    def _check_reach(self, shape: Any) -> None:
        """Raises ValueError if the window is larger than an unpadded input."""
        sizes = tuple(shape[1:-1] if self.data_format == "channels_last" else shape[2:])
        if self.padding == "valid" and any(s is not None and s < p for s, p in zip(sizes, self.pool_size, strict=True)):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: a window of {self.pool_size} elements does not fit into an input "
                f"of spatial size {sizes} (shape {tuple(shape)}), so no output would be left. "
                "Use a smaller pool_size, padding='same', fewer layers that shrink the images, or larger ones."
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **attributes(self, "pool_size padding strides data_format")}


class MaxPooling(Pooling):
    """The largest element of each window. Arguments as in `Pooling`."""

    def call(self, x: Tensor) -> Tensor:
        self._check_reach(x.shape)
        return ops.max_pool(x, self.pool_size, self.strides, self.padding, self.data_format)


class AveragePooling(Pooling):
    """The mean of each window. Arguments as in `Pooling`."""

    def call(self, x: Tensor) -> Tensor:
        self._check_reach(x.shape)
        return ops.average_pool(x, self.pool_size, self.strides, self.padding, self.data_format)


@with_defaults(pool_size=2)
class MaxPooling1D(MaxPooling):
    """The largest element of each window along one axis."""

    rank = 1


@with_defaults(pool_size=(2, 2))
class MaxPooling2D(MaxPooling):
    """The largest element of each window of images."""

    rank = 2


@with_defaults(pool_size=(2, 2, 2))
class MaxPooling3D(MaxPooling):
    """The largest element of each window of volumes."""

    rank = 3


class AveragePooling1D(AveragePooling):
    """The mean of each window along one axis."""

    rank = 1


class AveragePooling2D(AveragePooling):
    """The mean of each window of images."""

    rank = 2


class AveragePooling3D(AveragePooling):
    """The mean of each window of volumes."""

    rank = 3


class GlobalPooling(Layer):
    """Base of layers that summarise all places of each channel: (batch, *spatial, channels) -> (batch, channels).

    Args:
        data_format: "channels_last" or "channels_first"; that of the configuration if None.
        keepdims: whether the spatial axes stay, with size 1.
    """

    rank = 2

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.built = True

    @property
    def axes(self) -> tuple[int, ...]:
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class GlobalMaxPooling(GlobalPooling):
    """The largest element of each channel."""

    def call(self, x: Tensor) -> Tensor:
        return ops.max(x, self.axes, self.keepdims)


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel."""

    def call(self, x: Tensor) -> Tensor:
        return ops.mean(x, self.axes, self.keepdims)


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest element of each channel of a sequence."""

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest element of each channel of an image."""

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest element of each channel of a volume."""

    rank = 3


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel of a sequence, over the steps that `mask` (batch, steps) marks if it is given."""

    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, x: Tensor, mask: Any = None) -> Tensor:  # type: ignore[override]
        if mask is None:
            return super().call(x)
        kept = ops.expand_dims(ops.cast(mask, x.dtype), 2 if self.data_format == "channels_last" else 1)
        return ops.sum(x * kept, self.axes, self.keepdims) / ops.sum(kept, self.axes, self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of an image."""

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel of a volume."""

    rank = 3


class AdaptivePooling(Layer):
    """Base of layers whose number of windows is given: bin i of m along an axis of n holds floor(i n / m) to ceil((i + 1) n / m).

    Args:
        output_size: number of windows, an int or one for each spatial axis.
        data_format: "channels_last" or "channels_first"; that of the configuration if None.

    Raises: ValueError if a spatial size is unknown.
    """

    rank = 2

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.output_size = ints_per_axis(type(self).__name__, "output_size", output_size, self.rank)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.built = True

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size, "data_format": self.data_format}


class AdaptiveAveragePooling(AdaptivePooling):
    """Means over a given number of windows."""

    def call(self, x: Tensor) -> Tensor:
        return ops.adaptive_average_pool(x, self.output_size, self.data_format)


class AdaptiveMaxPooling(AdaptivePooling):
    """Largest elements of a given number of windows."""

    def call(self, x: Tensor) -> Tensor:
        return ops.adaptive_max_pool(x, self.output_size, self.data_format)


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """Means over `output_size` windows of a sequence."""

    rank = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """Means over `output_size` windows of an image."""

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """Means over `output_size` windows of a volume."""

    rank = 3


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """Largest elements of `output_size` windows of a sequence."""

    rank = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """Largest elements of `output_size` windows of an image."""

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """Largest elements of `output_size` windows of a volume."""

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
