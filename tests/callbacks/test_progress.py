import io
import re
import sys

import numpy as np
import pytest

from yeoul import Input, Sequential, callbacks, layers

X = np.random.default_rng(3).normal(size=(40, 4)).astype(np.float32)
Y = X[:, :1]
RATE = r"\d+(us|ms|s)/step"


def model():
    made = Sequential([Input((4,)), layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
def test_plain_lines_where_the_output_is_no_terminal(capsys, verbose):
    model().fit(X, Y, batch_size=16, epochs=2, verbose=verbose, validation_split=0.2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2" and len(lines) == 4
    assert re.fullmatch(rf"2/2 - 0s - {RATE} - loss: \d\.\d{{4}} - val_loss: \d\.\d{{4}}", lines[1])


def test_one_epoch_has_no_heading(capsys):
    model().fit(X, Y, verbose=2)
    assert re.fullmatch(rf"2/2 - 0s - {RATE} - loss: \d\.\d{{4}}\n", capsys.readouterr().out)


def test_silence(capsys):
    made = model()
    made.fit(X, Y, verbose=0)
    made.evaluate(X, Y, verbose=0)
    made.predict(X, verbose=0)
    assert capsys.readouterr().out == ""


def test_evaluate_and_predict_lines(capsys):
    made = model()
    made.evaluate(X, Y)
    assert re.fullmatch(rf"2/2 - 0s - {RATE} - loss: \d\.\d{{4}}\n", capsys.readouterr().out)
    made.predict(X)
    assert re.fullmatch(rf"2/2 - 0s - {RATE}\n", capsys.readouterr().out)


def test_epoch_by_epoch_prints_the_same_lines(capsys):
    model().fit(X, Y, epochs=2, verbose=2, callbacks=[callbacks.LambdaCallback(on_epoch_end=lambda e, logs: None)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[::2] == ["Epoch 1/2", "Epoch 2/2"]
    assert re.fullmatch(rf"2/2 - 0s - {RATE} - loss: \d\.\d{{4}}", lines[1])


@pytest.mark.parametrize("hook", [None, "on_epoch_end", "on_train_batch_end"])
def test_bar_in_a_terminal(monkeypatch, hook):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    extra = [callbacks.LambdaCallback(**{hook: lambda n, logs: None})] if hook else []
    model().fit(X, Y, epochs=2, verbose=1, callbacks=extra)
    shown = terminal.getvalue()
    assert "Epoch 1/2\n" in shown and "Epoch 2/2\n" in shown
    assert shown.count("\n") == 4
    assert re.search(rf"\x1b\[1m2/2\x1b\[0m \x1b\[32m━{{20}}\x1b\[0m.*{RATE} - loss: \d\.\d{{4}} *\n", shown)


def test_bar_shows_eta_and_partial_progress(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    bar = callbacks.Progbar(10, interval=0)
    bar.update(5, [("loss", 0.5)])
    assert "\x1b[1m 5/10\x1b[0m \x1b[32m" + "━" * 10 + "\x1b[0m\x1b[37m" + "━" * 10 in terminal.getvalue()
    assert " - loss: 0.5000" in terminal.getvalue()


def test_small_values_are_shown_in_scientific_notation(capsys):
    bar = callbacks.Progbar(1, verbose=2)
    bar.update(1, [("loss", 0.00012345), ("mae", 0.5)])
    assert capsys.readouterr().out.endswith("- loss: 1.2345e-04 - mae: 0.5000\n")
    logger = callbacks.ProgbarLogger()
    logger.set_params({"verbose": 2, "epochs": 2, "steps": 4})
    logger.replay(0, ["loss", "mae"], np.array([[0.00012345, 0.5], [0.25, 0.5]]), 0.004)
    assert capsys.readouterr().out == (
        "Epoch 1/2\n4/4 - 0s - 1ms/step - loss: 1.2345e-04 - mae: 0.5000\nEpoch 2/2\n4/4 - 0s - 1ms/step - loss: "
        "0.2500 - mae: 0.5000\n"
    )


def test_averages_over_steps(capsys):
    bar = callbacks.Progbar(4, verbose=2)
    bar.add(1, [("loss", 1.0)])
    bar.add(2, [("loss", 4.0)])
    assert bar._means() == [("loss", 3.0)]
    with pytest.raises(ValueError, match="Only one of"):
        callbacks.Progbar(1, stateful_metrics=[], stateless_metrics=[])


def test_stream_of_unknown_length(capsys):
    made = model()

    def endless():
        while True:
            yield X[:8], Y[:8]

    made.fit(endless(), steps_per_epoch=3, epochs=2, verbose=2)
    assert capsys.readouterr().out.count("3/3 - ") == 2
    made.fit(iter([(X[:8], Y[:8])] * 4), epochs=1, verbose=2)
    assert "4/4 - " in capsys.readouterr().out
