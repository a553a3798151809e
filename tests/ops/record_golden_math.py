"""Writes golden_math.npz: ops of linear algebra, mathematics, networks and structure, as real Keras 3 computes them.

Run it where Keras is installed: KERAS_BACKEND=tensorflow python tests/ops/record_golden_math.py
"""

from pathlib import Path

import numpy as np

RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 3)).astype(np.float32)
S = (RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)).astype(np.float32)
P = S @ S.swapaxes(1, 2)
B = RNG.normal(size=(2, 3, 2)).astype(np.float32)
L = np.tril(S)

#: name: (function of keras or yeoul and of arrays, arrays). Signs of singular vectors are free: products of them are compared.
LINALG = {
    "cholesky": (lambda k, x: k.ops.cholesky(x), P),
    "cholesky upper": (lambda k, x: k.ops.cholesky(x, upper=True), P),
    "cholesky_inverse": (lambda k, x: k.ops.cholesky_inverse(x), L),
    "cholesky_inverse upper": (lambda k, x: k.ops.cholesky_inverse(x, upper=True), L.swapaxes(1, 2).copy()),
    "det": (lambda k, x: k.ops.det(x), S),
    "slogdet": (lambda k, x: k.ops.slogdet(x), -S),
    "logdet": (lambda k, x: k.ops.logdet(x), P[0]),
    "eigh": (lambda k, x: k.ops.eigh(x)[0], P),
    "eigh vectors": (lambda k, x: k.ops.absolute(k.ops.eigh(x)[1]), P),
    "inv": (lambda k, x: k.ops.inv(x), S),
    "lstsq": (lambda k, a, b: k.ops.lstsq(a, b), A, A[:, :2] ** 2),
    "lstsq vector": (lambda k, a, b: k.ops.lstsq(a, b), A, A[:, 0] ** 2),
    "lu_factor": (lambda k, x: k.ops.lu_factor(x), S[0]),
    "lu_factor swapped": (lambda k, x: k.ops.lu_factor(x), S[0, [2, 0, 1]].copy()),
    "matrix_rank": (lambda k, x: k.ops.matrix_rank(x), np.stack([S[0], np.outer(A[0], A[1])])),
    "matrix_rank tol": (lambda k, x: k.ops.matrix_rank(x, tol=2.5), S),
    "pinv": (lambda k, x: k.ops.pinv(x), A),
    "pinv rcond": (lambda k, x: k.ops.pinv(x, rcond=0.5), S),
    "qr": (lambda k, x: k.ops.qr(x), A),
    "qr complete": (lambda k, x: k.ops.qr(x, mode="complete"), A),
    "solve": (lambda k, a, b: k.ops.solve(a, b), S, B),
    "solve vector": (lambda k, a, b: k.ops.solve(a, b), S, B[:, :, 0]),
    "solve_triangular": (lambda k, a, b: k.ops.solve_triangular(a, b), S, B),
    "solve_triangular lower": (lambda k, a, b: k.ops.solve_triangular(a, b, lower=True), S, B[:, :, 0]),
    "svd": (lambda k, x: [k.ops.absolute(p) for p in k.ops.svd(x, full_matrices=False)], A),
    "svd full": (lambda k, x: k.ops.svd(x)[1], A),
    "svd values": (lambda k, x: k.ops.svd(x, compute_uv=False), A),
    "jvp": (lambda k, x: k.ops.linalg.jvp(lambda a, b: k.ops.sin(a) * b, (x, x * x), (x + 1, x)), A),
    "norm": (lambda k, x: k.ops.norm(x), A),
    **{
        f"norm {order} {axis} {keepdims}": (
            lambda k, x, order=order, axis=axis, keepdims=keepdims: k.ops.norm(x, order, axis, keepdims), S,
        )
        for keepdims in (False, True)
        for axis, orders in ((1, (None, 2, 1, 0, 3, -1, np.inf, -np.inf)), ((0, 2), (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)), ((2, 1), (1, np.inf)))
        for order in orders
    },
}  # fmt: skip
D = np.array([[1, 2], [3, 4], [5, -6], [-1, 0], [0, 7]], np.float32)
WAVE = RNG.normal(size=(2, 20)).astype(np.float32)
IDS = np.array([0, 2, 0, -1, 2], np.int32)
MATHEMATICS = {
    "cdist": (lambda k, x, y: k.ops.cdist(x, y), A, A[:2] + 1),
    "cdist batched": (lambda k, x, y: k.ops.cdist(x, y), S, P),
    "erfc": (lambda k, x: k.ops.erfc(x), np.array([-5, -1, 0, 0.5, 3, 9], np.float32)),
    "erfinv": (lambda k, x: k.ops.erfinv(x), np.array([-0.999, -0.5, 0, 0.1, 0.99], np.float32)),
    "view_as_complex": (lambda k, x: k.ops.view_as_complex(x), D),
    "view_as_real": (lambda k, x: k.ops.view_as_real(x), (D + 1j * D[::-1]).astype(np.complex64)),
    "polar": (lambda k, a, b: k.ops.polar(a, b), D, D[::-1].copy()),
    "fft": (lambda k, a, b: k.ops.fft((a, b)), A, A[::-1].copy()),
    "fft double": (lambda k, a, b: k.ops.fft((a, b)), A.astype(np.float64), A[::-1].astype(np.float64)),
    "fft2": (lambda k, a, b: k.ops.fft2((a, b)), S, P),
    "ifft2": (lambda k, a, b: k.ops.ifft2((a, b)), S, P),
    "rfft": (lambda k, x: k.ops.rfft(x), WAVE),
    "rfft longer": (lambda k, x: k.ops.rfft(x, 23), WAVE),
    "rfft shorter": (lambda k, x: k.ops.rfft(x, fft_length=7), WAVE),
    "irfft": (lambda k, a, b: k.ops.irfft((a, b)), A, A[::-1].copy()),
    "irfft odd": (lambda k, a, b: k.ops.irfft((a, b), 5), A, A[::-1].copy()),
    "irfft longer": (lambda k, a, b: k.ops.irfft((a, b), fft_length=8), A, A[::-1].copy()),
    "extract_sequences": (lambda k, x: k.ops.extract_sequences(x, 6, 3), WAVE),
    "stft": (lambda k, x: k.ops.stft(x, 6, 2, 8), WAVE),
    "stft plain": (lambda k, x: k.ops.stft(x, 5, 3, 5, window=None, center=False), WAVE),
    "stft hamming": (lambda k, x: k.ops.stft(x, 6, 3, 9, window="hamming", center=False), WAVE),
    "stft own window": (lambda k, x, w: k.ops.stft(x, 4, 2, 7, window=w), WAVE, np.array([1, 2, 3, 1], np.float32)),
    "istft": (lambda k, x: k.ops.istft(k.ops.stft(x, 6, 2, 8), 6, 2, 8), WAVE),
    "istft length": (lambda k, x: k.ops.istft(k.ops.stft(x, 6, 2, 8), 6, 2, 8, length=15), WAVE),
    "istft hamming": (lambda k, x: k.ops.istft(k.ops.stft(x, 6, 3, 6, "hamming", False), 6, 3, 6, window="hamming", center=False), WAVE),
    "istft odd": (lambda k, x: k.ops.istft(k.ops.stft(x, 6, 2, 7), 6, 2, 7), WAVE),
    **{
        f"{name} {dtype}": (lambda k, x, ids, name=name: getattr(k.ops, name)(x, ids, 4), D.astype(dtype), IDS)
        for name in ("segment_sum", "segment_max", "segment_min", "segment_prod")
        for dtype in ("float32", "int32", "float64")
    },
    **{f"{name} sizes eager": (lambda k, x, ids, name=name: getattr(k.ops, name)(x, ids), D, IDS) for name in ("segment_max", "segment_prod")},
}  # fmt: skip
LOGITS = (RNG.normal(size=(2, 7, 4)) * 2).astype(np.float32)
LENGTHS = np.array([7, 4], np.int32)
LABELS = np.array([[1, 2, 2], [3, 1, 0]], np.int32)
HEADS = [RNG.normal(size=(2, n, 2, 4)).astype(np.float32) for n in (3, 5, 5)]
BIAS = RNG.normal(size=(1, 2, 3, 5)).astype(np.float32)
IMAGE = RNG.normal(size=(2, 4, 6, 8)).astype(np.float32)
NETWORKS = {
    "ctc_loss": (lambda k, t, y, n, m: k.ops.ctc_loss(t, y, n, m), LABELS, LOGITS, np.array([3, 2], np.int32), LENGTHS),
    "ctc_loss mask": (lambda k, t, y, n, m: k.ops.ctc_loss(t, y, n, m, mask_index=3), LABELS, LOGITS, np.array([3, 0], np.int32), LENGTHS),
    **{
        f"ctc_decode {merge} {mask}": (
            lambda k, x, n, merge=merge, mask=mask: k.ops.ctc_decode(x, n, merge_repeated=merge, mask_index=mask), LOGITS, LENGTHS,
        )
        for merge in (True, False) for mask in (0, 3, None)
    },
    **{
        f"ctc_decode beam {width} {mask}": (
            lambda k, x, n, width=width, mask=mask: k.ops.ctc_decode(x, n, "beam_search", width, 3, mask_index=mask), LOGITS, LENGTHS,
        )
        for width in (3, 100) for mask in (0, 3, None)
    },
    "attention": (lambda k, q, key, v: k.ops.dot_product_attention(q, key, v), *HEADS),
    "attention all": (
        lambda k, q, key, v, b: k.ops.dot_product_attention(q, key, v, b, b > 0, scale=0.7, is_causal=True), *HEADS, BIAS,
    ),
    "attention causal": (lambda k, q, key, v: k.ops.dot_product_attention(q, key, v, is_causal=True), *HEADS),
    "attention masked": (lambda k, q, key, v, b: k.ops.dot_product_attention(q, key, v, mask=b[:, :1, :1] > 0), *HEADS, BIAS),
    "space_to_depth": (lambda k, x: k.ops.space_to_depth(x, 2), IMAGE),
    "space_to_depth first": (lambda k, x: k.ops.space_to_depth(x, 2, data_format="channels_first"), IMAGE),
    "depth_to_space": (lambda k, x: k.ops.depth_to_space(x, 2), IMAGE),
    "depth_to_space first": (lambda k, x: k.ops.depth_to_space(x, 2, "channels_first"), IMAGE),
    "unfold": (lambda k, x: k.ops.unfold(x, 2), IMAGE),
    "unfold all": (lambda k, x: k.ops.unfold(x, (2, 3), dilation=(2, 1), padding=(1, 2), stride=(1, 2)), IMAGE),
    "fold": (lambda k, x: k.ops.fold(k.ops.unfold(x, 3), (6, 8), 3), IMAGE),
    "fold all": (
        lambda k, x: k.ops.fold(k.ops.unfold(x, (2, 3), (2, 1), (1, 2), (1, 2)), (6, 8), (2, 3), dilation=(2, 1), padding=(1, 2), stride=(1, 2)), IMAGE,
    ),
    "psnr": (lambda k, a, b: k.ops.psnr(a, b, 2.0), A, A * 0.9),
    "psnr equal": (lambda k, a: k.ops.psnr(a, a, 2), A),
}  # fmt: skip
STRUCTURE = {
    "rearrange": (lambda k, x: k.ops.rearrange(x, "a b c d -> d a b c"), IMAGE),
    "rearrange split": (lambda k, x: k.ops.rearrange(x, "b (h h1) (w w1) c -> (b h1 w1) h w c", h1=2, w1=3), IMAGE),
    "rearrange merged": (lambda k, x: k.ops.rearrange(x, "b h w c -> h (b w) c"), IMAGE),
    "top_k": (lambda k, x: k.ops.top_k(x, 2), A),
    "in_top_k": (lambda k, t, x: k.ops.in_top_k(t, x, 2), np.array([0, 2, 1, 1], np.int32), A),
    "logsumexp": (lambda k, x: k.ops.logsumexp(x, axis=1, keepdims=True), A),
    "scan": (lambda k, x: k.ops.scan(lambda c, e: (c + e, c * e), x[0] * 0, x), A),
    "scan reverse": (lambda k, x: k.ops.scan(lambda c, e: (c + e, c), x[0] * 0, x, reverse=True), A),
    "map": (lambda k, x: k.ops.map(lambda e: e * 2 + 1, x), A),
    "vectorized_map": (lambda k, x: k.ops.vectorized_map(lambda e: k.ops.sum(e), x), A),
    "fori_loop": (lambda k, x: k.ops.fori_loop(0, 3, lambda i, v: v * 2 + 1, x), A),
    "while_loop eager": (lambda k, x: k.ops.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2), (0, x))[1], A),
    "cond": (lambda k, x: k.ops.cond(k.ops.sum(x) > 0, lambda: x + 1, lambda: x - 1), A),
    "switch": (lambda k, x: k.ops.switch(1, [lambda v: v, lambda v: v * 3], x), A),
    "unstack": (lambda k, x: k.ops.unstack(x, axis=1), A),
}  # fmt: skip
CASES = {**LINALG, **MATHEMATICS, **NETWORKS, **STRUCTURE}


def flatten(value: object) -> list:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in flatten(value[key])]
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in flatten(part)]
    return [value]


if __name__ == "__main__":
    import keras

    golden = {}
    for name, (function, *arrays) in CASES.items():
        try:
            for i, leaf in enumerate(flatten(function(keras, *[keras.ops.convert_to_tensor(a) for a in arrays]))):
                golden[f"{name}|{i}"] = np.asarray(keras.ops.convert_to_numpy(leaf))
        except Exception as error:  # say which case, then go on
            print(name, type(error).__name__, str(error)[:300])
    np.savez_compressed(Path(__file__).with_name("golden_math.npz"), **golden)
