"""Sounds that a metric and an ear judge differently: what is spoilt but not heard, heard but not spoilt.

Each function takes a sound and returns one as long.
"""

from typing import Annotated

import librosa
import numpy as np
import scipy.signal

from ..._validate import Clip, Seed, check_sample_rate, checked

Decibels = Annotated[float, (-100.0, 200.0)]


@checked
def all_pass(x: Clip, *, n_sections: Annotated[int, (1, 200)] = 20) -> np.ndarray:
    """Delay low and high frequencies by a few samples more or less, and change no magnitude.

    Examples
    --------
    >>> x = np.zeros(4096)
    >>> x[100] = 1
    >>> bool(np.allclose(np.abs(np.fft.rfft(all_pass(x))), 1))
    True
    """
    for _ in range(n_sections):
        # H(z) = (a + z⁻¹) / (1 + a z⁻¹), so |H| = 1
        x = scipy.signal.lfilter([0.3, 1.0], [1.0, 0.3], x)
    return x


@checked
def add_noise(x: Clip, snr_db: Decibels, *, seed: Seed = 0) -> np.ndarray:
    """Add white noise of that signal-to-noise ratio (dB, over the whole sound).

    Examples
    --------
    >>> x = np.ones(8000)
    >>> round(float(np.std(add_noise(x, 20.0))), 2)
    0.1
    """
    noise = np.random.default_rng(seed).standard_normal(len(x))
    return x + noise * np.sqrt(np.mean(x**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)


@checked
def add_hum(x: Clip, snr_db: Decibels, sample_rate: float, *, f0_hz: float = 40.0) -> np.ndarray:
    """Add a tone so deep that small loudspeakers and telephones do not play it.

    Examples
    --------
    >>> round(float(np.sqrt(2) * np.std(add_hum(np.ones(8000), 0.0, 8000))), 2)
    1.41
    """
    check_sample_rate(sample_rate)
    tone = np.sin(2 * np.pi * f0_hz * np.arange(len(x)) / sample_rate)
    return x + tone * np.sqrt(2 * np.mean(x**2)) * 10 ** (-snr_db / 20)


@checked
def clip_peaks(x: Clip, *, by_db: Decibels = 15.0) -> np.ndarray:
    """Cut off all that lies within so many dB below the highest peak.

    Examples
    --------
    >>> clip_peaks(np.array([1.0, -0.01]), by_db=20.0).tolist()
    [0.1, -0.01]
    """
    limit = np.abs(x).max() * 10 ** (-by_db / 20)
    return np.clip(x, -limit, limit)


@checked
def lose_packets(x: Clip, sample_rate: float, *, share: Annotated[float, (0.0, 1.0)] = 0.1) -> np.ndarray:
    """Silence a share of all pieces of 20 ms, as a bad telephone line does, always the same ones.

    Examples
    --------
    >>> float(lose_packets(np.ones(160_000), 8000).mean().round(1))
    0.9
    """
    check_sample_rate(sample_rate)
    n = max(1, round(0.02 * sample_rate))
    lost = np.random.default_rng(1).random(-(-len(x) // n)) < share
    return np.where(np.repeat(lost, n)[: len(x)], 0.0, x)


@checked
def speak_as_robot(
    x: Clip, sample_rate: float, *, f0_hz: Annotated[float, (20.0, 1000.0)] | None = 100.0
) -> np.ndarray:
    """Keep the shape of each frame's spectrum (linear prediction), and replace the voice behind it.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Speech, a few frames of 32 ms at least.
    sample_rate : float
        Samples a second (Hz).
    f0_hz : float or None
        The one pitch of the new voice; None: noise instead of a voice, a whisper.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=8000)
    >>> speak_as_robot(x, 8000).shape
    (8000,)
    """
    check_sample_rate(sample_rate)
    n, order = round(0.032 * sample_rate), 2 + round(sample_rate / 1000)
    hop, rng = n // 2, np.random.default_rng(0)
    window = scipy.signal.get_window("hann", n)
    padded, out = np.pad(x.astype(float), n), np.zeros(len(x) + 3 * n)
    pulses = np.zeros(len(padded))
    if f0_hz:
        pulses[:: round(sample_rate / f0_hz)] = 1.0
    noise = rng.standard_normal(len(padded))
    for start in range(0, len(padded) - n, hop):
        frame = window * padded[start : start + n]
        if np.sqrt(np.mean(frame**2)) < 1e-5:
            continue
        a = librosa.lpc(frame + 1e-6 * rng.standard_normal(n), order=order)
        residual = scipy.signal.lfilter(a, [1.0], frame)
        # voiced: the residual is like itself one period of 2.5 to 12.5 ms later
        r = np.correlate(residual, residual, "full")[n - 1 :] / np.sum(residual**2)
        periods = slice(round(0.0025 * sample_rate), round(0.0125 * sample_rate))
        source = pulses if f0_hz and r[periods].max() > 0.25 else noise
        part = window * source[start : start + n]
        part *= np.sqrt(np.sum(residual**2) / max(np.sum(part**2), 1e-12))
        out[start : start + n] += scipy.signal.lfilter([1.0], a, part)
    return out[n : n + len(x)]
