"""Runs with SwapEMAWeights and CSVLogger, made the same way with Keras (to record) and with yeoul (to compare)."""

import csv

import numpy as np

X = np.random.default_rng(37).random((20, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


def net(library, optimizer):
    model = library.Sequential([library.layers.Input((3,)), library.layers.Dense(1)])
    model.set_weights([np.array([[0.5], [-0.2], [0.1]], "float32"), np.zeros(1, "float32")])
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def averaging(library, swap_on_epoch):
    """What weights are seen where, and the results."""
    seen = []

    class Watch(library.callbacks.Callback):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def note(self, hook, *args):
            seen.append([self.name, hook, float(np.asarray(self.model.get_weights()[0])[0, 0])])

        def on_epoch_begin(self, epoch, logs=None):
            self.note("epoch_begin")

        def on_epoch_end(self, epoch, logs=None):
            self.note("epoch_end")

        def on_test_begin(self, logs=None):
            self.note("test_begin")

        def on_test_end(self, logs=None):
            self.note("test_end")

        def on_train_end(self, logs=None):
            self.note("train_end")

        def on_predict_begin(self, logs=None):
            self.note("predict_begin")

    model = net(library, library.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.6))
    swap = library.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch)
    callbacks = [Watch("before"), swap, Watch("after")]
    history = model.fit(
        X, Y, epochs=4, batch_size=8, shuffle=False, validation_split=0.2, verbose=0, callbacks=callbacks
    )
    loss = model.evaluate(X, Y, verbose=0, callbacks=callbacks)
    model.predict(X, verbose=0, callbacks=callbacks)
    seen.append(["end", "", float(np.asarray(model.get_weights()[0])[0, 0])])
    return {"seen": seen, "history": history.history, "evaluate": [float(value) for value in loss]}


CSV_RUNS = {
    "plain": {},
    "validation": {"validation_split": 0.2},
    "every_second": {"validation_split": 0.2, "validation_freq": 2},
    "semicolons": {"separator": ";"},
}


def logged(library, path, separator=",", **fit):
    """The cells of the file of two runs, the second appended; numbers as such."""
    model = net(library, library.optimizers.SGD(0.1))
    for append in (False, True):
        logger = library.callbacks.CSVLogger(path, separator=separator, append=append)
        extra = library.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(pair=[1, 2], word="a"))
        model.fit(X, Y, epochs=3, batch_size=8, shuffle=False, verbose=0, callbacks=[extra, logger], **fit)
    with open(path, newline="") as file:
        return [[number(cell) for cell in row] for row in csv.reader(file, delimiter=separator)]


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return cell
