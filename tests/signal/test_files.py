"""A sound file comes whole or not at all, in every container; what one cannot hold is not written."""

import io
import os
import re
import resource
import socket
import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile as sf

from audio_edu import signal
from audio_edu.signal.files import read_sound

RATE = 16000
CONTAINERS = [
    ("WAV", "PCM_16"), ("WAV", "PCM_U8"), ("WAV", "PCM_24"), ("WAV", "MS_ADPCM"), ("WAV", "GSM610"),
    ("WAVEX", "FLOAT"), ("RF64", "PCM_16"), ("AIFF", "PCM_16"), ("AIFF", "IMA_ADPCM"), ("AU", "PCM_16"),
    ("CAF", "PCM_16"), ("W64", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]  # fmt: skip
ID3 = b"ID3\3\0\0" + bytes([0, 0, 15, 80]) + bytes(range(250)) * 8
TAG = b"TAG" + b"a" * 125
CHUNK = struct.pack("<4sI", b"LIST", 17) + b"INFOICMT\5\0\0\0abcde"  # of odd size, and not padded


def noise(n=3001, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal(n)).clip(-1, 1)


def encoded(x, container="WAV", subtype="PCM_16", rate=RATE):
    file = io.BytesIO()
    sf.write(file, x, rate, format=container, subtype=subtype)
    return file.getvalue()


def length(data):
    return read_sound(data, mono=False)[0].shape[1]


def place_of_size(data):
    """Where a container says how many bytes its samples take, and how."""
    return {
        b"RIFF": (data.find(b"data") + 4, "<I"), b"RF64": (28, "<Q"), b"FORM": (data.find(b"SSND") + 4, ">I"),
        b".snd": (8, ">I"), b"caff": (data.find(b"data") + 4, ">Q"),
        b"riff": (data.find(b"data\xf3") + 16, "<Q"),
    }[bytes(data[:4])]  # fmt: skip


@pytest.mark.parametrize(("container", "subtype"), CONTAINERS)
def test_cut_files_are_refused_and_joined_ones_read_whole(container, subtype):
    a, b = encoded(noise(), container, subtype), encoded(noise(2000), container, subtype)
    n = length(a)
    assert n >= 3001
    for end in [int(share * len(a)) for share in np.linspace(0.01, 0.99, 25)] + [len(a) - 3]:
        with pytest.raises(ValueError, match=r"cut short|cannot be read|damaged"):
            read_sound(a[:end])
    assert length(ID3 + a) == length(bytes(999) + a) == length(a + TAG) == length(a + ID3) == n
    assert length(a + b) == length(a + TAG + ID3 + b) == n + length(b)
    with pytest.raises(ValueError, match="joins streams unlike each other"):
        read_sound(a + encoded(np.stack([noise(), noise()], 1), "FLAC"))


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_file_with_a_changed_bit_or_a_lost_page_is_refused(subtype):
    a = encoded(noise(20_000), "OGG", subtype, 8000)
    for place in np.random.default_rng(0).integers(0, 8 * len(a), 40):
        changed = bytearray(a)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(ValueError, match=r"damaged|cut short|cannot be read|neither sound nor"):
            read_sound(bytes(changed))
    starts = [match.start() for match in re.finditer(b"OggS", a)] + [len(a)]
    with pytest.raises(ValueError, match="the one before it is lost"):
        read_sound(a[: starts[-3]] + a[starts[-2] :])


@pytest.mark.parametrize(("subtype", "n_channels"), [("PCM_S8", 1), ("PCM_16", 2), ("PCM_24", 1)])
def test_a_flac_file_that_is_longer_than_it_says_is_refused(subtype, n_channels):
    a = encoded(np.stack([noise(20_000)] * n_channels, 1), "FLAC", subtype)
    assert length(a) == length(a + b"junk") == 20_000
    assert length(a + encoded(np.stack([noise()] * n_channels, 1))) == 23_001
    size = int.from_bytes(a[18:26], "big")
    shorter = a[:18] + (size - 8000).to_bytes(8, "big") + a[26:]
    with pytest.raises(ValueError, match="longer than its header says"):
        read_sound(shorter)


@pytest.mark.parametrize(("container", "subtype"), CONTAINERS)
@pytest.mark.parametrize("id3", [b"", TAG])
def test_tags_that_are_known_by_their_end_are_left_out(container, subtype, id3):
    a = encoded(noise(), container, subtype)
    items = struct.pack("<II", 3, 0) + b"Key\0abc"
    footer = b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, 1, 0) + bytes(8)
    header = b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, 1, 5 << 29) + bytes(8)
    both = header + items + footer[:20] + struct.pack("<I", 1 << 31) + footer[24:]
    lyrics = b"LYRICSBEGIN" + b"x" * 40
    for tag in (items + footer, both, lyrics + b"%06dLYRICS200" % len(lyrics)):
        assert length(a + tag + id3) == length(a)


