"""Sound as numbers: pulse-code modulation (PCM).

A sound becomes numbers in two steps. *Sampling* keeps its value at evenly spaced instants; what lies above
half the sample rate folds back as an alias. *Quantization* rounds each value to one of ``2**n_bits`` levels;
each bit more makes the rounding error 6.02 dB quieter. μ-law puts the levels where the ear needs them, close
together near zero. And recognizers do not look at single samples: they look at short, overlapping frames.

Conventions: samples are floats with full scale ±1, time is the last axis, rates are in Hz.

References
----------
ITU-T Recommendation G.711 (1988), Pulse code modulation (PCM) of voice frequencies.
Widrow and Kollár (2008), Quantization Noise.
Lipshitz, Wannamaker and Vanderkooy (1992), Quantization and dither: a theoretical survey.
"""

import librosa
import numpy as np
from numpy.typing import ArrayLike

from .._validate import Seed, check_audio, check_choice, check_codes, check_positive, check_range, checked
from ..reproducible import SEED


@checked
def quantize(
    x: ArrayLike,
    n_bits: int,
    *,
    dither: str | None = None,
    rng: np.random.Generator | Seed | None = None,
) -> np.ndarray:
    """Round samples to the ``2**n_bits`` levels that `n_bits` bits can name.

    The quantizer is *mid-tread*, as PCM files are: zero is one of its levels, so silence stays silent, and
    the levels are ``−1, −1 + Δ, …, 1 − Δ`` with the step ``Δ = 2 / 2**n_bits``. Samples beyond the outer
    levels clip, as in a converter. The error of a sine at full scale lies about ``6.02 n_bits + 1.76`` dB
    below it.

    One bit is the exception. Mid-tread levels would be −1 and 0: every sound quieter than one half would
    vanish and all others would lose their upper half. So one bit keeps what a one-bit converter keeps, the
    sign, and names the two levels ``±Δ/2 = ±0.5`` (a zero becomes +0.5).

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples, full scale ±1.
    n_bits : int
        1 to 24.
    dither : {None, "rectangular", "triangular"}
        Noise added before rounding, so that the error no longer follows the sound: uniform on ±Δ/2, which
        makes the *mean* error zero, or the sum of two such, which also makes the error's *power* constant.
    rng : np.random.Generator or int, optional
        Where the dither comes from. None starts from the book's seed: the same noise at each call.

    Returns
    -------
    np.ndarray [shape=(..., n_samples)]
        Samples in [-1, 1), of the type of `x`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> quantize(np.array([-1.0, -0.3, 0.1, 0.3, 1.0]), n_bits=2).tolist()
    [-1.0, -0.5, 0.0, 0.5, 0.5]
    >>> quantize(np.array([-0.3, 0.0, 0.1]), n_bits=1).tolist()
    [-0.5, 0.5, 0.5]
    """
    x = check_audio(x, "x", ndim=(1, 2, 3))
    check_range(n_bits, "n_bits", 1, 24, integer=True)
    check_choice(dither, "dither", [None, "rectangular", "triangular"])

    # Δ = 2 / 2ⁿ
    step = 2.0 / 2**n_bits
    value = x.astype(np.float64)
    if dither is not None:
        rng = np.random.default_rng(SEED if rng is None else rng)
        for _ in range(1 if dither == "rectangular" else 2):
            value = value + rng.uniform(-step / 2, step / 2, size=x.shape)

    if n_bits == 1:
        return np.where(value >= 0, step / 2, -step / 2).astype(x.dtype)
    # Q(x) = Δ ⌊x/Δ + 1/2⌋, kept between −1 and 1 − Δ
    code = np.clip(np.floor(value / step + 0.5), -(2 ** (n_bits - 1)), 2 ** (n_bits - 1) - 1)
    return (step * code).astype(x.dtype)


