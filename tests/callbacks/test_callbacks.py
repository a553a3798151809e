import numpy as np
import pytest

from yeoul import Input, Sequential, callbacks, layers

X = np.random.default_rng(3).normal(size=(20, 4)).astype(np.float32)
Y = (X[:, :1] - 2 * X[:, 1:2]).astype(np.float32)


def model(rate=0.05):
    made = Sequential([Input((4,)), layers.Dense(1)])
    made.compile("sgd", "mse", metrics=["mae"])
    made.optimizer.learning_rate = rate
    return made


def fit(made=None, **arguments):
    return (made or model()).fit(X, Y, **{"verbose": 0, "batch_size": 8, **arguments})


class Notes(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.notes = []

    def on_train_begin(self, logs=None):
        self.notes.append("train begin")

    def on_train_end(self, logs=None):
        self.notes.append(("train end", sorted(logs)))

    def on_epoch_begin(self, epoch, logs=None):
        self.notes.append(f"epoch {epoch}")

    def on_epoch_end(self, epoch, logs=None):
        self.notes.append((f"epoch {epoch} end", list(logs)))

    def on_train_batch_begin(self, batch, logs=None):
        self.notes.append(f"batch {batch}")

    def on_train_batch_end(self, batch, logs=None):
        self.notes.append((f"batch {batch} end", sorted(logs)))

    def on_test_begin(self, logs=None):
        self.notes.append("test begin")

    def on_test_end(self, logs=None):
        self.notes.append(("test end", sorted(logs)))

    def on_test_batch_end(self, batch, logs=None):
        self.notes.append(f"test batch {batch} end")

    def on_predict_batch_end(self, batch, logs=None):
        self.notes.append(("predicted", logs["outputs"].shape))


def test_every_hook_in_keras_order():
    notes = Notes()
    fit(epochs=1, batch_size=10, callbacks=[notes], validation_data=(X[:5], Y[:5]))
    assert notes.notes == [
        "train begin",
        "epoch 0",
        "batch 0",
        ("batch 0 end", ["loss", "mae"]),
        "batch 1",
        ("batch 1 end", ["loss", "mae"]),
        "test begin",
        "test batch 0 end",
        ("test end", ["loss", "mae"]),
        ("epoch 0 end", ["loss", "mae", "val_loss", "val_mae"]),
        ("train end", ["loss", "mae", "val_loss", "val_mae"]),
    ]
    assert notes.params == {"verbose": 0, "epochs": 1, "steps": 2}
    notes.notes.clear()
    notes.model.evaluate(X, Y, verbose=0, callbacks=[notes])
    assert notes.notes == ["test begin", "test batch 0 end", ("test end", ["loss", "mae"])]
    notes.notes.clear()
    notes.model.predict(X, batch_size=16, verbose=0, callbacks=[notes])
    assert notes.notes == [("predicted", (16, 1)), ("predicted", (4, 1))]


def test_batch_epoch_and_free_running_give_the_same_history():
    class PerBatch(callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            pass

    class PerEpoch(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            pass

    weights = model().get_weights()
    histories = []
    for extra in ([], [PerEpoch()], [PerBatch()]):
        made = model()
        made.set_weights(weights)
        histories.append(fit(made, epochs=5, shuffle=False, callbacks=extra, validation_split=0.2).history)
    assert histories[0] == histories[1] == histories[2]


def test_needs_follow_from_the_hooks():
    def needs(*given):
        return callbacks.CallbackList(
            list(given), add_history=True, add_progbar=True, verbose=1, epochs=1, steps=1
        ).needs()

    class MyHistory(callbacks.History):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)

    assert needs() == "nothing"
    assert needs(callbacks.CSVLogger("unused.csv")) == "nothing"
    assert needs(callbacks.Callback()) == "nothing"
    assert needs(callbacks.EarlyStopping()) == "epoch"
    assert needs(MyHistory()) == "epoch"
    assert needs(callbacks.TerminateOnNaN()) == "batch"
    assert needs(callbacks.LambdaCallback(on_epoch_end=lambda e, logs: None)) == "epoch"
    assert needs(callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: None)) == "batch"


def test_stop_training_after_a_batch_and_after_an_epoch():
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                self.model.stop_training = True

    made = model()
    history = fit(made, epochs=9, callbacks=[Stop()], validation_data=(X, Y))
    assert len(history.history["val_loss"]) == 1
    assert int(made.optimizer.iterations) == 2
    made = model()
    stop = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(made, "stop_training", epoch == 2))
    assert fit(made, epochs=9, callbacks=[stop]).epoch == [0, 1, 2]


