"""The changes that augmentation is made of, one function each; all but two can be listened to.

Each takes samples [shape=(n_samples,)], or, where it bends or hides parts of a spectrogram, frames
[shape=(n_clips, n_frames, n_mels)], and leaves what it is given as it is. Chance comes from a generator that
is passed in.

References
----------
Ko, Peddinti, Povey, Khudanpur (2015), Audio augmentation for speech recognition (speed).
Park and others (2019), SpecAugment: a simple data augmentation method for automatic speech recognition.
"""

import functools
from typing import Annotated

import librosa
import numpy as np
import scipy.fft
from numpy.typing import ArrayLike

from .._validate import Decibels, Positive, Share, Size, check_audio, check_range, checked
from ..signal.rooms import room_response


@checked
def change_speed(x: ArrayLike, factor: float) -> np.ndarray:
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
    x = check_audio(x, "x")
    check_range(factor, "factor", 1 / 16, 16.0)
    # A length that the FFT likes; zeros cost nothing, and keep the end from leaking into the start.
    n_in = scipy.fft.next_fast_len(len(x) + 64, real=True)
    n_out = round(n_in / factor)
    spectrum = scipy.fft.rfft(x, n_in)
    y = scipy.fft.irfft(spectrum[: n_out // 2 + 1], n_out) * (n_out / n_in)
    return y[: max(1, round(len(x) * n_out / n_in))].astype(x.dtype)


@checked
def cut_edges(x: np.ndarray, share: Annotated[float, (0.0, 0.49)], rng: np.random.Generator) -> np.ndarray:
    """Cut up to `share` of the clip off its beginning and its end, as a hasty trimmer does."""
    first, last = rng.uniform(0, share, 2)
    return x[int(first * len(x)) : len(x) - int(last * len(x))]


@checked
def trim_edges(
    x: np.ndarray, threshold_db: Annotated[float, (-200.0, 0.0)], *, hop_length: Size = 40
) -> np.ndarray:
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


@checked
def soften_hiss(x: np.ndarray, gain_db: Decibels, *, hop_length: Size = 40) -> np.ndarray:
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


@checked
def vary_level(x: np.ndarray, spread_db: Decibels, rng: np.random.Generator) -> np.ndarray:
    """Let the loudness drift within the clip: a curve through four random points, `spread_db` apart."""
    curve = np.interp(np.linspace(0, 3, len(x)), np.arange(4), spread_db * rng.standard_normal(4))
    return (x * 10 ** (curve / 20)).astype(x.dtype)


@checked
def equalize(
    x: np.ndarray, sample_rate: Positive, spread_db: Decibels, rng: np.random.Generator
) -> np.ndarray:
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


@checked
def random_room(x: np.ndarray, sample_rate: Positive, rng: np.random.Generator) -> np.ndarray:
    """Put a clip into one of 32 small rooms, near to the speaker or far from them; the length stays."""
    rooms = _rooms(sample_rate)
    h = rooms[rng.integers(len(rooms))] * rng.uniform(0.1, 1.0)
    h[0] = 1.0
    n = scipy.fft.next_fast_len(len(x) + len(h), real=True)
    y = scipy.fft.irfft(scipy.fft.rfft(x, n) * scipy.fft.rfft(h, n), n)
    return y[: len(x)].astype(x.dtype)


@checked
def add_noise(
    x: np.ndarray,
    snr_db: Decibels,
    rng: np.random.Generator,
    *,
    color: Annotated[float, (-4.0, 4.0)] = 1.0,
) -> np.ndarray:
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


@checked
def warp_axis(mel_db: np.ndarray, positions: np.ndarray, axis: Annotated[int, (1, 2)]) -> np.ndarray:
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


@checked
def warp_tract(mel_db: np.ndarray, factors: np.ndarray, sample_rate: int) -> np.ndarray:
    """Stretch the frequency axis of mel spectrograms: another length of the vocal tract.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n_clips, n_frames, n_mels)]
        Spectrograms.
    factors : np.ndarray [shape=(n_clips, 1 or n_mels), range=(0, ...)]
        What stands at a frequency comes from the frequency times this: above 1, all formants move down, as
        in a longer tract.
    sample_rate : int
        Hz; the bands reach up to half of it.

    Examples
    --------
    >>> bands = np.arange(40.0)[None, None]
    >>> bool(np.all(warp_tract(bands, np.array([[1.1]]), 8000)[..., :-3] > bands[..., :-3]))
    True
    """
    n_mels = mel_db.shape[-1]
    centers = librosa.mel_frequencies(n_mels + 2, fmin=0.0, fmax=sample_rate / 2)[1:-1]
    return warp_axis(mel_db, np.interp(centers * factors, centers, np.arange(n_mels)), axis=2)


@checked
def mask_spectrograms(frames: np.ndarray, probability: Share, rng: np.random.Generator) -> np.ndarray:
    """Return `mask_frames` of frames without a mask of speech [shape=(n_clips, n_frames, n_mels)]."""
    ones = np.ones_like(frames[..., :1])
    return mask_frames(np.concatenate([frames, ones], axis=-1), probability, rng)[..., :-1]


@checked
def mask_frames(x: np.ndarray, probability: Share, rng: np.random.Generator) -> np.ndarray:
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
