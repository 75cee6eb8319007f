"""Notes become sound: recorded notes of `data/notes`, shifted to the pitch that is wanted.

This is what a synthesiser with samples does. Of each instrument there are eight recorded pitches of one
second. The nearest is resampled: played faster it is higher, and shorter. A note that is longer than its
recording goes on with a piece of it, a whole number of periods long, again and again.
"""

from functools import lru_cache

import librosa
import numpy as np

from ..._validate import Positive, check_choice, checked
from ...datasets import load_notes
from .data import check_notes

#: By name: which preset of `data/notes` plays, and whether its sound can go on for as long as one likes.
INSTRUMENTS = {
    "organ": ("organ-019", True),
    "piano": ("piano-000", False),
    "guitar": ("guitar-024", False),
    "flute": ("flute-073", True),
    "strings": ("string-ensemble-048", True),
}
RATE, ONSET_S, HELD_S, RELEASE_S, LONGEST_S = 16000, 0.01, 0.72, 0.08, 600.0


@lru_cache
def _recordings(preset: str) -> tuple[np.ndarray, list[np.ndarray]]:
    notes = load_notes()
    chosen = np.flatnonzero((notes.voices == preset) & (notes.info["velocity"] == 80))
    return notes.info["pitch"][chosen], [notes.audio[i] for i in chosen]


@lru_cache(512)
def _shifted(preset: str, pitch: int) -> np.ndarray:
    """The recording of the nearest pitch, from its onset to its release, moved to this pitch."""
    pitches, clips = _recordings(preset)
    nearest = int(np.abs(pitches - pitch).argmin())
    clip = clips[nearest][round(ONSET_S * RATE) : round((ONSET_S + HELD_S) * RATE)]
    # f' = f · 2^(semitones / 12): so many samples fewer
    ratio = 2.0 ** ((pitch - pitches[nearest]) / 12)
    return librosa.resample(clip, orig_sr=RATE * ratio, target_sr=RATE)


def _held(x: np.ndarray, n: int, f0_hz: float) -> np.ndarray:
    """Go on until there are n samples: a piece from before the end, whole periods long, faded in."""
    fade = np.linspace(0, 1, min(800, len(x) // 4))
    period = RATE / f0_hz
    # a recording moved far up is short
    room = min(0.25 * RATE, len(x) - len(fade))
    length = round(max(1.0, np.floor(room / period)) * period)
    piece = x[len(x) - length - len(fade) :]
    while len(x) < n:
        joined = x[-len(fade) :] * (1 - fade) + piece[: len(fade)] * fade
        x = np.concatenate([x[: -len(fade)], joined, piece[len(fade) :]])
    return x


@checked
def play(notes: np.ndarray, *, instrument: str = "organ", tempo: Positive = 96.0) -> np.ndarray:
    """Play notes.

    Parameters
    ----------
    notes : np.ndarray [shape=(n_notes, 4)]
        Onset and duration (quarters), MIDI number, voice.
    instrument : str
        One of `INSTRUMENTS`.
    tempo : float
        Quarters a minute.

    Returns
    -------
    np.ndarray of float32 [shape=(n_samples,)]
        At 16 kHz; the peak is ½.

    Raises
    ------
    ValueError
        If `notes` are none, last longer than ten minutes, or the instrument is unknown.

    Examples
    --------
    >>> play([[0, 1, 60, 0], [1, 1, 64, 0]], tempo=120).shape
    (17280,)
    """
    check_choice(instrument, "instrument", INSTRUMENTS)
    notes, (preset, goes_on) = check_notes(notes), INSTRUMENTS[instrument]
    ends = 60 / tempo * (notes[:, 0] + notes[:, 1])
    if not ends.max() <= LONGEST_S:
        raise ValueError(
            f"notes last {ends.max():.3g} s at tempo={tempo:g}; expected at most {LONGEST_S:g} s."
        )
    out = np.zeros(round((ends.max() + RELEASE_S) * RATE), np.float32)
    release = round(RELEASE_S * RATE)
    for (onset, _, key, _), end in zip(notes, ends, strict=True):
        start = round(60 / tempo * onset * RATE)
        n = max(1, round(end * RATE) - start) + release
        x = _shifted(preset, int(key))
        x = _held(x, n, float(librosa.midi_to_hz(int(key)))) if goes_on else x
        x = x[: min(n, len(out) - start)].copy()
        n_fade = min(release, len(x))
        x[len(x) - n_fade :] *= np.linspace(1, 0, n_fade)
        out[start : start + len(x)] += x
    return 0.5 * out / max(1e-9, float(np.abs(out).max()))
