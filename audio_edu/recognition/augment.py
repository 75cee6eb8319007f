"""Augmentation: changes to a sound that change nothing about what is said.

A network that has heard 160 synthetic voices in perfect silence has learned synthetic voices in perfect
silence. Each function here takes away one such accident: how fast one speaks, how long the vocal tract is,
which microphone, which room, which noise, where the word begins. All of them work on samples and can be
listened to, except two that bend the axes of the spectrogram itself.

Conventions: samples are [shape=(n_samples,)] for one clip; spectrograms are log-mel in dB, time first,
[shape=(n_clips, n_frames, n_mels)]. Every function takes its own random generator, so that batch `step` of
epoch `epoch` is the same whenever and wherever it is made.

References
----------
Ko, Peddinti, Povey, Khudanpur (2015), Audio augmentation for speech recognition (speed).
Jaitly, Hinton (2013), Vocal tract length perturbation improves speech recognition.
Park and others (2019), SpecAugment: a simple data augmentation method for automatic speech recognition.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import librosa
import numpy as np
import scipy.fft

from .._validate import check_audio, check_positive
from ..signal.pcm import mu_law_decode, mu_law_encode
from ..signal.rooms import room_response
from .features import FeatureSettings, fit_length, log_mel_frames, normalize_frames

__all__ = [
    "Augmentation",
    "add_noise",
    "augment_clip",
    "augment_frames",
    "augmented_features",
    "change_speed",
    "cut_edges",
    "equalize",
    "mask_frames",
    "random_room",
    "soften_hiss",
    "trim_edges",
    "vary_level",
    "warp_axis",
]


@dataclass(frozen=True)
class Augmentation:
    """How strong each change may be. Zero switches a change off.

    Parameters
    ----------
    speed : float
        Playing speed (tempo, pitch and formants together) is between 1 / (1 + speed) and 1 + speed.
    cut : float
        The largest share of the clip cut off at either end.
    trim : float
        The probability that soft edges, 12 to 45 dB below the loudest part, are cut off altogether.
    shift_s : float
        The word begins up to so many seconds after the clip does.
    hiss_db : float
        Voiceless sounds are made up to so many dB softer, or up to a quarter of that louder.
    level_db : float
        The standard deviation of a slow change of loudness within the word (dB).
    equalizer_db : float
        The standard deviation of a random frequency response (dB).
    reverb : float
        The probability that the clip is put into a room.
    noise : float
        The probability that noise is added, `snr_db` below the speech.
    snr_db : (float, float)
        Signal-to-noise ratio, lowest and highest (dB).
    codec : float
        The probability that the clip goes through the telephone's 8-bit µ-law.
    tempo : float
        The spectrogram's time axis is stretched or squeezed by up to this share, here more, there less.
    tract : float
        The spectrogram's frequency axis is stretched or squeezed by up to this share: a shorter or longer
        vocal tract.
    masks : float
        The probability of each of SpecAugment's masks: one band of frequencies, one piece of time.
    mixup : float
        The probability that a clip is blended with another of the batch, and its label likewise.
    """

    speed: float = 0.2
    cut: float = 0.06
    trim: float = 0.5
    shift_s: float = 0.1
    hiss_db: float = 16.0
    level_db: float = 3.0
    equalizer_db: float = 5.0
    reverb: float = 0.4
    noise: float = 0.8
    snr_db: tuple[float, float] = (5.0, 40.0)
    codec: float = 0.2
    tempo: float = 0.2
    tract: float = 0.12
    masks: float = 0.5
    mixup: float = 0.5

    def without(self, *names: str) -> Augmentation:
        """Return the same with some changes switched off, for an ablation.

        Examples
        --------
        >>> Augmentation().without("noise", "reverb").reverb
        0.0
        """
        return replace(self, **dict.fromkeys(names, 0.0))

    @classmethod
    def none(cls) -> Augmentation:
        """Return an augmentation that changes nothing."""
        names = [name for name in cls.__dataclass_fields__ if name != "snr_db"]
        return cls().without(*names)


def change_speed(x: np.ndarray, factor: float) -> np.ndarray:
    """Play a clip faster (factor above 1) or slower: as a tape does, with the pitch going along.

    The spectrum is cut off or filled with zeros, and transformed back to fewer or more samples: exact for
    band-limited sound.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Samples.
    factor : float
        2 is twice as fast, an octave up.

    Returns
    -------
    np.ndarray [shape=(about n_samples / factor,)]

    Examples
    --------
    >>> len(change_speed(np.ones(8000, np.float32), 1.25))
    6400
    """
    check_positive(factor, "factor")
    # A length that the FFT likes; zeros cost nothing, and keep the end from leaking into the start.
    n_in = scipy.fft.next_fast_len(len(x) + 64, real=True)
    n_out = round(n_in / factor)
    spectrum = scipy.fft.rfft(x, n_in)
    y = scipy.fft.irfft(spectrum[: n_out // 2 + 1], n_out) * (n_out / n_in)
    return y[: max(1, round(len(x) * n_out / n_in))].astype(x.dtype)


def cut_edges(x: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Cut up to `share` of the clip off its beginning and its end, as a hasty trimmer does."""
    first, last = rng.uniform(0, share, 2)
    return x[int(first * len(x)) : len(x) - int(last * len(x))]


