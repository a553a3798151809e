"""Linear algebra: what factors multiply to, what errors say, gradients where outputs are left unused."""

import numpy as np
import pytest

import yeoul
from yeoul import ops
from yeoul.graph.tape import GradientTape

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 4, 3))
SQUARE = RNG.normal(size=(2, 3, 3))


def test_factors_multiply_to_the_matrix():
    for x in (X, X.swapaxes(1, 2), SQUARE):
        q, r = ops.qr(x)
        np.testing.assert_allclose(np.asarray(q @ r), x, atol=1e-12)
        u, s, vh = ops.svd(x, full_matrices=False)
        np.testing.assert_allclose(np.asarray((u * ops.expand_dims(s, 1)) @ vh), x, atol=1e-12)
    w, v = (np.asarray(part) for part in ops.eig(SQUARE))
    np.testing.assert_allclose(SQUARE @ v, v * w[:, None], atol=1e-12)
    lu, order = ops.lu_factor(SQUARE[0])
    lower, upper = np.tril(lu, -1) + np.eye(3), np.triu(lu)
    np.testing.assert_allclose((lower @ upper)[np.asarray(order)], SQUARE[0], atol=1e-12)


def test_half_floats_are_computed_in_single_precision():
    x = ops.cast(SQUARE, "float16")
    assert ops.inv(x).dtype == "float16" and ops.slogdet(x)[1].dtype == "float16"


def test_integers_become_floats():
    assert ops.det(np.eye(3, dtype=np.int32)).dtype == "float32"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.cholesky(-np.eye(3)), "cholesky: the matrix is not positive definite"),
        (lambda: ops.inv(np.zeros((2, 2))), "inv: the matrix is singular. Use pinv"),
        (lambda: ops.solve(np.zeros((2, 2)), np.ones((2, 1))), "solve: the matrix is singular. Use lstsq"),
        (lambda: ops.det(np.zeros((2, 3))), r"det needs square matrices, of shape \(..., n, n\), and got shape \(2, 3\)"),
        (lambda: ops.solve(np.eye(2), np.ones((3, 1))), "needs as many rows as the matrix"),
        (lambda: ops.qr(np.eye(2), mode="raw"), "Received: mode=raw"),
        (lambda: ops.norm(np.eye(2), ord=3), "Invalid `ord` argument for matrix norm. Received: ord=3"),
        (lambda: ops.norm(np.ones(2), ord="fro"), "Invalid `ord` argument for vector norm. Received: ord=fro"),
        (lambda: ops.jvp(ops.sin, (1.0,), ()), "one tangent per primal, and got 1 primals and 0 tangents"),
    ],
)  # fmt: skip
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("is_compiled", [False, True])
@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: ops.sum(ops.sort(x) * np.arange(3.0)), lambda x: np.argsort(np.argsort(x)).astype(float)),
        (lambda x: ops.slogdet(x)[1][0], lambda x: np.stack([np.linalg.inv(x[0]).T, np.zeros((3, 3))])),
        (lambda x: ops.sum(ops.svd(x)[1] ** 2), lambda x: 2 * x),
        (lambda x: ops.sum(ops.eigh(x)[0]), lambda x: np.stack([np.eye(3)] * 2)),
    ],
)
def test_gradient_when_some_outputs_are_not_used(function, expected, is_compiled):
    def gradient(x):
        with GradientTape() as tape:
            y = function(x)
        return tape.gradient(y, x)

    run = yeoul.function(gradient) if is_compiled else gradient
    np.testing.assert_allclose(np.asarray(run(ops.convert_to_tensor(SQUARE))), expected(SQUARE), atol=1e-10)


def test_second_derivative_through_unused_outputs():
    x = ops.convert_to_tensor(SQUARE[0])
    with GradientTape(persistent=True) as tape:
        y = ops.slogdet(x)[1]
        first = tape.gradient(y, x)
        total = ops.sum(first)
    inverse = np.linalg.inv(SQUARE[0])
    expected = -inverse.T @ np.ones((3, 3)) @ inverse.T
    np.testing.assert_allclose(np.asarray(tape.gradient(total, x)), expected, rtol=1e-9)


def test_gradient_of_full_singular_vectors_that_span_the_null_space():
    # The projector on the orthogonal complement does not depend on which basis spans it.
    def projector(x):
        u = ops.svd(x)[0]
        rest = u[:, 3:]
        return ops.sum((rest @ ops.transpose(rest)) * np.arange(16.0).reshape(4, 4))

    x = ops.convert_to_tensor(X[0])
    with GradientTape() as tape:
        y = projector(x)
    found = np.asarray(tape.gradient(y, x))
    for place in np.ndindex(4, 3):
        step = np.zeros((4, 3))
        step[place] = 1e-6
        expected = (float(projector(X[0] + step)) - float(projector(X[0] - step))) / 2e-6
        np.testing.assert_allclose(found[place], expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("is_compiled", [False, True])
def test_jvp_of_several_values_with_something_beside_them(is_compiled):
    def along(x, direction):
        def function(a, b):
            q, r = ops.qr(a)
            return {"q": q, "product": a * b}, ops.sum(r)

        return ops.jvp(function, (x, x * 2), (direction, direction), has_aux=True)

    x, direction = X[0], RNG.normal(size=(4, 3))
    run = yeoul.function(along) if is_compiled else along
    value, derivative, extra = run(ops.convert_to_tensor(x), ops.convert_to_tensor(direction))
    high, low = (np.asarray(ops.qr(x + sign * 1e-6 * direction)[0]) for sign in (1, -1))
    np.testing.assert_allclose(np.asarray(derivative["q"]), (high - low) / 2e-6, atol=1e-7)
    np.testing.assert_allclose(np.asarray(derivative["product"]), direction * x * 3, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(value["product"]), 2 * x * x, rtol=1e-12)
    np.testing.assert_allclose(float(extra), float(ops.sum(ops.qr(x)[1])), rtol=1e-12)


def test_complex_values_move_through_compiled_functions():
    for x in (SQUARE, SQUARE.astype(np.float32)):
        run = yeoul.function(lambda a: ops.view_as_real(ops.transpose(ops.polar(a, a), (2, 0, 1))[1:]))
        z = (x * np.exp(1j * x)).transpose(2, 0, 1)[1:]
        np.testing.assert_allclose(np.asarray(run(x)), np.stack([z.real, z.imag], -1), rtol=2e-5)
