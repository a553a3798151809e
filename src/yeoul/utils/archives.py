"""Archives unpacked without letting anything out of the folder they are unpacked into."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FORMATS = ("tar", "zip")


def extract_archive(archive: Path, folder: Path, formats: Any = "auto") -> bool:
    """Unpacks a tar (plain, gz, bz2, xz) or zip file into `folder`, all of it or nothing.

    Args:
        formats: "auto" for tar, then zip; one of them; a list of them; None for none.

    Returns: whether `archive` was of one of these formats.

    Raises: ValueError if a member would land outside `folder`, or is a device; NotImplementedError for a format that
    is unknown.
    """
    for kind in _listed(formats):
        if kind not in FORMATS:
            raise NotImplementedError(f"archive_format must be 'auto', 'tar', 'zip' or None, and is {kind!r}.")
        is_match = tarfile.is_tarfile if kind == "tar" else zipfile.is_zipfile
        if is_match(archive):
            _extract_beside(archive, folder, kind)
            return True
    return False


def _listed(formats: Any) -> Iterable[str]:
    if formats is None:
        return ()
    if formats == "auto":
        return FORMATS
    return (formats,) if isinstance(formats, str) else formats


def _extract_beside(archive: Path, folder: Path, kind: str) -> None:
    """Unpacks under a temporary name, so that `folder` is never half full."""
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}."))
    try:
        root = temporary / "content"
        root.mkdir()
        if kind == "tar":
            _extract_tar(archive, root)
        else:
            _extract_zip(archive, root)
        _check_links(archive, root)
        if folder.exists():
            folder.rename(temporary / "old")
        root.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _extract_tar(archive: Path, root: Path) -> None:
    with tarfile.open(archive) as source:
        # Members are looked at here, in every version of Python alike.
        source.extraction_filter = lambda member, path: member  # type: ignore[assignment]
        for member in source:
            if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
                raise ValueError(f"{archive.name} holds {member.name!r}, which is neither file, folder nor link.")
            _require_inside(archive, root, member.name, member.name)
            if member.issym():
                start = os.path.dirname(member.name)
                _require_inside(archive, root, os.path.join(start, member.linkname), member.name)
            elif member.islnk():
                _require_inside(archive, root, member.linkname, member.name)
            member.mode = (member.mode & 0o777) | (0o700 if member.isdir() else 0o600)
            if hasattr(os, "getuid"):
                member.uid, member.gid = os.getuid(), os.getgid()
            source.extract(member, root, numeric_owner=True)


def _extract_zip(archive: Path, root: Path) -> None:
    with zipfile.ZipFile(archive) as source:
        for member in source.infolist():
            _require_inside(archive, root, member.filename, member.filename)
            source.extract(member, root)


def _require_inside(archive: Path, root: Path, place: str, name: str) -> None:
    """Looks where `place` really is, through the links unpacked so far."""
    real = os.path.realpath(os.path.join(root, place))
    base = os.path.realpath(root)
    if real != base and not real.startswith(base + os.sep):
        raise ValueError(
            f"{archive.name} holds {name!r}, which would be written outside the folder it is unpacked into. Nothing was "
            f"unpacked; do not trust this file."
        )


def _check_links(archive: Path, root: Path) -> None:
    """A link may lead elsewhere once what it passes through has been unpacked."""
    for folder, folders, names in os.walk(root):
        for name in [*folders, *names]:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                _require_inside(archive, root, os.path.relpath(path, root), os.path.relpath(path, root))
