"""``audio-edu train``, ``evaluate`` and ``generate`` for what generates sound."""

import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from audio_edu.checkpoints import checkpoint_path, load_checkpoint, save_checkpoint
from audio_edu.cli import main
from audio_edu.generation.cli import NAMES
from audio_edu.signal import load_audio

OPTIONS = {
    "gan": ["--digit", "7"],
    "gan_waveform": ["--digit", "7"],
    "vae": ["--instrument", "flute", "--pitch", "60"],
    "vae_map": ["--instrument", "flute", "--pitch", "60"],
    "wavenet": ["--digit", "7", "--seconds", "0.2"],
    "wavenet_advised": ["--digit", "7", "--seconds", "0.2"],
}
every_model = pytest.mark.parametrize("name", NAMES)


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
        ("wavenet", ["--seconds", "0"], "--seconds is 0"),
        ("vae", ["--temperature", "-1"], "temperature is -1"),
        ("vae", ["--instrument", "kazoo"], "kazoo"),
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
    monkeypatch.setattr("audio_edu.generation.cli._words", lambda *_: pytest.fail("it went to work"))
    assert main(["generate", "gan", "--out", str(tmp_path / out)]) == 1
    assert complaint in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.wav"]


@every_model
def test_missing_damaged_and_foreign_checkpoints(tmp_path, capsys, name):
    words = ["generate", name, "--out", str(tmp_path / "x.wav"), "--checkpoint", str(tmp_path / "mine.npz")]
    assert main(words) == 1
    assert "mine.npz is missing" in capsys.readouterr().err
    weights, card = load_checkpoint(name)
    save_checkpoint(tmp_path / "mine.npz", weights, {**card, "name": "cnn"})
    assert main(words) == 1
    assert "holds a 'cnn'" in capsys.readouterr().err
    save_checkpoint(tmp_path / "mine.npz", weights[:-1], card)
    assert main(words) == 1
    assert "train it again" in capsys.readouterr().err
    save_checkpoint(tmp_path / "mine.npz", weights, card)
    whole = (tmp_path / "mine.npz").read_bytes()
    (tmp_path / "mine.npz").write_bytes(whole[: len(whole) // 2])
    assert main(words) == 1
    assert "cannot be read as arrays" in capsys.readouterr().err
    assert not (tmp_path / "x.wav").exists()


def test_evaluate_refuses_what_is_for_recognizers_and_prints_json(tmp_path, capsys, monkeypatch):
    assert main(["evaluate", "gan", "--split", "test"]) == 1
    assert "--split is for recognizers" in capsys.readouterr().err
    monkeypatch.setattr("audio_edu.generation.gan_evaluation.evaluate", lambda *_, **__: {"share": 0.5})
    assert main(["evaluate", "gan", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["name"] == "gan" and report["share"] == 0.5 and report["n_parameters"] > 1000


@every_model
def test_train_writes_a_checkpoint_that_generates(tmp_path, capsys, monkeypatch, name):
    """The command, with few steps and a short judgement; the trainings themselves have their own tests."""
    family, recipe_name, _ = NAMES[name]
    training = import_module(f"audio_edu.generation.{family}_training")
    changes = {} if family == "vae" else {"batch_size": 8} if family == "gan" else {"samples_per_batch": 8000}
    monkeypatch.setattr(training, recipe_name, replace(getattr(training, recipe_name), **changes))
    monkeypatch.setattr(f"audio_edu.generation.{family}_evaluation.evaluate", lambda *_, **__: {"good": 1})
    out = tmp_path / "mine.npz"
    assert main(["train", name, "--steps", "2", "--seed", "3", "--quiet", "--out", str(out)]) == 0
    assert "mine.npz: " in capsys.readouterr().out
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["command"] == f"audio-edu train {name} --steps 2 --seed 3"
    assert (
        card["name"] == name and card["seed"] == 3 and card["metrics"] == {"good": 1} and card["wall_s"] > 0
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json", "mine.npz"]
    words = ["generate", name, *OPTIONS[name], "--checkpoint", str(out), "--out", str(tmp_path / "x.wav")]
    assert main(words) == 0


@every_model
def test_shipped_checkpoints_are_what_their_names_say(name):
    assert load_checkpoint(checkpoint_path(name))[1]["name"] == name
