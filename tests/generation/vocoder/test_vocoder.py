"""The vocoder: its parts against the loops, its batches, its copies, and the command line."""

import numpy as np
import pytest

from audio_edu.datasets import load_speech
from audio_edu.families import CHECKPOINTS
from audio_edu.generation.mel import mel_decibels, scaled_mel
from audio_edu.generation.vocoder import formulas, train_step
from audio_edu.generation.vocoder.data import Batches
from audio_edu.generation.vocoder.evaluate import evaluate, griffin_lim_copies
from audio_edu.generation.vocoder.family import FAMILY
from audio_edu.generation.vocoder.generate import Options, copy_clips, generate, vocode
from audio_edu.generation.vocoder.model import Critic
from audio_edu.layers.spectra import LEVEL, hann
from audio_edu.signal import save_audio
from audio_edu.training import as_array, save_checkpoint, train

RATE = 8000
rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    return FAMILY.build(FAMILY.tiny, {"sample_rate": RATE})


@pytest.fixture(scope="module")
def speech():
    corpus = load_speech()
    return corpus.select(np.arange(0, len(corpus), 200))


# --- formulas ---


def test_the_head_is_the_loop(model):
    """The network's sound is the literal inverse STFT of its own frames, at the scale of `spectrum`."""
    mel = rng.uniform(-1, 0.5, (1, 9, 40)).astype("float32")
    log_magnitude, phase = np.split(as_array(model.network.frames(mel))[0].astype(float), 2, axis=-1)
    scale = LEVEL * np.sqrt(np.sum(hann(320) ** 2))
    by_hand = scale * formulas.istft(np.minimum(log_magnitude, 6.0), phase)
    np.testing.assert_allclose(as_array(model.network(mel))[0], by_hand, atol=1e-5)


