import importlib.util
import json
import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from small import NAMES, numbers, small

from audio_edu import bench, cli
from audio_edu._files import claimed
from audio_edu.datasets import _shipped


def test_no_command_shows_help_and_fails(capsys):
    assert cli.main([]) == 2
    assert "data" in capsys.readouterr().out
    assert cli.main(["data"]) == 2
    assert "verify" in capsys.readouterr().out


def test_unknown_corpus_is_a_wrong_command(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["data", "build", "nothing"])
    assert stop.value.code == 2
    assert "digits" in capsys.readouterr().err


def test_verify_passes_on_what_ships(capsys):
    assert cli.main(["data", "verify"]) == 0
    out = capsys.readouterr().out
    assert "digits: all files match" in out
    assert "notes: all files match" in out


def test_verify_fails_and_names_the_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "flute.flac").write_bytes(b"one")
    _shipped.write_checksums(tmp_path / "notes")
    monkeypatch.setenv("AUDIO_EDU_DATA", str(tmp_path))
    assert cli.main(["data", "verify", "notes"]) == 0
    (tmp_path / "notes" / "flute.flac").write_bytes(b"two")
    assert cli.main(["data", "verify", "notes"]) == 1
    assert "flute.flac differs" in capsys.readouterr().err
    assert cli.main(["data", "verify"]) == 1
    assert "SHA256SUMS is missing" in capsys.readouterr().err


def test_list_counts_or_says_how_to_build(tmp_path, monkeypatch, capsys):
    assert cli.main(["data", "list"]) == 0
    assert "10 labels" in capsys.readouterr().out
    monkeypatch.setenv("AUDIO_EDU_DATA", str(tmp_path))
    assert cli.main(["data", "list"]) == 0
    assert "audio-edu data build notes" in capsys.readouterr().out


def test_build_without_tools_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["data", "build", "notes", "--out", str(tmp_path / "notes")]) == 1
    err = capsys.readouterr().err
    assert err.startswith("audio-edu: ")
    assert "apt-get install" in err
    assert "Traceback" not in err


def test_build_calls_the_builder(tmp_path, monkeypatch, capsys):
    from audio_edu.datasets import _build_digits

    built = []
    monkeypatch.setattr(_build_digits, "build", built.append)
    assert cli.main(["data", "build", "digits", "--out", str(tmp_path / "x")]) == 0
    assert built == [tmp_path / "x"]
    monkeypatch.setenv("AUDIO_EDU_DATA", str(tmp_path))
    assert cli.main(["data", "build", "digits"]) == 0
    assert built[1] == tmp_path / "digits"


