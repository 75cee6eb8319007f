"""What a voice gives away: speaker verification, from plain features and from what networks compute.

A *verifier* gets two recordings and says how alike their voices are, a *score*. Above a threshold the two
count as one person. It errs in two ways: *false accepts* (two people taken for one) and *false rejects* (one
person taken for two). A lower threshold trades the one for the other; where both are equally frequent lies
the *equal error rate*, 0.5 for a verifier that knows nothing.

References
----------
Davis and Mermelstein (1980), Comparison of parametric representations for monosyllabic word recognition.
Bimbot and others (2004), A tutorial on text-independent speaker verification.
"""

from collections.abc import Sequence
from typing import Any

import keras
import librosa
import numpy as np
from numpy.typing import NDArray

from ..._validate import Clip, Share, check_choice, checked
from ...signal import log_mel, mfcc
from ...training import as_array

#: What sums a passage up.
SPEAKER_FEATURES = ("pitch", "spectrum", "MFCC", "CNN", "CTC", "codec")
#: Coordinates of the linear discriminant analysis; stages of the codec that count.
N_DIRECTIONS, N_STAGES = 24, 4
_Flags = NDArray[np.bool_]


# --- errors ----------------------------------------------------------------------------------------------


@checked
def error_rates(scores: np.ndarray, same: _Flags) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return thresholds, falling, and how often each accepts falsely and rejects falsely.

    Parameters
    ----------
    scores : np.ndarray [shape=(n_trials,)]
        How alike the two recordings of each trial are.
    same : np.ndarray of bool [shape=(n_trials,)]
        Whether one voice is in both.

    Returns
    -------
    thresholds, false_accepts, false_rejects : np.ndarray [shape=(n_thresholds,)]
        A score that reaches the threshold is accepted. The first threshold, infinite, accepts nothing.

    Raises
    ------
    ValueError
        If the shapes differ, or all trials are of one kind.

    Examples
    --------
    >>> t, accepts, rejects = error_rates(np.array([0.9, 0.6, 0.7, 0.1]), np.array([1, 1, 0, 0]) > 0)
    >>> accepts.tolist(), rejects.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [1.0, 0.5, 0.5, 0.0, 0.0])
    """
    _check_trials(scores, same)
    thresholds = np.append(np.inf, np.unique(scores)[::-1])
    yes, no = np.sort(scores[same]), np.sort(scores[~same])
    # FA(θ) = share of impostors with score ≥ θ;   FR(θ) = share of targets with score < θ
    false_accepts = 1 - np.searchsorted(no, thresholds) / len(no)
    false_rejects = np.searchsorted(yes, thresholds) / len(yes)
    return thresholds, false_accepts, false_rejects


@checked
def equal_error_rate(scores: np.ndarray, same: _Flags) -> tuple[float, float]:
    """Return the equal error rate, and the threshold that comes nearest to it.

    Where no threshold makes both errors equal, the rate is where a line between two neighbours does.

    Parameters
    ----------
    scores, same
        As for `error_rates`.

    Examples
    --------
    >>> equal_error_rate(np.array([0.9, 0.6, 0.7, 0.1]), np.array([1, 1, 0, 0]) > 0)
    (0.5, 0.7)
    """
    thresholds, accepts, rejects = error_rates(scores, same)
    i = int(np.argmax(accepts >= rejects))  # the first threshold that is low enough
    gap, before = accepts[i] - rejects[i], rejects[i - 1] - accepts[i - 1]
    share = before / (before + gap)
    return float(accepts[i - 1] + share * (accepts[i] - accepts[i - 1])), float(thresholds[i])


def _check_trials(scores: np.ndarray, same: np.ndarray) -> None:
    if scores.ndim != 1 or same.shape != scores.shape:
        raise ValueError(f"same has shape {same.shape}; expected that of scores, (n_trials,).")
    if same.all() or not same.any():
        raise ValueError("same is all of one kind; expected trials of one voice and of two.")


# --- features --------------------------------------------------------------------------------------------


@checked
def median_pitch(x: Clip) -> float:
    """Return the median pitch (log₂ Hz) of the loud frames of a sound at 8 kHz, by YIN.

    Examples
    --------
    >>> round(median_pitch(np.sin(2 * np.pi * 128 * np.arange(8000) / 8000)), 1)
    7.0
    """
    x = np.pad(x.astype(float), (0, max(0, 2048 - len(x))))
    f0_hz = librosa.yin(x, fmin=60, fmax=500, sr=8000, frame_length=1024, hop_length=160)
    loud = librosa.feature.rms(y=x, frame_length=1024, hop_length=160)[0]
    return float(np.median(np.log2(f0_hz[loud > 0.3 * loud.max()])))


@checked
def speaker_features(name: str, passages: Sequence[Sequence[Clip]], model: Any = None) -> np.ndarray:
    """Return a row of features for each passage.

    Parameters
    ----------
    name : str
        One of `SPEAKER_FEATURES`: the median pitch (log₂ Hz), the long-term mean log-mel spectrum, mean and
        spread of MFCC 1-19, and the same of what networks compute: the CNN before its last layer, the
        second layer of the CTC recogniser, the vectors that the codec sends in its first four stages.
    passages : sequence of sequence of np.ndarray [shape=(n_samples,)]
        Clips at 8 kHz, any level.
    model : optional
        The network, for the last three.

    Returns
    -------
    np.ndarray [shape=(n_passages, n_features)]

    Examples
    --------
    >>> t = np.arange(8000) / 8000
    >>> tone = np.sign(np.sin(2 * np.pi * 128 * t))
    >>> round(float(speaker_features("pitch", [[tone]])[0, 0]), 1)
    7.0
    """
    check_choice(name, "name", SPEAKER_FEATURES)
    if name in ("CNN", "CTC", "codec") and model is None:
        raise ValueError(f"model is None; expected the network that {name} is about.")
    joined = [np.concatenate([0.1 * x / max(np.sqrt(np.mean(x**2)), 1e-6) for x in clips])
              for clips in passages]  # fmt: skip
    joined = [np.pad(x, (0, max(0, 2048 - len(x)))) for x in joined]
    if name == "pitch":
        return np.array([[median_pitch(x)] for x in joined])
    if name == "spectrum":
        mels = [log_mel(x, 8000, n_fft=256, hop_length=80, n_mels=40) for x in joined]
        loud = [np.maximum(m[:, m.max(axis=0) > m.max() - 40], m.max() - 60) for m in mels]
        return np.array([m.mean(axis=1) - m.mean() for m in loud])
    if name == "MFCC":
        frames = [mfcc(x, 8000, n_mfcc=20, n_fft=256, hop_length=80, n_mels=40)[1:].T for x in joined]
        return np.array([_mean_and_spread(each) for each in frames])
    if name == "CNN":
        n = [len(clips) for clips in passages]
        rows = model.embeddings([x for clips in passages for x in clips])
        return np.array([part.mean(axis=0) for part in np.split(rows, np.cumsum(n)[:-1])])
    if name == "CTC":
        return _recurrent(joined, model)
    books = as_array(model.network.quantizer.codebooks)[:N_STAGES]
    sent = [model.codes(model.vectors(x))[:, :N_STAGES] for x in joined]
    return np.array([_mean_and_spread(sum(books[s, c] for s, c in enumerate(codes.T))) for codes in sent])


def _mean_and_spread(frames: np.ndarray) -> np.ndarray:
    """Sum frames [shape=(n_frames, n)] up, whatever their order [shape=(2 n,)]."""
    return np.concatenate([frames.mean(axis=0), frames.std(axis=0)])


def _recurrent(joined: Sequence[np.ndarray], model: Any) -> np.ndarray:
    """Mean and spread of the second recurrent layer; passages are filled up to one length."""
    from ...recognition.ctc.features import frames

    body = keras.Model(model.network.input, model.network.get_layer("memory1_both").output)
    longest = -(-max(map(len, joined)) // 2560) * 2560
    rows = []
    for begin in range(0, len(joined), 32):
        part = joined[begin : begin + 32]
        x = np.stack([np.pad(each, (0, longest - len(each))) for each in part]).astype(np.float32)
        hidden = as_array(body(frames(x, model.recipe.settings)[:, : longest // 80], training=False))
        rows += [_mean_and_spread(h[: len(each) // 160]) for h, each in zip(hidden, part, strict=True)]
    return np.array(rows)


class Verifier:
    """How alike are two voices? Linear discriminant analysis of some features, then a cosine.

    The analysis finds the directions in which *voices* differ most, compared with how the passages of one
    voice do. One single feature is compared as it is, by its difference.

    Parameters
    ----------
    x : np.ndarray [shape=(n_passages, n_features)]
        Features of voices to learn from.
    voices : sequence of str
        Whose they are.
    shrinkage : float
        How far the covariances are drawn towards a sphere.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = np.repeat(rng.normal(size=(8, 6)), 5, axis=0) + 0.1 * rng.normal(size=(40, 6))
    >>> v = Verifier(x, np.repeat(list("abcdefgh"), 5).tolist())
    >>> bool(v.scores(x[:1], x[1:2])[0] > v.scores(x[:1], x[-1:])[0])
    True
    """

    @checked
    def __init__(self, x: np.ndarray, voices: Sequence[str], *, shrinkage: Share = 0.1):
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import Normalizer, StandardScaler

        if x.ndim != 2 or len(x) != len(voices):
            raise ValueError(f"x has shape {x.shape}; expected ({len(voices)}, n_features).")
        steps: list[Any] = [StandardScaler()]
        if x.shape[1] > 1:
            n = min(N_DIRECTIONS, x.shape[1], len(set(voices)) - 1)
            lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage=shrinkage, n_components=n)
            steps += [lda, Normalizer()]
        self._model = make_pipeline(*steps).fit(x, voices)

    @checked
    def embed(self, x: np.ndarray) -> np.ndarray:
        """Return the coordinates of passages [shape=(n_passages, n)], of length 1 if there are several."""
        return self._model.transform(x)

    @checked
    def scores(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return how alike the voices of each row of `a` and of `b` are [shape=(n_trials,)]."""
        a, b = self.embed(a), self.embed(b)
        return -np.abs(a - b)[:, 0] if len(self._model) == 1 else (a * b).sum(axis=1)
