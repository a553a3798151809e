import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import yeoul
from yeoul import Input, Model, Sequential, layers, losses, metrics, optimizers, random
from yeoul.training import PyDataset

RNG = np.random.default_rng(3)
X = RNG.normal(size=(50, 4)).astype(np.float32)
Y = (X[:, :1] - 2 * X[:, 1:2]).astype(np.float32)


def regression(**compile_args):
    model = Sequential([Input((4,)), layers.Dense(6, activation="tanh"), layers.Dense(1)])
    random_weights = np.random.default_rng(1)
    model.set_weights([random_weights.normal(scale=0.4, size=w.shape).astype(np.float32) for w in model.weights])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compile_args})
    return model


def fitted(x=X, y=Y, compile_args=None, **fit_args):
    model = regression(**(compile_args or {}))
    history = model.fit(x, y, **{"verbose": 0, "shuffle": False, "epochs": 2, **fit_args}).history
    return history, model


REFERENCE, _ = fitted()


def same(history, expected=REFERENCE):
    assert list(history) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5)


# -- kinds of data ---------------------------------------------------------------------------------------------------
def test_float64_lists_and_tensors_are_converted():
    same(fitted(X.astype(np.float64), Y.astype(np.float64))[0])
    same(fitted(X.tolist(), Y.tolist())[0])
    same(fitted(yeoul.ops.convert_to_tensor(X), Y[:, 0])[0])
    same(fitted(np.asfortranarray(X), Y)[0])


def test_frames_sparse_matrices_and_torch_tensors_are_taken_by_their_methods():
    class Frame:
        iloc = None

        def __init__(self, array):
            self.array = array

        def to_numpy(self):
            return self.array

    class Sparse(Frame):
        def tocsr(self):
            return self

        def toarray(self):
            return self.array

    class Torch(Frame):
        def detach(self):
            return self

        def cpu(self):
            return self

        def numpy(self):
            return self.array

    for kind in (Frame, Sparse, Torch):
        same(fitted(kind(X), kind(Y))[0])


def batches(x=X, y=Y, size=32):
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


class Batches(PyDataset):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.begun, self.ended = 0, 0

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return batches()[index]

    def on_epoch_begin(self):
        self.begun += 1

    def on_epoch_end(self):
        self.ended += 1


def test_generators_data_sets_and_loaders_give_the_same_as_arrays():
    def endless():
        while True:
            yield from batches()

    same(fitted(endless(), None, steps_per_epoch=2)[0])
    for workers in (1, 3):
        dataset = Batches(workers=workers, max_queue_size=2)
        same(fitted(dataset, None)[0])
        assert (dataset.begun, dataset.ended) == (2, 2)
    same(fitted(Loader(), None)[0])
    same(fitted(compile_args={"run_eagerly": True})[0])


class Loader:
    """Like a data loader: lists of arrays, a length, a new iterator every epoch."""

    def __len__(self):
        return 2

    def __iter__(self):
        return iter([list(batch) for batch in batches()])


def test_stream_that_raises_hands_its_error_on():
    def broken():
        yield batches()[0]
        raise RuntimeError("no more disk")

    with pytest.raises(RuntimeError, match="no more disk"):
        fitted(broken(), None)


def test_generator_that_runs_out_is_told():
    with pytest.warns(UserWarning, match="ran out of data"):
        history, _ = fitted(iter(batches()), None, steps_per_epoch=5)
    assert len(history["loss"]) == 1


def test_validation_by_split_by_data_and_by_stream_agree():
    by_split, _ = fitted(validation_split=0.2)
    by_data, _ = fitted(X[:40], Y[:40], validation_data=(X[40:], Y[40:]))
    by_stream, _ = fitted(X[:40], Y[:40], validation_data=Batches())
    same(by_data, by_split)
    assert list(by_stream) == ["loss", "val_loss"]
    np.testing.assert_allclose(by_stream["loss"], by_split["loss"], rtol=1e-6)


def test_validation_freq():
    every, _ = fitted(epochs=4, validation_split=0.2)
    some, _ = fitted(epochs=4, validation_split=0.2, validation_freq=2)
    np.testing.assert_allclose(some["loss"], every["loss"], rtol=1e-6)
    np.testing.assert_allclose(some["val_loss"], every["val_loss"][1::2], rtol=1e-6)
    listed, _ = fitted(epochs=4, validation_split=0.2, validation_freq=[1])
    assert len(listed["val_loss"]) == 1


def test_steps():
    history, _ = fitted(batch_size=10, steps_per_epoch=3, epochs=2, shuffle=True)
    assert len(history["loss"]) == 2
    model = regression()
    assert model.evaluate(X, Y, batch_size=10, steps=2, verbose=0) == pytest.approx(
        model.evaluate(X[:20], Y[:20], verbose=0), rel=1e-5
    )
    assert model.predict(X, batch_size=10, steps=2, verbose=0).shape == (20, 1)


