"""``audio-edu generate``: sounds of the shipped models, and what cannot be generated."""

import json
import shutil

import numpy as np
import pytest

from audio_edu.cli import main
from audio_edu.families import CHECKPOINTS, family_of
from audio_edu.signal import load_audio
from audio_edu.training import checkpoint_path

OPTIONS = {
    "gan": ["--digit", "7"],
    "gan_waveform": ["--digit", "7"],
    "vae": ["--instrument", "flute", "--pitch", "60"],
    "vae_map": ["--instrument", "flute", "--pitch", "60"],
    "wavenet": ["--digit", "7", "--seconds", "0.2"],
    "wavenet_advised": ["--digit", "7", "--seconds", "0.2"],
    "flow": ["--digit", "7"],
    "vocoder": [],
    "vocoder_longer": [],
    "vocoder_spectral": [],
    "tacotron": ["--text", "4:20"],
    "durations": ["--text", "4:20"],
    "durations_phones": ["--text", "4 {P IY EH M}", "--spelling", "phones"],
    "melody": ["--mode", "minor"],
    "harmony": [],
    "music_vae": [],
    "music_gan": ["--mode", "minor"],
    "music_gan_alone": [],
}
every_model = pytest.mark.parametrize("name", OPTIONS)


def test_all_that_generate_are_here():
    assert set(OPTIONS) == {name for name, entry in CHECKPOINTS.items() if entry.generates}


@every_model
def test_generate_writes_a_sound_that_depends_on_the_seed_alone(tmp_path, name, capsys):
    sounds = []
    for file, seed in (("a.wav", "1"), ("b.wav", "1"), ("c.flac", "2")):
        path = tmp_path / file
        assert main(["generate", name, *OPTIONS[name], "--seed", seed, "--out", str(path)]) == 0
        x, sample_rate = load_audio(path)
        said = capsys.readouterr().out
        assert f"{len(x) / sample_rate:.2f} s at {sample_rate} Hz" in said
        assert 0.01 < np.sqrt(np.mean(x**2)) < 0.7
        sounds.append(x)
    np.testing.assert_array_equal(sounds[0], sounds[1])
    assert not np.array_equal(sounds[0], sounds[2])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.wav", "c.flac"]


def test_several_digits_make_a_number(tmp_path):
    for digits in (["4"], ["4", "2"]):
        out = tmp_path / f"{''.join(digits)}.wav"
        words = ["generate", "wavenet", "--digit", *digits, "--seconds", "0.1", "--out", str(out)]
        assert main(words) == 0
    one, two = (load_audio(tmp_path / f"{number}.wav")[0] for number in ("4", "42"))
    assert (len(one), len(two)) == (800, 800 + 800 + 800)
    np.testing.assert_array_equal(two[:800], one)
    assert not two[800:1600].any()


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("gan", ["--digit", "10"], "digit is 10"),
        ("gan", ["--digit", "-1"], "digit is -1"),
        ("gan", ["--seed", "-1"], "seed is -1"),
        ("wavenet", ["--digit", "10"], "digit is 10"),
        ("wavenet", ["--voice", "nobody"], "voice is 'nobody'"),
        ("wavenet", ["--temperature", "0"], "temperature is 0"),
        ("wavenet", ["--temperature", "nan"], "temperature is nan"),
        ("wavenet", ["--seconds", "0"], "seconds is 0"),
        ("flow", ["--digit", "10"], "digit is 10"),
        ("flow", ["--voice", "nobody"], "voice is 'nobody'"),
        ("flow", ["--temperature", "-1"], "temperature"),
        ("vae", ["--temperature", "-1"], "temperature is -1"),
        ("vae", ["--instrument", "kazoo"], "kazoo"),
        ("melody", ["--instrument", "kazoo"], "kazoo"),
        ("melody", ["--temperature", "-1"], "temperature is -1"),
        ("harmony", ["--melody", "none.mid"], "no file 'none.mid'"),
    ],
)
def test_what_cannot_be_generated_is_one_sentence_and_no_file(tmp_path, capsys, name, options, complaint):
    assert main(["generate", name, *options, "--out", str(tmp_path / "x.wav")]) == 1
    error = capsys.readouterr().err
    assert complaint in error and error.startswith("audio-edu: ") and "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "complaint"),
    [("nowhere/x.wav", "no folder"), ("x.xyz", ".wav or .flac"), ("folder.wav", "cannot be written")],
)
def test_a_place_that_cannot_be_written_is_found_before_the_work(
    tmp_path, capsys, monkeypatch, out, complaint
):
    (tmp_path / "folder.wav").mkdir()
    work = lambda *_: pytest.fail("it went to work")  # noqa: E731
    monkeypatch.setattr(family_of("gan"), "generate", work, raising=False)
    assert main(["generate", "gan", "--out", str(tmp_path / out)]) == 1
    assert complaint in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.wav"]


def test_a_checkpoint_of_ones_own_and_one_of_another_family(tmp_path, capsys):
    for name in ("vae_map", "cnn"):
        for suffix in (".npz", ".json"):
            shutil.copy(checkpoint_path(name).with_suffix(suffix), tmp_path / f"{name}{suffix}")
    out = tmp_path / "x.wav"
    words = ["generate", "vae", "--seed", "3", "--json", "--out", str(out), "--checkpoint"]
    assert main([*words, str(tmp_path / "vae_map.npz")]) == 0
    assert json.loads(capsys.readouterr().out)["seconds"] == 1.0
    out.unlink()
    assert main([*words, str(tmp_path / "cnn.npz")]) == 1
    assert "recognition.cnn; expected generation.vae" in capsys.readouterr().err
    assert main([*words, str(tmp_path / "nobody.npz")]) == 1
    assert "nobody.npz is missing" in capsys.readouterr().err
    assert not out.exists()
