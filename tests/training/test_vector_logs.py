"""Metrics whose results are vectors, within compiled epochs."""

import numpy as np
import pytest

from yeoul import Input, Sequential, callbacks, layers, metrics
from yeoul.training.log_layout import LogLayout


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 4)).astype(np.float32)
    return x, np.eye(3, dtype=np.float32)[np.argmax(x[:, :3], axis=1)]


def made(**options):
    model = Sequential([Input((4,)), layers.Dense(3, "softmax", kernel_initializer="identity")])
    model.compile("sgd", "categorical_crossentropy", metrics=[metrics.F1Score(average=None), "accuracy"], **options)
    return model


@pytest.mark.parametrize("batch_hook", [False, True])
def test_fit_and_evaluate_give_the_vector_of_op_by_op_steps(batch_hook):
    x, y = data()
    seen = []
    hook = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["f1_score"]))
    found = []
    for eagerly in (False, True):
        model = made(run_eagerly=eagerly)
        history = model.fit(
            x,
            y,
            batch_size=20,
            epochs=3,
            shuffle=False,
            verbose=0,
            validation_split=0.2,
            callbacks=[hook] if batch_hook else [],
        )
        found.append((history.history, model.evaluate(x, y, verbose=0, return_dict=True)))
    (compiled, evaluated), (eager, evaluated_eagerly) = found
    assert list(compiled) == list(eager)
    for name in ("f1_score", "val_f1_score"):
        assert np.shape(compiled[name]) == (3, 3)
        np.testing.assert_allclose(compiled[name], eager[name], rtol=1e-5)
    np.testing.assert_allclose(evaluated["f1_score"], evaluated_eagerly["f1_score"], rtol=1e-5)
    assert all(np.shape(value) == (3,) for value in seen)


def test_layout_of_a_row():
    layout = LogLayout(["b", "a"], [(2, 2), ()]) + LogLayout(["c"], [()]).prefixed("val_")
    assert layout.size == 6 and not layout.is_scalar
    logs = layout.read(np.arange(6.0))
    assert list(logs) == ["a", "b", "val_c"] and logs["a"] == 4.0 and logs["val_c"] == 5.0
    assert logs["b"].tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert layout.column("a") == 4 and layout.column("b") is None and layout.column("d") is None
