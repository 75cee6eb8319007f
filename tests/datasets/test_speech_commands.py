import tarfile

import pytest
from test_fsdd import wav

from audio_edu.datasets import load_speech_commands
from audio_edu.datasets.speech_commands import split_of

SPEAKERS = [f"{i:08x}" for i in range(60)]


@pytest.fixture
def archive(tmp_path):
    for word in ("yes", "no", "seven"):
        for speaker in SPEAKERS:
            file = tmp_path / "sc" / word / f"{speaker}_nohash_0.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(wav(sample_rate=16000, n_samples=1600))
    (tmp_path / "sc" / "_background_noise_").mkdir()
    (tmp_path / "sc" / "_background_noise_" / "tap.wav").write_bytes(wav())
    (tmp_path / "sc" / "yes" / "deadbeef_nohash_1.wav").write_bytes(b"it is broken")
    path = tmp_path / "sc.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "sc", ".")
    return path


def test_archive_and_folder_are_the_same(archive):
    with pytest.warns(UserWarning, match=r"1 of 121 files passed over. deadbeef_nohash_1.wav: .*text"):
        corpus = load_speech_commands(archive, words=("no", "yes"))
    assert corpus.label_names == ("no", "yes")
    assert len(corpus) == 120
    assert corpus.sample_rate == 16000
    assert not set(corpus.train.voices) & set(corpus.test.voices)
    assert set(corpus.split) == {"train", "validation", "test"}
    assert not set(corpus.validation.voices) & set(corpus.train.voices)
    folder = load_speech_commands(archive.parent / "sc", words=("no",))
    corpus = corpus.select(corpus.labels == 0)
    assert sorted(folder.voices) == sorted(corpus.voices)


def test_n_per_word_limits_each_split(archive):
    corpus = load_speech_commands(archive, words=("no",), n_per_word=2)
    assert sorted(corpus.split) == ["test"] * 2 + ["train"] * 2 + ["validation"] * 2


def test_wrong_words(archive):
    with pytest.raises(ValueError, match=r"expected different ones among"):
        load_speech_commands(archive, words=("perhaps",))
    with pytest.raises(ValueError, match=r"no recording of stop"):
        load_speech_commands(archive, words=("no", "stop"))
    with pytest.raises(ValueError, match=r"n_per_word is 0"):
        load_speech_commands(archive, n_per_word=0)


def test_official_rule():
    """Shares of 10 % each, and the splits of recordings that the corpus's own lists name."""
    splits = [split_of(f"{i:08x}_nohash_0.wav") for i in range(4000)]
    assert abs(splits.count("test") / 4000 - 0.1) < 0.02
    assert abs(splits.count("validation") / 4000 - 0.1) < 0.02
    assert split_of("a69b9b3e_nohash_0.wav") == "validation"
    assert split_of("0c40e715_nohash_0.wav") == "test"
