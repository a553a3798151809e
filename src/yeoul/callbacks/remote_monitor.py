"""RemoteMonitor: the logs of every epoch to a server."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np

from yeoul.callbacks.callback import Callback, Logs

__all__ = ["RemoteMonitor"]


class RemoteMonitor(Callback):
    """POSTs {"epoch": ..., logs} to `root + path` after every epoch.

    Args:
        root: address of the server.
        path: where on it.
        field: form field that holds the JSON text.
        headers: HTTP headers to add.
        send_as_json: whether the body is the JSON itself (application/json) and not a form.

    A server that can not be reached gives a warning, and training goes on.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ):
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        import urllib.error
        import urllib.parse
        import urllib.request  # it takes longer to import than most models to train

        text = json.dumps({"epoch": epoch, **{name: _plain(value) for name, value in (logs or {}).items()}})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        body = text if self.send_as_json else urllib.parse.urlencode({self.field: text})
        request = urllib.request.Request(
            self.root + self.path, body.encode(), {"Content-Type": kind, **(self.headers or {})}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30):
                pass
        except urllib.error.HTTPError:
            pass  # it was reached, and what it makes of the logs is its own affair
        except (urllib.error.URLError, OSError):
            warnings.warn(f"Could not reach RemoteMonitor root server at {self.root}", stacklevel=2)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
