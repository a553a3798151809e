"""Where data sets are looked for: the cache, folders of the system, then the network, checked by a checksum."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path


def cache_folders() -> list[Path]:
    """Folders that may hold data sets, the one for downloads first."""
    own = Path(os.environ.get("YEOUL_HOME") or Path.home() / ".yeoul") / "datasets"
    return [own, Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"]


def find(names: Iterable[str], folders: Iterable[Path]) -> Path | None:
    """The first file of one of these names in one of these folders."""
    for folder in folders:
        for name in names:
            path = folder / name
            if path.is_file():
                return path
    return None


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def download(url: str, path: Path, sha256: str | None, what: str) -> Path:
    """Fetches a file, checks it and only then gives it its name.

    Raises: OSError, with where to put the file by hand, if it cannot be fetched or is not the one expected.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    os.close(handle)
    part = Path(temporary)
    try:
        try:
            with urllib.request.urlopen(url, timeout=30) as source, part.open("wb") as target:
                while block := source.read(1 << 16):
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
        except (urllib.error.URLError, OSError) as error:
            raise OSError(
                f"{what} is not on this machine and could not be fetched from {url} ({error}). Put the file {path.name} into {path.parent}."
            ) from None
        if sha256 is not None and sha256_of(part) != sha256:
            raise OSError(f"What came from {url} is not the expected file (its SHA-256 differs). Nothing was kept.")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
