"""Restoration: its formulas, its networks, recordings of any rate, and the command line."""

import json

import numpy as np
import pytest

from audio_edu import cli
from audio_edu.applications import restoration
from audio_edu.applications.restoration import formulas, recordings
from audio_edu.applications.restoration import restore as blocks
from audio_edu.applications.restoration.data import Batches, cut_noise, first_guess
from audio_edu.applications.restoration.evaluate import evaluate
from audio_edu.applications.restoration.family import FAMILY
from audio_edu.datasets import Corpus, Labels
from audio_edu.metrics import si_sdr_db
from audio_edu.signal import load_audio, save_audio, snr_db
from audio_edu.training import as_array, changed, save_checkpoint

RATE = 8000
rng = np.random.default_rng(0)


def speechlike(n, rate=RATE):
    t = np.arange(n) / rate
    x = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 20))
    return (0.05 * x * (1.2 + np.sin(2 * np.pi * 3 * t))).astype(np.float32)


def tone(n, rate=RATE):
    t = np.arange(n) / rate
    return (0.2 * sum(np.sin(2 * np.pi * 171 * k * t + k * k) / k for k in range(1, 5))).astype(np.float32)


def tiny(task, guess=False):
    return FAMILY.build(changed(FAMILY.tiny, {"task": task, "guess": guess}), {"sample_rate": RATE})


@pytest.fixture(scope="module", params=["denoise", "declip", "fill", "guessed"])
def model(request):
    return tiny("fill", guess=True) if request.param == "guessed" else tiny(request.param)


# --- formulas ---


def test_masks_by_hand_and_in_their_order():
    S, N = np.array([[3 + 0j], [1j]]), np.array([[4 + 0j], [0.5 + 0j]])
    found = {name: mask(S, N).ravel() for name, mask in formulas.MASKS.items()}
    np.testing.assert_allclose(found["binary"], [0, 1])
    np.testing.assert_allclose(found["ratio"], [0.6, np.sqrt(0.8)])
    np.testing.assert_allclose(found["wiener"], [0.36, 0.8])
    np.testing.assert_allclose(found["phase-sensitive"], [3 / 7, 0.8])


def test_the_phase_sensitive_mask_is_the_best_of_the_real_ones():
    s, n = speechlike(RATE), 0.1 * rng.standard_normal(RATE).astype(np.float32)
    gains = {name: si_sdr_db(s, formulas.ideal(s, n, name)) - si_sdr_db(s, s + n) for name in formulas.MASKS}
    assert max(gains, key=gains.get) == "phase-sensitive" and min(gains.values()) > 5


def test_subtraction_helps_and_its_floor_keeps_something():
    s, n = speechlike(RATE), 0.1 * rng.standard_normal(RATE).astype(np.float32)
    y = formulas.spectral_subtraction(s + n, n)
    assert si_sdr_db(s, y) > si_sdr_db(s, s + n) + 3
    floored = formulas.spectral_subtraction(n, n, factor=20.0, floor=0.1)
    assert 0.05 < np.std(floored) / np.std(n) < 0.15


def test_clipping_to_a_ratio_and_back():
    x = speechlike(RATE)
    for wanted in (5.0, 10.0, 20.0):
        y, level = restoration.clip_to_snr(x, wanted)
        assert snr_db(x, y) == pytest.approx(wanted, abs=0.1) and np.abs(y).max() == pytest.approx(level)
    x = tone(RATE)
    y, level = restoration.clip_to_snr(x, 10.0)
    z = restoration.declip_sparse(y, level)
    assert snr_db(x, z) > 15
    np.testing.assert_allclose(np.clip(z, -level, level), y, atol=1e-7)


def test_noise_is_repeated_where_it_is_too_short():
    assert len(cut_noise((np.ones(5, np.float32),), 17, rng)) == 17


def test_a_guess_mends_most_of_it_and_leaves_the_rest():
    x = tone(RATE)
    y, level = restoration.clip_to_snr(x, 10.0)
    known = np.abs(y) < level
    z = first_guess("declip", y, known)
    assert snr_db(x, z) > 15 and z.dtype == x.dtype
    np.testing.assert_array_equal(z[known], x[known])
    known = np.arange(RATE) % 800 > 80
    z = first_guess("fill", np.where(known, x, 0), known)
    assert snr_db(x, z) > 30
    np.testing.assert_array_equal(z[known], x[known])
    np.testing.assert_array_equal(first_guess("fill", x, np.ones(RATE, bool)), x)


# --- bandwidth ---


