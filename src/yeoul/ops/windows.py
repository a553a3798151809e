"""Window functions: weights that fade towards the ends of a frame.

Each takes the length of the window and gives floatx; a window of length 1 is [1].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor, from_array
from yeoul.ops.registry import convert

__all__ = ["bartlett", "blackman", "hamming", "hanning", "kaiser"]


def _window(function: Any, length: Any, *parameters: float) -> Tensor:
    return from_array(function(int(convert(length)), *parameters).astype(dtypes.to_numpy(config.floatx())))


def bartlett(x: Any) -> Tensor:
    """A triangle of length `x` with zeros at its ends."""
    return _window(np.bartlett, x)


def blackman(x: Any) -> Tensor:
    """0.42 - 0.5 cos(2 pi n / (x - 1)) + 0.08 cos(4 pi n / (x - 1)), for n from 0 to x - 1."""
    return _window(np.blackman, x)


def hamming(x: Any) -> Tensor:
    """0.54 - 0.46 cos(2 pi n / (x - 1)), for n from 0 to x - 1."""
    return _window(np.hamming, x)


def hanning(x: Any) -> Tensor:
    """0.5 - 0.5 cos(2 pi n / (x - 1)), for n from 0 to x - 1."""
    return _window(np.hanning, x)


def kaiser(x: Any, beta: Any) -> Tensor:
    """i0(beta sqrt(1 - (2 n / (x - 1) - 1)^2)) / i0(beta), for n from 0 to x - 1."""
    return _window(np.kaiser, x, float(convert(beta)))