def test_samples_without_a_size_end_where_the_last_chunk_begins():
    a = bytearray(encoded(noise()))
    a[40:44] = bytes(4)
    remarks = read_sound(bytes(a) + b"LIST" + struct.pack("<I", 4) + b"INFO")[2]
    assert length(bytes(a) + b"LIST" + struct.pack("<I", 4) + b"INFO") == 3001
    assert "no size in its header" in remarks[0]


@pytest.mark.parametrize(
    ("container", "subtype"), [each for each in CONTAINERS if each[0][:3] not in ("FLA", "OGG", "MP3")]
)
@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x80000000, 0xFFFFFFFF, 2**64 - 1])
def test_a_header_without_a_size_is_read_to_the_end(container, subtype, size):
    data = bytearray(encoded(noise(3000), container, subtype))
    n = length(bytes(data))
    place, layout = place_of_size(data)
    struct.pack_into(layout, data, place, size & (256 ** struct.calcsize(layout) - 1))
    x, _, remarks = read_sound(bytes(data))
    assert len(x) == n and "no size in its header" in remarks[0]


def test_a_header_that_was_not_brought_up_to_date_is_refused():
    data = bytearray(encoded(noise()))
    struct.pack_into("<I", data, 40, 3000)
    with pytest.raises(ValueError, match=r"goes on for 3002 bytes after its end"):
        read_sound(bytes(data))


def test_chunks_before_and_after_and_an_empty_file():
    data = encoded(noise())
    x, _, _ = read_sound(data)
    for changed in (data[:36] + CHUNK + data[36:], data[:36] + CHUNK + b"\0" + data[36:], data + CHUNK):
        np.testing.assert_array_equal(read_sound(changed)[0], x)
    empty = encoded(noise(0))
    for nothing in (empty, empty + CHUNK):
        with pytest.raises(ValueError, match="without a single sample"):
            read_sound(nothing)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "MPEG-4.*ffmpeg -i"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "MPEG-4.*ffmpeg -i"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81", "WebM.*ffmpeg"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media.*ffmpeg"),
        (b"#!AMR\n\x3c\x91", "AMR.*ffmpeg"),
        (b"\xff\xf1\x50\x80\x02\x1f", "AAC.*ffmpeg"),
        (ID3 + b"\xff\xf1\x50\x80\x02\x1f", "AAC.*ffmpeg"),
        (b"RIFF\0\1\0\0AVI LIST", "film.*ffmpeg"),
        (b"NIST_1A\n   1024\n", "old format.*ffmpeg"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\xef\xbb\xbf\n <html lang='en'>", "web page"),
        (b"PK\3\4\x14\0\0\0", "archive; unpack"),
        (b"%PDF-1.7\n", "document"),
        (b"Dear reader, this is no sound", "text"),
        (b"MThd\0\0\0\6", "notes"),
        (bytes(range(128, 192)), "cannot be read as audio.*ffmpeg"),
        (b"", "empty"),
        (bytes(500), "no sound in it"),
    ],
)
def test_what_is_no_sound_is_called_what_it_is(head, said):
    with pytest.raises(ValueError, match=f"(?s){said}"):
        read_sound(head)


