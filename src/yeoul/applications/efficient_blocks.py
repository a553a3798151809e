"""Blocks of EfficientNet: inverted residuals with squeeze-and-excitation that are left out at random while training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from yeoul import initializers, layers
from yeoul.applications.inputs import channels_axis, same_padding


@dataclass(frozen=True)
class Stage:
    """Equal blocks one after another; the stride is that of the first."""

    kernel: int
    repeats: int
    channels: int
    expansion: int
    stride: int
    gate: float = 0.25  # of the block's input channels
    is_fused: bool = False  # one convolution in place of one of 1 x 1 and a depthwise one


@dataclass(frozen=True)
class Style:
    """In what the two generations differ."""

    momentum: float = 0.99
    pads: bool = True  # explicitly in front of strides
    depthwise: str = "dwconv"
    grows_drops: bool = True  # whether the places of dropped blocks are counted in the deeper network


def repeated(repeats: int, factor: float) -> int:
    """Blocks of a stage when the network is `factor` times as deep."""
    return math.ceil(factor * repeats)


def spread(variance: float = 2.0) -> Any:
    """He et al. 2015 by outputs, as EfficientNet's kernels start."""
    return initializers.VarianceScaling(variance, "fan_out", "truncated_normal")


def normalized(x: Any, prefix: str, style: Style, is_active: bool = True) -> Any:
    x = layers.BatchNormalization(axis=channels_axis(), momentum=style.momentum, name=f"{prefix}bn")(x)
    return layers.Activation("silu", name=f"{prefix}activation")(x) if is_active else x


def convolved(x: Any, filters: int, kernel: int, stride: int, name: str) -> Any:
    return layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer=spread(),
        name=name,
    )(x)


def _gated(x: Any, filters: int, prefix: str) -> Any:
    """Squeeze and excitation: every channel times a factor computed from the means of all channels (Hu et al. 2018)."""
    channels = x.shape[channels_axis()]
    factor = layers.GlobalAveragePooling2D(name=f"{prefix}se_squeeze")(x)
    shape = (1, 1, channels) if channels_axis() == 3 else (channels, 1, 1)
    factor = layers.Reshape(shape, name=f"{prefix}se_reshape")(factor)
    for name, units, activation in (("se_reduce", filters, "silu"), ("se_expand", channels, "sigmoid")):
        factor = layers.Conv2D(
            units, 1, padding="same", activation=activation, kernel_initializer=spread(), name=f"{prefix}{name}"
        )(factor)
    return layers.multiply([x, factor], name=f"{prefix}se_excite")


def block(x: Any, stage: Stage, channels: int, stride: int, drop_rate: float, prefix: str, style: Style) -> Any:
    """One block with `channels` at its end.

    Args:
        drop_rate: how often the block is left out for a sample while training, where it adds to its input.
    """
    inputs = x
    before = inputs.shape[channels_axis()]
    wide = before * stage.expansion
    gate = max(1, int(before * stage.gate)) if 0 < stage.gate <= 1 else 0
    if stage.is_fused:
        x = _fused(x, stage, wide, channels, stride, gate, prefix, style)
    else:
        if stage.expansion != 1:
            x = convolved(x, wide, 1, 1, f"{prefix}expand_conv")
            x = normalized(x, f"{prefix}expand_", style)
        x = _depthwise(x, stage.kernel, stride, prefix, style)
        x = normalized(x, prefix, style)
        if gate:
            x = _gated(x, gate, prefix)
        x = convolved(x, channels, 1, 1, f"{prefix}project_conv")
        x = normalized(x, f"{prefix}project_", style, is_active=False)
    if stride != 1 or before != channels:
        return x
    if drop_rate > 0:
        x = layers.Dropout(drop_rate, noise_shape=(None, 1, 1, 1), name=f"{prefix}drop")(x)
    return layers.Add(name=f"{prefix}add")([x, inputs])


def _depthwise(x: Any, kernel: int, stride: int, prefix: str, style: Style) -> Any:
    is_padded = style.pads and stride == 2
    if is_padded:
        x = layers.ZeroPadding2D(same_padding(x, kernel), name=f"{prefix}{style.depthwise}_pad")(x)
    return layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="valid" if is_padded else "same",
        use_bias=False,
        depthwise_initializer=spread(),
        name=f"{prefix}{style.depthwise}",
    )(x)


def _fused(x: Any, stage: Stage, wide: int, channels: int, stride: int, gate: int, prefix: str, style: Style) -> Any:
    if stage.expansion == 1:
        x = x if not gate else _gated(x, gate, prefix)
        x = convolved(x, channels, stage.kernel, stride, f"{prefix}project_conv")
        return normalized(x, f"{prefix}project_", style)
    x = convolved(x, wide, stage.kernel, stride, f"{prefix}expand_conv")
    x = normalized(x, f"{prefix}expand_", style)
    if gate:
        x = _gated(x, gate, prefix)
    x = convolved(x, channels, 1, 1, f"{prefix}project_conv")
    return normalized(x, f"{prefix}project_", style, is_active=False)


def staged(x: Any, stages: tuple[Stage, ...], width: Any, depth: Any, drop_connect_rate: float, style: Style) -> Any:
    """All blocks; the further in, the likelier they are left out.

    Args:
        width: the number of channels for that of the smallest network.
        depth: the number of blocks for that of the smallest network.
    """
    total = sum(depth(stage.repeats) if style.grows_drops else stage.repeats for stage in stages)
    done = 0
    for number, stage in enumerate(stages, 1):
        for repeat in range(depth(stage.repeats)):
            x = block(
                x,
                stage,
                width(stage.channels),
                stage.stride if repeat == 0 else 1,
                drop_connect_rate * done / total,
                f"block{number}{chr(ord('a') + repeat)}_",
                style,
            )
            done += 1
    return x


def topped(
    x: Any,
    filters: int,
    include_top: bool,
    pooling: str | None,
    classes: int,
    activation: Any,
    dropout: float,
    style: Style,
) -> Any:
    """The last convolution, then the classifier or pooling."""
    x = normalized(convolved(x, filters, 1, 1, "top_conv"), "top_", style)
    if not include_top:
        if pooling == "avg":
            return layers.GlobalAveragePooling2D(name="avg_pool")(x)
        return layers.GlobalMaxPooling2D(name="max_pool")(x) if pooling == "max" else x
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    if dropout > 0:
        x = layers.Dropout(dropout, name="top_dropout")(x)
    return layers.Dense(
        classes,
        activation=activation,
        kernel_initializer=initializers.VarianceScaling(1 / 3, "fan_out", "uniform"),
        name="predictions",
    )(x)
