"""The public ops against NumPy, and promotion against Keras' rules."""

import numpy as np
import pytest

from yeoul import Variable, ops, random, utils

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4)).astype(np.float32)
B = RNG.normal(size=(4, 5)).astype(np.float32)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: ops.matmul(A, B), lambda: A @ B),
        (lambda: ops.matmul(A[0], B), lambda: A[0] @ B),
        (lambda: ops.tensordot(A, B, 1), lambda: np.tensordot(A, B, 1)),
        (lambda: ops.einsum("ij,jk->ki", A, B), lambda: np.einsum("ij,jk->ki", A, B)),
        (lambda: ops.einsum("...ij->...ji", A[None]), lambda: A[None].swapaxes(1, 2)),
        (lambda: ops.einsum("bij,bjk->bik", A[None], B[None]), lambda: (A @ B)[None]),
        (lambda: ops.einsum("ii->i", B[:4, :4]), lambda: np.einsum("ii->i", B[:4, :4])),
        (lambda: ops.einsum("ij->", A), lambda: A.sum()),
        (lambda: ops.var(A, axis=1, keepdims=True), lambda: A.var(axis=1, keepdims=True)),
        (lambda: ops.logsumexp(A, axis=0), lambda: np.log(np.exp(A).sum(0))),
        (lambda: ops.argmax(A), lambda: A.argmax()),
        (lambda: ops.cumsum(A, axis=1), lambda: A.cumsum(axis=1)),
        (lambda: ops.stack([A, A], axis=1), lambda: np.stack([A, A], 1)),
        (lambda: ops.concatenate([A, A], axis=-1), lambda: np.concatenate([A, A], -1)),
        (lambda: ops.split(B, 2, 0)[1], lambda: np.split(B, 2, 0)[1]),
        (lambda: ops.split(B, [1, 3], 1)[1], lambda: np.split(B, [1, 3], 1)[1]),
        (lambda: ops.where(A > 0, A, 0.0), lambda: np.where(A > 0, A, 0)),
        (lambda: ops.take(A, [2, -1], axis=1), lambda: A.take([2, -1], axis=1)),
        (lambda: ops.take_along_axis(A, A.argsort(1), 1), lambda: np.sort(A, 1)),
        (lambda: ops.sort(A, axis=0), lambda: np.sort(A, 0)),
        (lambda: ops.argsort(A, axis=1), lambda: A.argsort(1)),
        (lambda: ops.one_hot([0, 2, 5], 3), lambda: np.array([[1, 0, 0], [0, 0, 1], [0, 0, 0]])),
        (lambda: ops.pad(A, 1, "reflect"), lambda: np.pad(A, 1, "reflect")),
        (lambda: ops.roll(A, 2, 1), lambda: np.roll(A, 2, 1)),
        (lambda: ops.tile(A, (2, 1)), lambda: np.tile(A, (2, 1))),
        (lambda: ops.repeat(A, 2, 1), lambda: np.repeat(A, 2, 1)),
        (lambda: ops.moveaxis(A[None], 0, -1), lambda: np.moveaxis(A[None], 0, -1)),
        (lambda: ops.tril(B), lambda: np.tril(B)),
        (lambda: ops.arange(2, 9, 3), lambda: np.arange(2, 9, 3)),
        (lambda: ops.linspace(0.0, 1.0, 5), lambda: np.linspace(0, 1, 5)),
        (lambda: ops.outer(A[0], A[1]), lambda: np.outer(A[0], A[1])),
        (lambda: ops.nan_to_num([np.nan, np.inf, 1.0], posinf=7.0), lambda: np.array([0, 7, 1])),
        (lambda: ops.top_k([1.0, 5.0, 3.0], 2)[0], lambda: np.array([5, 3])),
        (lambda: ops.scan(lambda c, x: (c + x, c * x), 0.0, np.arange(4.0))[0], lambda: np.array(6)),
        (lambda: ops.convert_to_tensor(A)[1:, None, ::-2], lambda: A[1:, None, ::-2]),
        (lambda: ops.convert_to_tensor(A)[[0, 2], [1, 3]], lambda: A[[0, 2], [1, 3]]),
        (lambda: ops.convert_to_tensor(A)[A > 0], lambda: A[A > 0]),
        (lambda: ops.convert_to_tensor(A)[..., -1], lambda: A[..., -1]),
    ],
)
def test_agrees_with_numpy(found, expected):
    np.testing.assert_allclose(np.asarray(found()), expected(), rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("int32", "float32", "float32"),
        ("int64", "float16", "float16"),
        ("bfloat16", "float16", "float32"),
        ("uint8", "int8", "int16"),
        ("uint32", "int32", "int64"),
        ("bool", "uint8", "uint8"),
        ("float32", "float64", "float64"),
        ("int32", float, "float32"),
        ("uint8", int, "uint8"),
        ("float16", float, "float16"),
        ("bool", int, "int32"),
    ],
)
def test_promotion(a, b, expected):
    left = ops.ones((2,), a)
    right = 2.5 if b is float else 3 if b is int else ops.ones((2,), b)
    assert (left + right).dtype == expected
    assert (right + left).dtype == expected


