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
CASES = {**LINALG}


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
