"""The formulas of coding, in NumPy, each as literally as it can be written."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from ..._validate import checked
from .recipe import N_STEP

#: Frequencies of symbols are whole numbers that sum to this.
TOTAL = 1 << 16


@checked
def vector_levels(x: np.ndarray) -> np.ndarray:
    """Return the level around each vector, in dB relative to the loudest moment.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Sound; a multiple of 128 samples.

    Returns
    -------
    np.ndarray [shape=(..., n_samples / 128)]
        0 at the loudest moment, −100 or above elsewhere. A moment is 48 ms long.
    """
    if x.shape[-1] % N_STEP:
        raise ValueError(f"x has {x.shape[-1]} samples; expected a multiple of {N_STEP}.")
    energy = np.mean(np.square(x.reshape(*x.shape[:-1], -1, N_STEP)), axis=-1)
    sides = [(0, 0)] * (energy.ndim - 1) + [(1, 1)]
    padded = np.pad(energy, sides)
    smooth = (padded[..., :-2] + 2 * padded[..., 1:-1] + padded[..., 2:]) / 4
    top = smooth.max(axis=-1, keepdims=True)
    return 10 * np.log10(np.maximum(smooth, 1e-10 * np.maximum(top, 1e-10)) / np.maximum(top, 1e-10))


@checked
def depths(
    level_db: np.ndarray, quality: float | np.ndarray, slope_db: float | np.ndarray, n_stages: int
) -> np.ndarray:
    """Return how many stages code each vector: one fewer for each `slope_db` of level.

    Parameters
    ----------
    level_db : np.ndarray [shape=(..., n_vectors)]
        See `vector_levels`.
    quality : float
        The stages of a loud moment; need not be whole.
    slope_db : float
        Down to 12 dB below the loudest moment nothing is taken away; then one stage for each so many dB.
    n_stages : int
        The most.

    Returns
    -------
    np.ndarray [shape=(..., n_vectors)], int64
        1 to `n_stages`.

    Examples
    --------
    >>> depths(np.array([0.0, -12.0, -24.0, -80.0]), 8.0, 6.0, 12).tolist()
    [8, 8, 6, 1]
    """
    # n_t = clip(⌊q − max(0, −12 − L_t) / slope⌋, 1, n_stages)
    wanted = np.floor(quality - np.maximum(0, -12 - level_db) / slope_db)
    return np.clip(wanted, 1, n_stages).astype(np.int64)


@checked
def quantize_residual(z: np.ndarray, codebooks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Code vectors stage after stage: each stage codes what is left over.

    Parameters
    ----------
    z : np.ndarray [shape=(n_vectors, n_latent)]
        Vectors.
    codebooks : np.ndarray [shape=(n_stages, n_codes, n_latent)]
        The code vectors of each stage.

    Returns
    -------
    codes : np.ndarray [shape=(n_vectors, n_stages)], int64
        Which code vector each stage took.
    quantized : np.ndarray [shape=(n_vectors, n_latent)]
        Their sum.

    Examples
    --------
    >>> codes, quantized = quantize_residual([[2.6]], [[[0.0], [2.0]], [[-0.5], [0.5]]])
    >>> codes.tolist(), quantized.tolist()
    ([[1, 1]], [[2.5]])
    """
    if z.ndim != 2 or codebooks.ndim != 3 or z.shape[1] != codebooks.shape[2]:
        raise ValueError(
            f"z has shape {z.shape}, codebooks {codebooks.shape}; expected (n_vectors, n_latent) and "
            "(n_stages, n_codes, n_latent)."
        )
    codes, quantized = [], np.zeros_like(z)
    for book in codebooks:
        # i = argmin_k |r − e_k|²,   r = z − Σ of what was chosen so far
        distance = np.sum(
            (z - quantized)[:, None] ** 2 - 2 * (z - quantized)[:, None] * book + book**2, axis=2
        )
        codes.append(np.argmin(distance, axis=1))
        quantized = quantized + book[codes[-1]]
    return np.stack(codes, axis=1), quantized


@checked
def entropy_bits(counts: np.ndarray) -> float:
    """Return the entropy, ``−Σ p log₂ p``, of what was counted, in bits a symbol.

    Examples
    --------
    >>> entropy_bits([4, 2, 1, 1])
    1.75
    """
    if (counts < 0).any() or not counts.sum() > 0:
        raise ValueError("counts holds negative numbers or zeros alone; expected how often each symbol came.")
    p = counts[counts > 0] / counts.sum()
    return float(-np.sum(p * np.log2(p)) + 0.0)


