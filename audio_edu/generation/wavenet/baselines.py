"""What a sample costs if one only counts: coders to measure a WaveNet against.

A model that gives the sample that came the probability p pays −log₂ p bits for it. Its mean over a sound is
what an arithmetic coder would need, and is comparable between models however they come to their
probabilities, as long as they speak of the same codes: here 256 µ-law codes.

* *uniform* knows nothing: 8 bits.
* *unigram* knows how often each code occurs, *bigram* how often each follows each: tables, counted in the
  training clips.

The toughest rival, adaptive linear prediction, is in `audio_edu.generation.wavenet.linear_prediction`.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..._validate import check_codes, checked

Codes, Levels = NDArray[np.int64], Annotated[int, (2, 4096)]


@checked
def unigram_bits(training: Sequence[Codes], clips: Sequence[Codes], n_levels: Levels = 256) -> np.ndarray:
    """Compute what each sample costs if only the frequency of each code is known.

    Parameters
    ----------
    training, clips : sequence of np.ndarray of int [shape=(n_samples,)]
        Codes: what is counted, and what is coded.
    n_levels : int
        The number of codes.

    Returns
    -------
    np.ndarray [shape=(n_clips,)]
        The bits of each clip in all.
    """
    _check_levels(n_levels, training=training, clips=clips)
    counts = np.bincount(np.concatenate(list(training)), minlength=n_levels) + 1.0
    # −log₂ P(x_t)
    cost = -np.log2(counts / counts.sum())
    return np.array([cost[clip].sum() for clip in clips])


@checked
def bigram_bits(
    training: Sequence[Codes],
    clips: Sequence[Codes],
    n_levels: Levels = 256,
    *,
    first: int = 128,
) -> np.ndarray:
    """Compute what each sample costs if it is known how often each code follows each.

    Before the clip stands the code `first`. Parameters and result are those of `unigram_bits`.
    """
    _check_levels(n_levels, training=training, clips=clips, first=[first])
    counts = np.full((n_levels, n_levels), 0.05)
    for clip in training:
        np.add.at(counts, (np.concatenate([[first], clip[:-1]]), clip), 1.0)
    # −log₂ P(x_t | x_{t−1})
    cost = -np.log2(counts / counts.sum(axis=1, keepdims=True))
    return np.array([cost[np.concatenate([[first], clip[:-1]]), clip].sum() for clip in clips])


def _check_levels(n_levels: int, **codes: Sequence[np.ndarray]) -> None:
    for name, clips in codes.items():
        for i, clip in enumerate(clips):
            check_codes(np.atleast_1d(clip), f"{name}[{i}]", n_levels)
