"""Ops on tensors of functional models: one node for what the user called."""

import pickle

import numpy as np
import pytest

from yeoul import Input, Model, layers, ops
from yeoul.core.tensor import operators
from yeoul.ops.calls import CALLS, FunctionCall
from yeoul.ops.registry import PRIMITIVES

X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


#: What Keras 3 calls the operation of each tensor.
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda x: -x, "Negative"), (lambda x: x - 1, "Subtract"), (lambda x: 1 - x, "Subtract"), (lambda x: x * 2, "Multiply"),
        (lambda x: x / 2, "TrueDivide"), (lambda x: x**2, "Power"), (lambda x: x @ ops.transpose(x), "Matmul"), (lambda x: x > 1, "Greater"),
        (lambda x: x[:, 0], "GetItem"), (lambda x: ops.relu(x), "Relu"), (lambda x: ops.sum(x, axis=1), "Sum"), (lambda x: ops.exp(x), "Exp"),
        (lambda x: ops.concatenate([x, x]), "Concatenate"), (lambda x: ops.reshape(x, (-1, 2, 2)), "Reshape"),
        (lambda x: ops.cast(x, "int32"), "Cast"), (lambda x: abs(x), "Absolute"), (lambda x: x // 2, "FloorDivide"),
        (lambda x: x % 2, "Mod"), (lambda x: x != 2, "NotEqual"), (lambda x: ops.softmax(x), "Softmax"),
        (lambda x: ops.log_softmax(x), "LogSoftmax"), (lambda x: ops.where(x > 0, x, x), "Where"), (lambda x: ops.stack([x, x]), "Stack"),
        (lambda x: ops.expand_dims(x, 1), "ExpandDims"), (lambda x: ops.clip(x, 0, 1), "Clip"), (lambda x: ops.max(x), "Max"),
        (lambda x: ops.split(x, 2, axis=1)[0], "Split"), (lambda x: ops.mean(x), "Mean"), (lambda x: ops.leaky_relu(x), "LeakyRelu"),
        (lambda x: ops.einsum("ij,kj->ik", x, x), "Einsum"), (lambda x: ops.top_k(x, 2)[0], "TopK"),
        (lambda x: ops.logsumexp(x, axis=1), "Logsumexp"), (lambda x: ops.one_hot(ops.argmax(x, 1), 3), "OneHot"),
    ],
)  # fmt: skip
def test_names_are_those_of_keras(make, name):
    assert make(Input((4,))).node.op.display_name == name


def test_every_op_has_a_name_to_show():
    assert all(op.display_name and op.display_name[0].isupper() for op in PRIMITIVES.values())
    assert all(CALLS[name].__name__.strip("_").replace("getitem", "get_item") == name for name in CALLS)


def test_the_model_makes_the_call_again():
    x = Input((None, 4))
    y = ops.mean(x, axis=1, keepdims=True)
    assert isinstance(y.node.op, FunctionCall) and y.node.inputs == (x,)
    model = Model(x, y + ops.sum(x[..., :1], axis=(1, 2))[:, None, None])
    data = X.reshape(3, 2, 2).repeat(2, axis=-1)
    expected = data.mean(1, keepdims=True) + data[..., :1].sum((1, 2))[:, None, None]
    np.testing.assert_allclose(model.predict(data, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(model(data), expected, rtol=1e-5)


def test_what_gives_no_tensors_of_the_model_is_computed_at_once():
    x = Input((4,))
    assert ops.shape(x) == (None, 4) and ops.ndim(x) == 2
    assert ops.convert_to_tensor(x) is x
    assert x.reshape(-1, 2, 2).shape == (None, 2, 2) and x.T.node.op.name == "transpose"
    assert operators["matmul"] is ops.matmul


def test_functions_among_the_arguments_may_use_other_tensors_of_the_model():
    a, b = Input((4,)), Input((4,))
    model = Model([a, b], ops.fori_loop(0, 2, lambda i, x: x + ops.mean(b, axis=-1, keepdims=True), a))
    np.testing.assert_allclose(model.predict([X, X], verbose=0), X + 2 * X.mean(-1, keepdims=True), rtol=1e-5)


def test_trains_through_calls():
    x = Input((4,))
    model = Model(x, ops.mean(ops.softmax(layers.Dense(3)(x)) * layers.Dense(3)(x), axis=-1, keepdims=True))
    model.compile("adam", "mse")
    history = model.fit(X, X[:, :1], epochs=30, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_functions_stay_what_they_are_named():
    assert pickle.loads(pickle.dumps(ops.softmax)) is ops.softmax
    assert ops.nn.softmax is ops.softmax and ops.softmax.__doc__
    layer = pickle.loads(pickle.dumps(layers.Activation(ops.softmax)))
    np.testing.assert_array_equal(layer(X), ops.softmax(X))


def test_wrong_arguments_are_refused_when_the_model_is_made():
    with pytest.raises(ValueError, match="reshape"):
        ops.reshape(Input((4,), batch_size=2), (3, 3))
