"""The namespaces that Keras has within ops."""

import subprocess
import sys

import pytest

from yeoul import ops

LINALG = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eig",
    "eigh",
    "inv",
    "jvp",
    "lstsq",
    "lu_factor",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "solve",
    "solve_triangular",
    "svd",
]


def test_namespaces_hold_the_same_ops():
    assert ops.nn.relu is ops.relu and ops.numpy.sum is ops.sum
    assert set(LINALG) <= set(dir(ops.linalg)) and all(
        getattr(ops, name) is getattr(ops.linalg, name) for name in LINALG
    )
    assert {"ctc_loss", "softmax", "psnr"} <= set(dir(ops.nn)) and {"concatenate", "slogdet"} <= set(dir(ops.numpy))


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match=r"yeoul\.ops\.nn has no op 'matmul'"):
        ops.nn.matmul  # noqa: B018


def test_ops_do_not_hide_numpy():
    code = "import yeoul.ops, numpy; assert numpy.float32 is not None and yeoul.ops.numpy is not numpy"
    subprocess.run([sys.executable, "-c", code], check=True)
