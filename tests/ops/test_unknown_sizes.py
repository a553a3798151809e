"""Ops on axes whose sizes come with the data: a functional model applies again what was traced without them."""

import numpy as np
import pytest

from yeoul import Input, Model, layers, ops, optimizers

X = np.random.default_rng(0).normal(size=(5, 4, 3)).astype(np.float32)


@pytest.mark.parametrize("shape", [(None, 3), (None, None)])
@pytest.mark.parametrize(
    "op",
    [
        lambda t: ops.mean(t, axis=1),
        lambda t: ops.mean(t, axis=(1, 2), keepdims=True),
        lambda t: ops.var(t, axis=1, keepdims=True),
        lambda t: ops.std(t, axis=1),
        lambda t: ops.moments(t, axes=1)[0],
        lambda t: ops.average(t, axis=1),
        lambda t: ops.logsumexp(t, axis=1),
        lambda t: ops.softmax(t, axis=1),
        lambda t: t[:, -1],
        lambda t: t[:, -2, None],
        lambda t: t[:, -2:],
        lambda t: t[:, :-1],
        lambda t: t[:, :100],
        lambda t: t[:, 1:3],
        lambda t: t[:, ops.convert_to_tensor(1) : np.int64(3)],
        lambda t: t[-1],
        lambda t: t[:, 9:],
        lambda t: t[:, ::-1],
        lambda t: t[:, 2::-1],
        lambda t: t[:, :0:-2],
        lambda t: t[:, -2::-1],
        lambda t: t[:, None, [0, 1]],
        lambda t: t[..., -1],
        lambda t: ops.expand_dims(t, 1),
        lambda t: ops.squeeze(ops.expand_dims(t, 2), 2),
        lambda t: ops.split(t, [1, 3], 1)[1],
        lambda t: ops.top_k(t, 2)[0],
        lambda t: ops.take_along_axis(t, ops.argsort(t, axis=1), axis=1),
        lambda t: ops.tile(t, (1, 2, 1)),
        lambda t: ops.repeat(t, 2, axis=1),
        lambda t: ops.roll(t, -7, axis=1),
        lambda t: ops.tril(t, -1),
        lambda t: ops.triu(t, 1),
        *[lambda t, m=m: ops.pad(t, ((0, 0), (2, 1), (0, 0)), m) for m in ("constant", "edge", "reflect", "symmetric")],
        lambda t: ops.one_hot(ops.cast(t > 0, "int32"), 2),
        lambda t: ops.softmax(t, None),
        lambda t: ops.einsum("bij,bkj->bik", t, t),
        lambda t: ops.einsum("bij,jhk->bhik", t, np.ones((3, 2, 4), np.float32)),
        lambda t: ops.tensordot(t, np.ones((3, 2, 2), np.float32), 1),
        lambda t: ops.matmul(t, np.ones(3, np.float32)),
        lambda t: ops.kron(t, [[[1.0, 2.0]]]),
        lambda t: ops.corrcoef(t),
        lambda t: ops.slice(t, [0, 1, 0], [-1, 2, -1]),
        lambda t: ops.slice(t, [0, ops.argmax(t[0, 0]), 0], [-1, 2, -1]),
        lambda t: ops.quantile(t, [0.2, 0.9], axis=1, keepdims=True)[1],
        lambda t: ops.nanmedian(t, axis=1),
        lambda t: ops.diff(t, axis=1),
        lambda t: ops.trapezoid(t, axis=1),
        lambda t: ops.rot90(t, axes=(2, 1)),
        lambda t: ops.layer_normalization(t, axis=[1, 2]),
        *[lambda t, r=r: ops.scatter_update(t, [[0], [-1]], t[:2] * 2, r) for r in (None, "add", "max", "mul")],
        lambda t: ops.slice_update(t, [0, 1, 0], t[:, :2] * 2),
        lambda t: ops.slice_update(t, [0, 9, 0], t[:, -1:] * 2),
    ],
)
def test_a_model_gives_what_the_op_gives_eagerly(op, shape):
    inputs = Input(shape)
    model = Model(inputs, op(inputs))
    expected = op(ops.convert_to_tensor(X)).numpy()
    np.testing.assert_allclose(model(X), expected, rtol=1e-6, atol=1e-6)
    assert all(known in (None, size) for known, size in zip(model.output.shape, expected.shape, strict=True))


@pytest.mark.parametrize(
    "op", [lambda t: t[:, -1], lambda t: ops.mean(t[:, ::-2], axis=1), lambda t: ops.roll(t, 1, axis=1)]
)
def test_the_compiled_model_agrees(op):
    inputs = Input((None, 3))
    found = Model(inputs, op(inputs)).predict(X, batch_size=2, verbose=0)
    np.testing.assert_allclose(found, op(ops.convert_to_tensor(X)), rtol=1e-5, atol=1e-6)


def test_mean_over_samples_divides_by_the_number_that_comes():
    inputs = Input((3,))
    model = Model(inputs, ops.mean(inputs, axis=0, keepdims=True) + inputs * 0)
    for rows in (2, 4):
        np.testing.assert_allclose(model(X[0, :rows])[0], X[0, :rows].mean(0), rtol=1e-6)


def test_gradients_flow_through_steps_taken_from_the_end():
    inputs = Input((None, 3))
    features = ops.concatenate([inputs[:, -1], ops.mean(inputs[:, :-1], axis=1)], axis=-1)
    model = Model(inputs, layers.Dense(1)(features))
    model.compile(optimizers.Adam(0.05), "mse")
    target = X[:, -1].sum(-1, keepdims=True)
    history = model.fit(X, target, epochs=200, batch_size=5, verbose=0)
    assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]


def test_splitting_an_axis_of_unknown_size_says_so():
    inputs = Input((None, 3))
    with pytest.raises(ValueError, match=r"axis 1 of a tensor of shape .* has no known size"):
        ops.split(inputs, 2, axis=1)


def test_ops_that_go_element_by_element_need_to_know_how_many():
    inputs = Input((3,))
    with pytest.raises(ValueError, match=r"scan goes element by element .* shape \(None, 3\)"):
        ops.map(lambda row: row * 2, inputs)
    with pytest.raises(ValueError, match=r"vectorize goes element by element .* shape \(None, 3\)"):
        ops.vectorize(lambda row: row * 2)(inputs)
    with pytest.raises(ValueError, match=r"unknown sizes both among the first 2 axes and after"):
        ops.scatter_update(Input((2, None)), [[0, 1]], np.ones((1, 3), np.float32))


def test_reshape_takes_no_code_from_outside():
    with pytest.raises(ValueError, match=r"-1 or more, and got \(-2, 3\)"):
        ops.reshape(np.ones((2, 3)), (-2, 3))