def test_bench_prints_a_table_or_json(capsys, monkeypatch):
    row = {"benchmark": "convolve", "what": "a way", "seconds": 0.5, "times_real_time": 2.0, "note": "quick"}
    monkeypatch.setitem(bench.SIGNAL, "convolve", lambda: [{**row, "summary": {"speed": 3}}])
    assert cli.main(["bench", "convolve"]) == 0
    assert "500.00" in capsys.readouterr().out
    assert cli.main(["bench", "convolve", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"speed": 3, "rows": [row]}


def test_bench_times_a_shipped_recogniser(capsys):
    assert cli.main(["bench", "cnn", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["seconds"] > 0 and row["times_real_time"] > 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["bench", "nothing"], "nothing"),
        (["bench", "gan"], "gan"),
        (["evaluate", "nobody"], "nobody"),
        (["evaluate", "nobody.npz"], "audio-edu train NAME"),
        (["evaluate", "vae", "--data", "."], "data"),
        (["train", "cnn", "--steps", "0"], "--steps is 0"),
        (["train", "cnn", "--steps", "9" * 20], "--steps is 99999999999999999999"),
        (["train", "cnn", "--set", f"width={10**9}"], "width is 1000000000"),
        (["train", "cnn", "--out", "."], "is a folder"),
        (["train", "cnn", "--out", "/dev/null/x"], "/dev/null"),
        (["train", "cnn", "--out", "/dev/null"], "/dev/null is a device"),
        (["train", "cnn", "--out", "/proc/x.npz"], "nothing can be written beside /proc/x.npz"),
        (["train", "cnn", "--set", "gravity=1"], "gravity"),
        (["train", "cnn", "--set", "augmentation.gravity=1"], "gravity"),
        (["train", "cnn", "--set", "width=wide"], "width"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(capsys, words, complaint):
    assert cli.main(words) == 1
    error = capsys.readouterr().err
    assert complaint in error and error.startswith("audio-edu: ") and "Traceback" not in error


@pytest.mark.parametrize("words", [["train", "nothing"], ["generate", "cnn"], ["train", "cnn", "--set", "x"]])
def test_wrong_commands(capsys, words):
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert stop.value.code == 2
    assert capsys.readouterr().err


def test_help_imports_no_network():
    code = (
        "import sys; from audio_edu import cli\n"
        "try: cli.main(['train', '--help'])\n"
        "except SystemExit: print([m for m in ('keras', 'tensorflow', 'librosa') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]" and "wavenet_advised" in ran.stdout


def test_a_backend_that_is_not_installed_is_one_sentence():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": ""}
    if importlib.util.find_spec("jax"):
        pytest.skip("jax is installed here")
    command = [sys.executable, "-m", "audio_edu.cli", "evaluate", "cnn"]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 1 and "KERAS_BACKEND is 'jax'" in ran.stderr and "Traceback" not in ran.stderr


# --- Every family, with its tiny recipe ---


@pytest.fixture
def tiny(monkeypatch):
    """Make a checkpoint's name mean its family's tiny recipe and a few clips."""

    def make(name):
        family, recipe, corpus = small(name)
        monkeypatch.setattr(family, "recipes", {**family.recipes, name: recipe}, raising=False)
        monkeypatch.setattr(family, "corpus", lambda recipe, data=None: corpus, raising=False)
        judged = lambda model, corpus, *, split="test", judge=None: {"split": split, "n": len(corpus)}  # noqa: E731
        monkeypatch.setattr(family, "evaluate", judged, raising=False)
        monkeypatch.setattr(family, "judge", None, raising=False)
        return recipe, corpus

    return make


@pytest.mark.parametrize("name", NAMES)
def test_train_evaluate_generate_for_every_family(tmp_path, capsys, tiny, name):
    recipe, corpus = tiny(name)
    out = tmp_path / "mine.npz"
    assert cli.main(["train", name, "--seed", "3", "--json", "--out", str(out)]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["command"] == f"audio-edu train {name} --seed 3" and card["name"] == name
    assert card["seed"] == card["recipe"]["seed"] == 3 and card["n_steps"] == recipe.n_steps
    assert card["metrics"] == {"split": "test", "n": len(corpus)} and card["wall_s"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json", "mine.npz"]
    assert cli.main(["evaluate", str(out), "--split", "validation", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["split"] == "validation"


def test_what_was_left_out_stands_beside_the_score(tmp_path, capsys, tiny, monkeypatch):
    _, corpus = tiny("cnn")
    out = tmp_path / "mine.npz"
    assert cli.main(["train", "cnn", "--quiet", "--out", str(out)]) == 0

    def with_a_remark(recipe, data=None):
        warnings.warn("7 of 10 files passed over", stacklevel=1)
        return corpus

    monkeypatch.setattr(cli.family_of("cnn"), "corpus", with_a_remark, raising=False)
    capsys.readouterr()
    assert cli.main(["evaluate", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["remarks"] == "7 of 10 files passed over"
    assert cli.main(["train", "cnn", "--quiet", "--out", str(out)]) == 0
    assert "audio-edu: 7 of 10 files passed over\n" in capsys.readouterr().err


def test_options_that_change_the_result_are_in_the_card(tmp_path, capsys, tiny):
    tiny("cnn")
    words = ["--set", "width=4", "augmentation.noise=0", "--steps", "2", "--hold-out", "--quiet"]
    assert cli.main(["train", "cnn", *words, "--out", str(tmp_path / "mine.npz")]) == 0
    card = json.loads((tmp_path / "mine.json").read_text("utf-8"))
    assert card["recipe"]["width"] == 4 and card["recipe"]["augmentation"]["noise"] == 0
    assert card["metrics"]["split"] == "validation"
    assert card["command"] == "audio-edu train cnn --steps 2 --set width=4 augmentation.noise=0 --hold-out"
    assert "2 steps" in capsys.readouterr().out


@pytest.mark.slow
def test_a_training_that_is_terminated_saves_its_state_and_goes_on_from_there(tmp_path, tiny, monkeypatch):
    from audio_edu.families import load_model
    from audio_edu.training import Trained, files

    tiny("cnn")
    words = ["train", "cnn", "--quiet", "--out", str(tmp_path / "lr0.01")]
    learn, n_learned = Trained.train_on_batch, []

    def terminated(self, *batch):
        n_learned.append(1)
        if len(n_learned) == 3:
            signal.raise_signal(signal.SIGTERM)
        return learn(self, *batch)

    monkeypatch.setattr(Trained, "train_on_batch", terminated)
    assert cli.main(words) == 143
    assert os.listdir(tmp_path) == [".lr0.01.state.npz"]
    assert files.read_arrays(tmp_path / ".lr0.01.state.npz")["step"] == 3
    assert cli.main([*words, "--resume"]) == 0
    assert len(n_learned) == load_model(tmp_path / "lr0.01.npz").recipe.n_steps
    assert cli.main(["train", "cnn", "--quiet", "--out", str(tmp_path / "whole.npz")]) == 0
    resumed, whole = (load_model(tmp_path / f"{name}.npz") for name in ("lr0.01", "whole"))
    np.testing.assert_array_equal(numbers(resumed), numbers(whole))
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_an_output_that_cannot_be_is_noticed_before_the_training(tmp_path, tiny, monkeypatch, capsys):
    from audio_edu.families import family_of

    tiny("cnn")
    work = lambda *_: pytest.fail("it went to work")  # noqa: E731
    monkeypatch.setattr(family_of("cnn"), "corpus", work, raising=False)
    out = tmp_path / "mine.npz"
    words = ["train", "cnn", "--out", str(out)]
    os.mkfifo(tmp_path / "mine.json")
    assert cli.main(words) == 1 and "mine.json is a device or a pipe" in capsys.readouterr().err
    (tmp_path / "mine.json").unlink()
    with claimed(out):
        assert cli.main(words) == 1 and "another process" in capsys.readouterr().err
    out.write_bytes(b"finished")
    assert cli.main([*words, "--resume"]) == 1 and "is finished" in capsys.readouterr().err
    assert out.read_bytes() == b"finished" and os.listdir(tmp_path) == ["mine.npz"]
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cli.main(words) == 1 and "read-only" in capsys.readouterr().err


@pytest.mark.slow
def test_a_training_that_was_stopped_is_resumed(tmp_path, tiny):
    from audio_edu.families import family_of, load_model
    from audio_edu.training import train

    recipe, corpus = tiny("cnn")
    state = tmp_path / ".mine.state.npz"
    train(family_of("cnn"), recipe, corpus.development, state_path=state, n_steps_now=2)
    for name, words in (("mine", ["--resume"]), ("whole", [])):
        assert cli.main(["train", "cnn", "--quiet", *words, "--out", str(tmp_path / f"{name}.npz")]) == 0
    assert not state.exists()
    resumed, whole = (load_model(tmp_path / f"{name}.npz") for name in ("mine", "whole"))
    np.testing.assert_array_equal(numbers(resumed), numbers(whole))
