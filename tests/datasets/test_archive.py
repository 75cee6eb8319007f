"""Folders and archives: whole or an error, and what is passed over is counted and named."""

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import warnings
import zipfile

import numpy as np
import pytest
from test_fsdd import make_zip, wav

from audio_edu.datasets import _archive, load_fsdd

SOME = {f"r/{digit}_ann_{take}.wav": wav(0.1 + 0.1 * digit, 100) for digit in range(3) for take in range(2)}


def make_tar(path, members, pack=lambda content: content, **settings):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", **settings) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    path.write_bytes(pack(file.getvalue()))
    return path


def make_folder(path, members):
    for name, content in members.items():
        file = os.path.join(os.fsencode(path), os.fsencode(name))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as out:
            out.write(content)
    return path


MAKERS = {
    "zip": make_zip,
    "tar": make_tar,
    "gz": lambda path, members: make_tar(path, members, gzip.compress),
    "xz": lambda path, members: make_tar(path, members, lzma.compress),
    "bz2": lambda path, members: make_tar(path, members, bz2.compress),
    "folder": make_folder,
}
ARCHIVES = [kind for kind in MAKERS if kind != "folder"]


def loaded(path):
    """Return the corpus and the one warning, if there is one."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        corpus = load_fsdd(path)
    assert len(said) <= 1
    return corpus, str(said[0].message) if said else ""


@pytest.mark.parametrize("kind", MAKERS)
def test_other_files_are_ignored_and_counted(tmp_path, kind):
    others = {"r/README.md": b"hello", "r/talk.mp4": bytes(60_000_000), "__MACOSX/r/._0_ann_0.wav": b"x"}
    m4a = {f"r/{digit}_ann_0.m4a": wav() for digit in range(3, 8)}
    corpus, said = loaded(MAKERS[kind](tmp_path / "a", SOME | others | m4a))
    assert len(corpus) == 6
    assert "7 of 13 files passed over" in said and "README.md, talk.mp4: not named {digit}" in said
    assert "5 files (3_ann_0.m4a, 4_ann_0.m4a, 5_ann_0.m4a, ...): .m4a files are not read" in said
    assert "ffmpeg" in said


@pytest.mark.parametrize("kind", MAKERS)
def test_one_rule_for_recordings_that_are_not_whole(tmp_path, kind):
    huge = bytearray(wav())
    struct.pack_into("<I", huge, 24, 2**31 - 1)
    crashed = bytearray(wav())
    struct.pack_into("<I", crashed, 40, 0)
    bad = {
        "3_a_0.wav": wav()[:200], "3_a_1.wav": wav()[:300], "4_a_0.wav": bytes(huge), "5_a_0.wav": b"",
        "6_a_0.wav": wav(0.0), "7_a_0.wav": b"<!DOCTYPE html>", "8_a_0.wav": bytes(crashed),
        "9_a_0.wav": wav(n_samples=61 * 100, sample_rate=100),
    }  # fmt: skip
    corpus, said = loaded(MAKERS[kind](tmp_path / "a", SOME | bad))
    assert len(corpus) == 7 and 8 in corpus.labels
    assert "7 of 14 files passed over" in said
    assert "3_a_0.wav, 3_a_1.wav: is cut short" in said and "6_a_0.wav: is silent" in said
    assert "4_a_0.wav: claims 2147483647 samples" in said and "9_a_0.wav: lasts 61 s" in said
    assert "7_a_0.wav: is a web page" in said and "8_a_0.wav: has no size in its header" in said
    with pytest.raises(ValueError, match=r"no recording named .* that can be read.*2 of 2.*web page"):
        loaded(MAKERS[kind](tmp_path / "b", {name: bad[name] for name in ("7_a_0.wav", "5_a_0.wav")}))


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_damaged_archive_is_an_error_or_says_what_is_missing(tmp_path, kind):
    path = MAKERS[kind](tmp_path / "a", SOME)
    whole, content = load_fsdd(path).fingerprint(), path.read_bytes()
    rng = np.random.default_rng(0)
    for end in rng.integers(0, len(content) - 2048 if kind == "tar" else len(content), 25):
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match="and nothing of it is used"):
            load_fsdd(path)
    for place in rng.integers(0, len(content), 80):
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            corpus, said = loaded(path)
        except ValueError:
            continue
        # a plain tar has no checksum of what is in its files
        assert corpus.fingerprint() == whole or said or kind == "tar"


def test_a_tar_with_a_damaged_header_is_an_error(tmp_path):
    path = make_tar(tmp_path / "a", SOME)
    content = bytearray(path.read_bytes())
    for place in range(0, 512, 7):
        damaged = bytearray(content)
        damaged[1024 + place] ^= 4
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="and nothing of it is used"):
            load_fsdd(path)


def test_every_entry_of_a_zip_is_counted(tmp_path):
    path = make_zip(tmp_path / "a.zip", SOME)
    content = bytearray(path.read_bytes())
    content[content.find(b"PK\1\2") + 33] |= 1  # the comment of the first entry now hides the others
    path.write_bytes(content)
    with pytest.raises(ValueError, match="and nothing of it is used"):
        load_fsdd(path)


@pytest.mark.parametrize("kind", MAKERS)
def test_names(tmp_path, kind):
    names = [
        "Rec 2024-05-01 10:30/0_a:b_0.wav",
        "sub\\x\\1_a_0.wav",
        "a:b/2_jos\u00e9_0.wav",
        "3_jose\u0301_0.wav",
    ]
    corpus, said = loaded(MAKERS[kind](tmp_path / "a", {name: wav() for name in names}))
    assert not said and corpus.labels.tolist() == [1, 0, 2, 3]
    assert corpus.voices.tolist() == ["a", "a:b", "jos\u00e9", "jos\u00e9"]


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_name_climbs_out_only_if_it_ends_outside(tmp_path, kind):
    corpus, _ = loaded(MAKERS[kind](tmp_path / "a", {"a/../b/0_anna_0.wav": wav()}))
    assert len(corpus) == 1
    for name in ("../0_anna_0.wav", "a/../../0_anna_0.wav", "/0_anna_0.wav"):
        with pytest.raises(ValueError, match="climbs out of the archive"):
            loaded(MAKERS[kind](tmp_path / "b", {name: wav()}))


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_member_named_as_the_archive_itself_is_no_recording(tmp_path, kind):
    corpus, _ = loaded(MAKERS[kind](tmp_path / "a", {"a/..": b"x", ".": b"x", "0_anna_0.wav": wav()}))
    assert len(corpus) == 1


@pytest.mark.parametrize("kind", MAKERS)
def test_hidden_folders_are_counted(tmp_path, kind):
    names = ["ok/0_anna_0.wav", ".rec/1_anna_0.wav", ".git/config", "__MACOSX/ok/._0_anna_0.wav"]
    corpus, said = loaded(MAKERS[kind](tmp_path / "a", {name: wav() for name in names}))
    assert len(corpus) == 1 and "1 of 2 files passed over. 1_anna_0.wav: in a hidden folder" in said


@pytest.mark.parametrize("kind", ["zip", "tar", "folder"])
def test_names_in_latin_1(tmp_path, kind):
    names = [f"{digit}_joX_0.wav" for digit in range(2)]
    path = tmp_path / "a"
    if kind == "folder":
        make_folder(path, {os.fsdecode(name.encode().replace(b"X", b"\xe9")): wav() for name in names})
    elif kind == "tar":
        members = {name.replace("X", "é"): wav() for name in names}
        make_tar(path, members, format=tarfile.GNU_FORMAT, encoding="latin-1")
    else:
        path.write_bytes(
            make_zip(path, {name: wav() for name in names}).read_bytes().replace(b"joX", b"jo\xe9")
        )
    corpus, _ = loaded(path)
    assert corpus.voices.tolist() == ["joé", "joé"]


def test_encrypted_zip_is_named_with_advice(tmp_path):
    path = make_zip(tmp_path / "a.zip", SOME)
    content = path.read_bytes()
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        parts = content.split(signature)
        place -= len(signature)
        parts[1:] = [part[:place] + bytes([part[place] | 1]) + part[place + 1 :] for part in parts[1:]]
        content = signature.join(parts)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.zip'.*is encrypted: unpack the archive with its password"):
        load_fsdd(path)


def test_bombs_end_early(tmp_path, monkeypatch):
    """Bounded by what comes out, whatever the headers say."""
    monkeypatch.setattr(_archive, "_most", lambda path: 200_000)
    silence = struct.pack("<I", 100_000).join([wav()[:40], bytes(100_000)])
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for digit in range(5):
            archive.writestr(f"{digit}_a_0.wav", silence)
    make_tar(tmp_path / "b.tar.gz", {"x": bytes(300_000), "0_a_0.wav": wav()}, gzip.compress)
    for name in ("a.zip", "b.tar.gz"):
        with pytest.raises(ValueError, match="unpacks to more than 200,000 bytes"):
            load_fsdd(tmp_path / name)


@pytest.mark.parametrize(
    ("kind", "size", "said"),
    [
        (tarfile.XHDTYPE, 3 << 30, "a header of 3,221,225,472 bytes"),
        (tarfile.REGTYPE, 1 << 60, "it ends before"),
    ],
)
def test_sizes_that_lie_cost_nothing(tmp_path, kind, size, said):
    entry = tarfile.TarInfo("7_a_0.wav")
    entry.type, entry.size = kind, size
    (tmp_path / "a.tar").write_bytes(entry.tobuf(tarfile.GNU_FORMAT) + bytes(5120))
    with pytest.raises(ValueError, match=said):
        load_fsdd(tmp_path / "a.tar")


def test_joined_tars_are_an_error(tmp_path):
    one, two = (make_tar(tmp_path / f"{i}", {f"{i}_a_0.wav": wav()}).read_bytes() for i in range(2))
    for content in (one + two, gzip.compress(one) + gzip.compress(two)):
        (tmp_path / "both").write_bytes(content)
        with pytest.raises(ValueError, match="goes on after its end"):
            load_fsdd(tmp_path / "both")


def test_what_is_no_regular_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ValueError, match="a device, a pipe or a socket"):
            load_fsdd(path)
    folder = make_folder(tmp_path / "folder", {"0_a_0.wav": wav()})
    os.mkfifo(folder / "1_a_0.wav")
    os.symlink("/dev/zero", folder / "2_a_0.wav")
    os.symlink("/nowhere", folder / "3_a_0.wav")
    corpus, said = loaded(folder)
    assert len(corpus) == 1
    assert "3 of 4 files passed over. 1_a_0.wav, 2_a_0.wav, 3_a_0.wav: is no regular file" in said


def test_every_container_is_read(tmp_path):
    import soundfile as sf

    x = 0.5 * np.sin(np.arange(800) / 3)
    kinds = {
        "flac": "FLAC",
        "ogg": "OGG",
        "mp3": "MP3",
        "aiff": "AIFF",
        "au": "AU",
        "caf": "CAF",
        "w64": "W64",
    }
    for digit, (suffix, container) in enumerate(kinds.items()):
        sf.write(tmp_path / f"{digit}_a_0.{suffix}", x, 8000, format=container)
    corpus, said = loaded(tmp_path)
    assert not said and corpus.lengths.tolist() == [800] * len(kinds)
    (tmp_path / "0_a_0.WAV").write_bytes(wav())
    with pytest.raises(ValueError, match="twice"):
        load_fsdd(tmp_path)
