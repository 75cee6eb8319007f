"""Pictures played as spectrograms."""

import librosa
import numpy as np

from ..._validate import Size, checked
from ...reproducible import SEED
from ...signal import griffin_lim


@checked
def text_picture(text: str, *, n_rows: Size = 129) -> np.ndarray:
    """Write a word as a picture, to be played as a spectrogram.

    Parameters
    ----------
    text : str
        A short word.
    n_rows : int
        Height; the width follows from the letters.

    Returns
    -------
    np.ndarray [shape=(n_rows, n_columns)]
        From 0 to 1, the lowest row first, as in a spectrogram.

    Examples
    --------
    >>> text_picture("HI").shape[0]
    129
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    if not text.strip() or len(text) > 20:
        raise ValueError(f"text is {text!r}; expected a word of 1 to 20 letters.")
    outline = TextPath((0, 0), text, size=100, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    (left, bottom), (right, top) = outline.vertices.min(axis=0), outline.vertices.max(axis=0)
    step = (top - bottom) / (0.8 * n_rows)
    x = np.arange(left - 4 * step, right + 4 * step, step)
    y = bottom + (np.arange(n_rows) - 0.1 * n_rows) * step
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    # even-odd: a point inside an odd number of outlines is ink (the hole of an O is inside two)
    inside = np.zeros(len(points), int)
    for polygon in outline.to_polygons():
        inside += Path(polygon).contains_points(points)
    return (inside % 2).reshape(len(y), len(x)).astype(float)


@checked
def picture_to_sound(
    picture: np.ndarray, *, hop_length: Size = 64, n_iter: int = 60, seed: int = SEED
) -> tuple[np.ndarray, float]:
    """Play a picture as a magnitude spectrogram.

    Parameters
    ----------
    picture : np.ndarray [shape=(n_bins, n_frames)]
        Magnitudes from 0, the lowest frequency first; an odd number of bins.
    hop_length : int
        Samples from column to column.
    n_iter : int
        Iterations of Griffin-Lim; 0 takes random phases as they are.
    seed : int
        Draws the phases to start with.

    Returns
    -------
    x : np.ndarray [shape=(n_samples,)]
        With peak 0.5.
    correlation : float
        Between the picture and the magnitudes that the sound then really has.

    Raises
    ------
    ValueError
        If there is nothing in the picture, or its number of bins is even.

    Examples
    --------
    >>> x, correlation = picture_to_sound(np.eye(65), n_iter=10)
    >>> len(x), 0 < correlation < 1
    (4096, True)
    """
    if picture.ndim != 2 or len(picture) % 2 == 0 or len(picture) < 3 or picture.shape[1] < 2:
        raise ValueError(f"picture has shape {picture.shape}; expected an odd number of bins, and frames.")
    if picture.min() < 0 or picture.max() <= 0 or picture.min() == picture.max():
        raise ValueError("picture is empty or goes below 0; expected magnitudes from 0, not all the same.")
    n_fft = 2 * (len(picture) - 1)
    x = griffin_lim(picture, hop_length=hop_length, n_fft=n_fft, n_iter=n_iter, seed=seed)
    found = np.abs(librosa.stft(x, n_fft=n_fft, hop_length=hop_length))[:, : picture.shape[1]]
    n = found.shape[1]
    correlation = np.corrcoef(found.ravel(), picture[:, :n].ravel())[0, 1]
    return 0.5 * x / np.abs(x).max(), float(correlation)
