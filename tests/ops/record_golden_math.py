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
    "erfinv double": (lambda k, x: k.ops.erfinv(x), np.array([-0.999, -0.5, 0, 0.1, 0.99])),
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
CASES = {**LINALG, **MATHEMATICS}


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