def test_division_of_integers_is_float():
    assert (ops.convert_to_tensor([1, 2]) / 2).dtype == "float32"
    assert ops.mean(np.array([1, 2])).dtype == "float32"


def test_errors_name_what_came():
    with pytest.raises(ValueError, match=r"do not fit together: \(2, 3\) and \(4,\)"):
        ops.ones((2, 3)) + ops.ones((4,))
    with pytest.raises(ValueError, match="must equal the last but one"):
        ops.matmul(ops.ones((2, 3)), ops.ones((4, 5)))
    with pytest.raises(ValueError, match="12 elements"):
        ops.reshape(ops.ones((3, 4)), (5, 2))
    with pytest.raises(ValueError, match="axis 2 is out of range"):
        ops.sum(ops.ones((2, 3)), axis=2)
    with pytest.raises(IndexError, match="Index 3 is out of range for axis 0"):
        ops.ones((3,))[3]
    with pytest.raises(ValueError, match="Unknown dtype 'float31'"):
        ops.cast(1.0, "float31")


def test_variable_assignment():
    v = Variable([1.0, 2.0])
    v.assign_add([1.0, 1.0])
    v.assign_sub([0.5, 0.5])
    np.testing.assert_array_equal(v.numpy(), [1.5, 2.5])
    with pytest.raises(ValueError, match=r"has shape \(2,\), and the value to assign has shape \(3,\)"):
        v.assign([1.0, 2.0, 3.0])


def test_random_is_repeatable_and_has_its_moments():
    utils.set_random_seed(3)
    first = random.normal((50_000,)).numpy()
    utils.set_random_seed(3)
    np.testing.assert_array_equal(first, random.normal((50_000,)).numpy())
    assert abs(first.mean()) < 0.02 and abs(first.std() - 1) < 0.02
    flat = random.uniform((50_000,), 2.0, 4.0).numpy()
    assert flat.min() >= 2 and flat.max() < 4 and abs(flat.mean() - 3) < 0.02
    cut = random.truncated_normal((50_000,)).numpy()
    assert abs(cut).max() <= 2 and abs(cut.std() - 0.8796) < 0.01
    whole = random.randint((50_000,), -2, 3).numpy()
    assert set(np.unique(whole)) == {-2, -1, 0, 1, 2}
    kept = random.dropout(np.ones(50_000, np.float32), 0.25).numpy()
    assert abs((kept == 0).mean() - 0.25) < 0.01 and np.allclose(kept[kept > 0], 4 / 3)


def test_philox_known_answers():
    # Random123's known-answer test of philox4x32-10 for the zero key and counter.
    from yeoul.ops.random_bits import philox

    assert [hex(v) for v in philox(0, 0, 4)] == ["0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8"]
