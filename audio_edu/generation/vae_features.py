"""A note as a picture from which one can hear it again: `note_features` and `notes_from_features`.

The picture has 288 bands, 36 to the octave, and 32 frames. Its bands are spaced evenly in *log* frequency and
begin one octave below the note's own fundamental. So the same timbre at another pitch is the same picture:
the pitch is told apart, as a number. Values are in bels, of which a tenth is the decibel: 0 is 80 dB below a
full-scale sine, and 8 is about full scale.

The way back has two steps: which spectrum has these bands (multiplicative updates, Lee and Seung 2000), and
which sound has this spectrum (`audio_edu.signal.griffin_lim`). Real notes of the test split come back within
a few cents and a few tenths of a decibel; a test holds them to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import resample
from scipy.sparse import csr_array

from .._validate import check_audio, check_positive, check_range
from ..reproducible import SEED
from ..signal import griffin_lim

__all__ = [
    "NoteSettings",
    "band_filters",
    "midi_to_hz",
    "note_features",
    "note_power",
    "notes_from_features",
    "to_bels",
]

#: Bands that are not aligned begin an octave below this MIDI number.
UNALIGNED_PITCH = 35.0


@dataclass(frozen=True)
class NoteSettings:
    """How samples become a picture.

    Parameters
    ----------
    sample_rate : int
        Samples a second (Hz).
    n_samples : int
        Samples in a note; shorter ones are filled up with silence, longer ones cut.
    n_fft, hop_length : int
        Samples in a frame, and from frame to frame.
    bands_per_octave, n_bands : int
        The grid of log frequency.
    aligned : bool
        Whether the bands begin an octave below the note's own pitch. If not, they begin at MIDI number 23,
        30.9 Hz, for every note, and the pitch is somewhere in the picture.
    floor_db : float
        Level that counts as silence, in dB relative to a full-scale sine.
    """

    sample_rate: int = 16000
    n_samples: int = 16000
    n_fft: int = 2048
    hop_length: int = 512
    bands_per_octave: int = 36
    n_bands: int = 288
    aligned: bool = True
    floor_db: float = -80.0

    @property
    def n_frames(self) -> int:
        """Frames in a picture; frame t is centred on sample ``t · hop_length``."""
        return 1 + self.n_samples // self.hop_length

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of a picture: bands, frames."""
        return self.n_bands, self.n_frames

    def band_hz(self, pitch: float) -> np.ndarray:
        """Centre of each band for a note of this pitch (a MIDI number) [shape=(n_bands,)], in Hz."""
        lowest = (pitch if self.aligned else UNALIGNED_PITCH) - 12
        return midi_to_hz(lowest) * 2 ** (np.arange(self.n_bands) / self.bands_per_octave)


def midi_to_hz(pitch: float) -> float:
    """Return the frequency of a MIDI number; 69 is 440 Hz.

    Examples
    --------
    >>> midi_to_hz(57)
    220.0
    """
    return 440.0 * 2 ** ((pitch - 69) / 12)


