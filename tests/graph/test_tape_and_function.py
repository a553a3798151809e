"""GradientTape and function."""

import gc
import weakref

import numpy as np
import pytest

from yeoul import GradientTape, Variable, custom_gradient, function, ops


def test_gradient_in_the_structure_of_the_sources():
    w, b = Variable([[1.0], [2.0]]), Variable([0.5])
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    with GradientTape() as tape:
        loss = ops.sum(ops.square(ops.matmul(x, w) + b))
    grads = tape.gradient(loss, {"w": w, "b": b})
    residual = x @ [[1.0], [2.0]] + 0.5
    np.testing.assert_allclose(grads["w"], 2 * x.T @ residual)
    np.testing.assert_allclose(grads["b"], 2 * residual.sum(0))


def test_second_derivative():
    x = Variable(3.0)
    with GradientTape() as outer:
        with GradientTape() as inner:
            y = x**3
        first = inner.gradient(y, x)
    np.testing.assert_allclose(first, 27.0)
    np.testing.assert_allclose(outer.gradient(first, x), 18.0)


def test_tape_is_used_once_unless_persistent():
    x = Variable(2.0)
    with GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)
    with GradientTape(persistent=True) as tape:
        y = x * x
        z = y * x
    assert float(tape.gradient(y, x)) == 4.0
    assert float(tape.gradient(z, x)) == 12.0


def test_unconnected_and_stopped():
    x, other = Variable(2.0), Variable(1.0)
    with GradientTape(persistent=True) as tape:
        y = ops.stop_gradient(x * x) * x
    assert float(tape.gradient(y, x)) == 4.0
    assert tape.gradient(y, other) is None
    assert float(tape.gradient(y, other, unconnected_gradients="zero")) == 0.0


def test_jacobian():
    x = ops.convert_to_tensor([1.0, 2.0, 3.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    np.testing.assert_allclose(tape.jacobian(y, x), np.diag([2.0, 4.0, 6.0]))


def test_custom_gradient():
    @custom_gradient
    def clipped(x):
        return x * 1.0, lambda upstream: ops.clip(upstream, -0.5, 0.5)

    x = Variable(2.0)
    with GradientTape() as tape:
        y = clipped(x) * 10.0
    assert float(tape.gradient(y, x)) == 0.5


def test_function_traces_once_per_signature():
    traces = []
    total = Variable(0.0)

    @function
    def step(x, scale=1.0):
        traces.append(x.shape)
        total.assign_add(ops.sum(x) * scale)
        return {"mean": ops.mean(x), "both": (x, x + 1.0)}

    one, two = np.ones(3, np.float32), np.ones((2, 2), np.float32)
    for _ in range(3):
        result = step(one)
    assert len(traces) == 1
    np.testing.assert_allclose(result["both"][1], [2, 2, 2])
    step(two)
    step(one, scale=2.0)
    assert len(traces) == 3
    assert float(total) == 3 * 3 + 4 + 6


def test_function_with_a_tape_inside():
    w = Variable(np.ones((3, 1), np.float32))

    @function
    def train(x, y):
        with GradientTape() as tape:
            loss = ops.mean(ops.square(ops.matmul(x, w) - y))
        w.assign_sub(tape.gradient(loss, w) * 0.1)
        return loss

    x = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    y = x @ np.array([[1.0], [-2.0], [0.5]], np.float32)
    losses = [float(train(x, y)) for _ in range(200)]
    assert losses[-1] < 1e-4 < losses[0]


def test_a_tape_follows_into_a_function():
    w = Variable(np.full(3, 2.0, np.float32))
    run = function(lambda x: ops.sum(ops.square(x * w)))
    with GradientTape() as tape:
        y = run(np.ones(3, np.float32))
    np.testing.assert_allclose(tape.gradient(y, w), [4.0, 4.0, 4.0])


def test_a_variable_that_is_assigned_under_the_tape():
    w = Variable(3.0)
    with GradientTape() as tape:
        before = w * w
        w.assign(5.0)
        y = before + 2.0 * w
    assert float(tape.gradient(y, w)) == 6.0 + 2.0
    with GradientTape() as tape:
        y = w * w
        w.assign(1.0)
    assert float(tape.gradient(y, w)) == 10.0


def test_what_a_loss_came_from_goes_with_its_tape():
    w = Variable(np.ones(4, np.float32))
    with GradientTape() as tape:
        middle = ops.exp(w * 1.0)
        loss = ops.sum(middle)
    kept = weakref.ref(middle)
    del middle
    gc.collect()
    assert kept() is not None
    tape.gradient(loss, w)
    gc.collect()
    assert kept() is None and loss.node is None


def test_two_tapes_share_what_both_recorded():
    w = Variable(2.0)
    with GradientTape() as first, GradientTape() as second:
        shared = w * w
        a, b = shared * 3.0, shared * 5.0
    assert float(first.gradient(a, w)) == 12.0
    assert float(second.gradient(b, w)) == 20.0


def test_a_tape_that_is_thrown_away_lets_go():
    x = ops.convert_to_tensor(2.0)
    with GradientTape() as tape:
        y = x * x
    assert y.node is not None
    del tape
    gc.collect()
    assert y.node is None
