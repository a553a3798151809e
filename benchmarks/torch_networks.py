"""The networks of `keras_networks` written out in PyTorch, layer by layer and with as many parameters.

Padding is even where Keras' "same" is not; sizes and arithmetic are the same. They end with logits: the loss takes the softmax.

`python -m benchmarks.torch_networks NETWORK FILE [--quick]` writes one to a file in the ONNX format, for inference of one image.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.keras_networks import Setting, setting_of


def make(network: str, setting: Setting) -> nn.Module:
    return MAKERS[network](setting)


def convolved(
    channels: int,
    filters: int,
    window: int,
    stride: int = 1,
    groups: int = 1,
    bias: bool = False,
    activation: type[nn.Module] | None = nn.ReLU,
    epsilon: float = 1e-3,
) -> nn.Sequential:
    """A convolution, normalization and an activation."""
    parts: list[nn.Module] = [
        nn.Conv2d(channels, filters, window, stride, window // 2, groups=groups, bias=bias),
        nn.BatchNorm2d(filters, eps=epsilon),
    ]
    return nn.Sequential(*parts, *([activation(inplace=True)] if activation is not None else []))


class Residual(nn.Module):
    """activation(shortcut(x) + body(x)), each of them left out if None."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None, activation: nn.Module | None):
        super().__init__()
        self.body, self.shortcut, self.activation = body, shortcut, activation

    def forward(self, x: Tensor) -> Tensor:
        y = (x if self.shortcut is None else self.shortcut(x)) + self.body(x)
        return y if self.activation is None else self.activation(y)


def _pooled(channels: int, classes: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]


def _fashion_cnn(setting: Setting) -> nn.Module:
    rest = setting.image[0] // 4
    return nn.Sequential(
        nn.Conv2d(setting.image[2], 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * rest * rest, 100),
        nn.ReLU(),
        nn.Dropout(0.4),
        nn.Linear(100, setting.classes),
    )


def _resnet20(setting: Setting) -> nn.Module:
    parts: list[nn.Module] = [convolved(setting.image[2], 16, 3)]
    channels = 16
    for filters in (16, 32, 64):
        for number in range(3):
            stride = 2 if number == 0 and filters > 16 else 1
            body = nn.Sequential(
                convolved(channels, filters, 3, stride), convolved(filters, filters, 3, activation=None)
            )
            shortcut = None if stride == 1 else convolved(channels, filters, 1, stride, activation=None)
            parts.append(Residual(body, shortcut, nn.ReLU(inplace=True)))
            channels = filters
    return nn.Sequential(*parts, *_pooled(channels, setting.classes))


def _mobilenet_v2(setting: Setting) -> nn.Module:
    """Source: Sandler et al. 2018, table 2: (expansion, channels, repeats, stride of the first)."""
    stages = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    parts: list[nn.Module] = [convolved(setting.image[2], 32, 3, 2, activation=nn.ReLU6)]
    channels = 32
    for expansion, filters, repeats, first_stride in stages:
        for number in range(repeats):
            stride = first_stride if number == 0 else 1
            wide = channels * expansion
            body = nn.Sequential(
                *([convolved(channels, wide, 1, activation=nn.ReLU6)] if expansion > 1 else []),
                convolved(wide, wide, 3, stride, groups=wide, activation=nn.ReLU6),
                convolved(wide, filters, 1, activation=None),
            )
            parts.append(Residual(body, None, None) if stride == 1 and channels == filters else body)
            channels = filters
    return nn.Sequential(*parts, convolved(channels, 1280, 1, activation=nn.ReLU6), *_pooled(1280, setting.classes))


def _resnet50(setting: Setting) -> nn.Module:
    """Source: He et al. 2015, table 1. As in Keras, convolutions have biases and the first of a block has the stride."""

    def part(channels: int, filters: int, window: int, stride: int = 1, is_active: bool = True) -> nn.Module:
        return convolved(
            channels, filters, window, stride, 1, True, nn.ReLU if is_active else None, 1.001e-5
        )  # fmt: skip

    parts: list[nn.Module] = [part(setting.image[2], 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for filters, repeats, first_stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for number in range(repeats):
            stride = first_stride if number == 0 else 1
            body = nn.Sequential(
                part(channels, filters, 1, stride), part(filters, filters, 3), part(filters, 4 * filters, 1, 1, False)
            )
            shortcut = part(channels, 4 * filters, 1, stride, False) if number == 0 else None
            parts.append(Residual(body, shortcut, nn.ReLU(inplace=True)))
            channels = 4 * filters
    return nn.Sequential(*parts, *_pooled(channels, setting.classes))


MAKERS: dict[str, Callable[[Setting], nn.Module]] = {
    "fashion_cnn": _fashion_cnn,
    "resnet20": _resnet20,
    "mobilenet_v2": _mobilenet_v2,
    "resnet50": _resnet50,
}


def write_onnx(network: str, setting: Setting, path: Any) -> None:
    height, width, channels = setting.image
    one = torch.zeros(1, channels, height, width)
    torch.onnx.export(make(network, setting).eval(), (one,), path, dynamo=False)


if __name__ == "__main__":
    write_onnx(sys.argv[1], setting_of(sys.argv[1], "--quick" in sys.argv), sys.argv[2])
