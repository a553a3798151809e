"""TensorBoard's files, read by an independent decoder and compared with what Keras writes in the same runs."""

import json
import pathlib

import numpy as np
import pytest

import yeoul
from tests.callbacks.event_decoder import crc32c, decoded, fields, records, tensor
from tests.callbacks.tensorboard_runs import RUNS, X, Y, run
from yeoul import Input, Model, Sequential, layers
from yeoul.callbacks import TensorBoard, event_file

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_tensorboard.json").read_text())


def comparable(entries):
    """Entries by what they belong to. How fast training went differs, and so does the model's name in paths; with
    update_freq=2 Keras skips the evaluation of the first epoch.
    """
    found = {}
    for folder, step, tag, plugin, content in entries:
        if "steps_per_second" in tag:
            content = "speed"
        found[folder, step, tag.removeprefix("net/"), plugin] = content
    return found


@pytest.mark.parametrize("name", list(RUNS))
def test_files_hold_what_keras_writes(name, tmp_path):
    run(yeoul, tmp_path, RUNS[name])
    mine, theirs = comparable(decoded(tmp_path)), comparable(GOLDEN["runs"][name])
    extra = {key for key in set(mine) - set(theirs) if not (name == "second_batches" and "vs_iterations" in key[2])}
    assert not extra and set(theirs) <= set(mine)
    for key, content in theirs.items():
        if key[3] == "images":
            assert mine[key][:2] == content[:2]
            np.testing.assert_allclose(mine[key][2], content[2], atol=1)
        elif key[3] == "histograms":
            np.testing.assert_allclose(np.array(mine[key])[:, :2], np.array(content)[:, :2], rtol=1e-4, atol=1e-6)
            np.testing.assert_array_equal(np.array(mine[key])[:, 2], np.array(content)[:, 2])
        elif isinstance(content, str):
            assert key[3] == "scalars" or mine[key] == content
        else:
            np.testing.assert_allclose(mine[key], content, rtol=2e-5, err_msg=str(key))


@pytest.mark.parametrize("name", list(GOLDEN["histograms"]))
def test_histogram_rows(name):
    values, expected = GOLDEN["histograms"][name]
    np.testing.assert_allclose(event_file.histogram_rows(np.array(values)), expected, rtol=1e-12)


def test_checksum():
    # RFC 3720, B.4
    assert event_file.crc32c(bytes(32)) == crc32c(bytes(32)) == 0x8A9136AA
    assert event_file.crc32c(bytes(range(32))) == crc32c(bytes(range(32))) == 0x46DD794E
    assert event_file.crc32c(b"123456789") == 0xE3069283


def test_large_numbers_and_long_texts(tmp_path):
    writer = event_file.EventWriter(tmp_path)
    writer.write(2**40, event_file.scalar("x" * 300, -np.inf))
    writer.close()
    (_, event) = [fields(body) for body in records(next(tmp_path.iterdir()).read_bytes())]
    assert event[2] == [2**40]
    value = fields(fields(event[5][0])[1][0])
    assert value[1] == [b"x" * 300] and tensor(value[8][0]) == -np.inf


def small():
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_epochs_do_not_need_batch_hooks(tmp_path):
    from yeoul.callbacks import CallbackList

    assert CallbackList(TensorBoard(tmp_path)).needs() == "epoch"
    assert CallbackList(TensorBoard(tmp_path, update_freq="batch")).needs() == "batch"


def test_steps_go_on_over_fits_and_evaluate_writes_too(tmp_path):
    model, board = small(), TensorBoard(tmp_path, update_freq=1, write_graph=False)
    for _ in range(2):
        model.fit(X, Y, batch_size=10, verbose=0, callbacks=[board])
    model.evaluate(X, Y, verbose=0, callbacks=[board])
    steps = [(step, tag) for _, step, tag, _, _ in decoded(tmp_path)]
    assert [step for step, tag in steps if tag == "batch_loss"] == [1, 2, 3, 4]
    assert steps[-1] == (4, "evaluation_loss_vs_iterations")
    assert len(list(tmp_path.rglob("*tfevents*"))) == 3


class Own(Model):
    def __init__(self, dense):
        super().__init__()
        self.dense = dense

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        raise NotImplementedError("no configuration")


def test_model_without_a_configuration_is_left_out(tmp_path):
    model = Own(layers.Dense(1))
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="Model failed to serialize as JSON. Ignoring... no configuration"):
        model.fit(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    assert [tag for _, _, tag, _, _ in decoded(tmp_path)] == ["epoch_loss", "epoch_learning_rate"]


def test_arguments():
    with pytest.raises(ValueError, match="update_freq must be 'epoch', 'batch' or a number, and is 'step'"):
        TensorBoard(update_freq="step")
    with pytest.raises(ValueError, match="embeddings_freq is not supported"):
        TensorBoard(embeddings_freq=1)
    with pytest.warns(UserWarning, match="there is no profiler"):
        TensorBoard(profile_batch=(1, 2))
