"""The builders' parts, and one voice and one preset built for real where the tools are installed."""

import shutil
import signal
from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from audio_edu.datasets import (
    _build,
    _build_digits,
    _build_notes,
    _build_scenes,
    _shipped,
    _speakers,
    _voices,
    load_digits,
    load_notes,
)


def test_voices_are_the_same_each_time_and_split_by_speaker():
    voices = _voices.all_voices()
    assert voices == _voices.all_voices()
    assert len({voice.name for voice in voices}) == len(voices)
    splits = {
        speaker: {v.split for v in voices if v.speaker == speaker} for speaker in {v.speaker for v in voices}
    }
    assert all(len(found) == 1 for found in splits.values())
    digits = load_digits()
    assert {(v.name, v.split) for v in voices} == set(
        zip(digits.voices.tolist(), digits.split.tolist(), strict=True)
    )


def test_every_accent_spells_ten_digits_in_known_sounds():
    cmu = "z ih r ow w ah n t uw th iy f ao ay v s k eh ax ey ae aa b".split()
    for words in _speakers.ACCENTS.values():
        assert len(words) == 10
        assert {sound for word in words for sound in word.split()} <= set(cmu)
    for sounds in (_speakers.ITALIAN, _speakers.CZECH, _speakers.FINNISH):
        assert {part for word in _speakers.SOUNDS for part in word.split()[::2]} <= set(sounds)


def test_trim_keeps_the_word_and_its_margin():
    x = np.zeros(8000)
    x[3000:5000] = 0.2 * np.sin(np.arange(2000))
    y = _build_digits.trim(x)
    assert abs(y.size - (2000 + 2 * 240)) <= 80
    assert np.abs(y).max() == pytest.approx(_build.PEAK)


def test_decay_is_what_it_says():
    y = _build_digits.decay(np.ones(1000), 12.0)
    assert y[:400] == pytest.approx(1)
    assert 20 * np.log10(y[-1]) == pytest.approx(-12)


def test_resynthesis_changes_pitch_and_formants_as_asked():
    pytest.importorskip("pyworld")
    sample_rate, f0_hz = 16000, 120.0
    t = np.arange(sample_rate // 2) / sample_rate
    pulses = np.zeros(t.size)
    pulses[(np.arange(0, 0.5, 1 / f0_hz) * sample_rate).astype(int)] = 1
    from scipy.signal import lfilter

    radius, angle = 0.97, 2 * np.pi * 1000 / sample_rate  # one formant at 1 kHz
    x = lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], pulses)
    parts = _voices.analyze(0.1 * x, sample_rate)
    voice = _voices.Voice("v", "s", "flite", "american", "train", pitch=1.5, tract=1.2)
    y = _voices.resynthesize(*parts, voice, tempo=1.0, rng=np.random.default_rng(0))
    f0, envelope, _ = _voices.analyze(y, sample_rate)
    middle = slice(len(f0) // 4, 3 * len(f0) // 4)
    assert np.median(f0[middle]) == pytest.approx(1.5 * f0_hz, rel=0.1)
    peak_hz = envelope[middle].mean(axis=0)[20:].argmax() + 20
    assert peak_hz * sample_rate / 2 / (envelope.shape[1] - 1) == pytest.approx(1200, rel=0.1)


def test_midi_notes_begin_and_end_to_the_millisecond(tmp_path):
    _build_notes.midi(40, [(60, 100), (62, 50)]).write(str(tmp_path / "notes.mid"))
    score = pretty_midi.PrettyMIDI(str(tmp_path / "notes.mid"))
    (instrument,) = score.instruments
    assert instrument.program == 40
    assert [(note.pitch, note.velocity) for note in instrument.notes] == [(60, 100), (62, 50)]
    times = [(note.start, note.end) for note in instrument.notes]
    np.testing.assert_allclose(times, [(0.1, 0.85), (3.1, 3.85)], atol=1e-9)
    assert score.get_end_time() == pytest.approx(6.0)  # the last note has time to die away


def test_shipped_notes_are_split_as_the_builder_splits_them():
    notes = load_notes()
    for _, train, test in _build_notes.INSTRUMENTS.values():
        *train, last = [program for program, _, _ in train]
        expected = dict.fromkeys(train, "train") | {last: "validation" if train else "train", test[0]: "test"}
        for program, split in expected.items():
            assert set(notes.split[notes.info["preset"] == program]) == {split}


def test_pitches_are_in_range_and_disjoint():
    for _, train, test in _build_notes.INSTRUMENTS.values():
        for program, lowest, highest in (*train, test):
            odd = set(_build_notes.pitches(lowest, highest, "test"))
            even = set(_build_notes.pitches(lowest, highest, "train"))
            assert not odd & even, program
            assert min(odd | even) >= lowest
            assert max(odd | even) <= highest


def clip_of(value):
    return _build.Clip(np.full(100, value), "piano", "piano-000", "train")


def build(out, value=0.5, clips=None):
    """Write a corpus of one clip."""
    voices = clips() if clips else [[clip_of(value)]]
    _build.write_corpus(out, voices, sample_rate=16000, columns=(), n_bits=13, n_voices=1)


def test_a_build_that_breaks_leaves_the_old_corpus(tmp_path):
    out = tmp_path / "notes"
    clip = _build.Clip(np.full(100, 0.5), "piano", "piano-000", "train", {"pitch": 60})
    settings = dict(sample_rate=16000, columns=("pitch",), n_bits=13, n_voices=1)
    _build.write_corpus(out, [[clip, clip]], **settings)
    assert _shipped.verify(out) == []

    def breaks():
        yield [clip]
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match=r"power cut"):
        _build.write_corpus(out, breaks(), **settings)
    assert _shipped.verify(out) == []
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def never():
    pytest.fail("it went to work")
    yield