@lru_cache(maxsize=16)
def band_filters(pitch: float, settings: NoteSettings = NoteSettings()) -> np.ndarray:
    """Return the weight of each bin of the spectrum in each band.

    A band is a triangle around its centre that reaches to the centres of its neighbours, or, where bins are
    further apart than bands, to the next bin. Bands above half the sample rate are empty.

    Returns
    -------
    np.ndarray [shape=(n_bands, 1 + n_fft // 2)], float32
    """
    bin_hz = settings.sample_rate / settings.n_fft
    hz = np.arange(1 + settings.n_fft // 2) * bin_hz
    centre = settings.band_hz(pitch)[:, np.newaxis]
    half_width = np.maximum(centre * (2 ** (1 / settings.bands_per_octave) - 1), bin_hz)
    filters = np.maximum(0, 1 - np.abs(hz - centre) / half_width)
    filters = (filters * (centre < settings.sample_rate / 2)).astype(np.float32)
    filters.flags.writeable = False
    return filters


def note_power(
    clips: Sequence[np.ndarray],
    pitches: Sequence[float],
    settings: NoteSettings = NoteSettings(),
    *,
    semitones: float = 0.0,
) -> np.ndarray:
    """Return the power in each band and frame; a full-scale sine on a band's centre has about 1.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Notes at the settings' sample rate, full scale ±1.
    pitches : sequence of float
        The MIDI number of each.
    settings : NoteSettings
        How.
    semitones : float
        Play the notes so much higher (at most an octave up or down): faster, as a sampler does it, with the
        frames moved along so that they are let go when they were. The sound font itself makes the pitches
        between its recordings so.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_bands, n_frames)], float32
    """
    check_range(semitones, "semitones", -12.0, 12.0)
    clips = [check_audio(clip, f"clips[{i}]") for i, clip in enumerate(clips)]
    pitches = check_pitches(pitches, len(clips))
    n_fft, faster = settings.n_fft, 2 ** (semitones / 12)
    centres = np.rint(np.arange(settings.n_frames) * settings.hop_length / faster).astype(int)
    taps = centres[:, np.newaxis] + np.arange(n_fft)
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
    power = np.zeros((len(clips), *settings.shape), np.float32)
    for i in np.argsort(pitches, kind="stable"):  # so that filters are made once for each pitch
        note = np.zeros(settings.n_samples, np.float32)
        note[: min(len(clips[i]), len(note))] = clips[i][: len(note)]
        if semitones:
            note = resample(note, round(len(note) / faster)).astype(np.float32)
        spectrum = np.fft.rfft(np.pad(note, (n_fft // 2, n_fft))[taps] * window)
        filters = band_filters(float(pitches[i] + semitones), settings)
        power[i] = filters @ (np.abs(spectrum.T / (n_fft / 4)) ** 2)
    return power


def check_pitches(pitches: Sequence[float], n: int) -> np.ndarray:
    """Return MIDI numbers as an array [shape=(n,)], or say what is wrong with them."""
    pitches = np.asarray(pitches, dtype=np.float64)
    if pitches.shape != (n,):
        raise ValueError(
            f"pitches have shape {pitches.shape}; expected one MIDI number for each of {n} notes."
        )
    for i, pitch in enumerate(pitches):
        check_range(float(pitch), f"pitches[{i}]", 12.0, 115.0)
    return pitches


def to_bels(power: np.ndarray, settings: NoteSettings = NoteSettings()) -> np.ndarray:
    """Return ``log10(power + floor) − log10(floor)``: bels above the floor, 0 or more.

    Examples
    --------
    >>> to_bels(np.array([0.0, 1e-8, 1.0])).round(2).tolist()
    [0.0, 0.3, 8.0]
    """
    floor = 10 ** (settings.floor_db / 10)
    return np.log10(np.asarray(power) / floor + 1)


def note_features(
    clips: Sequence[np.ndarray], pitches: Sequence[float], settings: NoteSettings = NoteSettings()
) -> np.ndarray:
    """Return the pictures of notes, in bels above the floor.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Notes at the settings' sample rate, full scale ±1.
    pitches : sequence of float
        The MIDI number of each.
    settings : NoteSettings
        How.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_bands, n_frames)], float32
        From 0, silence, to about 8, a full-scale sine.
    """
    return to_bels(note_power(clips, pitches, settings), settings).astype(np.float32)


def notes_from_features(
    features: np.ndarray,
    pitches: Sequence[float],
    settings: NoteSettings = NoteSettings(),
    *,
    n_iter: int = 40,
    seed: int = SEED,
) -> np.ndarray:
    """Make pictures audible.

    Parameters
    ----------
    features : np.ndarray [shape=(n_notes, n_bands, n_frames)]
        Bels above the floor, as from `note_features` or a decoder. What lies below the floor is silence.
    pitches : sequence of float
        The MIDI number at which to play each.
    settings : NoteSettings
        As for `note_features`.
    n_iter : int
        Iterations of Griffin-Lim.
    seed : int
        Of the phase it starts with.

    Returns
    -------
    np.ndarray [shape=(n_notes, n_samples)], float32
        Full scale ±1. A picture that asks for more is turned down as a whole.

    Raises
    ------
    ValueError
        If the shape is not that of the settings, or a value is louder than 20 dB above full scale.
    """
    x = check_audio(np.asarray(features), "features", ndim=3)
    check_positive(n_iter, "n_iter", integer=True)
    pitches = check_pitches(pitches, len(x))
    if x.shape[1:] != settings.shape:
        raise ValueError(f"features have shape {x.shape}; expected (n_notes, *{settings.shape}).")
    loudest = 2 - settings.floor_db / 10
    if x.max(initial=0) > loudest:
        raise ValueError(
            f"features go up to {x.max():.4g}; expected bels above the floor, at most {loudest:g}."
        )
    floor = 10 ** (settings.floor_db / 10)
    sounds = np.zeros((len(x), settings.n_samples), np.float32)
    for sound, picture, pitch in zip(sounds, x, pitches, strict=True):
        power = (10.0 ** np.maximum(picture, 0) - 1) * floor
        bins = _bins_from_bands(power, _sparse_filters(float(pitch), settings))
        sound[:] = griffin_lim(
            np.sqrt(bins) * (settings.n_fft // 4),
            hop_length=settings.hop_length,
            n_iter=n_iter,
            seed=seed,
            length=settings.n_samples,
        )
        sound /= max(1.0, float(np.abs(sound).max()))
    return sounds


@lru_cache(maxsize=16)
def _sparse_filters(pitch: float, settings: NoteSettings) -> csr_array:
    """The same filters without their zeros, which are nearly all of them."""
    return csr_array(band_filters(pitch, settings))


def _bins_from_bands(power: np.ndarray, filters: csr_array, n_iter: int = 60) -> np.ndarray:
    """Find the power of each bin whose bands are these (nowhere negative; each band spread smoothly)."""
    tiny = np.float32(1e-16)
    power = power.astype(np.float32)
    covered = np.maximum(filters.sum(axis=0)[:, np.newaxis], tiny)
    bins = filters.T @ (power / np.maximum(filters.sum(axis=1)[:, np.newaxis], tiny)) / covered
    for _ in range(n_iter):
        # P ← P · Fᵀ(power / FP) / Fᵀ1
        bins *= (filters.T @ (power / np.maximum(filters @ bins, tiny))) / covered
    return bins
