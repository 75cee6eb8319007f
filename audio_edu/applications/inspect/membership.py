"""Was this recording in the training? An attack that looks at the loss alone.

A network fits what it was trained on better than what it was not. So whoever can compute the loss of a
recording calls it a *member* if the loss is below a threshold. The area under the curve of hits against false
alarms sums all thresholds up; but an accusation needs few false alarms, so the share of members that are
found at one false alarm in a hundred says more.

References
----------
Yeom and others (2018), Privacy risk in machine learning: analyzing the connection to overfitting.
Carlini and others (2022), Membership inference attacks from first principles.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import Share, checked
from ...datasets import Corpus
from .speakers import error_rates


@checked
def clip_losses(model: Any, corpus: Corpus) -> np.ndarray:
    """Return −log p(label | clip) of each clip (nats) [shape=(n_clips,)].

    Parameters
    ----------
    model : Recognizer
        With ``probabilities(clips)``.
    corpus : Corpus
        With labels.

    Examples
    --------
    >>> from audio_edu.datasets import load_digits
    >>> from audio_edu.recognition import load_cnn
    >>> digits = load_digits().test
    >>> bool((clip_losses(load_cnn(), digits.select(np.arange(3))) > 0).all())
    True
    """
    p = np.asarray(model.probabilities(corpus.audio), float)
    return -np.log(np.clip(p[np.arange(len(corpus)), corpus.labels], 1e-12, 1.0))


@checked
def hits_at(scores: np.ndarray, members: NDArray[np.bool_], false_alarms: Share = 0.01) -> float:
    """Return the share of members that are found by the lowest threshold with no more false alarms.

    Parameters
    ----------
    scores : np.ndarray [shape=(n_clips,)]
        Larger for what is thought a member, such as the negative loss.
    members : np.ndarray of bool [shape=(n_clips,)]
        What was a member.
    false_alarms : float
        The share of the others that may be called members.

    Examples
    --------
    >>> hits_at(np.array([4.0, 3.0, 2.0, 1.0]), np.array([1, 0, 1, 0]) > 0, 0.0)
    0.5
    """
    _, alarms, misses = error_rates(scores, members)
    return float(1 - misses[alarms <= false_alarms].min())
