"""`note_pitch`: within a few cents, among the notes near the one given."""

import librosa
import numpy as np
import pytest

from audio_edu.signal import note_pitch


def tone(pitch, n_partials=5):
    t = np.arange(16000) / 16000
    f0_hz = librosa.midi_to_hz(pitch)
    x = sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in range(1, n_partials + 1))
    return 0.2 * x / np.abs(x).max()


@pytest.mark.parametrize("pitch", [33.0, 60.27, 88.0, 100.0])
def test_note_pitch_is_within_a_few_cents(pitch):
    assert note_pitch(tone(pitch), 16000, near=round(pitch) + 2) == pytest.approx(pitch, abs=0.06)


def test_note_pitch_looks_only_as_far_as_asked():
    assert note_pitch(tone(60), 16000, near=72, within=1) == pytest.approx(72, abs=0.1)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: note_pitch(tone(60), 16000, near=500), "near"),
        (lambda: note_pitch(tone(60), 16000, near=60, within=0), "within"),
        (lambda: note_pitch(tone(60)[:900], 16000, near=60), "x"),
        (lambda: note_pitch(tone(60), 0, near=60), "sample_rate"),
    ],
)
def test_bad_input_is_named(call, name):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}\b"):
        call()
