"""The formulas of a vocoder, literally, in NumPy: what Keras is tested against.

A frame t of N samples is centred on sample t · N / 4: it begins N / 2 samples before.
"""

from collections.abc import Sequence

import numpy as np

from ..._validate import Size, checked

Maps = Sequence[Sequence[np.ndarray]]


@checked
def istft(log_magnitude: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Return the sound of a spectrum: each frame transformed back, windowed, and added where it stands.

    Parameters
    ----------
    log_magnitude, phase : np.ndarray [shape=(n_frames, 1 + N / 2)]
        Natural logarithm of the magnitude, and phase in radians; N a multiple of 8, two frames or more.

    Returns
    -------
    np.ndarray [shape=(N / 4 · (n_frames - 1),)]

    Examples
    --------
    >>> istft(np.zeros((5, 9)), np.zeros((5, 9))).shape  # 5 frames of N = 16
    (16,)
    """
    n_frames, size = len(phase), 2 * (phase.shape[-1] - 1)
    if phase.ndim != 2 or log_magnitude.shape != phase.shape or n_frames < 2 or not size or size % 8:
        raise ValueError(
            f"log_magnitude has shape {log_magnitude.shape}, phase {phase.shape}; expected (n_frames, "
            "1 + N / 2) of both, N a multiple of 8, two frames or more."
        )
    hop, n = size // 4, np.arange(size)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / size)
    y, weight = np.zeros((n_frames + 3) * hop), np.zeros((n_frames + 3) * hop)
    for t in range(n_frames):
        frame = np.zeros(size)
        for k in range(size // 2 + 1):
            # s_t[n] = 1/N Σ_k c_k m_k cos(2π k n / N + φ_k),   c_k = 1 for the first and the last bin, else 2
            c = 1 if k in (0, size // 2) else 2
            frame += c * np.exp(log_magnitude[t, k]) * np.cos(2 * np.pi * k * n / size + phase[t, k]) / size
        # y[n + t · hop] += w[n] s_t[n], and what all windows together would make of 1
        y[t * hop : t * hop + size] += window * frame
        weight[t * hop : t * hop + size] += window**2
    inside = slice(2 * hop, (n_frames + 1) * hop)
    return y[inside] / weight[inside]


@checked
def log_spectral_distance(x: np.ndarray, y: np.ndarray, sizes: tuple[Size, ...] = (64, 256, 1024)) -> float:
    """Return how far apart two sounds' levels are, in each bin of frames of several sizes; no phase counts.

    Parameters
    ----------
    x, y : np.ndarray [shape=(n_samples,)]
        Two sounds, as long as the longest frame or longer.
    sizes : tuple of int
        Samples of a frame; each begins a quarter of it after the one before.

    Returns
    -------
    float
        ``mean |ln |X| − ln |Y||`` over bins and frames, the mean over the sizes; 0.115 is one decibel.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(0, 0.1, 2048)
    >>> round(log_spectral_distance(x, 0.5 * x), 2), log_spectral_distance(x, -x)
    (0.69, 0.0)
    """
    if x.ndim != 1 or x.shape != y.shape or not sizes or len(x) < max(sizes):
        least = max(sizes, default=1)
        raise ValueError(f"x has shape {x.shape}, y {y.shape}; expected {least} samples or more.")
    total = 0.0
    for size in sizes:
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
        distances = []
        for start in range(0, len(x) - size + 1, max(1, size // 4)):
            # X[k] = Σ_n w[n] x[n] e^{−2πi k n / N}
            a, b = (np.abs(np.fft.rfft(window * sound[start : start + size])) for sound in (x, y))
            distances.append(np.mean(np.abs(np.log(a + 1e-5) - np.log(b + 1e-5))))
        total += float(np.mean(distances))
    return total / len(sizes)


@checked
def by_period(x: np.ndarray, period: Size) -> np.ndarray:
    """Return every `period`-th sample of a sound as a row, from each start [shape=(period, n // period)].

    Examples
    --------
    >>> by_period(np.arange(7), 3).tolist()
    [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    """
    rows = np.zeros((period, len(x) // period))
    for i in range(period):
        for j in range(len(x) // period):
            # r_i[j] = x[i + p j]
            rows[i, j] = x[i + period * j]
    return rows


def critic_loss(real: Maps, fake: Maps) -> float:
    """Return ``Σ_p mean (1 − D_p(x))² + mean D_p(y)²`` of what a critic's layers see; the scores come last.

    Examples
    --------
    >>> critic_loss([[np.array([1.0, 0.5])]], [[np.array([0.0, 0.5])]])
    0.25
    """
    pairs = zip(real, fake, strict=True)
    return float(sum(np.mean((1 - r[-1]) ** 2) + np.mean(f[-1] ** 2) for r, f in pairs))


def adversarial_loss(fake: Maps) -> float:
    """Return ``Σ_p mean (1 − D_p(y))²``: the vocoder wants to be scored as if it were real.

    Examples
    --------
    >>> adversarial_loss([[np.array([0.0, 0.5])]])
    0.625
    """
    return float(sum(np.mean((1 - f[-1]) ** 2) for f in fake))


def feature_loss(real: Maps, fake: Maps) -> float:
    """Return ``Σ_p Σ_l mean |h_l(x) − h_l(y)|`` over all layers but the last.

    Examples
    --------
    >>> feature_loss([[np.array([1.0, 2.0]), np.zeros(1)]], [[np.array([1.0, 4.0]), np.ones(1)]])
    1.0
    """
    total = 0.0
    for r, f in zip(real, fake, strict=True):
        for a, b in zip(r[:-1], f[:-1], strict=True):
            total += float(np.mean(np.abs(a - b)))
    return total