def trim_edges(x: np.ndarray, threshold_db: float, *, hop_length: int = 40) -> np.ndarray:
    """Keep what lies between the first and the last 5 ms that are above a threshold, as a recorder does.

    Such a trimmer takes the soft consonants for silence: of a "six" it may leave no more than "ick".

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Samples.
    threshold_db : float
        Below the level of the loudest 5 ms (dB); negative.
    hop_length : int
        5 ms at 8 kHz.

    Examples
    --------
    >>> x = np.concatenate([np.full(400, 0.01), np.ones(800), np.full(400, 0.001)])
    >>> len(trim_edges(x, -50.0)), len(trim_edges(x, -20.0))
    (1200, 800)
    """
    n = len(x) // hop_length
    if n < 4:
        return x
    power = np.square(x[: n * hop_length], dtype=np.float64).reshape(n, hop_length).mean(1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (threshold_db / 10))
    return x[loud[0] * hop_length : (loud[-1] + 1) * hop_length]


def soften_hiss(x: np.ndarray, gain_db: float, *, hop_length: int = 40) -> np.ndarray:
    """Change the level of the voiceless sounds (s, f, x, t), leaving the voiced ones.

    Noise alternates from sample to sample, a vowel hardly does: what tells them apart in each 10 ms is the
    first autocorrelation, ``r₁ = Σ x[n] x[n−1] / Σ x²[n]``.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Samples at about 8 kHz.
    gain_db : float
        Negative softens.
    hop_length : int
        The gain is computed at steps of so many samples, over twice as many, and interpolated.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> hiss = rng.standard_normal(800)
    >>> hum = np.sin(0.1 * np.arange(800))
    >>> bool(np.std(soften_hiss(hiss, -20.0)) < 0.3), bool(np.std(soften_hiss(hum, -20.0)) > 0.6)
    (True, True)
    """
    if len(x) < 4 * hop_length or not gain_db:
        return x
    n = len(x) // hop_length
    one = np.square(x[: n * hop_length]).reshape(n, hop_length).sum(1)
    lag = np.append(x[1 : n * hop_length] * x[: n * hop_length - 1], 0.0).reshape(n, hop_length).sum(1)
    smooth = np.ones(3)
    r1 = np.convolve(lag, smooth, "same") / (np.convolve(one, smooth, "same") + 1e-9)
    # 0 for voiced (r₁ near 1), 1 for noise (r₁ near 0 or below), smoothly
    weight = 1 / (1 + np.exp((r1 - 0.35) * 12))
    gain = 10 ** (gain_db * weight / 20)
    at = (np.arange(n) + 0.5) * hop_length
    return (x * np.interp(np.arange(len(x)), at, gain)).astype(x.dtype)


