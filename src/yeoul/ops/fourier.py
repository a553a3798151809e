"""Fourier transforms, over pairs (real part, imaginary part) of real tensors, and frames of signals."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import config, dtypes
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.layout import pad_primitive, scatter_add_primitive, slice_primitive
from yeoul.ops.registry import Primitive, cast, convert, primitive
from yeoul.ops.shaping import concatenate, pad, reshape, take

__all__ = ["extract_sequences", "fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"]


@primitive
class _Fourier(Primitive):
    """Y[k] = sum over n of X[n] exp(-2 pi i k n / N) along the last `rank` axes; +2 pi i for `is_inverse`, unscaled.

    The transform is linear and symmetric, so its gradient is the transform the other way round.
    """

    name = "fourier"

    def infer(self, real: Any, imaginary: Any, *, rank: int, is_inverse: bool) -> list[Spec]:
        return [Spec(real.shape, real.dtype), Spec(real.shape, real.dtype)]

    def reference(self, real: np.ndarray, imaginary: np.ndarray, *, rank: int, is_inverse: bool) -> tuple:
        x = np.empty(real.shape, np.complex128 if real.dtype == np.float64 else np.complex64)
        x.real, x.imag = real, imaginary
        axes = tuple(range(-rank, 0))
        y = np.fft.ifftn(x, axes=axes, norm="forward") if is_inverse else np.fft.fftn(x, axes=axes)
        return np.asarray(y.real, real.dtype), np.asarray(y.imag, real.dtype)

    def gradient(self, g: Any, real: Tensor, imaginary: Tensor, y: Any, *, rank: int, is_inverse: bool) -> list:
        return fourier_primitive(g[0], g[1], rank=rank, is_inverse=not is_inverse)


fourier_primitive: Any = _Fourier


def _pair(x: Any, rank: int = 1) -> tuple[Tensor, Tensor]:
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"Input `x` should be a tuple of two tensors - real and imaginary. Received: x={x}")
    real, imaginary = convert(x[0]), convert(x[1])
    if real.shape != imaginary.shape:
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary. Both the real and imaginary parts should have "
            f"the same shape. Received: x[0].shape = {real.shape}, x[1].shape = {imaginary.shape}"
        )
    if real.ndim < rank:
        raise ValueError(f"Input should have rank >= {rank}. Received: input.shape = {real.shape}")
    if not (dtypes.is_float(real.dtype) and dtypes.is_float(imaginary.dtype)):
        raise ValueError(f"At least one tensor in input `x` is not of type float. Received: x={x}.")
    return real, cast(imaginary, real.dtype)


def _float(x: Any) -> Tensor:
    x = convert(x)
    return x if x.dtype in ("float32", "float64") else cast(x, config.floatx())


def fft(x: Any) -> tuple[Tensor, Tensor]:
    """Discrete Fourier transform along the last axis of x = (real, imaginary)."""
    real, imaginary = fourier_primitive(*_pair(x), rank=1, is_inverse=False)
    return real, imaginary


def fft2(x: Any) -> tuple[Tensor, Tensor]:
    """Discrete Fourier transform along the last two axes of x = (real, imaginary)."""
    real, imaginary = fourier_primitive(*_pair(x, 2), rank=2, is_inverse=False)
    return real, imaginary


def ifft2(x: Any) -> tuple[Tensor, Tensor]:
    """Inverse of `fft2`."""
    pair = _pair(x, 2)
    real, imaginary = fourier_primitive(*pair, rank=2, is_inverse=True)
    scale = 1.0 / (pair[0].shape[-1] * pair[0].shape[-2])  # type: ignore[operator]
    return real * scale, imaginary * scale


def _resized(x: Tensor, length: int) -> Tensor:
    """`x` cut or filled up with zeros to `length` along its last axis."""
    size: Any = x.shape[-1]
    if size < length:
        return pad_primitive(x, widths=((0, 0),) * (x.ndim - 1) + ((0, length - size),), value=0.0)
    return x if size == length else _part(x, 0, length)


def _part(x: Tensor, start: int, stop: int) -> Tensor:
    rank = x.ndim
    return slice_primitive(x, starts=(0,) * (rank - 1) + (start,), stops=(*x.shape[:-1], stop), steps=(1,) * rank)


def rfft(x: Any, fft_length: int | None = None) -> tuple[Tensor, Tensor]:
    """The first fft_length // 2 + 1 terms of the Fourier transform of a real signal, which determine the others.

    Args:
        x: (..., length).
        fft_length: to which the signal is cut, or filled up with zeros; its own length if None.
    """
    x = _float(x)
    if fft_length is not None:
        if fft_length < 1:
            raise ValueError(f"`fft_length` should be a positive integer. Received: fft_length={fft_length}")
        x = _resized(x, int(fft_length))
    real, imaginary = fourier_primitive(x, x * 0, rank=1, is_inverse=False)
    terms = x.shape[-1] // 2 + 1  # type: ignore[operator]
    return _part(real, 0, terms), _part(imaginary, 0, terms)


def irfft(x: Any, fft_length: int | None = None) -> Tensor:
    """The real signal whose first Fourier terms are x = (real, imaginary): (..., terms) -> (..., fft_length).

    Args:
        fft_length: 2 (terms - 1) if None.
    """
    real, imaginary = _pair(x)
    real, imaginary = _float(real), _float(imaginary)
    n = 2 * (real.shape[-1] - 1) if fft_length is None else int(fft_length)  # type: ignore[operator]
    if n < 1:
        raise ValueError(f"`fft_length` should be a positive integer. Received: fft_length={n}")
    terms = n // 2 + 1
    real, imaginary = _resized(real, terms), _resized(imaginary, terms)
    # The other terms are the conjugates of the first ones, in reverse.
    k = np.arange(n)
    mirrored = np.where(k < terms, k, n - k).astype(np.int32)
    signs = np.where(k < terms, 1.0, -1.0).astype(dtypes.to_numpy(real.dtype))
    y, _ = fourier_primitive(take(real, mirrored, -1), take(imaginary, mirrored, -1) * signs, rank=1, is_inverse=True)
    return y * (1.0 / n)


# -- frames -------------------------------------------------------------------------------------------------------------
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Tensor:
    """Overlapping frames: (..., length) -> (..., frames, sequence_length), one every `sequence_stride` elements."""
    x = convert(x)
    length: Any = x.shape[-1]
    if sequence_length < 1 or sequence_stride < 1:
        raise ValueError(
            "extract_sequences: sequence_length and sequence_stride must be positive, and got "
            f"{sequence_length} and {sequence_stride}."
        )
    frames = max(0, 1 + (length - sequence_length) // sequence_stride)
    return take(x, _frame_indices(frames, sequence_length, sequence_stride), -1)


def _frame_indices(frames: int, length: int, stride: int) -> np.ndarray:
    return (np.arange(frames)[:, None] * stride + np.arange(length)).astype(np.int32)


def _window(window: Any, sequence_length: int, fft_length: int, dtype: str) -> np.ndarray | Tensor:
    """The window in the middle of `fft_length` elements. Hann and Hamming windows are periodic, of any length (TensorFlow's are
    symmetric where the length is odd)."""
    before = (fft_length - sequence_length) // 2
    widths = (before, fft_length - sequence_length - before)
    if window is None:
        values: Any = np.ones(sequence_length)
    elif isinstance(window, str):
        shares = {"hann": 0.5, "hamming": 0.54}
        if window not in shares:
            raise ValueError(
                f"If a string is passed to `window`, it must be one of `'hann'`, `'hamming'`. Received: window={window}"
            )
        share = shares[window]
        values = share - (1 - share) * np.cos(2 * np.pi * np.arange(sequence_length) / sequence_length)
    else:
        values = convert(window)
        if values.shape != (sequence_length,):
            raise ValueError(
                "The shape of `window` must be equal to [sequence_length]. "
                f"Received: window shape={values.shape}, sequence_length={sequence_length}"
            )
        return pad(cast(values, dtype), [widths])
    return np.pad(values, widths).astype(dtypes.to_numpy(dtype))


def _check_frames(sequence_length: int, sequence_stride: int, fft_length: int) -> None:
    if fft_length < sequence_length:
        raise ValueError(
            "`fft_length` must be equal or larger than `sequence_length`. "
            f"Received: sequence_length={sequence_length}, fft_length={fft_length}"
        )
    if sequence_stride < 1:
        raise ValueError(f"`sequence_stride` should be a positive integer. Received: sequence_stride={sequence_stride}")


def stft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> tuple[Tensor, Tensor]:
    """Fourier transforms of windowed frames: (..., length) -> real and imaginary parts (..., frames, fft_length // 2 + 1).

    Args:
        sequence_length: of the window; at most `fft_length`, in whose middle the window stands.
        sequence_stride: elements from one frame to the next.
        window: "hann", "hamming", None (ones) or a tensor of shape (sequence_length,).
        center: whether frames are centred on their place: the signal is reflected by fft_length // 2 at both ends.
    """
    _check_frames(sequence_length, sequence_stride, fft_length)
    x = _float(x)
    values = _window(window, sequence_length, fft_length, x.dtype)
    if center:
        x = pad(x, [(0, 0)] * (x.ndim - 1) + [(fft_length // 2, fft_length // 2)], mode="reflect")
    return rfft(extract_sequences(x, fft_length, sequence_stride) * values)


def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """The signal whose `stft` is x = (real, imaginary): windowed inverse transforms of frames, added where they overlap.

    Args: as `stft`'s.
        length: of the signal, if known; otherwise as far as the frames reach.
    Source: Griffin & Lim 1984, with the overlap of endlessly many windows as the weight.
    """
    _check_frames(sequence_length, sequence_stride, fft_length)
    frames = irfft(x, fft_length)
    values = _window(window, sequence_length, fft_length, frames.dtype)
    power = values * values
    whole = -(-fft_length // sequence_stride) * sequence_stride
    phases = reshape(pad(power, [(0, whole - fft_length)]), (-1, sequence_stride))
    overlap = phases[0]
    for i in range(1, whole // sequence_stride):
        overlap = overlap + phases[i]
    weights = _part(concatenate([overlap] * (whole // sequence_stride)), 0, fft_length)
    frames = frames * (values / weights)
    count: Any = frames.shape[-2]
    total = fft_length + sequence_stride * (count - 1)
    indices = _frame_indices(count, fft_length, sequence_stride)
    y = scatter_add_primitive(frames, convert(indices), axis=frames.ndim - 2, size=total, rank=2)
    start = fft_length // 2 if center else 0
    stop = total - start if length is None else start + length
    return _resized(_part(y, start, min(stop, total)), stop - start)
