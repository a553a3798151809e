"""Kernels of short-time Fourier transforms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import config
from yeoul.core.tensor import Tensor
from yeoul.initializers.initializer import Initializer

#: Windows that are sums of cosines: w[n] = sum_k (-1)^k a_k cos(2 pi k n / N). Source: Harris 1978; D'Antona & Ferrero 2006 for flattop.
_COSINE_SUMS = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.50, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}


def window(name: str, length: int, periodic: bool) -> np.ndarray:
    """A window function by name, (length,); one period of it if `periodic`, symmetric if not.

    Raises: ValueError for an unknown name.
    """
    if length == 1:
        return np.ones(1)
    span = length if periodic else length - 1
    n = np.arange(length)
    if name in _COSINE_SUMS:
        return sum(
            a * (-1.0) ** k * np.cos(2 * math.pi * k * n / span) for k, a in enumerate(_COSINE_SUMS[name])
        ) * np.ones(length)
    if name == "bartlett":
        return 1 - np.abs(2 * n / span - 1)
    if name == "cosine":
        return np.sin(math.pi * (n + 0.5) / (span + 1))
    known = ", ".join([*_COSINE_SUMS, "bartlett", "cosine"])
    raise ValueError(f"STFT: there is no window {name!r}. Use one of: {known}, an array, or None.")


class STFT(Initializer):
    """The real or imaginary part of w[n] exp(-2 pi i k n / N), as a convolution's kernel (frame, 1, N / 2 + 1).

    Args:
        side: "real" or "imag".
        window: name of the window w, its values, or None for ones.
        scaling: "density" divides w by its norm, "spectrum" by its sum; None does not.
        periodic: whether the window is one period of a periodic function rather than symmetric.
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ):
        if side not in ("real", "imag"):
            raise ValueError(f"STFT: side must be 'real' or 'imag', and got {side!r}.")
        if scaling not in (None, "density", "spectrum"):
            raise ValueError(f"STFT: scaling must be 'density', 'spectrum' or None, and got {scaling!r}.")
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        if len(shape) != 3 or shape[1] != 1:
            raise ValueError(f"STFT makes kernels of shape (frame, 1, frequencies), and got shape {tuple(shape)}.")
        length, _, frequencies = shape
        angles = 2 * math.pi * np.outer(np.arange(length), np.arange(frequencies)) / (2 * (frequencies - 1))
        kernel = np.cos(angles) if self.side == "real" else -np.sin(angles)
        if self.window is not None:
            is_name = isinstance(self.window, str)
            w = window(self.window, length, self.periodic) if is_name else np.asarray(self.window, np.float64)
            if w.shape != (length,):
                raise ValueError(f"STFT: the window must have shape ({length},), and has {w.shape}.")
            if self.scaling == "density":
                w = w / np.sqrt(np.sum(w**2))
            elif self.scaling == "spectrum":
                w = w / np.sum(np.abs(w))
            kernel = kernel * w[:, None]
        return ops.convert_to_tensor(kernel[:, None, :], dtype or config.floatx())

    def get_config(self) -> dict[str, Any]:
        chosen = (
            self.window if self.window is None or isinstance(self.window, str) else np.asarray(self.window).tolist()
        )
        return {"side": self.side, "window": chosen, "periodic": self.periodic, "scaling": self.scaling}
