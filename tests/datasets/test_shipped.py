"""The corpora in data/: whole, balanced, split as their cards say."""

import itertools
import shutil

import numpy as np
import pytest

from audio_edu.datasets import _shipped, load_digits, load_notes, load_prompts, load_sentences, load_words


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def notes():
    return load_notes()


@pytest.mark.parametrize("name", ["digits", "notes", "prompts", "sentences", "words"])
def test_every_file_matches_its_checksum(name):
    assert _shipped.verify(_shipped.data_dir() / name) == []


@pytest.mark.parametrize(
    ("name", "most_megabytes"),
    [("digits", 16), ("notes", 14), ("prompts", 15), ("sentences", 8), ("words", 8)],
)
def test_size_and_card(name, most_megabytes):
    folder = _shipped.data_dir() / name
    assert sum(path.stat().st_size for path in folder.iterdir()) < most_megabytes * 1e6
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert [line for line in card.splitlines() if line.startswith("# ")] != []
    assert len(list(folder.iterdir())) < 250


def test_digits_every_voice_says_every_digit_equally_often(digits):
    assert digits.sample_rate == 8000
    assert digits.label_names[7] == "seven"
    voices = np.unique(digits.voices)
    assert len(voices) >= 120
    for voice in voices:
        counts = np.bincount(digits.labels[digits.voices == voice], minlength=10)
        assert counts.tolist() == [3] * 10, voice


def test_digits_split_by_voice_and_by_speaker(digits):
    parts = digits.train, digits.validation, digits.test
    assert sum(map(len, parts)) == len(digits)
    assert len(digits.development) + len(digits.test) == len(digits)
    for a, b in itertools.combinations(parts, 2):
        assert not set(a.voices) & set(b.voices)
        assert not set(a.info["speaker"]) & set(b.info["speaker"])
    assert len(digits.test) >= 0.15 * len(digits)
    assert len(digits.validation) >= 0.1 * len(digits)


def test_digits_are_mostly_from_recorded_people(digits):
    assert (digits.info["engine"] != "espeak-ng").mean() >= 0.5


def test_digits_length_level_and_finite(digits):
    seconds = digits.lengths / 8000
    assert 0.15 <= seconds.min()
    assert seconds.max() <= 1.0
    assert 24 <= digits.minutes <= 40
    peaks = np.array([np.abs(clip).max() for clip in digits.audio])
    assert peaks.min() > 0.88
    assert peaks.max() < 0.92
    assert all(np.isfinite(clip).all() for clip in digits.audio)


def test_digits_no_two_clips_are_the_same(digits):
    assert len({clip.tobytes() for clip in digits.audio}) == len(digits)


@pytest.mark.slow
def test_digits_are_told_apart_across_voices(digits):
    """The words are what they say: a nearest-mean classifier trained on other speakers tells them apart."""
    import librosa

    def features(corpus):
        rows = []
        for clip in corpus.audio:
            mfcc = librosa.feature.mfcc(y=clip, sr=8000, n_mfcc=13, n_fft=256, hop_length=80, n_mels=40)
            at = np.linspace(0, mfcc.shape[1] - 1, 12).round().astype(int)
            rows.append((mfcc - mfcc.mean(axis=1, keepdims=True))[:, at].ravel())
        return np.array(rows)

    train = digits.development.select(np.arange(0, len(digits.development), 3))
    x, x_test = features(train), features(digits.test)
    scale = x.std(axis=0)
    means = np.array([x[train.labels == d].mean(axis=0) for d in range(10)])
    guess = (((x_test[:, None] - means) / scale) ** 2).sum(axis=2).argmin(axis=1)
    assert (guess == digits.test.labels).mean() > 0.6  # chance is 0.1


def test_notes_split_by_preset_and_pitch(notes):
    train, validation, test = notes.train, notes.validation, notes.test
    assert notes.sample_rate == 16000
    for a, b in itertools.combinations((train, validation, test), 2):
        assert not set(a.voices) & set(b.voices)
        assert not set(a.info["preset"]) & set(b.info["preset"])
    assert not set(notes.development.info["pitch"]) & set(test.info["pitch"])
    for part in (train, test):
        assert set(part.labels) == set(range(len(notes.label_names)))
    assert len(set(validation.labels)) == 14  # two instruments have a single preset to learn from
    assert set(notes.lengths) == {16000}


