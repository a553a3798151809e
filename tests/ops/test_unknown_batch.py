"""Ops in functional models, whose batch size is not known: the shape they announce and the values they give."""

import numpy as np
import pytest

import yeoul
from yeoul import ops

RNG = np.random.default_rng(0)
MATRIX = (RNG.normal(size=(2, 3, 3)) + 4 * np.eye(3)).astype(np.float32)
TALL = RNG.normal(size=(2, 4, 3)).astype(np.float32)
WAVE = RNG.normal(size=(2, 16)).astype(np.float32)
IMAGE = RNG.normal(size=(2, 4, 4, 4)).astype(np.float32)

CASES = {
    "cholesky": (lambda x: ops.cholesky(ops.matmul(x, ops.transpose(x, (0, 2, 1)))), MATRIX),
    "cholesky_inverse": (ops.cholesky_inverse, MATRIX),
    "det": (ops.det, MATRIX),
    "slogdet": (lambda x: ops.slogdet(x)[1], MATRIX),
    "logdet": (lambda x: ops.logdet(ops.matmul(x, ops.transpose(x, (0, 2, 1)))), MATRIX),
    "eigh": (lambda x: ops.eigh(x)[0], MATRIX),
    "eig": (lambda x: ops.view_as_real(ops.eig(x)[0]), MATRIX),
    "inv": (ops.inv, MATRIX),
    "pinv": (ops.pinv, TALL),
    "qr": (lambda x: ops.qr(x)[1], TALL),
    "svd": (lambda x: ops.svd(x)[1], TALL),
    "svd values": (lambda x: ops.svd(x, compute_uv=False), TALL),
    "matrix_rank": (ops.matrix_rank, TALL),
    "solve": (lambda x: ops.solve(x, np.ones((1, 3, 2), np.float32)), MATRIX),
    "solve_triangular": (lambda x: ops.solve_triangular(x, ops.ones((1, 3, 1))), MATRIX),
    "norm": (lambda x: ops.norm(x, axis=-1), TALL),
    "norm of matrices": (lambda x: ops.norm(x, ord="nuc", axis=(1, 2), keepdims=True), TALL),
    "cdist": (lambda x: ops.cdist(x, x), TALL),
    "fft": (lambda x: ops.fft((x, x))[1], WAVE),
    "rfft": (lambda x: ops.rfft(x, 9)[0], WAVE),
    "stft": (lambda x: ops.stft(x, 4, 2, 6)[0], WAVE),
    "istft": (lambda x: ops.istft(ops.stft(x, 4, 2, 4), 4, 2, 4), WAVE),
    "extract_sequences": (lambda x: ops.extract_sequences(x, 4, 3), WAVE),
    "polar": (lambda x: ops.view_as_real(ops.polar(x, x)), WAVE),
    "attention": (lambda x: ops.dot_product_attention(x, x, x, is_causal=True), IMAGE),
    "shared heads": (lambda x: ops.dot_product_attention(x, x[:, :, :2], x[:, :, :2]), IMAGE),
    "unfold": (lambda x: ops.unfold(x, 3, padding=1), IMAGE),
    "fold": (lambda x: ops.fold(ops.unfold(x, 3), (4, 4), 3), IMAGE),
    "space_to_depth": (lambda x: ops.space_to_depth(x, 2), IMAGE),
    "depth_to_space": (lambda x: ops.depth_to_space(x, 2, "channels_first"), IMAGE),
    "sparsemax": (ops.sparsemax, WAVE),
    "rearrange": (lambda x: ops.rearrange(x, "b (h p) w c -> b h (p w c)", p=2), IMAGE),
    "ctc_loss": (lambda x: ops.ctc_loss(ops.cast(x[:, 0, :2] * 0 + 1, "int32"), x, ops.cast(x[:, 0, 0] * 0 + 2, "int32"), ops.cast(x[:, 0, 0] * 0 + 4, "int32")), TALL),
    "ctc_decode": (lambda x: ops.ctc_decode(x, ops.cast(x[:, 0, 0] * 0 + 4, "int32"))[0][0], TALL),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_model_of_an_op(name):
    function, data = CASES[name]
    x = yeoul.Input(data.shape[1:])
    model = yeoul.Model(x, function(x))
    expected = np.asarray(function(ops.convert_to_tensor(data)))
    assert model.output.shape[1:] == expected.shape[1:] and model.output.shape[0] in (None, 2)
    np.testing.assert_allclose(np.asarray(model(data)), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.predict(data, verbose=0), expected, rtol=1e-4, atol=1e-5)