def test_flac_from_a_pipe_and_mp3_of_unknown_length():
    data = bytearray(encoded(noise(), "FLAC"))
    data[21:26] = bytes([data[21] & 0xF0, 0, 0, 0, 0])
    with pytest.raises(ValueError, match=r"FLAC file from a pipe.*ffmpeg -i FILE out.flac"):
        read_sound(bytes(data))
    data = encoded(noise(30_000), "MP3", "MPEG_LAYER_III")
    second = re.compile(rb"\xff[\xf2\xf3]").search(data, 4).start()  # after the frame that counts the others
    with pytest.raises(ValueError, match="does not say how long"):
        read_sound(data[second:])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: struct.pack_into("<I", d, 24, 2**31 - 1), "2147483647 samples a second"),
        (lambda d: struct.pack_into("<I", d, 24, 1), "1 samples a second"),
        (lambda d: struct.pack_into("<HIIH", d, 22, 500, RATE, 1000 * RATE, 1000), "500 channels"),
    ],
)
def test_rate_and_channels_are_checked_before_anything_is_read(change, said):
    data = bytearray(encoded(noise()))
    change(data)
    with pytest.raises(ValueError, match=said):
        read_sound(bytes(data))


def test_limits_are_in_the_error():
    data = bytearray(encoded(noise(), "FLAC"))
    data[21:26] = bytes([data[21] & 0xF0, *(600_000_000).to_bytes(4, "big")])
    with pytest.raises(ValueError, match=r"takes 2,400,000,000 bytes; at most .* and 2,147,483,648 bytes"):
        read_sound(bytes(data))
    with pytest.raises(ValueError, match=r"lasts 19 s.* at most 10 s"):
        read_sound(encoded(noise(300_000)), longest_s=10)
    with pytest.raises(ValueError, match="at most"):  # the resampled one counts
        read_sound(encoded(noise(60_000), rate=100), sample_rate=1_000_000)


def test_what_is_no_regular_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.wav"))
        for path in (tmp_path / "pipe.wav", tmp_path / "s.wav", "/dev/zero"):
            with pytest.raises(ValueError, match=r"path: .* is no regular file"):
                signal.load_audio(path)


def test_load_audio_warns_of_what_it_guessed(tmp_path):
    path = tmp_path / "a.wav"
    data = bytearray(encoded(noise()))
    struct.pack_into("<I", data, 40, 0)
    path.write_bytes(data)
    with pytest.warns(UserWarning, match=r"a\.wav' has no size in its header"):
        assert len(signal.load_audio(path)[0]) == 3001


@pytest.mark.parametrize("mix", [(1, -1), (1, -0.8), (1, -1, 1, -1), (1, -1, 0), (1, -1, 0.01, 0, 0, 0)])
def test_channels_that_cancel_leave_the_loudest(mix):
    x, rng = noise(), np.random.default_rng(1)
    channels = x[:, None] * np.array(mix) + rng.integers(-1, 2, (len(x), len(mix))) / 32768 + 0.1
    y, _, remarks = read_sound(encoded(channels))
    assert "cancel each other" in remarks[0]
    assert y.std() > 0.9 * x.std()
    assert len(read_sound(encoded(channels), mono=False)[0]) == len(mix)


@pytest.mark.parametrize("mix", [(1, 1), (1, 0), (1, -0.5), (0, 0), (1, *[0] * 7)])
def test_other_channels_are_averaged(mix):
    channels = noise()[:, None] * np.array(mix)
    y, _, remarks = read_sound(encoded(channels, subtype="FLOAT"))
    assert not remarks
    np.testing.assert_array_equal(y, channels.astype(np.float32).T.mean(axis=0))