def test_initial_epoch_and_going_on():
    _, model = fitted(epochs=4)
    other = regression()
    other.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    history = other.fit(X, Y, epochs=4, initial_epoch=2, shuffle=False, verbose=0)
    assert history.epoch == [2, 3]
    np.testing.assert_allclose(other.get_weights()[0], model.get_weights()[0], rtol=1e-6)
    assert other.fit(X, Y, epochs=4, initial_epoch=4, verbose=0).history == {}


def test_shuffling_is_repeatable_and_goes_on():
    def run(*epochs):
        random.set_random_seed(5)
        model = regression()
        losses_ = []
        for n in epochs:
            losses_ += model.fit(X, Y, batch_size=8, epochs=n, verbose=0).history["loss"]
        return losses_

    whole = run(4)
    assert whole == run(4)
    np.testing.assert_allclose(run(2, 2), whole, rtol=1e-6)


def test_fit_does_not_copy_float32(monkeypatch):
    model = regression()
    seen = []
    from yeoul.training import phases

    original = phases.Feed
    monkeypatch.setattr(phases, "Feed", lambda arrays, *rest: seen.extend(arrays) or original(arrays, *rest))
    model.fit(X, Y, verbose=0, validation_split=0.2)
    assert seen and all(np.shares_memory(a, X) or np.shares_memory(a, Y) for a in seen)


# -- one batch -------------------------------------------------------------------------------------------------------
def test_on_batch_methods_agree_with_fit_and_evaluate():
    model, other = regression(metrics=["mae"]), regression(metrics=["mae"])
    for _ in range(3):
        one = model.train_on_batch(X, Y)
    history = other.fit(X, Y, batch_size=50, epochs=3, shuffle=False, verbose=0).history
    np.testing.assert_allclose(one, [history["loss"][-1], history["mae"][-1]], rtol=1e-5)
    assert all(type(v) is float for v in one)
    np.testing.assert_allclose(model.test_on_batch(X, Y), model.evaluate(X, Y, batch_size=50, verbose=0), rtol=1e-6)
    np.testing.assert_allclose(model.test_on_batch(X, Y), model.test_on_batch(X, Y), rtol=1e-7)
    assert set(model.test_on_batch(X.tolist(), Y.tolist(), return_dict=True)) == {"loss", "mae"}
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X, batch_size=50, verbose=0))


def test_train_on_batch_takes_weights():
    model, other = regression(), regression()
    weight = np.full(50, 2.0, np.float32)
    assert model.train_on_batch(X, Y, sample_weight=weight) == pytest.approx(2 * other.train_on_batch(X, Y), rel=1e-5)
    with pytest.raises(ValueError, match="cannot be specified at the same time"):
        model.train_on_batch(X, Y, sample_weight=weight, class_weight={0: 1.0})


def test_predict_in_batches_equals_predict_at_once():
    model = regression()
    np.testing.assert_allclose(
        model.predict(X, batch_size=7, verbose=0), model.predict(X, batch_size=50, verbose=0), rtol=1e-5
    )
    np.testing.assert_allclose(
        model.predict((b[0] for b in batches()), verbose=0), model.predict(X, verbose=0), rtol=1e-6
    )
    assert model.predict(X[:1].astype(np.float64), verbose=0).dtype == np.float32
    first = model.predict(X[:1], verbose=0)
    model.set_weights([w * 0 for w in model.get_weights()])
    assert first.any() and not model.predict(X[:1], verbose=0).any()


def test_reset_metrics_and_metric_names():
    model = regression(metrics=["mae"])
    model.fit(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "compile_metrics"]
    assert float(model.metrics[0].result()) > 0
    model.reset_metrics()
    assert float(model.metrics[0].result()) == 0


# -- compile ---------------------------------------------------------------------------------------------------------
def test_losses_and_metrics_of_every_kind():
    def own_loss(y_true, y_pred):
        return yeoul.ops.mean(yeoul.ops.square(y_true - y_pred), axis=-1)

    def own_metric(y_true, y_pred):
        return yeoul.ops.mean(yeoul.ops.absolute(y_true - y_pred))

    for loss in ("mse", losses.MeanSquaredError(), losses.mean_squared_error, own_loss):
        np.testing.assert_allclose(fitted(compile_args={"loss": loss})[0]["loss"], REFERENCE["loss"], rtol=1e-5)
    history, _ = fitted(compile_args={"metrics": ["mae", metrics.MeanSquaredError(), own_metric]})
    assert list(history) == ["loss", "mae", "mean_squared_error", "own_metric"]
    np.testing.assert_allclose(history["mean_squared_error"], history["loss"], rtol=1e-5)