def vary_level(x: np.ndarray, spread_db: float, rng: np.random.Generator) -> np.ndarray:
    """Let the loudness drift within the clip: a curve through four random points, `spread_db` apart."""
    curve = np.interp(np.linspace(0, 3, len(x)), np.arange(4), spread_db * rng.standard_normal(4))
    return (x * 10 ** (curve / 20)).astype(x.dtype)


def equalize(x: np.ndarray, sample_rate: float, spread_db: float, rng: np.random.Generator) -> np.ndarray:
    """Filter a clip by a random smooth frequency response, as some microphone would.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Samples.
    sample_rate : float
        Samples a second (Hz).
    spread_db : float
        The standard deviation of the response (dB) at seven frequencies, an octave or less apart.
    rng : np.random.Generator
        Where the response comes from.
    """
    n = scipy.fft.next_fast_len(len(x) + 256, real=True)
    response_db = _random_response(n // 2 + 1, sample_rate, spread_db, rng)
    y = scipy.fft.irfft(scipy.fft.rfft(x, n) * 10 ** (response_db / 20), n)
    return y[: len(x)].astype(x.dtype)


def _random_response(
    n_bins: int, sample_rate: float, spread_db: float, rng: np.random.Generator
) -> np.ndarray:
    """A random frequency response (dB) [shape=(n_bins,)], smooth over the logarithm of frequency."""
    knots_hz = np.array([60.0, 150, 400, 900, 1800, 2800, 4000])
    values = spread_db * rng.standard_normal(len(knots_hz))
    low_cut, high_cut = rng.random(2) < 0.15
    values[0] -= 25 * low_cut
    values[-1] -= 25 * high_cut
    f = np.linspace(1, sample_rate / 2, n_bins)
    return np.interp(np.log(f), np.log(knots_hz), values - values[2:5].mean())


@functools.lru_cache(maxsize=4)
def _rooms(sample_rate: float, n_rooms: int = 32) -> list[np.ndarray]:
    """Impulse responses of rooms and furniture of all kinds, made once; chapter 02 explains them."""
    rng = np.random.default_rng(2)
    rooms = []
    for _ in range(n_rooms):
        size = rng.uniform([1.8, 1.6, 2.1], [9.0, 7.0, 3.5])
        source, listener = (size * rng.uniform(0.15, 0.85, 3) for _ in range(2))
        while np.linalg.norm(source - listener) < 0.2:
            listener = size * rng.uniform(0.15, 0.85, 3)
        rt60 = float(np.exp(rng.uniform(np.log(0.08), np.log(0.6))))
        rooms.append(
            room_response(sample_rate, rt60, size_m=size, source_m=source, listener_m=listener, damping=0.7)
        )
    return rooms


def random_room(x: np.ndarray, sample_rate: float, rng: np.random.Generator) -> np.ndarray:
    """Put a clip into one of 32 small rooms, near to the speaker or far from them; the length stays."""
    rooms = _rooms(sample_rate)
    h = rooms[rng.integers(len(rooms))] * rng.uniform(0.1, 1.0)
    h[0] = 1.0
    n = scipy.fft.next_fast_len(len(x) + len(h), real=True)
    y = scipy.fft.irfft(scipy.fft.rfft(x, n) * scipy.fft.rfft(h, n), n)
    return y[: len(x)].astype(x.dtype)


def add_noise(x: np.ndarray, snr_db: float, rng: np.random.Generator, *, color: float = 1.0) -> np.ndarray:
    """Add noise whose power falls with frequency as ``f^(−color)``: 0 is white, 1 pink, 2 brown.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Samples.
    snr_db : float
        The clip's power over the noise's (dB).
    rng : np.random.Generator
        Where the noise comes from.
    color : float
        The noise's slope.

    Examples
    --------
    >>> x = np.sin(np.arange(8000.0))
    >>> y = add_noise(x, 20.0, np.random.default_rng(0))
    >>> round(float(10 * np.log10(np.mean(x**2) / np.mean((y - x) ** 2))), 1)
    20.0
    """
    n = scipy.fft.next_fast_len(len(x), real=True)
    bins = np.arange(n // 2 + 1)
    shape = np.maximum(bins * (8000 / n), 60.0) ** (-color / 2)  # flat below 60 Hz
    spectrum = shape * (rng.standard_normal(len(bins)) + 1j * rng.standard_normal(len(bins)))
    noise = scipy.fft.irfft(spectrum, n)[: len(x)]
    power = np.mean(np.square(x, dtype=np.float64)) / (np.mean(noise**2) * 10 ** (snr_db / 10))
    return (x + noise * np.sqrt(power)).astype(x.dtype)


def augment_clip(
    x: np.ndarray, settings: FeatureSettings, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """Change one clip in every way at once, each by a random amount; the result has ``settings.n_samples``.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A word with little silence around it.
    settings : FeatureSettings
        Sample rate and length.
    augmentation : Augmentation
        How strong.
    rng : np.random.Generator
        All randomness comes from here.

    Returns
    -------
    np.ndarray [shape=(settings.n_samples,)], float32

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = augment_clip(np.ones(3000, np.float32), FeatureSettings(), Augmentation(), rng)
    >>> y.shape, y.dtype
    ((8000,), dtype('float32'))
    """
    a, sample_rate = augmentation, settings.sample_rate
    x = check_audio(x, "x", min_samples=16).astype(np.float32, copy=False)
    if a.cut:
        x = cut_edges(x, a.cut, rng)
    if a.hiss_db:
        x = soften_hiss(x, rng.uniform(-a.hiss_db, a.hiss_db / 4))
    if a.trim and rng.random() < a.trim:
        x = trim_edges(x, rng.uniform(-45, -12))
    if a.speed:
        x = change_speed(x, float(np.exp(np.log(1 + a.speed) * rng.uniform(-1, 1))))
    if a.level_db:
        x = vary_level(x, a.level_db, rng)
    # Silence before and after, so that rooms can ring and noise has nowhere to begin
    start = rng.integers(0, int(a.shift_s * sample_rate) + 1)
    if len(x) > settings.n_samples:
        x = fit_length([x], settings.n_samples)[0]
    start = min(start, settings.n_samples - len(x))
    x = np.pad(x, (start, settings.n_samples - len(x) - start))
    if a.reverb and rng.random() < a.reverb:
        x = random_room(x, sample_rate, rng)
    if a.equalizer_db:
        x = equalize(x, sample_rate, a.equalizer_db, rng)
    if a.noise and rng.random() < a.noise:
        x = add_noise(x, rng.uniform(*a.snr_db), rng, color=rng.uniform(0, 2))
    if a.codec and rng.random() < a.codec:
        peak = float(np.abs(x).max()) or 1.0
        loud = 10 ** (rng.uniform(-30, 0) / 20)
        x = mu_law_decode(mu_law_encode(x / peak * loud)).astype(np.float32)
    return x


def warp_axis(mel_db: np.ndarray, positions: np.ndarray, axis: int) -> np.ndarray:
    """Read a spectrogram at other positions of one axis, interpolating linearly.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n_clips, n_frames, n_mels)]
        Spectrograms.
    positions : np.ndarray [shape=(n_clips, n)]
        Where to read, in frames (axis 1) or bands (axis 2); beyond the ends, the end is read.
    axis : int
        1 or 2.

    Returns
    -------
    np.ndarray [shape=(n_clips, n, n_mels) or (n_clips, n_frames, n)]

    Examples
    --------
    >>> warp_axis(np.array([[[0.0], [10.0]]]), np.array([[0.0, 0.25, 5.0]]), axis=1)[0, :, 0].tolist()
    [0.0, 2.5, 10.0]
    """
    last = mel_db.shape[axis] - 1
    at = np.clip(positions, 0, last)
    low = np.minimum(at.astype(int), max(last - 1, 0))
    weight = (at - low).astype(mel_db.dtype)
    expand = (slice(None), slice(None), None) if axis == 1 else (slice(None), None, slice(None))
    below = np.take_along_axis(mel_db, low[expand], axis)
    above = np.take_along_axis(mel_db, np.minimum(low + 1, last)[expand], axis)
    return below + weight[expand] * (above - below)


def mask_frames(x: np.ndarray, probability: float, rng: np.random.Generator) -> np.ndarray:
    """SpecAugment: in some clips, set a band of up to 8 channels, or up to 12 frames, to the mean (0).

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Normalized frames with their mask, as `normalize_frames` returns them.
    probability : float
        Of each of the two masks in each clip.
    rng : np.random.Generator
        Where they go.
    """
    x = x.copy()
    n_clips, n_frames, n_channels = x.shape
    bands, frames = np.arange(n_channels - 1), np.arange(n_frames)
    width, length = rng.integers(1, 9, n_clips), rng.integers(1, 13, n_clips)
    first_band = (rng.random(n_clips) * (n_channels - 1 - width)).astype(int)
    first_frame = (rng.random(n_clips) * np.maximum(x[..., -1].sum(1) - length, 1)).astype(int)
    use_band, use_frame = rng.random((2, n_clips)) < probability
    in_band = (bands >= first_band[:, None]) & (bands < (first_band + width)[:, None]) & use_band[:, None]
    in_time = (
        (frames >= first_frame[:, None]) & (frames < (first_frame + length)[:, None]) & use_frame[:, None]
    )
    x[..., :-1] *= ~(in_band[:, None, :] | in_time[:, :, None])
    return x


def augment_frames(
    mel_db: np.ndarray, settings: FeatureSettings, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """Bend the axes of log-mel spectrograms: another vocal tract, another rhythm.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n_clips, n_frames, n_mels)]
        dB.
    settings, augmentation, rng
        As in `augment_clip`.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels)]
    """
    n_clips, n_frames, n_mels = mel_db.shape
    if augmentation.tract:
        centers = librosa.mel_frequencies(n_mels + 2, fmin=0.0, fmax=settings.sample_rate / 2)[1:-1]
        # What stands at f comes from f · factor; the factor differs a little between low and high formants.
        knots = augmentation.tract * (
            rng.uniform(-1, 1, (n_clips, 1)) + 0.35 * rng.standard_normal((n_clips, 3))
        )
        at = np.linspace(0, 2, n_mels)
        factor = np.exp([np.interp(at, np.arange(3), k) for k in knots])
        bands = np.interp(centers * factor, centers, np.arange(n_mels))
        mel_db = warp_axis(mel_db, bands, axis=2)
    if augmentation.tempo:
        # The speed of reading, at five points of the clip; its sum is where to read
        knots = augmentation.tempo * (rng.uniform(-1, 1, (n_clips, 1)) + rng.uniform(-1, 1, (n_clips, 5)))
        at = np.linspace(0, 4, n_frames)
        speed = np.exp([np.interp(at, np.arange(5), k) for k in knots])
        mel_db = warp_axis(mel_db, np.cumsum(speed, axis=1) - speed[:, :1], axis=1)
    return mel_db


def augmented_features(
    clips: Sequence[np.ndarray],
    rng: np.random.Generator,
    *,
    settings: FeatureSettings | None = None,
    augmentation: Augmentation | None = None,
) -> np.ndarray:
    """Make one training batch: change the clips, turn them into frames, bend and mask those.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Samples.
    rng : np.random.Generator
        The same generator gives the same batch.
    settings : FeatureSettings, optional
        How samples become frames.
    augmentation : Augmentation, optional
        How strong the changes are.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels + 1)], float32
        As `audio_edu.recognition.speech_features` returns them for unchanged clips.

    Examples
    --------
    >>> batch = augmented_features([np.ones(3000, np.float32)] * 2, np.random.default_rng(0))
    >>> batch.shape, bool((batch[0] == batch[1]).all())
    ((2, 101, 41), False)
    """
    settings, augmentation = settings or FeatureSettings(), augmentation or Augmentation()
    samples = np.stack([augment_clip(clip, settings, augmentation, rng) for clip in clips])
    mel_db = augment_frames(log_mel_frames(samples, settings), settings, augmentation, rng)
    # The threshold of what counts as speech varies too: rooms and noises move it.
    if augmentation.cut:
        settings = replace(settings, range_db=settings.range_db + rng.uniform(-8, 8))
    x = normalize_frames(mel_db, settings)
    return mask_frames(x, augmentation.masks, rng) if augmentation.masks else x
