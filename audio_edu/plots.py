"""Figures of the book: one style, a few kinds of picture of sound, and a description for each.

Conventions: a figure is made with :func:`figure`, never with pyplot, so that a notebook shows it exactly
once, when :func:`show` returns it with its alternative text. The white background stays readable in a dark
page, as a card. Colours are Okabe and Ito's, which colour-blind readers can tell apart.
"""

from collections.abc import Mapping
from typing import Any

import librosa
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._figure import BLACK, BLUE, COLORS, GREEN, GREY, ORANGE, PINK, SKY, STYLE, YELLOW, Picture  # noqa: F401
from ._validate import check_audio, check_positive, check_sample_rate


def figure(
    n_rows: int = 1, n_columns: int = 1, *, width: float = 6.0, height: float | None = None, **options: Any
) -> tuple[Figure, Any]:
    """Make a figure in the book's style, with axes, outside of pyplot.

    Parameters
    ----------
    n_rows, n_columns : int
        The grid of axes.
    width, height : float
        Inches. Text stays readable on a phone up to about 6 in; default height 2.4 in a row and 0.4 more.
    **options
        For ``Figure.subplots``: ``sharex``, ``sharey``, ``squeeze``, ``height_ratios``...

    Returns
    -------
    (Figure, Axes or np.ndarray of Axes)

    Examples
    --------
    >>> fig, ax = figure(height=2)
    >>> _ = ax.plot([0, 1], [0, 2])
    >>> show(fig, alt="A line rising from 0 to 2.")
    figure: 1 axes; [line of 2 points, 0 to 2]
    """
    check_positive(width, "width", unit="of inches")
    height = height or 0.4 + 2.4 * n_rows
    # For the whole session: titles and legends look the style up when they are added, after we have returned.
    matplotlib.rcParams.update(STYLE)
    fig = Figure(figsize=(width, height))
    return fig, fig.subplots(n_rows, n_columns, **options)


def show(fig: Figure, *, alt: str, caption: str = "") -> Picture:
    """Return the figure as a picture with alternative text, to be a cell's last value.

    Parameters
    ----------
    fig : Figure
        Drawn completely; it is rendered here.
    alt : str
        What there is to see, in one or two sentences. Required: not every reader sees it.
    caption : str
        Printed below.

    Raises
    ------
    TypeError
        If `fig` is not a figure.
    ValueError
        If `alt` is empty.
    """
    if isinstance(fig, Axes):
        fig = fig.figure
    if not isinstance(fig, Figure):
        raise TypeError(f"fig is a {type(fig).__name__}; expected a matplotlib Figure.")
    if not str(alt).strip():
        raise ValueError("alt is empty; describe in a sentence what there is to see in the figure.")
    return Picture(fig, str(alt), caption)


def waveform(x: np.ndarray, sample_rate: float, *, ax: Axes, color: str = BLUE, label: str = "") -> Axes:
    """Draw samples over time; where there are too many to see one by one, their envelope.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A mono sound.
    sample_rate : float
        Samples a second (Hz).
    ax : Axes
        Where to draw.
    color, label : str
        As in matplotlib.
    """
    x = check_audio(x, "x")
    check_sample_rate(sample_rate)
    n_columns = 1200
    if len(x) <= 2 * n_columns:
        ax.plot(np.arange(len(x)) / sample_rate, x, color=color, label=label, linewidth=1.2)
    else:
        starts = np.arange(n_columns) * len(x) // n_columns
        low, high = np.minimum.reduceat(x, starts), np.maximum.reduceat(x, starts)
        # Both edges as one line: the picture of every sample, with a hundredth of the points.
        t, edges = np.repeat(starts, 2) / sample_rate, np.stack([low, high], 1).ravel()
        ax.plot(t, edges, color=color, label=label, linewidth=0.8)
    ax.set(xlabel="time (s)", ylabel="amplitude", xlim=(0, len(x) / sample_rate))
    return ax


def spectrogram(
    x: np.ndarray,
    sample_rate: float,
    *,
    ax: Axes,
    n_fft: int = 1024,
    hop_length: int = 256,
    range_db: float = 80.0,
    f_max: float | None = None,
) -> Axes:
    """Draw the magnitude spectrogram in dB below its maximum, over time (s) and frequency (kHz).

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A mono sound.
    sample_rate : float
        Samples a second (Hz).
    ax : Axes
        Where to draw.
    n_fft, hop_length : int
        Window length and step, in samples.
    range_db : float
        What lies further below the maximum is black.
    f_max : float, optional
        Upper edge of the picture (Hz); default half the sample rate.
    """
    x = check_audio(x, "x")
    check_sample_rate(sample_rate)
    magnitude = np.abs(librosa.stft(x, n_fft=min(n_fft, max(16, len(x))), hop_length=hop_length))
    db = librosa.amplitude_to_db(magnitude, ref=np.max, top_db=range_db)
    return heatmap(
        db,
        extent=(0, len(x) / sample_rate, 0, sample_rate / 2000),
        ax=ax,
        limits=(-range_db, 0),
        labels=("time (s)", "frequency (kHz)"),
        y_max=f_max / 1000 if f_max else None,
    )