def classes(units, activation, loss, y):
    model = Sequential([Input((4,)), layers.Dense(units, activation=activation)])
    model.compile(optimizers.SGD(0.1), loss, metrics=["accuracy", "acc"])
    model.fit(X, y, verbose=0)
    return [type(m).__name__ for m in model.metrics[1].metrics]


def test_accuracy_is_chosen_by_shapes():
    labels = (X[:, 0] > 0).astype(np.int32)
    assert classes(1, "sigmoid", "binary_crossentropy", labels) == ["BinaryAccuracy"] * 2
    assert classes(2, "softmax", "sparse_categorical_crossentropy", labels) == ["SparseCategoricalAccuracy"] * 2
    assert classes(2, "softmax", "categorical_crossentropy", np.eye(2)[labels]) == ["CategoricalAccuracy"] * 2
    assert classes(2, "softmax", "crossentropy", labels[:, None]) == ["SparseCategoricalAccuracy"] * 2


def test_user_objects_are_traced():
    class Plain(optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            self.assign_sub(variable, learning_rate * gradient)

    same(fitted(compile_args={"optimizer": Plain(0.01)})[0])


def test_compile_again_starts_with_new_metrics():
    _, model = fitted()
    model.compile("adam", "mae", metrics=["mse"])
    assert list(model.fit(X, Y, verbose=0).history) == ["loss", "mse"]


def test_schedule_runs_inside_the_loop():
    schedule = optimizers.schedules.ExponentialDecay(0.05, decay_steps=1, decay_rate=0.5)
    _, model = fitted(compile_args={"optimizer": optimizers.SGD(schedule)})
    assert int(model.optimizer.iterations) == 4
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05 * 0.5**4)


def test_sample_weights_by_output():
    x = Input((4,))
    model = Model(x, {"a": layers.Dense(1, name="a")(x), "b": layers.Dense(1, name="b")(x)})
    model.compile("sgd", {"a": "mse", "b": "mse"})
    history = model.fit(
        X, {"a": Y, "b": Y}, sample_weight={"a": np.zeros(50), "b": np.ones(50)}, verbose=0, epochs=1, batch_size=50
    ).history
    assert history["a_loss"] == [0.0] and history["b_loss"][0] > 0


def test_loss_for_one_of_two_outputs():
    x = Input((4,))
    model = Model(x, [layers.Dense(1, name="a")(x), layers.Dense(2, name="b")(x)])
    model.compile("sgd", {"a": "mse"})
    assert list(model.fit(X, [Y, np.zeros((50, 2))], verbose=0).history) == ["loss"]


def test_keyboard_interrupt_leaves_a_usable_model():
    class Stop(yeoul.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    model = regression()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=10, verbose=0, callbacks=[Stop()], shuffle=False)
    _, expected = fitted()
    np.testing.assert_allclose(model.get_weights()[0], expected.get_weights()[0], rtol=1e-6)
    model.fit(X, Y, verbose=0)


def test_fits_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(validation_split=0.2, epochs=3)


def test_fits_in_several_threads_at_once():
    def run(results, i):
        results[i] = fitted(epochs=20)[0]["loss"]

    expected = fitted(epochs=20)[0]["loss"]
    results = [None] * 4
    threads = [threading.Thread(target=run, args=(results, i)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result == expected for result in results)


INTERRUPTED = """
import signal, threading
import numpy as np
from yeoul import Sequential, layers
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
x = np.ones((40, 3), "float32")
model = Sequential([layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(x, x[:, :1], verbose=0)
threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT)).start()
try:
    model.fit(x, x[:, :1], epochs=10**8, verbose=0)
except KeyboardInterrupt:
    print("interrupted", np.isfinite(model.evaluate(x, x[:, :1], verbose=0)))
"""


def test_interrupt_from_the_keyboard_stops_a_long_fit():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["interrupted", "True"]


def test_outputs_of_a_dict_keep_their_order():
    x = Input((4,))
    named = {"kind": layers.Dense(3, activation="softmax")(x), "age": layers.Dense(1)(x)}
    model = Model(x, named)
    model.compile("sgd", {"age": "mse", "kind": "sparse_categorical_crossentropy"})
    data = np.ones((6, 4), np.float32)
    y = {"age": np.zeros((6, 1)), "kind": np.arange(6) % 3}
    model.fit(data, y, verbose=0)
    assert model.metrics_names == ["loss", "kind_loss", "age_loss"]
    told = model.evaluate(data, y, verbose=0, return_dict=True)
    assert model.evaluate(data, y, verbose=0) == [told["loss"], told["kind_loss"], told["age_loss"]]
    assert list(model.predict(data, verbose=0)) == list(model.predict_on_batch(data)) == ["kind", "age"]
    assert model.predict(data, verbose=0)["kind"].shape == (6, 3)
