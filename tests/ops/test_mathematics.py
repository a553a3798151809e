"""Transforms, segments and distances: what errors say, and gradients at special points."""

import numpy as np
import pytest

from yeoul import ops
from yeoul.graph.tape import GradientTape

X = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.fft(X), "should be a tuple of two tensors - real and imaginary"),
        (lambda: ops.fft((X, X[:2])), r"x\[0\].shape = \(3, 8\), x\[1\].shape = \(2, 8\)"),
        (lambda: ops.fft((X.astype(int), X.astype(int))), "not of type float"),
        (lambda: ops.fft2((X[0], X[0])), "rank >= 2"),
        (lambda: ops.rfft(X, fft_length=0), "`fft_length` should be a positive integer. Received: fft_length=0"),
        (lambda: ops.extract_sequences(X, 3, 0), "must be positive, and got 3 and 0"),
        (lambda: ops.stft(X, 8, 2, 4), "`fft_length` must be equal or larger than `sequence_length`"),
        (lambda: ops.stft(X, 4, 2, 4, window="flat"), "Received: window=flat"),
        (lambda: ops.stft(X, 4, 2, 4, window=X[0]), "must be equal to \\[sequence_length\\]"),
        (lambda: ops.segment_sum(X, [[0, 1, 2]]), "should be an 1-D vector, got shape"),
        (lambda: ops.segment_max(X, [0, 1, 9], 3), "segment_max: segment id 9 is out of range for 3 segments"),
        (lambda: ops.segment_min(X, [0, 1]), "needs one id per row, and got 2 ids"),
        (lambda: ops.cdist(X, X[:, :2]), r"cdist needs x of shape \(..., m, d\)"),
        (lambda: ops.view_as_complex(X), r"Last dimension of input must be size 2 \(real and imaginary\)"),
    ],
)  # fmt: skip
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_distance_of_equal_points_has_no_gradient():
    x = ops.convert_to_tensor(X)
    with GradientTape() as tape:
        y = ops.sum(ops.cdist(x, X[:1]))
    found = np.asarray(tape.gradient(y, x))
    np.testing.assert_array_equal(found[0], 0)
    np.testing.assert_allclose(np.linalg.norm(found[1:], axis=1), 1, rtol=1e-5)


def test_transforms_invert_each_other():
    real, imaginary = ops.ifft2(ops.fft2((X, -X)))
    np.testing.assert_allclose(np.asarray(real), X, atol=1e-6)
    np.testing.assert_allclose(np.asarray(imaginary), -X, atol=1e-6)
    np.testing.assert_allclose(np.asarray(ops.irfft(ops.rfft(X[:, :7]), 7)), X[:, :7], atol=1e-6)


def test_gradient_through_a_spectrogram():
    x = ops.convert_to_tensor(X.astype(np.float64))

    def power(x):
        real, imaginary = ops.stft(x, 4, 2, 4)
        return ops.sum((real * real + imaginary * imaginary) * np.arange(3.0))

    with GradientTape() as tape:
        y = power(x)
    found = np.asarray(tape.gradient(y, x))
    step = np.zeros(X.shape)
    step[1, 3] = 1e-6
    expected = (float(power(x + step)) - float(power(x - step))) / 2e-6
    np.testing.assert_allclose(found[1, 3], expected, rtol=1e-6)


def test_segments_in_half_width_and_whole_numbers():
    assert float(ops.segment_max(ops.ones((1,), "bfloat16"), [1])[0]) < -3e38
    assert np.asarray(ops.segment_max(np.array([True, False]), [1, 1])).tolist() == [False, True]
