"""Fits on data of every kind, made the same way with Keras (to record) and with yeoul (to compare).

A case is a function of the library that returns numbers: results of `fit`, `evaluate` and `predict`.
"""

import numpy as np

RNG = np.random.default_rng(41)
X = RNG.random((30, 4)).astype("float32")
Y = (X[:, :1] * 2 - X[:, 1:2]).astype("float32")
CLASS = RNG.integers(0, 3, 30)
WEIGHT = RNG.random(30).astype("float32")
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def _set(model):
    rng = np.random.default_rng(43)
    model.set_weights([rng.normal(scale=0.5, size=w.shape).astype("float32") for w in model.weights])
    return model


def net(lib, classes=None, **kwargs):
    layers = lib.layers
    units, activation = (1, None) if classes is None else (classes, "softmax")
    model = lib.Sequential(
        [layers.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(units, activation=activation)]
    )
    loss = "mse" if classes is None else "sparse_categorical_crossentropy"
    model.compile(lib.optimizers.SGD(0.1), loss, **{"metrics": ["mae" if classes is None else "accuracy"], **kwargs})
    return _set(model)


def two(lib, **kwargs):
    """Two inputs, two outputs."""
    layers = lib.layers
    a, b = layers.Input((4,), name="a"), layers.Input((2,), name="b")
    h = layers.Dense(5, activation="tanh", name="h")(layers.Concatenate(name="both")([a, b]))
    model = lib.Model({"a": a, "b": b}, {"u": layers.Dense(1, name="u")(h), "v": layers.Dense(2, name="v")(h)})
    model.compile(lib.optimizers.SGD(0.1), {"u": "mse", "v": "mae"}, **(kwargs or {"metrics": {"u": ["mae"]}}))
    return _set(model)


def two_lists(lib):
    layers = lib.layers
    a, b = layers.Input((4,)), layers.Input((2,))
    h = layers.Dense(5, activation="tanh")(layers.Concatenate()([a, b]))
    model = lib.Model([a, b], [layers.Dense(1, name="u")(h), layers.Dense(2, name="v")(h)])
    model.compile(lib.optimizers.SGD(0.1), ["mse", "mae"])
    return _set(model)


FIT = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0}


def fitted(model, *data, **kwargs):
    return model.fit(*data, **{**FIT, **kwargs}).history


# -- kinds of data ---------------------------------------------------------------------------------------------------
@case
def pandas_frame(lib):
    import pandas as pd

    frame = pd.DataFrame(X.astype("float64"), columns=list("abcd"))
    target = pd.Series(Y[:, 0], name="y")
    model = net(lib)
    history = fitted(model, frame, target, sample_weight=pd.Series(WEIGHT), validation_split=0.2)
    return [history, model.evaluate(frame, target, verbose=0), model.predict(frame, verbose=0)]


@case
def pandas_columns(lib):
    import pandas as pd

    frame = pd.DataFrame({"a": CLASS, "b": CLASS > 1, "c": X[:, 0], "d": X[:, 1].astype("float16")})
    history = fitted(
        net(lib, 3),
        frame.astype("float32"),
        pd.Series(CLASS),
        validation_data=(frame.astype("float32"), pd.Series(CLASS)),
    )
    return [history]


@case
def pandas_dict(lib):
    import pandas as pd

    frames = {"a": pd.DataFrame(X), "b": pd.DataFrame(X[:, :2])}
    return [fitted(two(lib), frames, {"u": pd.Series(Y[:, 0]), "v": pd.DataFrame(X[:, 2:])}, validation_split=0.25)]


@case
def scipy_sparse(lib):
    import scipy.sparse as sp

    matrix = sp.csr_matrix(np.where(X > 0.5, X, 0))
    model = net(lib)
    history = fitted(model, matrix, Y)
    return [history, model.evaluate(matrix, Y, verbose=0), model.predict(matrix, verbose=0)]


@case
def torch_loader(lib):
    import torch

    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), batch_size=8
    )
    model = net(lib)
    history = fitted(model, loader, batch_size=None, validation_data=loader)
    return [history, model.evaluate(loader, verbose=0), model.predict(loader, verbose=0)]


@case
def float64_arrays(lib):
    return [fitted(net(lib), X.astype("float64"), Y.astype("float64"))]


@case
def integer_arrays(lib):
    whole = (X * 3).astype("int64")
    return [fitted(net(lib), whole, whole[:, :1])]


@case
def python_lists(lib):
    model = net(lib)
    return [fitted(model, np.asarray(X.tolist()), np.asarray(Y.tolist()))]


@case
def targets_without_axis(lib):
    return [fitted(net(lib), X, Y[:, 0])]


@case
def generator_of_batches(lib):
    def batches():
        while True:
            for start in range(0, 24, 8):
                yield X[start : start + 8], Y[start : start + 8], WEIGHT[start : start + 8]

    model = net(lib)
    history = fitted(model, batches(), batch_size=None, steps_per_epoch=3)
    return [history, model.evaluate(batches(), steps=2, verbose=0), model.predict(batches(), steps=2, verbose=0)]