@pytest.mark.parametrize(
    "files",
    [
        {"thesis.txt": "precious"},
        {"README.md": "# My project", "main.c": "precious"},
        {"README.md": "# My project"},
        {"SHA256SUMS": f"{'0' * 64}  disk.iso\n", "disk.iso": "precious"},
        {"SHA256SUMS": f"{'0' * 64}  index.csv\n{'0' * 64}  x.txt\n", "index.csv": "a", "x.txt": "precious"},
        {"SHA256SUMS": f"{'0' * 64}  index.csv\n", "index.csv": "a", "more.flac": "precious"},
    ],
)
def test_a_build_does_not_replace_a_folder_of_other_things(tmp_path, files):
    out = tmp_path / "notes"
    for folder in (out, tmp_path / "notes.old"):  # the second is where the old corpus goes for a moment
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
        with pytest.raises(ValueError, match=r"holds other files"):
            build(out, clips=never)
        assert {path.name: path.read_text() for path in folder.iterdir()} == files
        out.rename(tmp_path / "elsewhere") if out.exists() else None


def test_a_build_needs_a_folder_and_follows_a_link(tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(NotADirectoryError, match=r"file is no folder"):
        build(tmp_path / "file")
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    for _ in range(2):
        build(tmp_path / "link")
        assert (tmp_path / "link").is_symlink() and _shipped.verify(tmp_path / "there") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "there"]


def test_a_kill_while_old_and_new_change_places_loses_nothing(tmp_path, monkeypatch):
    out = tmp_path / "notes"
    build(out)
    (out / "README.md").write_text("the card")
    rename, n_renamed = Path.rename, []

    class Killed(BaseException):
        """As sudden as a kill, where nothing is tidied up."""

    def killed(old, new):
        n_renamed.append(new)
        if len(n_renamed) == 2:
            raise Killed
        return rename(old, new)

    monkeypatch.setattr(Path, "rename", killed)
    monkeypatch.setattr(_build.shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(Killed):
        build(out, value=0.25)
    monkeypatch.undo()
    assert not out.exists() and _shipped.verify(tmp_path / "notes.old") == []

    def breaks():
        yield [clip_of(0.5)]
        assert _shipped.verify(out) == []  # the old one is back
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        build(out, clips=breaks)
    assert (out / "README.md").read_text() == "the card"
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_ctrl_c_while_old_and_new_change_places_comes_after(tmp_path, monkeypatch):
    out = tmp_path / "notes"
    build(out)
    before, rename = (out / "SHA256SUMS").read_text(), Path.rename

    def interrupted(old, new):
        if old == out:
            signal.raise_signal(signal.SIGINT)
        return rename(old, new)

    monkeypatch.setattr(Path, "rename", interrupted)
    ctrl_c = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    try:
        with pytest.raises(KeyboardInterrupt):
            build(out, value=0.25)
    finally:
        signal.signal(signal.SIGINT, ctrl_c)
    assert _shipped.verify(out) == [] and (out / "SHA256SUMS").read_text() != before
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_two_builds_of_one_folder_are_one_too_many(tmp_path):
    def builds_too():
        with pytest.raises(RuntimeError, match="another process"):
            build(tmp_path / "notes")
        yield [clip_of(0.5)]

    build(tmp_path / "notes", clips=builds_too)
    assert _shipped.verify(tmp_path / "notes") == []


def test_missing_tools_are_named_by_their_packages(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"apt-get install.*flite"):
        _build_digits.build(tmp_path / "out")
    with pytest.raises(RuntimeError, match=r"apt-get install.*fluidsynth"):
        _build_notes.build(tmp_path / "out")
    with pytest.raises(RuntimeError, match=r"apt-get install.*flite"):
        _build_scenes.build(tmp_path / "out")
    with pytest.raises(RuntimeError, match=r"apt-get install.*fluidsynth"):
        _build_scenes.check_fonts()
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not shutil.which("flite"), reason="needs flite")
def test_flite_says_a_list_with_pauses():
    person = next(p for p in _speakers.PEOPLE if p.name == "kal")
    raw = _speakers.utterances(person)
    assert {digit for digit, _, _ in raw} == set(range(10))
    assert {context for _, context, _ in raw} == {"alone", "list", "question"}
    for x, sample_rate in raw.values():
        assert 0.15 < x.size / sample_rate < 1.5
        assert np.abs(x).max() > 0.01
