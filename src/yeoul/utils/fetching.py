"""get_file: a file from the network, kept in a cache."""

from __future__ import annotations

import os
import tempfile
import urllib.error
import urllib.parse
import warnings
from pathlib import Path
from typing import Any

from yeoul.callbacks.progress import Progbar, print_message
from yeoul.utils import cache
from yeoul.utils.archives import extract_archive


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: Any = None,
    force_download: bool = False,
) -> str:
    """The path of a file, which is fetched from `origin` unless the cache has it.

    Args:
        fname: name in the cache; the last part of `origin` if None. With `extract`, the name of the folder.
        origin: URL.
        untar: an older name of `extract` for tar files.
        md5_hash: an older name of `file_hash`.
        file_hash: MD5 or SHA-256 that the file must have, in hexadecimal digits.
        cache_subdir: folder within the cache, or an absolute path.
        hash_algorithm: "md5", "sha256", or "auto" for the one that `file_hash` has the length of.
        extract: whether the file is an archive to unpack; then the path is that of the folder.
        archive_format: "tar", "zip", "auto" for both, or None.
        cache_dir: the cache; if None, `$YEOUL_HOME` or ~/.yeoul, and a file that is in `$KERAS_HOME` or ~/.keras is
            used as well.
        force_download: whether to fetch it although the cache has it.

    Files appear under their names only when they are whole and have the right hash, folders only when all of the archive
    is unpacked.

    Raises: ValueError for a wrong hash or an archive that would write outside its folder; OSError if the file cannot be
    fetched.
    """
    if origin is None:
        raise ValueError('Please specify the "origin" argument (URL of the file to download).')
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    extract = extract or untar
    name = _name_of(fname, origin)
    target_name, folder_name = _names_in_cache(name, fname is not None, extract)
    folders = _folders(cache_dir, cache_subdir)
    path, is_new = _cached(target_name, folders, file_hash, hash_algorithm, force_download), False
    if path is None:
        folder = _writable(folders[0], cache_subdir) if cache_dir is None else folders[0]
        path, is_new = _fetch(origin, folder / target_name, file_hash, hash_algorithm), True
    if not extract:
        return str(path)
    folder = path.parent / folder_name
    if is_new or not folder.is_dir():
        if not extract_archive(path, folder, "tar" if untar else archive_format):
            warnings.warn(f"Could not extract archive: {path} is not of a known format.", stacklevel=2)
    return str(folder)


def _name_of(fname: Any, origin: str) -> str:
    if fname is None:
        name = os.path.basename(urllib.parse.urlsplit(origin).path)
        if not name:
            raise ValueError(
                f"Can't parse the file name from the origin provided: {origin!r}. Please specify the `fname` argument."
            )
        return name
    name = os.fspath(fname)
    if os.path.basename(name) != name or name in (".", "..", ""):
        raise ValueError(
            "Paths are no longer accepted as the `fname` argument. To specify the file's parent directory, use the "
            f"`cache_dir` argument. Received: fname={name}"
        )
    return name


def _names_in_cache(name: str, is_given: bool, extract: bool) -> tuple[str, str]:
    """Names of the file and of the folder it is unpacked into, as Keras names them."""
    if not extract:
        return name, ""
    if is_given and "." in name:
        stem = name.removesuffix(".tar.gz").removesuffix(".tar.bz")
        stem = stem if stem != name else name[: name.rfind(".")]
        return name, f"{stem}_extracted"
    return f"{name}_archive", name


def _folders(cache_dir: Any, cache_subdir: str) -> list[Path]:
    bases = cache.homes() if cache_dir is None else [Path(cache_dir).expanduser()]
    return [base / cache_subdir for base in bases]


def _writable(folder: Path, cache_subdir: str) -> Path:
    """`folder`, or one for temporary files if that cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.gettempdir()) / ".yeoul" / os.path.basename(cache_subdir)


def _cached(name: str, folders: list[Path], file_hash: str | None, algorithm: str, force: bool) -> Path | None:
    """The file, if one of the folders has it with the right hash."""
    if force:
        return None
    for folder in folders:
        path = folder / name
        if not path.is_file():
            continue
        if file_hash is None or _has_hash(path, file_hash, algorithm):
            return path
        print_message(
            f"A local file was found, but it seems to be incomplete or outdated because the {algorithm} file hash of "
            f"{path} does not match the original value of {file_hash} so we will re-download the data.\n"
        )
    return None


def _has_hash(path: Path, file_hash: str, algorithm: str) -> bool:
    if algorithm == "auto":
        algorithm = "sha256" if len(file_hash) == 64 else "md5"
    return cache.checksum_of(path, algorithm) == file_hash.lower()


def _fetch(origin: str, path: Path, file_hash: str | None, algorithm: str) -> Path:
    def check(part: Path) -> None:
        if file_hash is not None and not _has_hash(part, file_hash, algorithm):
            raise ValueError(
                f"Incomplete or corrupted file detected. The {algorithm} file hash does not match the provided value of "
                f"{file_hash}. What came from {origin} was not kept."
            )

    print_message(f"Downloading data from {origin}\n")
    bar = _Bar()
    try:
        transferred = cache.transfer(origin, path, check, bar.show)
    except urllib.error.URLError as error:
        reason = f"{error.code} -- {error.msg}" if isinstance(error, urllib.error.HTTPError) else error.reason
        raise OSError(
            f"URL fetch failure on {origin}: {reason}. Without network, put the file there as {path}."
        ) from None
    bar.finish()
    return transferred


class _Bar:
    """Progress in bytes, shown while it comes."""

    def __init__(self) -> None:
        self._bar: Progbar | None = None
        self._done = 0

    def show(self, done: int, total: int | None) -> None:
        if self._bar is None:
            self._bar = Progbar(total)
        self._done = done
        if total is None or done < total:
            self._bar.update(done)

    def finish(self) -> None:
        if self._bar is not None:
            self._bar.update(self._done, finalize=True)
