"""get_file over a local server and file:// URLs: names in the cache, hashes, interrupted transfers, hostile archives."""

import hashlib
import http.server
import io
import os
import pathlib
import tarfile
import threading
import zipfile

import pytest

from yeoul.utils import get_file
from yeoul.utils.archives import extract_archive

TEXT = b"hello"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A folder with files and archives, and how many requests a server on it had."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "a.txt").write_bytes(TEXT)
    for name, mode in (("pack.tar", "w"), ("pack.tar.gz", "w:gz"), ("pack.tar.bz2", "w:bz2")):
        with tarfile.open(folder / name, mode) as tar:
            tar.add(folder / "a.txt", "pack/a.txt")
    with zipfile.ZipFile(folder / "pack.zip", "w") as archive:
        archive.write(folder / "a.txt", "pack/a.txt")

    class Handler(http.server.SimpleHTTPRequestHandler):
        requests = 0

        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def do_GET(self):
            Handler.requests += 1
            if "cut" in self.path:
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(TEXT)
            else:
                super().do_GET()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Handler.url = f"http://127.0.0.1:{server.server_port}"
    Handler.folder = folder
    yield Handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def names(cache):
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file())


def test_fetched_once(served, cache, capsys):
    before = served.requests
    path = get_file(origin=f"{served.url}/a.txt?version=2", cache_dir=cache)
    assert path == str(cache / "datasets/a.txt") and pathlib.Path(path).read_bytes() == TEXT
    out = capsys.readouterr().out
    assert out.startswith(f"Downloading data from {served.url}/a.txt") and "5/5" in out
    get_file("a.txt", f"{served.url}/a.txt", cache_dir=str(cache))
    assert served.requests == before + 1
    get_file("a.txt", f"{served.url}/a.txt", cache_dir=cache, force_download=True)
    assert served.requests == before + 2
    assert names(cache) == ["datasets/a.txt"]
    assert os.stat(path).st_mode & 0o044 == 0o044 & ~_umask()


def _umask():
    value = os.umask(0)
    os.umask(value)
    return value


@pytest.mark.parametrize(
    ("fname", "archive", "folder", "kept"),
    [
        (None, "pack.tar.gz", "pack.tar.gz", "pack.tar.gz_archive"),
        ("flowers", "pack.tar.bz2", "flowers", "flowers_archive"),
        ("flowers", "pack.zip", "flowers", "flowers_archive"),
        ("flowers.tar.gz", "pack.tar.gz", "flowers_extracted", "flowers.tar.gz"),
        ("flowers.zip", "pack.zip", "flowers_extracted", "flowers.zip"),
        ("flowers.tar", "pack.tar", "flowers_extracted", "flowers.tar"),
    ],
)
def test_names_of_unpacked_folders(served, cache, fname, archive, folder, kept):
    path = get_file(fname, f"{served.url}/{archive}", extract=True, cache_dir=cache)
    assert path == str(cache / "datasets" / folder)
    assert names(cache) == sorted([f"datasets/{kept}", f"datasets/{folder}/pack/a.txt"])
    before = served.requests
    assert get_file(fname, f"{served.url}/{archive}", extract=True, cache_dir=cache) == path
    assert served.requests == before


def test_formats(served, cache):
    with pytest.warns(UserWarning, match="Could not extract archive"):
        get_file("z", f"{served.url}/pack.zip", untar=True, cache_dir=cache)
    assert get_file("y", f"{served.url}/pack.tar", extract=True, archive_format=["zip", "tar"], cache_dir=cache)
    with pytest.raises(NotImplementedError, match="must be 'auto', 'tar', 'zip' or None, and is 'rar'"):
        get_file("x", f"{served.url}/pack.tar", extract=True, archive_format="rar", cache_dir=cache)
    assert not extract_archive(served.folder / "pack.tar", cache / "none", None)


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_hashes(served, cache, algorithm, capsys):
    right = hashlib.new(algorithm, TEXT).hexdigest()
    url = f"{served.url}/a.txt"
    for how in (algorithm, "auto"):
        with pytest.raises(
            ValueError, match=f"Incomplete or corrupted file detected. The {how} file hash does not match"
        ):
            get_file("b.txt", url, file_hash="0" * len(right), hash_algorithm=how, cache_dir=cache)
        assert names(cache) == []
    path = pathlib.Path(get_file("b.txt", url, file_hash=right.upper(), cache_dir=cache))
    path.write_bytes(b"damaged")
    get_file("b.txt", url, file_hash=right, cache_dir=cache)
    assert path.read_bytes() == TEXT
    assert "seems to be incomplete or outdated" in capsys.readouterr().out
    if algorithm == "md5":
        get_file("c.txt", url, md5_hash=right, cache_dir=cache, cache_subdir="other")
        assert (cache / "other/c.txt").is_file()


