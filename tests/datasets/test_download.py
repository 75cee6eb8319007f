"""Downloads, against a server on this machine that can cut connections, refuse, change its mind and count."""

import hashlib
import http.server
import multiprocessing
import re
import threading
import zipfile

import numpy as np
import pytest
from test_fsdd import make_zip, wav

from audio_edu.datasets import _download, fsdd, load_fsdd

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves `content`; gives up after `cut_after` bytes of each answer while `cuts` lasts."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.cuts, self.cut_after, self.status, self.ranges = CONTENT, 0, 98304, 200, True
        self.asked: list[str | None] = []
        self.url = f"http://127.0.0.1:{self.server_port}/file.bin"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        if server.status != 200:
            self.send_error(server.status)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and server.ranges else 0
        if start and start >= len(server.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.content)}")
            self.end_headers()
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.cuts:
            server.cuts -= 1
            body = body[: server.cut_after]
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIO_EDU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_download.time, "sleep", lambda seconds: None)
    return tmp_path / "cache"


def leftovers(cache):
    """What is in the cache besides notes: pooch's temporary files would be, too."""
    return [path.name for path in cache.iterdir() if path.suffix not in (".lock", ".sha256")]


def test_downloads_once(server, cache):
    for _ in range(2):
        path = _download.fetch(server.url, "a.bin", sha256=SHA256)
        assert path.read_bytes() == CONTENT
    assert server.asked == [None]
    assert leftovers(cache) == ["a.bin"]


def test_goes_on_where_the_connection_broke(server, cache):
    server.cuts = 2
    assert _download.fetch(server.url, "a.bin", sha256=SHA256).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=98304-", "bytes=196608-"]


def test_goes_on_in_a_later_call(server, cache):
    server.cuts = 3
    server.cut_after = 49152
    with pytest.raises(ConnectionError, match=r"the next call goes on from there.*path="):
        _download.fetch(server.url, "a.bin", sha256=SHA256)
    assert _download.fetch(server.url, "a.bin", sha256=SHA256).read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=147456-"
    assert leftovers(cache) == ["a.bin"]


def test_server_that_cannot_resume_is_asked_for_all(server):
    server.cuts, server.ranges = 1, False
    assert _download.fetch(server.url, "a.bin", sha256=SHA256).read_bytes() == CONTENT


def test_complete_part_file_is_taken(server, cache):
    server.cuts, server.cut_after = 3, 0
    with pytest.raises(ConnectionError):
        _download.fetch(server.url, "a.bin", sha256=SHA256)
    (part,) = cache.glob("*.part")
    part.write_bytes(CONTENT)  # killed between the last byte and the renaming
    assert _download.fetch(server.url, "a.bin", sha256=SHA256).read_bytes() == CONTENT


HTML = b"<!DOCTYPE html><title>Log in to the network</title>" + bytes(500)


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_a_login_page_is_not_kept(server, cache, name):
    server.content = HTML
    with pytest.raises(ValueError, match=rf"not {name}: it is no .* archive.*DOCTYPE.*deleted.*login.*path="):
        _download.fetch(server.url, name)
    assert leftovers(cache) == []


def test_a_login_page_from_before_is_named_to_be_deleted(server, cache):
    cache.mkdir()
    (cache / "a.zip").write_bytes(HTML)
    with pytest.raises(ValueError, match=r"cache/a\.zip.*no \.zip archive.*Delete it"):
        _download.fetch(server.url, "a.zip")


def test_a_cache_that_cannot_be_written_to_is_used_or_named(server, cache, monkeypatch):
    _download.fetch(server.url, "a.bin", sha256=SHA256)
    _download.fetch(server.url, "b.bin")
    (cache / "b.bin.sha256").unlink()

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    for place in (_download.FileLock, _download.Path):
        for name in ("acquire", "mkdir", "write_text", "unlink"):
            monkeypatch.setattr(place, name, refused, raising=False)
    assert _download.fetch(server.url, "a.bin", sha256=SHA256).read_bytes() == CONTENT
    assert _download.fetch(server.url, "b.bin").read_bytes() == CONTENT
    with pytest.raises(OSError, match=r"cache cannot be written \(Permission denied\).*AUDIO_EDU_CACHE"):
        _download.fetch(server.url, "c.bin")