def test_steps_per_execution_groups_batches():
    notes = Notes()
    made = model()
    made.compile("sgd", "mse", steps_per_execution=2)
    fit(made, callbacks=[notes])
    names = [note if isinstance(note, str) else note[0] for note in notes.notes]
    assert names[2:6] == ["batch 0", "batch 1 end", "batch 2", "batch 2 end"]


def test_early_stopping(capsys):
    made = model(rate=0.0)
    history = fit(made, epochs=20, shuffle=False, callbacks=[callbacks.EarlyStopping("loss", patience=3, verbose=1)])
    assert history.epoch == [0, 1, 2, 3]
    assert "Epoch 4: early stopping" in capsys.readouterr().out


def test_early_stopping_restores_the_best_weights(capsys):
    made = model()

    class Spoil(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.best = self.model.get_weights()
                self.model.optimizer.learning_rate = 5.0

    spoil = Spoil()
    stop = callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True, verbose=1)
    fit(made, epochs=20, callbacks=[spoil, stop], validation_data=(X, Y))
    np.testing.assert_array_equal(made.get_weights()[0], spoil.best[0])
    assert "Restoring model weights from the end of the best epoch: 2." in capsys.readouterr().out


def test_early_stopping_without_its_log():
    with pytest.warns(UserWarning, match=r"`val_loss` which is not available\. Available metrics are: loss,mae"):
        fit(callbacks=[callbacks.EarlyStopping()])
    with pytest.raises(ValueError, match="Pass mode='max' or mode='min'"):
        fit(callbacks=[callbacks.EarlyStopping("strange")])
    with pytest.warns(UserWarning, match="fallback to auto mode"):
        callbacks.EarlyStopping(mode="best")


def test_reduce_lr_on_plateau(capsys):
    made = model(rate=0.0)
    made.optimizer.learning_rate = 1e-9
    reduce = callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=2, verbose=1, min_lr=2e-10)
    history = fit(made, epochs=8, callbacks=[reduce], shuffle=False).history
    np.testing.assert_allclose(
        history["learning_rate"], [1e-9, 1e-9, 1e-9, 5e-10, 5e-10, 2.5e-10, 2.5e-10, 2e-10], rtol=1e-5
    )
    assert "Epoch 3: ReduceLROnPlateau reducing learning rate to" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"does not support a factor >= 1\.0"):
        callbacks.ReduceLROnPlateau(factor=1.0)


def test_learning_rate_scheduler(capsys):
    made = model()
    schedule = callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5 if epoch else 0.25, verbose=1)
    history = fit(made, epochs=3, callbacks=[schedule]).history
    np.testing.assert_allclose(history["learning_rate"], [0.25, 0.125, 0.0625])
    assert "Epoch 1: LearningRateScheduler setting learning rate to 0.25." in capsys.readouterr().out
    fit(callbacks=[callbacks.LearningRateScheduler(lambda epoch: 0.1)])
    with pytest.raises(ValueError, match="should be a float"):
        fit(callbacks=[callbacks.LearningRateScheduler(lambda epoch: 1)])


def test_terminate_on_nan(capsys):
    made = model()
    bad = Y.copy()
    bad[9] = np.inf
    made.fit(X, bad, batch_size=8, shuffle=False, epochs=5, verbose=0, callbacks=[callbacks.TerminateOnNaN()])
    assert capsys.readouterr().out == "Batch 1: Invalid loss, terminating training\n"
    assert int(made.optimizer.iterations) == 2
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 0"):
        fit(made, callbacks=[callbacks.TerminateOnNaN(raise_error=True)])


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    history = fit(epochs=3, callbacks=[callbacks.CSVLogger(path)]).history
    lines = path.read_text().split()
    assert lines[0] == "epoch,loss,mae,val_loss,val_mae"
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1", "2"]
    assert float(lines[3].split(",")[1]) == history["loss"][2]
    fit(epochs=1, callbacks=[callbacks.CSVLogger(path, append=True)], validation_split=0.2)
    assert len(path.read_text().split()) == 5
    fit(epochs=1, callbacks=[callbacks.CSVLogger(path, separator=";")])
    assert path.read_text().startswith("epoch;loss")


def test_history_of_the_model():
    made = model()
    history = fit(made, epochs=2)
    assert made.history is history
    assert history.epoch == [0, 1]
    assert all(type(v) is float for values in history.history.values() for v in values)