def test_failures_leave_nothing(served, cache):
    with pytest.raises(OSError, match=r"URL fetch failure on http://.*/none\.txt: 404 -- File not found"):
        get_file(origin=f"{served.url}/none.txt", cache_dir=cache)
    with pytest.raises(OSError, match=r"URL fetch failure on .*cut\.txt: the connection closed after 5 of 100 bytes"):
        get_file(origin=f"{served.url}/cut.txt", cache_dir=cache)
    with pytest.raises(OSError, match=r"put the file there as .*nothing\.txt"):
        get_file(origin="file:///nowhere/nothing.txt", cache_dir=cache)
    assert names(cache) == []


def test_arguments():
    with pytest.raises(ValueError, match='Please specify the "origin" argument'):
        get_file("a.txt")
    with pytest.raises(ValueError, match=r"Paths are no longer accepted as the `fname` argument.*fname=sub/a\.txt"):
        get_file("sub/a.txt", "http://localhost/a.txt")
    with pytest.raises(ValueError, match="Can't parse the file name from the origin provided: 'http://localhost'"):
        get_file(origin="http://localhost")


def test_home_of_keras_is_looked_into(served, tmp_path, monkeypatch):
    monkeypatch.setenv("YEOUL_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras/datasets").mkdir(parents=True)
    (tmp_path / "keras/datasets/b.txt").write_bytes(TEXT)
    assert get_file("b.txt", "file:///nowhere/b.txt") == str(tmp_path / "keras/datasets/b.txt")
    assert get_file("a.txt", f"{served.url}/a.txt") == str(tmp_path / "mine/datasets/a.txt")


# -- archives that reach outside ------------------------------------------------------------------------------------
def member(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(TEXT) if kind == tarfile.REGTYPE else 0
    return info


HOSTILE = {
    "above": [member("../evil.txt")],
    "deep": [member("a/b/../../../evil.txt")],
    "absolute": [member("/tmp/evil-of-yeoul.txt")],
    "symlink": [member("out", tarfile.SYMTYPE, "..")],
    "absolute_symlink": [member("out", tarfile.SYMTYPE, "/etc/passwd")],
    "hardlink": [member("out", tarfile.LNKTYPE, "../secret.txt")],
    "through_links": [
        member("d", tarfile.DIRTYPE),
        member("d/here", tarfile.SYMTYPE, ".."),
        member("up", tarfile.SYMTYPE, "d/here/.."),
    ],
    "link_made_later": [member("up", tarfile.SYMTYPE, "d/../x"), member("d", tarfile.SYMTYPE, "."), member("up/evil")],
    "only_a_link": [member("up", tarfile.SYMTYPE, "d/../x"), member("d", tarfile.SYMTYPE, ".")],
}


@pytest.mark.parametrize("label", list(HOSTILE))
def test_tar_that_reaches_outside_is_refused(label, tmp_path):
    (tmp_path / "secret.txt").write_bytes(b"secret")
    archive = tmp_path / "bad.tar"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(member("good.txt"), io.BytesIO(TEXT))
        for info in HOSTILE[label]:
            tar.addfile(info, io.BytesIO(TEXT))
    with pytest.raises(ValueError, match=r"bad\.tar holds '.*', which would be written outside the folder"):
        extract_archive(archive, tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.tar", "secret.txt"]


def test_devices_are_refused(tmp_path):
    archive = tmp_path / "bad.tar"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(member("pipe", tarfile.FIFOTYPE))
    with pytest.raises(ValueError, match="'pipe', which is neither file, folder nor link"):
        extract_archive(archive, tmp_path / "folder")


@pytest.mark.parametrize("name", ["../evil.txt", "/tmp/evil-of-yeoul.txt", "a/../../evil.txt"])
def test_zip_that_reaches_outside_is_refused(name, tmp_path):
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("good.txt", TEXT)
        file.writestr(name, TEXT)
    with pytest.raises(ValueError, match=r"bad\.zip holds '.*evil.*', which would be written outside the folder"):
        extract_archive(archive, tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.zip"]


def test_links_inside_are_kept(tmp_path):
    archive = tmp_path / "good.tar"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(member("d/a.txt"), io.BytesIO(TEXT))
        tar.addfile(member("link", tarfile.SYMTYPE, "d/a.txt"))
        tar.addfile(member("d/hard", tarfile.LNKTYPE, "d/a.txt"))
        tar.addfile(member("d/up", tarfile.SYMTYPE, "../d"))
    assert extract_archive(archive, tmp_path / "folder")
    for name in ("link", "d/hard", "d/up/a.txt"):
        assert (tmp_path / "folder" / name).read_bytes() == TEXT