def test_wrong_checksum_is_refused_and_deleted(server, cache):
    server.content = CONTENT[::-1]
    with pytest.raises(ValueError, match=r"SHA256|hash"):
        _download.fetch(server.url, "a.bin", sha256=SHA256)
    assert leftovers(cache) == []
    server.content = CONTENT
    assert _download.fetch(server.url, "a.bin", sha256=SHA256).read_bytes() == CONTENT


def test_file_changed_in_the_cache_is_noticed(server):
    for sha256 in (SHA256, None):  # a published checksum, and that of the first download
        path = _download.fetch(server.url, f"{sha256}.bin", sha256=sha256)
        path.write_bytes(b"something else")
        with pytest.raises(ValueError, match=r"has changed.*Delete it"):
            _download.fetch(server.url, f"{sha256}.bin", sha256=sha256)
        path.unlink()  # as the message says
        for _ in range(2):
            assert _download.fetch(server.url, f"{sha256}.bin", sha256=sha256).read_bytes() == CONTENT


def test_deleted_file_may_come_back_different(server):
    _download.fetch(server.url, "a.bin").unlink()
    server.content = CONTENT[:1000]
    for _ in range(2):
        assert _download.fetch(server.url, "a.bin").read_bytes() == CONTENT[:1000]


def test_not_there_is_said_at_once(server):
    server.status = 404
    with pytest.raises(ConnectionError, match=r"the server answered 404.*path="):
        _download.fetch(server.url, "a.bin")
    assert len(server.asked) == 1  # a second try would change nothing


def test_server_in_trouble_is_tried_again(server):
    server.status = 503
    with pytest.raises(ConnectionError, match=r"503"):
        _download.fetch(server.url, "a.bin")
    assert len(server.asked) == _download.N_ATTEMPTS


def test_offline_says_what_to_do(monkeypatch):
    monkeypatch.setattr(fsdd, "URL", "http://127.0.0.1:9/nobody-listens.zip")
    with pytest.raises(ConnectionError, match=r"no connection.*path=\.\.\..*load_digits\(\)"):
        load_fsdd()


def _fetch(url):
    _download.fetch(url, "a.bin", sha256=SHA256)


def test_two_processes_download_once(server, cache):
    spawn = multiprocessing.get_context("fork")
    processes = [spawn.Process(target=_fetch, args=(server.url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert server.asked == [None]
    assert (cache / "a.bin").read_bytes() == CONTENT


def test_fsdd_is_downloaded_counted_and_kept(server, tmp_path, monkeypatch):
    names = [f"{d}_{speaker}_{take}.wav" for d in range(10) for speaker in ("a", "b") for take in (0, 9)]
    path = make_zip(tmp_path / "x.zip", {f"top/recordings/{name}": wav() for name in names})
    server.content = path.read_bytes()
    monkeypatch.setattr(fsdd, "URL", server.url)
    with pytest.raises(ValueError, match=r"has 40 recordings; expected 3000"):
        load_fsdd()
    monkeypatch.setattr(fsdd, "N_RECORDINGS", 40)
    assert len(load_fsdd().test) == 20
    assert len(server.asked) == 1


def test_downloaded_archive_that_climbs_out_writes_nothing(server, tmp_path, monkeypatch, cache):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../7_evil_1.wav", wav())
    server.content = (tmp_path / "x.zip").read_bytes()
    monkeypatch.setattr(fsdd, "URL", server.url)
    with pytest.raises(ValueError, match=r"climbs out"):
        load_fsdd()
    assert not list(tmp_path.rglob("7_evil_1.wav"))
