"""Pictures of notes: in tune, at their level, and back again."""

import librosa
import numpy as np
import pytest

from audio_edu.generation.vae.features import (
    NoteSettings,
    band_filters,
    note_features,
    note_power,
    notes_from_features,
    to_bels,
)
from audio_edu.signal import note_pitch

SETTINGS = NoteSettings()


def tone(pitch, n_partials=5, level=0.2):
    t = np.arange(16000) / 16000
    partials = [np.sin(2 * np.pi * k * librosa.midi_to_hz(pitch) * t) / k for k in range(1, n_partials + 1)]
    return (level * np.sum(partials, axis=0)).astype(np.float32)


def test_a_full_scale_sine_is_about_zero_decibel():
    x = tone(69, 1, 1.0)
    power = note_power([x], [69])
    assert power[0, 36, 15] == pytest.approx(1.0, rel=0.25)  # an octave above the lowest band
    assert note_features([x], [69]).max() == pytest.approx(8.0, abs=0.15)
    assert power[0].argmax(axis=0)[15] == 36


def test_the_same_timbre_at_another_pitch_is_the_same_picture():
    a, b = note_features([tone(57), tone(61.4)], [57, 61.4])
    assert np.sqrt(np.mean((a - b)[:, 4:28] ** 2)) < 0.35  # bels, floors included
    unaligned = NoteSettings(aligned=False)
    a, b = note_features([tone(57), tone(61)], [57, 61], unaligned)
    peaks = [picture[:, 15].argmax() for picture in (a, b)]
    assert peaks[1] - peaks[0] == 12  # three bands for each semitone


def test_transposing_a_note_is_playing_it_faster():
    up = note_power([tone(57)], [57], semitones=3)
    played = note_power([tone(60)], [60])
    assert np.sqrt(np.mean((to_bels(up) - to_bels(played))[:, :, 2:24] ** 2)) < 0.2


@pytest.mark.parametrize("aligned", [True, False])
def test_real_notes_come_back_in_tune_and_at_their_level(aligned):
    from audio_edu.datasets import load_notes

    settings, test = NoteSettings(aligned=aligned), load_notes().test
    some = test.select(np.arange(0, len(test), 29))
    pitches = some.info["pitch"]
    back = notes_from_features(note_features(some.audio, pitches, settings), pitches, settings)
    for x, y, pitch in zip(some.audio, back, pitches, strict=True):
        cents = 100 * (note_pitch(y, 16000, near=pitch) - note_pitch(x, 16000, near=pitch))
        assert abs(cents) <= 20, pitch
        assert 10 * np.log10(np.mean(y**2) / np.mean(x**2)) == pytest.approx(0, abs=0.6)


def test_every_band_has_a_filter_up_to_half_the_sample_rate():
    for pitch in (28, 60, 103):
        filters = band_filters(pitch)
        below = SETTINGS.band_hz(pitch) < 8000
        assert (filters[below].sum(axis=1) > 0).all() and not filters[~below].any()
    with pytest.raises(ValueError):
        band_filters(60)[0, 0] = 1


def test_silence_stays_silence():
    x = note_features([np.zeros(16000, np.float32)], [60])
    assert not x.any()
    assert np.abs(notes_from_features(x, [60])).max() < 1e-6
    assert notes_from_features(np.zeros((0, *SETTINGS.shape), np.float32), []).shape == (0, 16000)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: note_features([tone(60)], [60, 61]), "one MIDI number for each of 1"),
        (lambda: note_features([tone(60)], [300]), r"pitches\[0\]"),
        (lambda: note_features([np.full(100, np.nan, np.float32)], [60]), r"clips\[0\]"),
        (lambda: notes_from_features(np.zeros((1, 3, 3), np.float32), [60]), "features have shape"),
        (lambda: notes_from_features(np.full((1, *SETTINGS.shape), 40.0), [60]), "bels"),
        (lambda: note_power([tone(60)], [60], semitones=30), "semitones"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