@checked
def mu_law_encode(x: ArrayLike, n_levels: int = 256) -> np.ndarray:
    """Name each sample by one of `n_levels` levels that lie closer together near zero.

    G.711's continuous formula, rounded to whole codes as in the WaveNet paper, with μ = `n_levels` − 1.
    (G.711 itself sends a piecewise-linear approximation of this curve.)

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples; what lies beyond ±1 clips.
    n_levels : int
        2 to 65536.

    Returns
    -------
    np.ndarray [shape=(..., n_samples)], int32
        Codes, 0 to `n_levels` − 1.

    References
    ----------
    ITU-T G.711 (1988). van den Oord et al. (2016), WaveNet, section 2.2.

    Examples
    --------
    >>> mu_law_encode(np.array([-1.0, -0.01, 0.0, 0.01, 1.0])).tolist()
    [0, 98, 128, 157, 255]
    """
    x = check_audio(x, "x", ndim=(1, 2, 3))
    check_range(n_levels, "n_levels", 2, 65536, integer=True)
    mu = n_levels - 1
    x = np.clip(x.astype(np.float64), -1.0, 1.0)
    # F(x) = sgn(x) ln(1 + μ|x|) / ln(1 + μ)
    compressed = np.sign(x) * np.log1p(mu * np.abs(x)) / np.log1p(mu)
    # code = ⌊μ (F + 1)/2 + 1/2⌋
    return np.floor(mu * (compressed + 1) / 2 + 0.5).astype(np.int32)


@checked
def mu_law_decode(codes: ArrayLike, n_levels: int = 256) -> np.ndarray:
    """Turn μ-law codes back into samples: the inverse of `mu_law_encode`.

    Encoding what this returns gives the same codes again.

    Parameters
    ----------
    codes : np.ndarray of int [shape=(..., n_samples)]
        0 to `n_levels` − 1.
    n_levels : int
        2 to 65536, as in the encoder.

    Returns
    -------
    np.ndarray [shape=(..., n_samples)], float32
        Samples in [-1, 1].

    Raises
    ------
    TypeError
        If the codes are not whole numbers.
    ValueError
        If a code lies outside the range.

    Examples
    --------
    >>> mu_law_decode(np.array([0, 128, 255])).round(4).tolist()
    [-1.0, 9.999999747378752e-05, 1.0]
    """
    check_range(n_levels, "n_levels", 2, 65536, integer=True)
    codes = check_codes(codes, "codes", n_levels)
    mu = n_levels - 1
    y = 2 * codes.astype(np.float64) / mu - 1
    # F⁻¹(y) = sgn(y) ((1 + μ)^|y| − 1) / μ
    return (np.sign(y) * np.expm1(np.abs(y) * np.log1p(mu)) / mu).astype(np.float32)


@checked
def frame(x: ArrayLike, frame_length: int, hop_length: int) -> np.ndarray:
    """Cut a sound into frames that start every `hop_length` samples.

    Frame t holds ``x[t · hop_length], …, x[t · hop_length + frame_length − 1]``. Samples at the end that do
    not fill a frame are left out.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound.
    frame_length : int
        Samples in a frame.
    hop_length : int
        Samples from the start of one frame to the start of the next.

    Returns
    -------
    np.ndarray [shape=(n_frames, frame_length)]
        A copy; ``n_frames = 1 + (n_samples − frame_length) // hop_length``.

    Raises
    ------
    ValueError
        If the sound is shorter than a frame.

    Examples
    --------
    >>> frame(np.arange(5.0), frame_length=2, hop_length=2).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    x = check_audio(x, "x")
    check_positive(frame_length, "frame_length", integer=True)
    check_positive(hop_length, "hop_length", integer=True)
    if frame_length > len(x):
        raise ValueError(
            f"frame_length is {frame_length}, but x has {len(x)} samples. Use a shorter frame, or pad x."
        )
    # frames[t, n] = x[t · hop_length + n]
    return librosa.util.frame(x, frame_length=frame_length, hop_length=hop_length, axis=0).copy()


@checked
def downsample(x: ArrayLike, factor: int, *, antialias: bool = True) -> np.ndarray:
    """Keep one sample in `factor`: the wrong way, or the right one.

    Without `antialias`, all that lay above the new Nyquist frequency (half the new sample rate) folds back
    to where it never was. With it, a low-pass filter takes that away first.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples.
    factor : int
        1 or more. The new sample rate is the old one divided by it.
    antialias : bool
        Filter first (librosa's ``soxr_hq``).

    Returns
    -------
    np.ndarray [shape=(..., ceil(n_samples / factor))]
        Fewer samples, of the type of `x`.

    Examples
    --------
    >>> downsample(np.arange(7.0), 3, antialias=False).tolist()
    [0.0, 3.0, 6.0]
    """
    x = check_audio(x, "x", ndim=(1, 2, 3))
    check_positive(factor, "factor", integer=True)
    if factor == 1 or not antialias:
        # y[n] = x[n · factor]
        return x[..., ::factor].copy()
    return librosa.resample(x, orig_sr=factor, target_sr=1).astype(x.dtype, copy=False)