# -- validation ------------------------------------------------------------------------------------------------------
@case
def split_of_lists(lib):
    return [fitted(two_lists(lib), [X, X[:, :2]], [Y, X[:, 2:]], validation_split=0.3)]


@case
def split_of_dicts(lib):
    targets = {"u": Y, "v": X[:, 2:]}
    return [fitted(two(lib), {"a": X, "b": X[:, :2]}, targets, validation_split=0.3)]


@case
def split_with_weights(lib):
    return [fitted(net(lib, weighted_metrics=["mse"]), X, Y, sample_weight=WEIGHT, validation_split=0.3)]


@case
def split_with_class_weight(lib):
    weights = {0: 1.0, 1: 3.0, 2: 0.5}
    return [fitted(net(lib, 3, weighted_metrics=["accuracy"]), X, CLASS, class_weight=weights, validation_split=0.3)]


@case
def validation_every_second(lib):
    return [fitted(net(lib), X, Y, validation_data=(X[:10], Y[:10]), validation_freq=2, epochs=5)]


@case
def validation_at_some(lib):
    return [fitted(net(lib), X, Y, validation_data=(X[:10], Y[:10]), validation_freq=[1, 4], epochs=5)]


@case
def validation_with_weights(lib):
    data = (X[:10], Y[:10], WEIGHT[:10])
    return [fitted(net(lib, weighted_metrics=["mse"]), X, Y, validation_data=data)]


@case
def validation_steps(lib):
    return [fitted(net(lib), X, Y, validation_data=(X, Y), validation_steps=2, validation_batch_size=5)]


@case
def validation_batch_size(lib):
    return [fitted(net(lib), X, Y, validation_data=(X, Y), validation_batch_size=7)]


# -- steps -----------------------------------------------------------------------------------------------------------
@case
def fewer_steps_than_batches(lib):
    return [fitted(net(lib), X, Y, steps_per_epoch=2, epochs=2)]


@case
def as_many_steps_as_batches(lib):
    return [fitted(net(lib), X, Y, steps_per_epoch=4)]


@case
def evaluate_some_steps(lib):
    model = net(lib)
    return [model.evaluate(X, Y, batch_size=8, steps=2, verbose=0), model.predict(X, batch_size=8, steps=2, verbose=0)]


@case
def steps_per_execution(lib):
    return [fitted(net(lib, steps_per_execution=2), X, Y, batch_size=5)]


# -- compile ---------------------------------------------------------------------------------------------------------
@case
def weighted_metrics(lib):
    model = net(lib, 3, metrics=["accuracy"], weighted_metrics=["accuracy"])
    history = fitted(model, X, CLASS, sample_weight=WEIGHT)
    return [history, model.evaluate(X, CLASS, sample_weight=WEIGHT, verbose=0)]


@case
def weighted_metrics_alone(lib):
    model = net(lib, metrics=None, weighted_metrics=["mae", "mse"])
    history = fitted(model, X, Y, sample_weight=WEIGHT)
    return [history, model.evaluate(X, Y, verbose=0)]


@case
def weighted_metrics_of_outputs(lib):
    model = two(lib, weighted_metrics={"u": ["mae"], "v": ["mse"]})
    weights = {"u": WEIGHT, "v": WEIGHT[::-1].copy()}
    return [fitted(model, {"a": X, "b": X[:, :2]}, {"u": Y, "v": X[:, 2:]}, sample_weight=weights)]


@case
def run_eagerly(lib):
    model = net(lib, run_eagerly=True)
    return [fitted(model, X, Y, validation_split=0.2), model.evaluate(X, Y, verbose=0)]


@case
def jit_compile(lib):
    return [fitted(net(lib, jit_compile=flag), X, Y, epochs=1) for flag in (True, False, "auto")]


@case
def auto_scale_loss(lib):
    return [fitted(net(lib, auto_scale_loss=flag), X, Y, epochs=1) for flag in (True, False)]


@case
def loss_weights(lib):
    model = two(lib, loss_weights={"u": 0.5, "v": 2.0})
    return [fitted(model, {"a": X, "b": X[:, :2]}, {"u": Y, "v": X[:, 2:]})]


@case
def on_batch(lib):
    model = net(lib, 3)
    return [
        model.train_on_batch(X, CLASS, class_weight={0: 2.0, 1: 1.0, 2: 0.1}),
        model.train_on_batch(X, CLASS, sample_weight=WEIGHT, return_dict=True),
        model.test_on_batch(X, CLASS, sample_weight=WEIGHT),
        model.predict_on_batch(X[:3]),
    ]


# -- what is refused -------------------------------------------------------------------------------------------------
def refused(function):
    try:
        function()
    except Exception as error:
        return type(error).__name__
    return "nothing"


@case
def mistakes(lib):
    model = net(lib)
    return [
        refused(lambda: fitted(model, X, Y[:5])),
        refused(lambda: fitted(model, iter([]), Y)),
        refused(lambda: fitted(model, X, Y, validation_data=(X, Y), validation_freq="2")),
        refused(lambda: fitted(model, X, Y, sample_weight=WEIGHT, class_weight={0: 1.0})),
    ]


def plain(value):
    """`value` as lists, dicts and numbers."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, str):
        return value
    return np.asarray(value, dtype="float64").tolist()
