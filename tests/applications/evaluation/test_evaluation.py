"""The table of all systems: its passages, its tricks, and that new rows leave the others alone."""

import json

import numpy as np
import pytest

from audio_edu import cli
from audio_edu.applications.evaluation import (
    SYSTEMS,
    System,
    add_hum,
    add_noise,
    all_pass,
    clip_peaks,
    join,
    lose_packets,
    passages,
    protocol,
    speak_as_robot,
    write_tables,
)
from audio_edu.datasets import load_digits
from audio_edu.metrics import log_spectral_distance_db, si_sdr_db
from audio_edu.signal import snr_db
from audio_edu.training import read_table

RATE = 8000


@pytest.fixture(scope="module")
def given():
    return passages(3)


def test_passages_are_by_different_unheard_voices_and_can_be_cut(given):
    digits = load_digits()
    assert len({p.voice for p in given}) == 3
    assert {p.voice for p in given} <= set(digits.test.voices.tolist())
    for p in given:
        assert np.array_equal(join(p.words(p.x), RATE)[0], p.x)
        assert [digits.label_names[d] for d in p.digits] == p.text.split()
        assert len(p.other) == 4
        assert not np.array_equal(p.other[0], p.words(p.x)[0])
    assert [p.text for p in passages(3)] == [p.text for p in given]


@pytest.mark.parametrize("name", [name for name, s in SYSTEMS.items() if s.copy and "Opus" not in name])
def test_a_copy_is_as_long_as_the_recording_and_finite(given, name):
    x = given[0].x.copy()
    y = SYSTEMS[name].copy(given[0].x, RATE)
    assert y.shape == x.shape
    assert np.isfinite(y).all()
    assert np.array_equal(given[0].x, x)  # untouched
    assert name == "recording" or not np.array_equal(y, x)


def test_each_system_is_made_in_one_way():
    for system in SYSTEMS.values():
        assert sum(way is not None for way in (system.copy, system.copies, system.words)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lost packets, AR", "lost packets, filler", "clipped, declipper"])
def test_what_was_not_lost_is_kept(given, name):
    for p, (y, _) in zip(given, SYSTEMS[name](given, RATE), strict=True):
        if "lost" in name:
            spoilt, kept = lose_packets(p.x, RATE), lose_packets(np.ones_like(p.x), RATE) > 0
        else:
            spoilt = clip_peaks(p.x)
            kept = np.isclose(spoilt, p.x, atol=1e-6)
        assert y.shape == p.x.shape and y[kept] == pytest.approx(p.x[kept], abs=1e-5)
        assert not np.allclose(y[~kept], spoilt[~kept], atol=1e-4)


def test_tricks_do_what_they_are_named_after(given):
    x = given[0].x
    assert si_sdr_db(x, all_pass(x)) < -5
    assert log_spectral_distance_db(x, all_pass(x), range_db=40) < 2
    assert snr_db(x, add_noise(x, 7.0)) == pytest.approx(7, abs=0.01)
    assert snr_db(x, add_hum(x, 3.0, RATE)) == pytest.approx(3, abs=0.3)
    assert np.abs(clip_peaks(x)).max() == pytest.approx(np.abs(x).max() * 10 ** (-15 / 20))
    assert 0.5 < np.mean(lose_packets(x + 1, RATE) != 0) < 1
    robot, pitch = speak_as_robot(x, RATE), RATE // 100
    loud = robot[np.abs(robot) > 0.01 * np.abs(robot).max()]
    assert len(loud)
    start, end = given[0].spans[0]
    part = robot[start:end]
    r = np.correlate(part, part, "full")[len(part) - 1 :] / (part @ part)
    assert r[pitch - 3 : pitch + 4].max() > 0.5  # as long as its period says
    assert np.array_equal(speak_as_robot(np.zeros(2000), RATE), np.zeros(2000))


def test_new_rows_leave_the_others_alone(tmp_path, monkeypatch, given):
    monkeypatch.setattr(protocol, "passages", lambda: given)
    monkeypatch.setattr(protocol, "dnsmos", lambda x, rate: 3.0)
    write_tables(tmp_path, ["half the level", "another voice"])
    before = read_table(tmp_path / "systems.csv")
    write_tables(tmp_path, ["recording"])
    after = {row["system"]: row for row in read_table(tmp_path / "systems.csv")}
    assert list(after) == ["recording", "half the level", "another voice"]
    for row in before:
        assert {k: v for k, v in after[row["system"]].items() if v} == {k: v for k, v in row.items() if v}
    assert float(after["half the level"]["snr_db"]) == pytest.approx(6.02, abs=0.01)
    assert float(after["half the level"]["si_sdr_db"]) > 100
    assert after["another voice"]["snr_db"] == ""  # there is nothing to lay beside it
    assert float(after["another voice"]["mcd_db"]) > 2
    assert float(after["recording"]["wer_low"]) <= float(after["recording"]["wer"]) < 0.2
    clips = read_table(tmp_path / "system_clips.csv")
    assert [row["system"] for row in clips] == [name for name in after for _ in given]
    assert float(after["recording"]["words_right"]) > 0.8


def test_on_the_command_line(capsys, monkeypatch, given):
    monkeypatch.setattr(protocol, "passages", lambda: given)
    monkeypatch.setattr(protocol, "dnsmos", lambda x, rate: float("nan"))
    assert cli.main(["evaluate", "--all", "--only", "sign flipped", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["sign flipped"]["kind"] == "tricked"
    assert "dnsmos" not in report["sign flipped"]
    for wrong in (
        ["--all", "cnn"],
        [],
        ["cnn", "--only", "recording"],
        ["--all", "--split", "test"],
        ["--all", "--only", "nobody"],
    ):
        assert cli.main(["evaluate", *wrong]) == 1
        assert "audio-edu:" in capsys.readouterr().err


def test_a_generator_speaks_with_words_of_its_own(given):
    system = System("generated", words=lambda passages, rate: [list(p.other) for p in passages])
    for (y, words), p in zip(system(given, RATE), given, strict=True):
        assert len(words) == 4
        assert len(y) == sum(map(len, p.other)) + 3 * RATE // 10
