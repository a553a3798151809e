"""Where files from the network are kept and looked for, and how they get there: whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def homes() -> list[Path]:
    """Folders with `datasets` in them: our own, for downloads, and that of Keras, whose files are used too."""
    return [
        Path(os.environ.get("YEOUL_HOME") or Path.home() / ".yeoul"),
        Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras"),
    ]


def cache_folders() -> list[Path]:
    """Folders that may hold data sets, the one for downloads first."""
    return [home / "datasets" for home in homes()]


def find(names: Iterable[str], folders: Iterable[Path]) -> Path | None:
    """The first file of one of these names in one of these folders."""
    for folder in folders:
        for name in names:
            path = folder / name
            if path.is_file():
                return path
    return None


def checksum_of(path: Path, algorithm: str = "sha256") -> str:
    """The hexadecimal digest of a file."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def download(url: str, path: Path, sha256: str | None, what: str) -> Path:
    """Fetches a file, checks it and only then gives it its name.

    Raises: OSError, with where to put the file by hand, if it cannot be fetched or is not the one expected.
    """

    def check(part: Path) -> None:
        if sha256 is not None and checksum_of(part) != sha256:
            raise OSError(f"What came from {url} is not the expected file (its SHA-256 differs). Nothing was kept.")

    try:
        return transfer(url, path, check)
    except urllib.error.URLError as error:
        raise OSError(
            f"{what} is not on this machine and could not be fetched from {url} ({error}). Put the file {path.name} into {path.parent}."
        ) from None


def transfer(
    url: str, path: Path, check: Callable[[Path], None], progress: Callable[[int, int | None], None] | None = None
) -> Path:
    """Fetches `url` under a temporary name beside `path`, calls `check` on it and renames it.

    Args:
        check: raises if the file is not the one wanted; then nothing is kept.
        progress: gets bytes fetched so far and bytes in all (None if unknown).

    Raises: urllib.error.URLError if it cannot be fetched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    part = Path(temporary)
    try:
        with os.fdopen(handle, "wb") as target:
            try:
                _copy(url, target, progress)
            except urllib.error.URLError:
                raise
            except OSError as error:
                raise urllib.error.URLError(error) from None
            target.flush()
            os.fsync(target.fileno())
        check(part)
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _copy(url: str, target: Any, progress: Callable[[int, int | None], None] | None) -> None:
    with urllib.request.urlopen(url, timeout=30) as source:
        length = source.headers.get("Content-Length")
        total = int(length) if length is not None and length.isdigit() else None
        done = 0
        while block := source.read(1 << 16):
            target.write(block)
            done += len(block)
            if progress is not None:
                progress(done, total)
    if total is not None and done < total:
        raise urllib.error.URLError(f"the connection closed after {done} of {total} bytes")


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
