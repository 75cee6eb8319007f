"""What is written takes a file's place whole, follows links, and leaves what is no file alone."""

import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from audio_edu._files import check_writable, claimed, replacing, uninterrupted


def write(path, text="new"):
    with replacing(path) as partial:
        partial.write_text(text)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    target, link, dangling = tmp_path / "there" / "a.txt", tmp_path / "link", tmp_path / "dangling"
    target.write_text("old")
    link.symlink_to(target)
    dangling.symlink_to("there/b.txt")
    write(link)
    write(dangling)
    assert link.is_symlink() and dangling.is_symlink()
    assert target.read_text() == (tmp_path / "there" / "b.txt").read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["dangling", "link", "there"]
    assert sorted(os.listdir(tmp_path / "there")) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    "name", ["pipe", "folder", "loop", "link_to_pipe", "nowhere/x", "/dev/null", "a" * 256]
)
def test_what_is_no_regular_file_is_refused_and_stays(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link_to_pipe").symlink_to("pipe")
    before = {entry: os.lstat(tmp_path / entry).st_ino for entry in os.listdir(tmp_path)}
    with pytest.raises(OSError), replacing(tmp_path / name):
        pytest.fail("it began to write")
    assert {entry: os.lstat(tmp_path / entry).st_ino for entry in os.listdir(tmp_path)} == before
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_permissions_are_the_old_files_or_those_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "new")
        (tmp_path / "old").touch()
        (tmp_path / "old").chmod(0o664)
        write(tmp_path / "old")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o664


@pytest.mark.parametrize("name", ["a" * 255, "é" * 127 + "a", "[x]*?", "-"])
def test_any_name_that_a_file_may_have(tmp_path, name):
    for text in ("first", "second"):
        write(tmp_path / name, text)
    assert os.listdir(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "second"


def test_what_cannot_be_written_is_said_before_the_work(tmp_path, monkeypatch):
    path = tmp_path / "kept"
    path.write_text("old")
    for readonly in (path, tmp_path):
        monkeypatch.setattr(os, "access", lambda place, mode, readonly=readonly: place != readonly)
        with pytest.raises(PermissionError, match=r"kept cannot be written.*read-only"):
            check_writable(path)


def test_a_full_disk_leaves_the_old_file_and_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match=r"No space left.*a\.txt"), replacing(path) as partial:
        partial.write_text("half")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    code = (
        "import os, pathlib, sys\n"
        "from audio_edu._files import replacing\n"
        "with replacing(pathlib.Path(sys.argv[1])) as partial:\n"
        "    partial.touch(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.txt")]).returncode == -9
    (left,) = os.listdir(tmp_path)
    others = [left.replace("a.txt", "b.txt"), f".a.txt.{os.getppid()}.partial", ".a.txt.mine.partial"]
    for other in others:
        (tmp_path / other).touch()
    write(tmp_path / "a.txt")
    assert sorted(os.listdir(tmp_path)) == sorted(["a.txt", *others])


def test_two_at_once_are_one_too_many(tmp_path):
    with claimed(tmp_path / "a"):
        with pytest.raises(RuntimeError, match="being made by another process"), claimed(tmp_path / "a"):
            pass
        with claimed(tmp_path / "b"):
            pass
    with claimed(tmp_path / "a"):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end_of_the_block(monkeypatch, number):
    done = []

    def handler(received, frame):
        done.append(received)
        raise KeyboardInterrupt(received)

    before = signal.signal(number, handler)
    try:
        with pytest.raises(KeyboardInterrupt), uninterrupted() as came:
            signal.raise_signal(number)
            assert came == [number] and not done
            done.append("whole")
        assert done == ["whole", number] and signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


def test_a_second_signal_does_not_wait_and_an_ignored_one_stays_ignored():
    # a shell starts what runs in the background with SIGINT ignored
    ctrl_c = signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with uninterrupted() as came:
            signal.raise_signal(signal.SIGTERM)
        assert came == []
        with pytest.raises(KeyboardInterrupt), uninterrupted():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            pytest.fail("it waited")
    finally:
        signal.signal(signal.SIGINT, ctrl_c)
        signal.signal(signal.SIGTERM, before)


def test_in_another_thread_nothing_is_held_back():
    seen = []

    def work():
        with uninterrupted() as came:
            seen.append(came)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [[]]
