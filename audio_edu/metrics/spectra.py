"""How far is one sound's spectrum from another's? Distances that ignore phases.

Both are in decibels. The *log-spectral distance* compares frame with frame and bin with bin. The
*mel-cepstral distance* compares what is left of a spectrum when pitch and level are smoothed away, and may
stretch time first (dynamic time warping), so the same words by two speakers, or at two speeds, can be
compared.

References
----------
Gray and Markel (1976), Distance measures for speech processing.
Kubichek (1993), Mel-cepstral distance measure for objective speech quality assessment.
Sakoe and Chiba (1978), Dynamic programming algorithm optimization for spoken word recognition.
"""

import librosa
import numpy as np

from .._validate import Positive, Size, check_sample_rate, checked
from ..signal import log_mel, mfcc, stft

#: Mel bands, and coefficients of their cosine transform that are compared: the first, the level, is left out.
N_MELS, N_CEPSTRA = 40, 13


@checked
def log_spectral_distance_db(
    reference: np.ndarray, estimate: np.ndarray, *, range_db: Positive = 80.0
) -> float:
    """Return the root mean squared difference of two spectra in dB, averaged over frames.

    Parameters
    ----------
    reference, estimate : np.ndarray [shape=(n_samples,)]
        What it should be, and what it is; 512 samples or more. Levels count.
    range_db : float
        What lies further below the reference's loudest bin counts as if it lay just there, in both.

    Returns
    -------
    float
        dB, 0 or above.

    Raises
    ------
    ValueError
        If they differ in shape or are shorter than a frame, or the reference is silent.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=8000)
    >>> round(log_spectral_distance_db(x, x / 2), 2)
    6.02
    """
    if reference.ndim != 1 or reference.shape != estimate.shape or len(reference) < 512:
        raise ValueError(
            f"reference and estimate have shapes {reference.shape} and {estimate.shape}; expected "
            "(n_samples,) of both, 512 or more."
        )
    a, b = (np.abs(stft(x, n_fft=512, hop_length=128)) for x in (reference, estimate))
    floor = a.max() * 10 ** (-range_db / 20)
    if not floor > 0:
        raise ValueError("reference is silent; expected a sound to compare with.")
    # LSD = mean_t √( mean_f (20 lg |X(t, f)| / |Y(t, f)|)² )
    difference = 20 * np.log10(np.maximum(a, floor) / np.maximum(b, floor))
    return float(np.sqrt((difference**2).mean(axis=0)).mean())


@checked
def mel_cepstral_distance_db(
    reference: np.ndarray, estimate: np.ndarray, sample_rate: float, *, align: bool = True
) -> float:
    """Return the mel-cepstral distance in dB, along the path of dynamic time warping.

    With cepstra c of the natural logarithm it is written (10 √2 / ln 10) √Σ (c_d − c'_d)². Here c comes from
    the orthonormal cosine transform of log-mel bands in dB, so the same is √(Σ (C_d − C'_d)² / n_mels): the
    root mean squared difference, in dB, of two smoothed spectra. (Vocoders have cepstra of their own: numbers
    of other papers are comparable in size, not in the first decimal.)

    Parameters
    ----------
    reference, estimate : np.ndarray [shape=(n_samples,)]
        What it should be, and what it is; at any level and, where `align`, of any two lengths.
    sample_rate : float
        Samples a second (Hz).
    align : bool
        Whether time may be stretched. If not, the longer one is cut.

    Returns
    -------
    float
        dB, 0 or above, averaged over the path (or over frames).

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=8000)
    >>> mel_cepstral_distance_db(x, 0.5 * x, 8000) < 0.01
    True
    """
    check_sample_rate(sample_rate)
    if reference.ndim != 1 or estimate.ndim != 1:
        raise ValueError(
            f"reference and estimate have shapes {reference.shape} and {estimate.shape}; expected "
            "(n_samples,) of both."
        )
    a, b = (mel_cepstra(x, sample_rate) for x in (reference, estimate))
    return cepstral_distance_db(a, b, N_MELS, align=align)


@checked
def cepstral_distance_db(a: np.ndarray, b: np.ndarray, n_mels: Size, *, align: bool = True) -> float:
    """Return what `mel_cepstral_distance_db` does of two sounds of their mel cepstra.

    Parameters
    ----------
    a, b : np.ndarray [shape=(n_frames, n_coefficients)]
        From the orthonormal cosine transform of mel bands in dB, without coefficient 0.
    n_mels : int
        How many bands there were.
    align : bool
        Whether time may be stretched. If not, the longer one is cut.

    Examples
    --------
    >>> cepstral_distance_db(np.zeros((3, 13)), np.full((4, 13), 2.0), 13)
    2.0
    """
    if align:
        pairs = warping_path(a, b)
        a, b = a[pairs[:, 0]], b[pairs[:, 1]]
    n = min(len(a), len(b))
    # MCD = mean_t √( Σ_{d=1}^{13} (C_d − C'_d)² / B )
    return float(np.sqrt(((a[:n] - b[:n]) ** 2).sum(axis=1) / n_mels).mean())


@checked
def mel_cepstra(x: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return the mel cepstra of the frames from the first to the last that is within 40 dB of the loudest.

    Returns
    -------
    np.ndarray [shape=(n_frames, 13)]
        Every 10 ms, coefficients 1 to 13; coefficient 0, the level, is left out.

    Examples
    --------
    >>> mel_cepstra(np.random.default_rng(0).normal(size=8000), 8000).shape
    (101, 13)
    """
    settings = {"n_fft": round(0.032 * sample_rate), "hop_length": round(0.01 * sample_rate)}
    c = mfcc(x, sample_rate, n_mfcc=N_CEPSTRA + 1, n_mels=N_MELS, **settings)
    db = log_mel(x, sample_rate, n_mels=N_MELS, **settings).max(axis=0)
    loud = np.flatnonzero(db > db.max() - 40)
    return c[1:, loud[0] : loud[-1] + 1].T


@checked
def warping_path(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return which row of `b` stands for which row of `a`, so that the sum of distances is least (librosa's).

    Parameters
    ----------
    a, b : np.ndarray [shape=(n_frames, n_features)]
        Two sequences; each may be longer.

    Returns
    -------
    np.ndarray of int [shape=(n_pairs, 2)]
        From (0, 0) to the last rows, each step one further in `a`, in `b`, or in both.

    Examples
    --------
    >>> a = np.array([[0.0], [1.0], [5.0]])
    >>> warping_path(a, a[[0, 1, 1, 2]]).tolist()
    [[0, 0], [1, 1], [1, 2], [2, 3]]
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"a and b have shapes {a.shape} and {b.shape}; expected (n_frames, n_features).")
    # D(i, j) = |a_i − b_j| + min( D(i−1, j−1), D(i−1, j), D(i, j−1) )
    _, path = librosa.sequence.dtw(a.T, b.T, metric="euclidean")
    return path[::-1]