def test_a_spectrum_goes_back_to_its_sound():
    x = rng.normal(0, 0.1, 64 * 16)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(64) / 64)
    padded = np.pad(x, 32)
    frames = np.stack([padded[16 * t : 16 * t + 64] * window for t in range(1 + len(x) // 16)])
    spectrum = np.fft.rfft(frames)
    y = formulas.istft(np.log(np.abs(spectrum) + 1e-30), np.angle(spectrum))
    np.testing.assert_allclose(y, x, atol=1e-10)
    for shape in ((1, 33), (5, 1), (5, 34)):
        with pytest.raises(ValueError, match="n_frames"):
            formulas.istft(np.zeros(shape), np.zeros(shape))


def test_the_critic_is_the_loop():
    critic = Critic((2, 3), (4, 5))
    x, y = rng.normal(0, 0.1, (2, 1280)).astype("float32")
    real, fake = critic(x[None]), critic(y[None])
    rows = formulas.by_period(x / LEVEL, 3)
    layer = critic.parts[1][0]
    first = as_array(layer(rows[..., None].astype("float32")))
    np.testing.assert_allclose(as_array(real[1][0]), np.where(first > 0, first, 0.1 * first), atol=1e-6)
    maps = [[[as_array(h) for h in part] for part in seen] for seen in (real, fake)]
    for name, seen, by_hand in (
        ("critic_loss", (real, fake), maps),
        ("adversarial_loss", (fake,), maps[1:]),
        ("feature_loss", (real, fake), maps),
    ):
        value = float(getattr(train_step, name)(*seen))
        assert value == pytest.approx(getattr(formulas, name)(*by_hand), rel=1e-4), name


def test_no_phase_counts_in_a_distance_of_spectra():
    x = rng.normal(0, 0.1, 4096)
    assert formulas.log_spectral_distance(x, -x) == 0
    assert formulas.log_spectral_distance(x, x / 10) == pytest.approx(np.log(10), rel=0.01)
    with pytest.raises(ValueError, match="1024"):
        formulas.log_spectral_distance(x[:1000], x[:1000])


# --- data and training ---


def test_a_batch_holds_the_spectrograms_of_its_sounds(speech):
    batches = Batches(FAMILY.tiny, speech)
    x, mel = batches(3)
    again, _ = batches(3)
    np.testing.assert_array_equal(x, again)
    assert x.shape == (2, 1280) and mel.shape == (2, 17, 40)
    inner = scaled_mel(x[0])[4:-4]
    np.testing.assert_allclose(mel[0, 4:-4], inner, atol=1e-4)
    assert not np.array_equal(x, batches(4)[0])


def test_a_training_with_a_critic_goes_on_from_one_without(speech, tmp_path, monkeypatch):
    from dataclasses import replace

    first = replace(FAMILY.tiny, critic_weight=0.0)
    begun, report = train(FAMILY, first, speech)
    assert list(report["curve"]) == ["spectral_loss"] and list(begun.networks) == ["vocoder"]
    monkeypatch.setattr(FAMILY, "stored_as", "float32")
    save_checkpoint(tmp_path / "first.npz", FAMILY, begun, {"name": "first"})
    recipe = replace(FAMILY.tiny, start=str(tmp_path / "first.npz"))
    start = FAMILY.start(recipe)
    for mine, weight in zip(start.network.weights, begun.network.weights, strict=True):
        np.testing.assert_array_equal(as_array(mine), as_array(weight))
    trained, report = train(FAMILY, recipe, speech, start=start)
    assert len(report["curve"]) == 4 and np.isfinite(list(report["curve"].values())).all()
    critics = [as_array(m.networks["critic"].weights[0]) for m in (start, trained)]
    assert not np.array_equal(*critics)


def test_longer_and_critic_differ_in_the_critic_alone():
    from dataclasses import replace

    recipes = FAMILY.recipes
    assert replace(recipes["vocoder"], critic_weight=0.0) == recipes["vocoder_longer"]
    assert recipes["vocoder"].start == "vocoder_spectral"


# --- copies ---


def test_a_copy_is_as_long_as_the_clip(model):
    clips = [rng.normal(0, 0.1, n).astype(np.float32) for n in (1, 79, 80, 5001)]
    assert [len(y) for y in copy_clips(model, clips)] == [1, 79, 80, 5001]
    for wrong in (np.zeros((5, 39)), np.zeros((1, 40)), np.zeros(40)):
        with pytest.raises(ValueError, match="n_frames"):
            vocode(model, [wrong])


def test_the_mel_spectrogram_is_scaled_and_comes_back_to_decibels():
    x = rng.normal(0, 0.1, 4000)
    mel = scaled_mel(x)
    louder = mel_decibels(scaled_mel(10 * x))
    np.testing.assert_allclose(louder - mel_decibels(mel), 20, atol=1e-3)
    assert (scaled_mel(np.zeros(400)) == -1).all()


def test_evaluate_says_how_far_copies_are(model, speech):
    report = evaluate(model, speech, split="all")
    assert report["n_voices"] >= 1
    assert report["voices"]["griffin_lim_60"]["spectral_loss"] < report["voices"]["vocoder"]["spectral_loss"]


def test_generate_takes_a_file(model, tmp_path):
    path = tmp_path / "in.wav"
    save_audio(path, 0.1 * np.sin(np.arange(16000) / 9), 16000)
    x, rate = generate(model, Options(wav=str(path)))
    assert rate == RATE and x.shape == (8000,) and np.isfinite(x).all()
    with pytest.raises(FileNotFoundError):
        generate(model, Options(wav=str(tmp_path / "none.wav")))


@pytest.mark.parametrize("name", ["vocoder", "vocoder_longer", "vocoder_spectral"])
def test_what_ships_says_more_than_silence(name):
    assert CHECKPOINTS[name].family() is FAMILY
    model = FAMILY.load(name)
    x = load_speech().test.audio[0]
    (y,) = copy_clips(model, [x])
    difference = np.abs(scaled_mel(x) - scaled_mel(y)).mean() * 50
    assert difference < 3 and len(griffin_lim_copies([x], n_iter=1)[0]) == len(y)
