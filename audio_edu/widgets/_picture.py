"""The pictures in a player: the waveform as an SVG path, the spectrogram as a small WebP, and their ticks."""

import io
from functools import cache

import librosa
import matplotlib
import numpy as np
from PIL import Image

from ._sound import Sound, data_uri

N_COLUMNS = 300
SPECTROGRAM_SHAPE = (128, 480)
RANGE_DB = 75.0


def waveform_svg(sound: Sound, duration: float, scale: float) -> str:
    """Return the envelope (least and greatest sample in each column) as an SVG in the text's colour.

    Parameters
    ----------
    sound : Sound
        What to draw.
    duration : float
        Seconds that the whole width stands for.
    scale : float
        The amplitude that reaches the upper edge.
    """
    x = sound.x * (96 / scale)
    n_total = max(1, round(duration * sound.sample_rate))
    if n_total <= 2 * N_COLUMNS:  # few samples: a line through every one of them
        points = " ".join(f"{i * N_COLUMNS / max(1, n_total - 1):.1f} {-v:.0f}" for i, v in enumerate(x))
        shape = f'<path d="M{points}" fill="none"/>'
    else:
        edges = np.arange(N_COLUMNS + 1) * n_total // N_COLUMNS
        edges = edges[: np.searchsorted(edges, len(x)) + 1]
        starts = edges[:-1][edges[:-1] < len(x)]
        high = np.round(-np.maximum.reduceat(x, starts)).astype(int)
        low = np.round(-np.minimum.reduceat(x, starts)).astype(int)
        there = "".join(f"l1 {step}" for step in np.diff(high))
        back = "".join(f"l-1 {step}" for step in np.diff(low[::-1]))
        shape = f'<path d="M0 {high[0]}{there}V{low[-1]}{back}z" fill="currentColor"/>'
    return (
        f'<svg viewBox="0 -100 {N_COLUMNS} 200" preserveAspectRatio="none" stroke="currentColor" '
        f'aria-hidden="true">{shape}</svg>'
    )


def power_image(sound: Sound, duration: float, edges_hz: np.ndarray) -> np.ndarray:
    """Return the power in each row of a spectrogram picture, one Hann-windowed frame a column.

    Parameters
    ----------
    sound : Sound
        What to draw.
    duration : float
        Seconds that the whole width stands for.
    edges_hz : np.ndarray [shape=(n_rows + 1,)]
        The frequencies between the rows, ascending.

    Returns
    -------
    np.ndarray [shape=(n_rows, n_columns)]
        Mean power in each row, lowest frequency first.
    """
    x, sample_rate = sound
    # About 40 ms resolves the harmonics of a voice; a click of a few samples gets a shorter window.
    n_fft = 2 ** int(np.clip(np.round(np.log2(0.04 * sample_rate)), 5, 12))
    n_fft = min(n_fft, max(16, 2 ** int(np.log2(max(2, duration * sample_rate / 4)))))
    n_columns = SPECTROGRAM_SHAPE[1]
    centers = ((np.arange(n_columns) + 0.5) / n_columns * duration * sample_rate).astype(int)
    padded = np.pad(x, (n_fft // 2, n_fft))
    starts = np.minimum(centers, len(padded) - n_fft)
    window = np.hanning(n_fft + 1)[:-1]
    frames = padded[starts[:, None] + np.arange(n_fft)] * window
    power = (np.abs(np.fft.rfft(frames, axis=1)) * 2 / window.sum()) ** 2
    power[centers >= len(x)] = 0
    # A row's power is the integral of the spectrum (constant across each bin) between the row's edges.
    width = sample_rate / n_fft
    bin_edges = np.concatenate([[0.0], (np.arange(n_fft // 2) + 0.5) * width, [sample_rate / 2]])
    shares = np.diff([np.interp(edges_hz, bin_edges, step) for step in _steps(n_fft // 2 + 1)], axis=1)
    shares /= np.diff(np.interp(edges_hz, bin_edges, np.arange(n_fft // 2 + 2)))[None] + 1e-9
    return (power @ shares).T


@cache
def _steps(n_bins: int) -> np.ndarray:
    """Cumulative sums of each unit vector: row k is 0 up to edge k and 1 from edge k + 1 on."""
    return np.concatenate([np.zeros((n_bins, 1)), np.cumsum(np.eye(n_bins), axis=1)], axis=1)


def row_edges(f_max: float, scale: str) -> np.ndarray:
    """Return the frequencies [shape=(n_rows + 1,)] between the picture's rows, in Hz, from 0 to `f_max`."""
    position = np.linspace(0, 1, SPECTROGRAM_SHAPE[0] + 1)
    return position * f_max if scale == "linear" else librosa.mel_to_hz(position * librosa.hz_to_mel(f_max))


@cache
def _palette() -> np.ndarray:
    return np.round(matplotlib.colormaps["magma"](np.arange(256))[:, :3] * 255).astype(np.uint8)


def spectrogram_uri(power: np.ndarray, reference: float) -> str:
    """Return the power picture in dB below `reference`, coloured, as a WebP ``data:`` address."""
    db = 10 * np.log10(np.maximum(power, 1e-30) / max(reference, 1e-12))
    index = np.clip((db / RANGE_DB + 1) * 255, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(_palette()[index[::-1]]).save(buffer, "WEBP", quality=52, method=6)
    return data_uri(buffer.getvalue(), "image/webp")


def frequency_ticks(f_max: float, scale: str) -> list[tuple[float, str]]:
    """Return (height from 0 to 1, label) of a few round frequencies."""
    if scale == "linear":
        step = _nice_step(f_max, 4)
        marks = np.arange(0, f_max * 1.001, step)
        heights = marks / f_max
    else:
        marks = np.array([0, 250, 500, 1000, 2000, 4000, 8000, 16000], dtype=float)
        marks = marks[marks <= f_max]
        heights = librosa.hz_to_mel(marks) / librosa.hz_to_mel(f_max)
    ticks: list[tuple[float, str]] = []
    for height, mark in zip(heights, marks, strict=True):
        if not ticks or height - ticks[-1][0] >= 0.13:  # two labels nearer than this touch one another
            ticks.append((float(height), f"{mark / 1000:g} kHz" if mark >= 1000 else f"{mark:g} Hz"))
    return ticks


def time_ticks(duration: float) -> list[tuple[float, str]]:
    """Return (place from 0 to 1, label) of a few round times; short sounds count in milliseconds."""
    factor, unit = (1000.0, "ms") if duration < 0.2 else (1.0, "s")
    step = _nice_step(duration * factor, 5)
    marks = np.arange(0, duration * factor * 1.001, step)
    return [
        (float(mark / (duration * factor)), f"{mark:g}" if i < len(marks) - 1 else f"{mark:g} {unit}")
        for i, mark in enumerate(marks)
    ]


def _nice_step(span: float, n: int) -> float:
    """Return 1, 2 or 5 times a power of ten such that about `n` steps fill the span."""
    rough = span / n
    power = 10 ** np.floor(np.log10(rough))
    return float(next(k * power for k in (1, 2, 5, 10) if k * power >= rough * 0.85))