@pytest.mark.parametrize(
    ("container", "subtype", "n_bits"),
    [("WAV", "PCM_U8", 8), ("WAV", "ULAW", 14), ("FLAC", "PCM_16", 16), ("AIFF", "PCM_24", 24),
     ("WAV", "FLOAT", 24), ("OGG", "VORBIS", 16), ("MP3", "MPEG_LAYER_III", 16)],
)  # fmt: skip
def test_silence_is_told_from_sound(container, subtype, n_bits):
    rounding = np.random.default_rng(0).integers(-1, 2, 3000) * 2.0 ** (1 - n_bits)
    for silent in (np.zeros(3000), rounding, rounding[:, None] * [1, -1]):
        with pytest.raises(ValueError, match="is silent"):
            read_sound(encoded(silent, container, subtype), silence=False)
        read_sound(encoded(silent, container, subtype))
    if n_bits > 16 or subtype.startswith("PCM"):
        with pytest.raises(ValueError, match="is silent"):
            read_sound(encoded(rounding + 0.25, container, subtype), silence=False)
    assert len(read_sound(encoded(0.1 * noise(), container, subtype), silence=False)[0]) == 3001


# --- Saving


@pytest.mark.parametrize(
    ("name", "shape", "rate", "said"),
    [
        ("a.flac", 9, 65_537, "sample_rate is 65537; .flac files know 100 to 655350"),
        ("a.flac", 9, 655_360, "sample_rate is 655360"),
        ("a.ogg", 9, 200_001, "sample_rate is 200001; .ogg files know 100 to 200000"),
        ("a.opus", 9, 44_100, "sample_rate is 44100; .opus files know 8000, 12000"),
        ("a.mp3", (3, 9), 44_100, "x has 3 channels; .mp3 files hold at most 2"),
        ("a.flac", (9, 99), 8000, "x has 9 channels; .flac files hold at most 8"),
        ("a.wav", (65, 99), 8000, "x has 65 channels"),
        ("a.wav", (0, 99), 8000, r"x has shape \(0, 99\); expected at least one channel"),
        ("a.wav", (100, 2), 8000, r"x has shape \(100, 2\); expected \(n_channels, n_samples\): use x.T"),
    ],
)
def test_what_a_container_cannot_hold_is_refused(tmp_path, name, shape, rate, said):
    with pytest.raises(ValueError, match=said):
        signal.save_audio(tmp_path / name, np.zeros(shape), rate)
    assert not list(tmp_path.iterdir())


def test_what_is_allowed_at_the_limits_can_be_written_and_read(tmp_path):
    """In a process of its own: libsndfile ends the process where it fails."""
    code = f"""
import numpy as np
from audio_edu.signal import load_audio, save_audio
x = (0.2 * np.random.default_rng(0).standard_normal((64, 3000))).clip(-1, 1)
for name, n, rate in [
    ("a.flac", 8, 65_535), ("a.flac", 1, 65_540), ("a.flac", 1, 655_350), ("a.ogg", 2, 200_000),
    ("a.ogg", 64, 100), ("a.opus", 64, 48_000), ("a.mp3", 2, 8000), ("a.wav", 64, 1_000_000),
]:
    y, read = load_audio(save_audio({str(tmp_path)!r} + "/" + name, x[:n], rate), mono=False)
    assert read == rate and y.shape == (n, 3000), (name, n, rate, y.shape)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_a_full_disk_is_named_and_the_old_file_kept(tmp_path, name):
    path, noise = tmp_path / name, np.random.default_rng(0).uniform(-1, 1, 80_000)
    signal.save_audio(path, noise[:2000], 8000)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # as if there were no more room
    try:
        with pytest.raises(OSError, match=rf"{name}.* could not be written whole; is the disk full"):
            signal.save_audio(path, noise, 8000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [name]
