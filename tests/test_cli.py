import pytest

from audio_edu import cli
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


def test_bench_prints_json_that_holds_what_was_found(capsys, monkeypatch):
    import json
    import os

    from audio_edu.generation import wavenet_bench

    def small(**_):
        assert os.environ["TF_NUM_INTRAOP_THREADS"] == "1"
        return measured(n_samples=160, n_clips=4)

    measured = wavenet_bench.bench_wavenet
    monkeypatch.setattr(wavenet_bench, "bench_wavenet", small)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    assert cli.main(["bench", "wavenet", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    for way in ("naive", "cached", "batched", "teacher_forced"):
        assert report[f"{way}_samples_per_s"] > 0
    assert 170_000 < report["n_parameters"] < 180_000
    assert [row["what"] for row in report["rows"]] == ["naive", "cached", "batched", "teacher_forced"]
    assert "TF_NUM_INTRAOP_THREADS" not in os.environ
    assert cli.main(["bench", "nothing"]) == 2
