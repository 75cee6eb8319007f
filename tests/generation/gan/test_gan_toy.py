"""The game of notes."""

import numpy as np
import pytest

from audio_edu.generation.gan.toy import (
    mode_centers,
    mode_shares,
    note_pitch_hz,
    real_notes,
    synthesize,
    train_toy,
)


def test_real_notes_have_eight_modes():
    shares = mode_shares(real_notes(4000, np.random.default_rng(0)))
    assert shares.sum() > 0.99
    assert np.abs(shares - 1 / 8).max() < 0.03


def test_a_generator_that_collapsed_has_one_mode():
    shares = mode_shares(np.repeat(mode_centers()[3:4], 50, axis=0))
    assert shares.tolist() == [0, 0, 0, 1, 0, 0, 0, 0]


def test_a_note_sounds_as_high_as_it_lies():
    for note in mode_centers():
        x = synthesize(note[None], note_s=0.5)
        spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))[:800]
        peaks = np.flatnonzero(spectrum > 0.2 * spectrum.max()) * 8000 / len(x)
        assert peaks.min() == pytest.approx(note_pitch_hz(note), abs=6)


def test_a_note_that_lies_higher_is_brighter():
    def centroid(note):
        power = np.abs(np.fft.rfft(synthesize(np.array([note])))) ** 2
        return (power * np.arange(len(power))).sum() / power.sum()

    assert centroid([0.0, 0.7]) > 1.3 * centroid([0.0, -0.7])


@pytest.mark.slow
def test_it_keeps_what_is_generated_on_the_way():
    history = train_toy(n_steps=6)
    n = len(history["step"])
    assert history["step"].tolist() == list(range(7))
    assert history["notes"].shape == (n, 256, 2)
    assert history["n_modes"].shape == (n,)
    assert history["score"].shape == (25, 25)
    assert np.array_equal(train_toy(n_steps=6)["notes"], history["notes"])
