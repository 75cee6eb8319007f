"""Figures of the book: one style, a few kinds of picture of sound, and a description for each.

Conventions: a figure is made with :func:`figure`, never with pyplot, so that a notebook shows it exactly
once, when :func:`show` returns it with its alternative text. The white background stays readable in a dark
page, as a card. Colours are Okabe and Ito's, which colour-blind readers can tell apart.
"""

from typing import Annotated, Any

import librosa
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ._figure import BLACK, BLUE, COLORS, GREEN, GREY, ORANGE, PINK, SKY, YELLOW, Picture, use_style  # noqa: F401
from ._validate import Positive, Size, check_audio, check_sample_rate, checked

#: Annotations: rows or columns of axes, the size of a figure.
Count, Inches = Annotated[int, (1, 64)], Annotated[float, (0.1, 100.0)]


@checked
def figure(
    n_rows: Count = 1,
    n_columns: Count = 1,
    *,
    width: Inches = 6.0,
    height: Inches | None = None,
    **options: Any,
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
    height = height or 0.4 + 2.4 * n_rows
    # For the whole session: titles and legends look the style up when they are added, after we have returned.
    use_style()
    fig = Figure(figsize=(width, height))
    return fig, fig.subplots(n_rows, n_columns, **options)


@checked
def show(fig: Any, *, alt: str) -> Picture:
    """Return the figure as a picture with alternative text, to be a cell's last value.

    Parameters
    ----------
    fig : Figure
        Drawn completely; it is rendered here.
    alt : str
        What there is to see, in one or two sentences. Required: not every reader sees it.

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
    return Picture(fig, str(alt))


@checked
def spectrogram(
    x: ArrayLike,
    sample_rate: float,
    *,
    ax: Axes,
    n_fft: Size = 1024,
    hop_length: Size = 256,
    range_db: Positive = 80.0,
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
    )


@checked
def heatmap(
    values: np.ndarray,
    *,
    ax: Axes,
    extent: tuple[float, float, float, float],
    limits: tuple[float, float] | None = None,
    labels: tuple[str, str] = ("time (s)", ""),
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
    """
    if values.ndim != 2:
        raise ValueError(f"values has shape {values.shape}; expected two dimensions (rows, columns).")
    low, high = limits or (None, None)
    ax.imshow(
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
    return ax
