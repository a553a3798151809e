"""SwapEMAWeights and CSVLogger against recorded runs of Keras; RemoteMonitor against a local server."""

import http.server
import json
import pathlib
import threading
import urllib.parse

import numpy as np
import pytest

import yeoul
from tests.callbacks.averaging_runs import CSV_RUNS, X, Y, averaging, logged, net
from yeoul import callbacks, optimizers

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_averaging.json").read_text())


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_weights_seen_equal_keras(swap_on_epoch):
    expected = GOLDEN["averaging"][str(swap_on_epoch)]
    mine = averaging(yeoul, swap_on_epoch)
    assert [entry[:2] for entry in mine["seen"]] == [entry[:2] for entry in expected["seen"]]
    np.testing.assert_allclose([e[2] for e in mine["seen"]], [e[2] for e in expected["seen"]], rtol=1e-5)
    for name, values in expected["history"].items():
        np.testing.assert_allclose(mine["history"][name], values, rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(mine["evaluate"], expected["evaluate"], rtol=1e-5)


def test_averages_are_asked_for():
    model = net(yeoul, "sgd")
    with pytest.raises(ValueError, match="SwapEMAWeights must be used when `use_ema=True` is set on the optimizer"):
        model.fit(X, Y, verbose=0, callbacks=[callbacks.SwapEMAWeights()])
    fresh = net(yeoul, optimizers.SGD(use_ema=True))
    before = fresh.get_weights()[0]
    fresh.evaluate(X, Y, verbose=0, callbacks=[callbacks.SwapEMAWeights()])
    np.testing.assert_array_equal(fresh.get_weights()[0], before)


@pytest.mark.parametrize("name", list(CSV_RUNS))
def test_csv_equals_keras(name, tmp_path):
    mine, theirs = logged(yeoul, tmp_path / "log.csv", **CSV_RUNS[name]), GOLDEN["csv"][name]
    assert len(mine) == len(theirs)
    for row, expected in zip(mine, theirs, strict=True):
        assert len(row) == len(expected)
        for cell, value in zip(row, expected, strict=True):
            assert cell == value if isinstance(value, str) else cell == pytest.approx(value, rel=2e-5)


@pytest.fixture
def server():
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, dict(self.headers), body))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *args):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    Handler.received = received
    Handler.url = f"http://127.0.0.1:{made.server_port}"
    yield Handler
    made.shutdown()
    made.server_close()
    thread.join()


def test_logs_reach_a_server(server):
    model = net(yeoul, "sgd")
    form = callbacks.RemoteMonitor(server.url, headers={"X-Run": "7"})
    plain = callbacks.RemoteMonitor(server.url, path="/broken", send_as_json=True)
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[form, plain]).history
    assert [path for path, _, _ in server.received] == ["/publish/epoch/end/", "/broken"] * 2
    _, headers, body = server.received[2]
    assert headers["X-Run"] == "7" and headers["Content-Type"] == "application/x-www-form-urlencoded"
    sent = json.loads(urllib.parse.parse_qs(body)["data"][0])
    assert sent == {"epoch": 1, "loss": history["loss"][1], "mae": history["mae"][1]}
    _, headers, body = server.received[3]
    assert headers["Content-Type"] == "application/json" and json.loads(body) == sent


def test_server_that_is_not_there():
    with pytest.warns(UserWarning, match=r"Could not reach RemoteMonitor root server at http://127\.0\.0\.1:1"):
        net(yeoul, "sgd").fit(X, Y, verbose=0, callbacks=[callbacks.RemoteMonitor("http://127.0.0.1:1")])