def test_a_band_that_was_cut_off_comes_back_at_the_level_that_was_guessed():
    x = rng.standard_normal(2 * RATE).astype(np.float32)
    low = restoration.narrow(x)
    wanted = np.full((8, 1 + len(x) // 64), -20.0)
    y = restoration.extend_band(low, lambda sound: wanted)
    np.testing.assert_allclose(restoration.band_levels(y)[9:, 10:-10].mean(axis=1), -20, atol=1.5)
    assert np.abs(restoration.level_errors(x, y)[:7]).mean() < 0.5


def test_a_network_learns_which_sound_hisses():
    t, clips = np.arange(RATE) / RATE, []
    for hz in (531.25, 1156.25) * 6:
        hiss = 0.1 * rng.standard_normal(RATE) * (hz > 1000)
        clips.append(np.sin(2 * np.pi * hz * t + rng.uniform(0, 6)) + hiss - restoration.narrow(hiss))
    network = restoration.fit_band_network(clips[:-2], n_epochs=6)
    low, high = (network(restoration.narrow(clip))[1:].mean() for clip in clips[-2:])
    assert high - low > 20


# --- networks ---


def test_the_denoiser_is_causal():
    model, x = tiny("denoise"), rng.standard_normal((1, 1024)).astype(np.float32)
    other = x.copy()
    other[:, 640:] = 0
    a, b = (as_array(model.network(v, np.zeros_like(v))) for v in (x, other))
    # a frame of 64 samples that holds sample 640 begins after 576
    np.testing.assert_allclose(a[:, :576], b[:, :576], atol=1e-5)
    assert np.abs(a - b).max() > 1e-3


def test_a_filter_is_a_sum_over_frames():
    model = tiny("declip")
    real, imaginary = rng.standard_normal((2, 1, 6, 33)).astype(np.float32)
    weights = rng.standard_normal((1, 6, 4 * 33)).astype(np.float32)
    X, W = real[0] + 1j * imaginary[0], weights[0].reshape(6, 2, 2, 33)
    wanted = X.copy()
    for t in range(6):
        for i in range(2):
            if t + i - 1 >= 0:
                wanted[t] += (W[t, i, 0] + 1j * W[t, i, 1]) * X[t + i - 1]
    re, im = model.network.filtered(real, imaginary, weights)
    np.testing.assert_allclose(as_array(re)[0] + 1j * as_array(im)[0], wanted, atol=1e-5)


def test_blocks_have_no_seams(model, monkeypatch):
    x = speechlike(9000)
    known = np.arange(len(x)) % 900 > 100
    whole = model.restore(x, known)
    monkeypatch.setattr(blocks, "BLOCK", 40)
    np.testing.assert_allclose(model.restore(x, known), whole, atol=2e-6)
    np.testing.assert_array_equal(whole[known], x[known])


@pytest.mark.parametrize("n", [1, 15, 16, 4097])
def test_as_many_samples_come_out_at_the_level_that_went_in(model, n):
    x = speechlike(n) + 0.01
    known = np.arange(n) % 7 != 3 if model.recipe.guess else None
    y, louder = model.restore(x, known), model.restore(8 * x, known)
    assert y.shape == x.shape and y.dtype == np.float32
    np.testing.assert_allclose(8 * y, louder, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="known has shape"):
        model.restore(x, np.ones(n + 1, bool))


def test_batches_are_a_function_of_the_step(model):
    clips = tuple(speechlike(3000) for _ in range(3))
    corpus = Corpus(
        "three", clips, Labels([0, 0, 0], ("a",)), list("abc"), ["train"] * 3, RATE,
        info={"source": np.array(["digits", "digits", "effects"])},
    )  # fmt: skip
    make = Batches(model.recipe, corpus)
    clean, spoilt, known = make(3)
    for a, b in zip((clean, spoilt, known), make(3), strict=True):
        np.testing.assert_array_equal(a, b)
    assert clean.shape == spoilt.shape == known.shape == (2, 1024)
    np.testing.assert_allclose(spoilt[known == 1], clean[known == 1])
    assert set(np.unique(known)) <= {0, 1} and len(make.noise) == 1


def test_a_step_learns(model):
    x = np.stack([speechlike(1024)] * 2)
    known = np.tile(np.arange(1024) % 200 > 40, (2, 1)) * float(model.recipe.task != "denoise")
    spoilt = x * known if known.any() else x + 0.1 * rng.standard_normal(x.shape)
    batch = [a.astype(np.float32) for a in (x, spoilt, known)]
    losses = [model.train_on_batch(*batch)[0] for _ in range(12)]
    assert np.isfinite(losses).all() and min(losses[6:]) < losses[0]


def test_evaluating_beside_the_classical_methods(model):
    clips = tuple(speechlike(13000) for _ in range(2))
    corpus = Corpus("two", clips, Labels([0, 0], ("a",)), list("ab"), ["test"] * 2, RATE)
    report = evaluate(model, corpus)
    systems = {name for case in report.values() for name in case}
    assert {"spoilt", "network"} < systems and np.isfinite(
        [v for c in report.values() for v in c.values()]
    ).all()


# --- recordings ---


def test_gaps_are_found_and_short_ones_are_continued():
    x = tone(16000, 16000)
    y = x.copy()
    y[5000:5160] = y[9000:9010] = 0
    y[12000:] = 0
    assert restoration.find_gaps(y, 16000) == [(5000, 5160)]
    z, said = restoration.restore_recording(y, 16000, "fill")
    assert snr_db(x[5000:5160], z[5000:5160]) > 20 and said["n_gaps"] == said["by_autoregression"] == 1
    np.testing.assert_array_equal(z[5160:], y[5160:])


@pytest.mark.parametrize("rate", [6000, 8000, 22050, 44100])
def test_recordings_of_any_rate(model, rate):
    x = speechlike(rate, rate)
    task = model.recipe.task
    if task == "declip":
        x = np.clip(x, -0.1, 0.1)
    gaps_s = [(0.3, 0.34)] if task == "fill" else []
    y, said = restoration.restore_recording(x, rate, task, model, gaps_s=gaps_s)
    assert y.shape == x.shape and np.isfinite(y).all()
    if task == "declip":
        assert said["method"] == ("network" if rate == RATE else "sparse")
    if task == "fill":
        assert said["by_network"] == 1
        a, b = int(0.3 * rate), int(np.ceil(0.34 * rate))
        np.testing.assert_array_equal(np.delete(y, np.s_[a - 1 : b + 1]), np.delete(x, np.s_[a - 1 : b + 1]))


def test_a_filled_gap_begins_and_ends_where_the_sound_does():
    x, y = np.ones(100), np.zeros(100)
    part = recordings.join_gap(x, y, 40, 60, 5)
    assert part[0] == part[-1] == 1 and part[10] == 0


def test_a_sound_that_is_not_clipped_is_left_alone():
    x = speechlike(4000)
    y, said = restoration.restore_recording(x, RATE, "declip")
    assert said == {"n_clipped": 0} and y is x
    assert not restoration.find_clipped(np.zeros(50))[0].any()


def test_what_does_not_fit_is_refused():
    x = speechlike(800)
    with pytest.raises(ValueError, match="task 'none'"):
        restoration.restore_recording(x, RATE, "denoise")
    with pytest.raises(ValueError, match="task 'fill'"):
        restoration.restore_recording(x, RATE, "denoise", tiny("fill"))
    for gap in ((0.5, 0.2), (0.0, 0.1), (-0.1, 0.05), (0.05, 9.0)):
        with pytest.raises(ValueError, match="gap from"):
            restoration.restore_recording(x, RATE, "fill", gaps_s=[gap])
    with pytest.raises(ValueError, match="task"):
        restoration.RestorationRecipe(task="cook", n_steps=1)
    with pytest.raises(ValueError, match="multiple of 256"):
        restoration.RestorationRecipe(task="fill", n_steps=1, n_samples=1000)
    with pytest.raises(ValueError, match="guess is True"):
        restoration.RestorationRecipe(task="denoise", n_steps=1, guess=True)


# --- the command line ---


def test_restore_by_the_command_line(model, tmp_path, capsys):
    task, stored, out = model.recipe.task, tmp_path / "mine.npz", tmp_path / "out.wav"
    save_checkpoint(stored, FAMILY, model, {"name": "mine"})
    x = speechlike(22050, 22050)
    if task == "declip":
        x = np.clip(3 * x, -0.25, 0.25)
    elif task == "fill":
        x[5000:5700] = 0
    sound = save_audio(tmp_path / "in.wav", np.stack([x, 0.5 * x]), 22050)
    command = ["restore", str(sound), str(out), "--task", task, "--checkpoint", str(stored)]
    assert cli.main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["channels"]) == 2 and said["sample_rate"] == 22050
    y, rate = load_audio(out, mono=False)
    assert y.shape == (2, 22050) and rate == 22050
    other = "fill" if task != "fill" else "declip"
    assert cli.main([*command[:3], "--task", other, "--checkpoint", str(stored)]) == 1
    assert "was not made for" in capsys.readouterr().err
    save_audio(tmp_path / "plain.wav", 0.9 * speechlike(8000) + 0.001, 8000)
    assert cli.main(["restore", str(tmp_path / "plain.wav"), *command[2:]]) == 0
    said = capsys.readouterr()
    assert ("was found; the sound was written as it is" in said.err) == (task != "denoise")
    assert cli.main([*command[:2], str(tmp_path / "out.mp4"), *command[3:]]) == 1
    assert cli.main(["restore", str(tmp_path / "no.wav"), *command[2:]]) == 1
    (tmp_path / "bad.wav").write_bytes(b"RIFF0000WAVE")
    assert cli.main(["restore", str(tmp_path / "bad.wav"), *command[2:]]) == 1
    if task != "fill":
        assert cli.main([*command, "--gap", "0.1", "0.2"]) == 1