def test_notes_louder_when_struck_harder(notes):
    level = np.array([np.sqrt((clip**2).mean()) for clip in notes.audio])
    soft = level[notes.info["velocity"] == 40]
    loud = level[notes.info["velocity"] == 120]
    assert (loud > soft).mean() > 0.97
    assert soft.min() > 1e-4


def test_notes_sound_at_their_pitch(notes):
    """Sustained instruments: the spectrum's peaks lie on multiples of the labelled frequency."""
    wanted = np.isin(
        notes.labels, [notes.label_names.index(n) for n in ("flute", "violin", "organ", "synth lead")]
    )
    some = notes.select(wanted & (notes.info["velocity"] == 80))
    good = []
    for clip, pitch in zip(some.audio, some.info["pitch"], strict=True):
        f0_hz = 440 * 2 ** ((pitch - 69) / 12)
        spectrum = np.abs(np.fft.rfft(clip * np.hanning(clip.size), 1 << 16))
        peak_hz = spectrum.argmax() * 16000 / (1 << 16)
        ratio = peak_hz / f0_hz
        nearest = max(round(ratio * 2), 1) / 2  # organs also sound an octave below
        good.append(abs(1200 * np.log2(ratio / nearest)) < 60)
    assert np.mean(good) > 0.95


def test_verify_names_what_differs(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("a.flac", "b.flac", "index.csv"):
        (folder / name).write_bytes(name.encode())
    _shipped.write_checksums(folder)
    assert _shipped.verify(folder) == []
    (folder / "a.flac").write_bytes(b"changed")
    (folder / "b.flac").unlink()
    (folder / "new.flac").write_bytes(b"")
    problems = "\n".join(_shipped.verify(folder))
    assert "a.flac differs" in problems
    assert "b.flac is missing" in problems
    assert "new.flac is not in" in problems
    (folder / "SHA256SUMS").write_text("nonsense\n")
    assert "line 1" in _shipped.verify(folder)[0]
    assert "SHA256SUMS is missing" in _shipped.verify(tmp_path)[0]


def test_missing_data_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIO_EDU_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"audio-edu data build digits"):
        load_digits()


def test_cut_file_says_what_to_do(tmp_path, monkeypatch):
    source = _shipped.data_dir() / "notes"
    rows = (source / "index.csv").read_text().splitlines(keepends=True)
    (tmp_path / "notes").mkdir()
    first = rows[1].split(",")[0]
    shutil.copy(source / first, tmp_path / "notes")
    late = rows[1].split(",")
    late[1] = "99999999"
    (tmp_path / "notes" / "index.csv").write_text(rows[0] + ",".join(late))
    monkeypatch.setenv("AUDIO_EDU_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=r"ends before sample.*audio-edu data verify notes"):
        load_notes()


# --- sentences and prompts ---


@pytest.fixture(scope="module")
def sentences():
    return load_sentences()


def test_sentences_split_by_voice_by_speaker_and_by_sentence(sentences):
    parts = sentences.train, sentences.validation, sentences.test
    assert len(set(sentences.voices)) >= 120 and sentences.sample_rate == 8000
    for a, b in itertools.combinations(parts, 2):
        assert not set(a.voices) & set(b.voices)
        assert not set(a.info["speaker"]) & set(b.info["speaker"])
        assert not set(a.targets.texts) & set(b.targets.texts)


def test_sentences_use_the_same_splits_of_voices_as_digits(digits, sentences):
    split_of = dict(zip(digits.voices, digits.split, strict=True))
    assert all(split_of[v] == s for v, s in zip(sentences.voices, sentences.split, strict=True))


def test_words_are_those_of_the_sentences_and_said_by_the_same_voices_equally_often(sentences):
    words = load_words()
    said = {word for text in sentences.targets.texts for word in text.split()}
    assert set(words.targets.texts) < said
    assert said - set(words.targets.texts) == set(load_digits().label_names)
    split_of = dict(zip(sentences.voices, sentences.split, strict=True))
    assert split_of == dict(zip(words.voices, words.split, strict=True))
    _, counts = np.unique(words.targets.texts, return_counts=True)
    assert counts.max() - counts.min() <= 1


def test_prompts_are_one_voice_and_no_sentence_is_in_two_splits():
    prompts = load_prompts()
    assert set(prompts.voices) == {"allison"}
    only = prompts.select(prompts.info["kind"] == "prompt")
    parts = only.train, only.validation, only.test
    for a, b in itertools.combinations(parts, 2):
        assert not set(a.targets.texts) & set(b.targets.texts)
    assert set(prompts.select(prompts.info["kind"] != "prompt").split) == {"test"}