@checked
def whole_frequencies(counts: np.ndarray) -> np.ndarray:
    """Return whole numbers, each at least 1, that sum to `TOTAL` and are about proportional to `counts`.

    Whole, so that two computers agree on them to the last bit: a decoder that rounded otherwise would read
    nothing but nonsense from there on.

    Parameters
    ----------
    counts : np.ndarray [shape=(n_symbols,)]
        How often each symbol came; 2 to 4,096 symbols.

    Returns
    -------
    np.ndarray [shape=(n_symbols,)], int64

    Examples
    --------
    >>> whole_frequencies([3, 1, 0]).tolist()
    [49151, 16384, 1]
    """
    if counts.ndim != 1 or not 2 <= len(counts) <= 4096:
        raise ValueError(
            f"counts has shape {counts.shape}; expected one number for each of 2 to 4,096 symbols."
        )
    if (counts < 0).any() or not counts.sum() > 0:
        raise ValueError("counts holds negative numbers or zeros alone; expected how often each symbol came.")
    # where each symbol ends, rounded; one is kept aside for each
    ends = np.floor(np.cumsum(counts) / counts.sum() * (TOTAL - len(counts)) + 0.5)
    ends[-1] = TOTAL - len(counts)
    return np.diff(ends, prepend=0).astype(np.int64) + 1


@checked
def ans_encode(starts: Sequence[int], widths: Sequence[int]) -> bytes:
    """Pack symbols into bytes, each at the price of its frequency: ``log₂(TOTAL / width)`` bits.

    The message is one number, the state. A symbol that owns `width` of the `TOTAL` places, from `start` on,
    multiplies it by about TOTAL / width. Whatever is above 32 bits is written out on the way.

    Parameters
    ----------
    starts, widths : sequence of int
        For each symbol the sum of the frequencies before it, and its own frequency.

    Returns
    -------
    bytes
        For `AnsReader`.

    References
    ----------
    Duda (2013), Asymmetric numeral systems (its range variant).

    Examples
    --------
    >>> data = ans_encode([0, 32768, 0], [32768, 32768, 32768])
    >>> reader = AnsReader(data)
    >>> [reader.symbol([0, 32768, 65536]) for _ in range(3)]
    [0, 1, 0]
    """
    if len(starts) != len(widths):
        raise ValueError(f"widths has {len(widths)} entries; expected one for each of {len(starts)} symbols.")
    state, words = TOTAL, []
    # what is read first is written last
    for start, width in zip(reversed(starts), reversed(widths), strict=True):
        if not (0 <= start < start + width <= TOTAL):
            raise ValueError(f"a symbol has the places {start} to {start + width}; expected 0 to {TOTAL}.")
        if state >= width << 16:
            words.append(state & 0xFFFF)
            state >>= 16
        # x ← ⌊x / w⌋ · TOTAL + start + (x mod w)
        state = ((state // width) << 16) + start + state % width
    words += [state & 0xFFFF, state >> 16]
    return b"".join(word.to_bytes(2, "big") for word in reversed(words))


class AnsReader:
    """Unpacks what `ans_encode` packed, symbol after symbol.

    Parameters
    ----------
    data : bytes
        What was packed, all of it.
    """

    def __init__(self, data: bytes):
        if len(data) < 4 or len(data) % 2:
            raise ValueError(f"data has {len(data)} bytes; expected what ans_encode returned.")
        self._words = iter([int.from_bytes(data[i : i + 2], "big") for i in range(4, len(data), 2)])
        self._state = int.from_bytes(data[:4], "big")

    def symbol(self, ends: Sequence[int]) -> int:
        """Return the next symbol.

        Parameters
        ----------
        ends : sequence of int [shape=(1 + n_symbols,)]
            0, and the sums of the frequencies up to each symbol.
        """
        place = self._state & 0xFFFF
        found = bisect_right(ends, place) - 1
        # x ← w · ⌊x / TOTAL⌋ + place − start
        self._state = (ends[found + 1] - ends[found]) * (self._state >> 16) + place - ends[found]
        if self._state < TOTAL:
            try:
                self._state = self._state << 16 | next(self._words)
            except StopIteration:
                raise ValueError("the data end before the last symbol.") from None
        return found

    def is_done(self) -> bool:
        """Return whether all has been read, and the state is what the encoder began with."""
        return self._state == TOTAL and next(self._words, None) is None
