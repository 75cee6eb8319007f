import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from audio_edu.datasets import load_fsdd

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("AUDIO_EDU_FSDD") or ROOT.parent / "shared" / "data" / "fsdd")


def wav(level=0.1, n_samples=800, sample_rate=8000, n_channels=1):
    x = level * np.sin(2 * np.pi * 440 / sample_rate * np.arange(n_samples))
    buffer = io.BytesIO()
    sf.write(buffer, np.tile(x[:, None], n_channels), sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def make_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


SOME = {
    "repo-main/recordings/7_ann_0.wav": wav(0.9),
    "repo-main/recordings/7_ann_12.wav": wav(0.03),
    "repo-main/recordings/0_bob_b_4.wav": wav(),
    "repo-main/recordings/0_bob_b_5.wav": wav(),
    "repo-main/.README.md": b"hello",
    "__MACOSX/recordings/7_ann_0.wav": b"junk",
    "repo-main/recordings/._7_ann_0.wav": b"junk",
}


def check_some(corpus):
    assert len(corpus) == 4
    assert corpus.sample_rate == 8000
    assert set(corpus.voices) == {"ann", "bob_b"}
    got = sorted(
        zip(corpus.labels.tolist(), corpus.info["take"].tolist(), corpus.split.tolist(), strict=True)
    )
    assert got == [(0, 4, "test"), (0, 5, "train"), (7, 0, "test"), (7, 12, "train")]
    for clip in corpus.audio:
        assert np.abs(clip).max() == pytest.approx(1)  # peak-normalised, whatever the level was


def test_zip(tmp_path):
    check_some(load_fsdd(make_zip(tmp_path / "a.zip", SOME)))


def test_zip_in_a_folder(tmp_path):
    (tmp_path / "deep").mkdir()
    make_zip(tmp_path / "deep" / "a.zip", SOME)
    check_some(load_fsdd(str(tmp_path)))


def test_folder_and_tar(tmp_path):
    for name, content in SOME.items():
        file = tmp_path / "folder" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    check_some(load_fsdd(tmp_path / "folder"))
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "folder", "repo")
    check_some(load_fsdd(tmp_path / "a.tar.gz"))


def test_other_rate_and_stereo_become_mono_at_8_khz(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"3_x_9.wav": wav(n_samples=4410, sample_rate=44100, n_channels=2)})
    assert load_fsdd(path).lengths.tolist() == [800]


@pytest.mark.parametrize(
    "name", ["../7_ann_0.wav", "/etc/7_ann_0.wav", "a/../../7_ann_0.wav", "..\\7_ann_0.wav", "C:/x"]
)
def test_archive_that_climbs_out_is_refused_whole(tmp_path, name):
    path = make_zip(tmp_path / "a.zip", {"7_good_1.wav": wav(), name: wav()})
    with pytest.raises(ValueError, match=r"climbs out"):
        load_fsdd(path)
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(wav())
        archive.addfile(entry, io.BytesIO(wav()))
    with pytest.raises(ValueError, match=r"climbs out"):
        load_fsdd(tmp_path / "a.tar")


def test_links_in_a_tar_are_not_followed(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        entry = tarfile.TarInfo("7_ann_0.wav")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(ValueError, match=r"holds no recording"):
        load_fsdd(tmp_path / "a.tar")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound at all", wav()[:40], wav(0.0)])
def test_bad_recording_is_named(tmp_path, content):
    path = make_zip(tmp_path / "a.zip", {"recordings/7_ann_3.wav": content})
    with pytest.raises(ValueError, match=r"7_ann_3.wav"):
        load_fsdd(path)


def test_bad_paths(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing is there"):
        load_fsdd(tmp_path / "no")
    with pytest.raises(ValueError, match=r"digit.*speaker.*take"):
        load_fsdd(tmp_path)
    (tmp_path / "x.zip").write_bytes(b"PK nothing")
    with pytest.raises(ValueError, match=r"no whole zip"):
        load_fsdd(tmp_path / "x.zip")


def test_damaged_zip(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"7_ann_3.wav": wav()})
    content = bytearray(path.read_bytes())
    content[300] ^= 0xFF  # inside the recording: its checksum no longer fits
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged"):
        load_fsdd(path)


def test_same_recording_twice(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a/7_ann_3.wav": wav(), "b/7_ann_3.wav": wav()})
    with pytest.raises(ValueError, match=r"7_ann_3.wav twice"):
        load_fsdd(path)


@pytest.mark.skipif(
    not REAL.exists(), reason="needs FSDD recordings: set AUDIO_EDU_FSDD to their folder or zip"
)
def test_real_recordings():
    corpus = load_fsdd(REAL)
    assert set(corpus.labels) == set(range(10))
    assert (corpus.info["take"][corpus.split == "test"] < 5).all()
    assert len(corpus.test) == 5 * 10 * len(set(corpus.voices))
    assert 0.2 < np.median(corpus.lengths) / 8000 < 0.7
