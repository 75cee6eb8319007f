"""A note as a picture from which one can hear it again: `note_features` and `notes_from_features`.

The picture has 288 bands, 36 to the octave, and 32 frames. Its bands are spaced evenly in *log* frequency and
begin one octave below the note's own fundamental. So the same timbre at another pitch is the same picture:
the pitch is a number of its own. Values are in bels, of which a tenth is the decibel: 0 is 80 dB below a
full-scale sine, and 8 is about full scale.

The way back has two steps: which spectrum has these bands (`audio_edu.signal.nonnegative_inverse`), and which
sound has this spectrum (`audio_edu.signal.griffin_lim`). Real notes of the test split come back within
a few cents and a few tenths of a decibel; a test holds them to that.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal import resample
from scipy.sparse import csr_array

from ..._validate import LARGEST, Clip, Seed, check_audio, check_range, checked
from ...reproducible import SEED
from ...signal import griffin_lim, nonnegative_inverse
from .recipe import NoteSettings

DEFAULT = NoteSettings()


@checked
@lru_cache(maxsize=16)
def band_filters(pitch: Annotated[float, (0.0, 127.0)], settings: NoteSettings = DEFAULT) -> np.ndarray:
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


@checked
def note_power(
    clips: Sequence[Clip],
    pitches: Sequence[float],
    settings: NoteSettings = DEFAULT,
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
        Transpose the notes by so much, at most an octave up or down. They are played faster or slower, as a
        sampler does it, and the frames are moved along, so that in the picture they last as long as before.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_bands, n_frames)], float32
    """
    check_range(semitones, "semitones", -12.0, 12.0)
    pitches = check_pitches(pitches, len(clips))
    n_fft, faster = settings.n_fft, 2 ** (semitones / 12)
    centres = np.rint(np.arange(settings.shape[1]) * settings.hop_length / faster).astype(int)
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


@checked
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


@checked
def to_bels(power: Annotated[np.ndarray, (0.0, LARGEST)], settings: NoteSettings = DEFAULT) -> np.ndarray:
    """Return ``log10(power + floor) − log10(floor)``: bels above the floor, 0 or more.

    Examples
    --------
    >>> to_bels(np.array([0.0, 1e-8, 1.0])).round(2).tolist()
    [0.0, 0.3, 8.0]
    """
    floor = 10 ** (settings.floor_db / 10)
    return np.log10(power / floor + 1)


@checked
def note_features(
    clips: Sequence[Clip], pitches: Sequence[float], settings: NoteSettings = DEFAULT
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


@checked
def notes_from_features(
    features: ArrayLike, pitches: Sequence[float], settings: NoteSettings = DEFAULT, *, seed: Seed = SEED
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
    x = check_audio(features, "features", ndim=3)
    pitches = check_pitches(pitches, len(x))
    if x.shape[1:] != settings.shape:
        raise ValueError(f"features have shape {x.shape}; expected (n_notes, *{settings.shape}).")
    if x.max(initial=0) > settings.loudest:
        raise ValueError(
            f"features go up to {x.max():.4g}; expected bels above the floor, at most {settings.loudest:g}."
        )
    floor = 10 ** (settings.floor_db / 10)
    sounds = np.zeros((len(x), settings.n_samples), np.float32)
    for sound, picture, pitch in zip(sounds, x, pitches, strict=True):
        power = (10.0 ** np.maximum(picture, 0) - 1) * floor
        bins = nonnegative_inverse(csr_array(band_filters(float(pitch), settings)), power, n_iter=60)
        sound[:] = griffin_lim(
            np.sqrt(bins) * (settings.n_fft // 4),
            hop_length=settings.hop_length,
            n_iter=40,
            seed=seed,
            length=settings.n_samples,
        )
        sound /= max(1.0, float(np.abs(sound).max()))
    return sounds