def heatmap(
    values: np.ndarray,
    *,
    ax: Axes,
    extent: tuple[float, float, float, float],
    limits: tuple[float, float] | None = None,
    labels: tuple[str, str] = ("time (s)", ""),
    y_max: float | None = None,
    colorbar: str = "",
) -> Axes:
    """Draw a matrix (spectrogram, mel, attention) with the first row at the bottom.

    Parameters
    ----------
    values : np.ndarray [shape=(n_rows, n_columns)]
        What to draw, for example dB.
    ax : Axes
        Where to draw.
    extent : (left, right, bottom, top)
        What the edges mean, in the units of `labels`.
    limits : (low, high), optional
        Values that get the darkest and the brightest colour.
    labels : (x, y)
        Axis labels.
    y_max : float, optional
        Upper edge of the part that is shown.
    colorbar : str
        Label of a colour bar; empty for none.
    """
    values = np.asarray(values)
    if values.ndim != 2:
        raise ValueError(f"values has shape {values.shape}; expected two dimensions (rows, columns).")
    low, high = limits or (None, None)
    image = ax.imshow(
        values,
        origin="lower",
        aspect="auto",
        extent=extent,
        cmap="magma",
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    ax.set(xlabel=labels[0], ylabel=labels[1])
    ax.grid(False)
    if y_max:
        ax.set_ylim(extent[2], y_max)
    if colorbar:
        ax.figure.colorbar(image, ax=ax, label=colorbar, pad=0.02)
    return ax


def spectrum(
    x: np.ndarray,
    sample_rate: float,
    *,
    ax: Axes,
    color: str | None = None,
    label: str = "",
    floor_db: float = -100.0,
    log: bool = False,
) -> Axes:
    """Draw the level of each frequency of the whole sound, in dBFS (a full-scale sine peaks at 0).

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A mono sound; a Hann window is laid over it.
    sample_rate : float
        Samples a second (Hz).
    ax : Axes
        Where to draw.
    color, label : str
        As in matplotlib.
    floor_db : float
        Lower edge of the picture.
    log : bool
        Octaves instead of hertz on the frequency axis.
    """
    x = check_audio(x, "x")
    check_sample_rate(sample_rate)
    window = np.hanning(len(x) + 1)[:-1] if len(x) > 2 else np.ones(len(x))
    level = 20 * np.log10(np.maximum(np.abs(np.fft.rfft(x * window)) * 2 / window.sum(), 1e-12))
    f = np.fft.rfftfreq(len(x), 1 / sample_rate)
    ax.plot(f, np.maximum(level, floor_db - 20), color=color, label=label, linewidth=1.2)
    _frequency_axis(ax, sample_rate / 2, log)
    ax.set(ylabel="level (dBFS)", ylim=(floor_db, 5))
    return ax


def response(
    h: np.ndarray | Mapping[str, np.ndarray],
    sample_rate: float,
    *,
    ax: Axes,
    floor_db: float = -80.0,
    log: bool = False,
) -> Axes:
    """Draw how much filters pass at each frequency: 20 log10 |H(f)| of their impulse responses.

    Parameters
    ----------
    h : np.ndarray [shape=(n_taps,)] or mapping of names to such arrays
        Impulse responses; names become the legend.
    sample_rate : float
        Samples a second (Hz).
    ax : Axes
        Where to draw.
    floor_db : float
        Lower edge of the picture.
    log : bool
        Octaves instead of hertz on the frequency axis.
    """
    check_sample_rate(sample_rate)
    curves = h if isinstance(h, Mapping) else {"": h}
    for name, taps in curves.items():
        taps = check_audio(taps, f"h[{name!r}]" if name else "h")
        n_fft = max(2048, 2 ** int(np.ceil(np.log2(len(taps)))))
        level = 20 * np.log10(np.maximum(np.abs(np.fft.rfft(taps, n_fft)), 1e-12))
        f = np.fft.rfftfreq(n_fft, 1 / sample_rate)
        ax.plot(f, np.maximum(level, floor_db - 20), label=name)
    _frequency_axis(ax, sample_rate / 2, log)
    ax.set(ylabel="gain (dB)")
    ax.set_ylim(bottom=floor_db)
    if len(curves) > 1:
        ax.legend()
    return ax


def _frequency_axis(ax: Axes, f_max: float, log: bool) -> None:
    ax.set(xlabel="frequency (Hz)", xlim=(0, f_max))
    if log:
        ax.set_xscale("log", base=2)
        ax.set_xlim(20, f_max)
        marks = [f for f in (31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000) if f <= f_max]
        ax.set_xticks(marks, [f"{f / 1000:g}k" if f >= 1000 else f"{f:g}" for f in marks])
        ax.minorticks_off()
