"""Epochs that run without Python: order of batches, logs, limits, errors."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import numpy as np
import pytest
from assembler import DTYPES, REDUCTIONS, Assembler, byte_code

from test_random import words
from yeoul import _native

f32, f64 = np.float32, np.float64


def permutation(seed: int, counter: int, samples: int) -> np.ndarray:
    draws = words(seed, counter, samples, lane=0x5F5F5F5F)
    order = np.arange(samples)
    for i in range(samples - 1, 0, -1):
        j = (int(draws[i]) * (i + 1)) >> 32
        order[i], order[j] = order[j], order[i]
    return order


class Recorder:
    """A training step that adds up its batch and shows each batch to Python."""

    def __init__(self, samples: int, batch: int, width: int = 3, fails_at: int = -1):
        self.x = np.arange(samples * width, dtype=f32).reshape(samples, width)
        self.samples, self.batch, self.width = samples, batch, width
        self.total = np.zeros(1, f32)
        self.logs = np.zeros(1, f64)
        self.seen: list[np.ndarray] = []
        self.fails_at = fails_at

    def step(self, rows: int) -> Any:
        a = Assembler()
        x, total, batch_sum = a.slot(rows * self.width), a.slot(1, writable=True), a.arena(1)
        a.host.append(self._see)
        a.emit("host", 0, 1, x, 0)
        a.emit("reduce", 1, REDUCTIONS["sum"], DTYPES["float32"], 1, rows * self.width, 1, x, batch_sum, 0)
        a.emit("map", *byte_code((), [(total, ()), (batch_sum, ())], [(total, 2)], 3, [("add", f32, 2, 0, 1, 0)]))
        return _native.Instance(a.program(), [None, self.total])

    def _see(self, inputs: list, outputs: list) -> None:
        if len(self.seen) == self.fails_at:
            self.fails_at = -1
            raise ArithmeticError("this step fails once")
        self.seen.append(inputs[0].view(f32).reshape(-1, self.width)[:, 0].copy())

    def result(self) -> Any:
        a = Assembler()
        total, logs = a.slot(1), a.slot(1, f64, writable=True)
        a.emit("map", *byte_code((), [(total, ())], [(logs, 1)], 2, [("cast", f32, 1, 0, DTYPES["float64"], 0)]))
        return _native.Instance(a.program(), [self.total, self.logs])

    def reset(self) -> Any:
        a = Assembler()
        total = a.slot(1, writable=True)
        a.emit("fill", total, DTYPES["float32"], a.number(0.0))
        return _native.Instance(a.program(), [self.total])

    def phase(self, shuffle: np.ndarray | None = None) -> Any:
        tail_rows = self.samples % self.batch
        return _native.Phase(
            samples=self.samples,
            batch=self.batch,
            steps=-(-self.samples // self.batch),
            step=self.step(self.batch) if self.samples >= self.batch else None,
            tail=self.step(tail_rows) if tail_rows else None,
            result=self.result(),
            reset=self.reset(),
            logs=self.logs,
            data=[(self.x, 0, 0)],
            shuffle=shuffle,
        )

    def rows_seen(self) -> np.ndarray:
        return np.concatenate(self.seen) / self.width


@pytest.mark.parametrize("samples, batch", [(8, 4), (10, 4), (3, 4), (1, 1), (7, 1)])
def test_epochs_take_batches_in_order(samples: int, batch: int) -> None:
    r = Recorder(samples, batch)
    loop = _native.Loop([r.phase()])
    assert loop.run(3, -1, -1.0) == (3, 0, 0)
    np.testing.assert_array_equal(r.rows_seen(), np.tile(np.arange(samples), 3))
    assert [len(batch_seen) for batch_seen in r.seen[:2]] == [
        min(batch, samples),
        min(batch, samples - batch) if samples > batch else samples,
    ]
    np.testing.assert_array_equal(loop.rows(), np.full((3, 1), r.x.sum()))
    assert loop.rows().shape == (0, 1)


@pytest.mark.parametrize("samples, batch, width", [(10, 4, 3), (5000, 64, 3), (300, 128, 700)])
def test_shuffled_epochs_follow_the_documented_order(samples: int, batch: int, width: int) -> None:
    for threads in (1, 2, 4):
        _native.set_num_threads(threads)
        r = Recorder(samples, batch, width)
        state = np.array([42, 7], np.uint32)
        loop = _native.Loop([r.phase(state)])
        loop.run(2, -1, -1.0)
        expected = np.concatenate([permutation(42, 7, samples), permutation(42, 8, samples)])
        np.testing.assert_array_equal(r.rows_seen(), expected)
        assert state.tolist() == [42, 9]


def test_steps_stop_and_go_on() -> None:
    r = Recorder(10, 4)
    loop = _native.Loop([r.phase()])
    assert loop.run(-1, 1, -1.0) == (0, 1, 0)
    np.testing.assert_array_equal(loop.peek(), [r.x[:4].sum()])
    assert loop.run(-1, 1, -1.0) == (0, 2, 0)
    assert loop.run(-1, 1, -1.0) == (1, 0, 0)
    assert loop.run(-1, 4, -1.0) == (1, 1, 0)
    assert loop.run(1, -1, -1.0) == (1, 0, 0)
    assert loop.run(0, -1, -1.0) == (0, 0, 0)
    np.testing.assert_array_equal(loop.rows(), np.full((3, 1), r.x.sum()))
    np.testing.assert_array_equal(r.rows_seen(), np.tile(np.arange(10), 3))


def test_rows_gathered_ahead_are_those_of_the_step_that_takes_them() -> None:
    _native.set_num_threads(2)
    r = Recorder(600, 100, width=400)
    loop = _native.Loop([r.phase(np.array([3, 0], np.uint32))])
    assert loop.run(-1, 2, -1.0)[1] == 2
    r.x += 1  # changed between two calls
    r.fails_at = 3
    with pytest.raises(ArithmeticError, match="fails once"):
        loop.run(1, -1, -1.0)
    loop.run(1, -1, -1.0)
    order = permutation(3, 0, 600)
    expected = np.arange(600 * 400, dtype=f32).reshape(600, 400)[order, 0]
    expected[200:] += 1
    np.testing.assert_array_equal(np.concatenate(r.seen), expected)


def test_phases_follow_each_other() -> None:
    train, validation = Recorder(10, 4), Recorder(6, 3)
    loop = _native.Loop([train.phase(np.array([1, 0], np.uint32)), validation.phase()])
    assert loop.run(-1, 3, -1.0) == (0, 0, 1)
    assert not validation.seen
    assert loop.run(2, -1, -1.0) == (2, 0, 0)
    np.testing.assert_array_equal(loop.rows(), np.tile([train.x.sum(), validation.x.sum()], (2, 1)))
    np.testing.assert_array_equal(validation.rows_seen(), np.tile(np.arange(6), 2))


def test_time_slice_ends_a_run() -> None:
    r = Recorder(4, 2)
    loop = _native.Loop([r.phase()])
    start = time.perf_counter()
    epochs, _, _ = loop.run(-1, -1, 0.05)
    assert 0.04 < time.perf_counter() - start < 2.0
    assert epochs > 10
    assert len(loop.rows()) == epochs


def test_without_a_result_program_the_steps_write_the_logs() -> None:
    a = Assembler()
    x, logs = a.slot(2, f64), a.slot(2, f64, writable=True)
    a.emit("map", *byte_code((2,), [(x, (1,))], [(logs, 1)], 2, [("neg", f64, 1, 0, 0, 0)]))
    array = np.zeros(2)
    data = np.arange(6.0).reshape(3, 2)
    phase = _native.Phase(3, 1, 3, _native.Instance(a.program(), [None, array]), logs=array, data=[(data, 0, -1)])
    loop = _native.Loop([phase])
    loop.run(2, -1, -1.0)
    np.testing.assert_array_equal(loop.rows(), [[-4, -5], [-4, -5]])


def test_a_failing_step_is_tried_again() -> None:
    r = Recorder(10, 4, fails_at=1)
    loop = _native.Loop([r.phase(np.array([3, 0], np.uint32))])
    with pytest.raises(ArithmeticError, match="fails once"):
        loop.run(1, -1, -1.0)
    assert loop.run(1, -1, -1.0) == (1, 0, 0)
    np.testing.assert_array_equal(r.rows_seen(), permutation(3, 0, 10))
    np.testing.assert_array_equal(loop.rows(), [[r.x.sum()]])


def test_wrong_indices_in_data_are_index_errors() -> None:
    a = Assembler()
    table, ids, out = a.constant(np.zeros(4, f32)), a.slot(2, np.int32), a.arena(2)
    a.emit("gather", 4, 1, 4, 1, 2, DTYPES["int32"], table, ids, out, 0)
    data = np.array([[0, 1], [2, 4]], np.int32)
    loop = _native.Loop([_native.Phase(2, 1, 2, _native.Instance(a.program(), [None]), data=[(data, 0, -1)])])
    with pytest.raises(IndexError, match="index 4 at position 1 is out of range for an axis of size 4"):
        loop.run(1, -1, -1.0)
    data[1, 1] = 3
    assert loop.run(1, -1, -1.0) == (1, 0, 0)


def test_loops_that_share_instances_take_turns() -> None:
    a = Assembler()
    x, total = a.slot(2, f64), a.slot(2, f64, writable=True)
    a.emit("map", *byte_code((2,), [(x, (1,)), (total, (1,))], [(total, 2)], 3, [("add", f64, 2, 0, 1, 0)]))
    b = Assembler()
    slot = b.slot(2, f64, writable=True)
    b.emit("map", *byte_code((2,), [(slot, (1,))], [(slot, 1)], 2, [("copy", f64, 1, 0, 0, 0)]))
    total_array = np.zeros(2)
    step = _native.Instance(a.program(), [None, total_array])
    reset = _native.Instance(b.program(), [np.zeros(2)])
    data = [np.full((5, 2), 1.0), np.full((5, 2), 10.0)]
    shuffles = [None, np.array([1, 0], np.uint32)]
    loops = [
        _native.Loop([_native.Phase(5, 1, 5, step, reset=reset, data=[(d, 0, -1)], shuffle=s)])
        for d, s in zip(data, shuffles, strict=True)
    ]

    def work(loop: Any) -> None:
        for _ in range(300):
            loop.run(7, -1, -1.0)

    threads = [threading.Thread(target=work, args=(loop,)) for loop in (*loops, *loops)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    np.testing.assert_array_equal(total_array, 2 * 300 * 7 * 5 * 11.0)


def test_a_callable_may_not_run_its_own_loop() -> None:
    loop: Any = None
    a = Assembler()
    a.slot(2)
    a.host.append(lambda inputs, outputs: loop.run(1, -1, -1.0))
    a.emit("host", 0, 0, 0)
    loop = _native.Loop(
        [_native.Phase(2, 1, 2, _native.Instance(a.program(), [None]), data=[(np.zeros((2, 2), f32), 0, -1)])]
    )
    with pytest.raises(RuntimeError, match="tried to run the program that runs it"):
        loop.run(1, -1, -1.0)


def test_data_is_kept_alive() -> None:
    a = Assembler()
    x, total = a.slot(1000, f64), a.slot(1000, f64, writable=True)
    a.emit("map", *byte_code((1000,), [(x, (1,)), (total, (1,))], [(total, 2)], 3, [("add", f64, 2, 0, 1, 0)]))
    total_array = np.zeros(1000)
    loop = _native.Loop(
        [_native.Phase(4, 1, 4, _native.Instance(a.program(), [None, total_array]), data=[(np.ones((4, 1000)), 0, -1)])]
    )
    np.empty((4, 1000)).fill(5)
    loop.run(2, -1, -1.0)
    np.testing.assert_array_equal(total_array, 8)


def _phase(**changes: Any) -> Any:
    r = Recorder(10, 4)
    arguments = {
        "samples": 10,
        "batch": 4,
        "steps": 3,
        "step": r.step(4),
        "tail": r.step(2),
        "data": [(r.x, 0, 0)],
    }
    return _native.Phase(**{**arguments, **changes})


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"samples": 0}, "phase: samples, batch and steps must be 1 or more"),
        ({"steps": 4}, "phase: there are more steps than 10 samples give batches of 4"),
        ({"tail": None}, "phase: the last batch has 2 rows, and there is no tail program for it"),
        ({"step": None}, "phase: there is no step program"),
        ({"data": []}, "phase: slot 0 of the step program needs exactly one array"),
        ({"data": [(np.zeros((9, 3), f32), 0, 0)]}, "phase: data 0 must have 10 rows on its first axis"),
        (
            {"data": [(np.zeros((10, 4), f32), 0, 0)]},
            "phase: data 0: a batch has 4 rows of 16 bytes, and slot 0 of the step program takes 48 bytes",
        ),
        ({"data": [(np.zeros((3, 10), f32).T, 0, 0)]}, "phase: data 0 is no C-contiguous array"),
        (
            {"data": [(np.zeros((10, 3), f32), 1, 0)]},
            "phase: data 0: slot 1 of the step program is bound already or does not exist",
        ),
    ],
)
def test_phase_refuses(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        _phase(**changes)


def test_loop_refuses_no_phases() -> None:
    with pytest.raises(ValueError, match="at least one phase"):
        _native.Loop([])
