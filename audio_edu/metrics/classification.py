"""How many answers are right, of each class and each voice, beside the plainest ways to answer."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike

from .._validate import Positive, checked, shown
from ..datasets import Corpus
from ..signal import mfcc


def _check_clips(corpus: Any, name: str) -> Corpus:
    if not isinstance(corpus, Corpus):
        raise TypeError(f"{name} is {shown(corpus)}; expected a Corpus.")
    if not len(corpus):
        raise ValueError(f"{name} is {corpus!r}; expected at least one clip.")
    return corpus


#: Annotation: a corpus of which there is something to say.
Clips = Annotated[Corpus, _check_clips]


@checked
def classification_report(probabilities: np.ndarray, corpus: Clips) -> dict[str, Any]:
    """Count what was right.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n_clips, n_classes)]
        Probabilities, logits, or any scores of which the largest is the answer.
    corpus : Corpus
        The clips.

    Returns
    -------
    dict
        ``accuracy``; ``per_digit`` and ``per_voice``: accuracies by name; ``confusion``: a list of rows,
        row i column j counts clips of class i that were taken for j; ``n_clips``.

    Raises
    ------
    ValueError
        If there is no clip, or not one row of scores for each.

    Examples
    --------
    >>> from audio_edu.datasets import Corpus, Labels
    >>> audio = (np.ones(1, np.float32),) * 2
    >>> corpus = Corpus("two", audio, Labels([0, 1], ("no", "yes")), ["a", "b"], ["test", "test"], 8000)
    >>> report = classification_report(np.array([[0.9, 0.1], [0.6, 0.4]]), corpus)
    >>> report["accuracy"], report["per_voice"], report["confusion"]
    (0.5, {'a': 1.0, 'b': 0.0}, [[1, 0], [1, 0]])
    """
    n_classes = len(corpus.label_names)
    if probabilities.shape != (len(corpus), n_classes):
        raise ValueError(
            f"probabilities has shape {np.shape(probabilities)}; "
            f"expected ({len(corpus)}, {n_classes}), for at least 1 clip."
        )
    answers = np.argmax(probabilities, axis=1)
    right = answers == corpus.labels
    confusion = np.zeros((n_classes, n_classes), int)
    np.add.at(confusion, (corpus.labels, answers), 1)

    def share(groups: np.ndarray, values: Sequence[Any], names: Sequence[str]) -> dict[str, float]:
        found = [(name, groups == value) for value, name in zip(values, names, strict=True)]
        return {name: round(float(right[rows].mean()), 4) for name, rows in found if rows.any()}

    voices = sorted(set(corpus.voices.tolist()))
    digits = [str(i) for i in range(n_classes)] if n_classes == 10 else list(corpus.label_names)
    return {
        "accuracy": round(float(right.mean()), 4),
        "per_digit": share(corpus.labels, range(n_classes), digits),
        "per_voice": share(corpus.voices, voices, voices),
        "confusion": confusion.tolist(),
        "n_clips": len(corpus),
    }


@checked
def majority_accuracy(train: Clips, test: Clips) -> float:
    """Accuracy of always answering the most frequent class of the training clips."""
    return float(np.mean(test.labels == np.bincount(train.labels).argmax()))


@checked
def fitted_svm(x: np.ndarray, labels: ArrayLike, *, C: Positive = 10.0) -> Any:
    """Return a support-vector machine that has learned; ``predict(x)`` and ``score(x, labels)`` ask it.

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_features)]
        What to learn from; each feature is scaled to a spread of 1.
    labels : np.ndarray [shape=(n_clips,)]
        The classes.
    C : float
        The price of training clips on the wrong side.

    Examples
    --------
    >>> fitted_svm(np.array([[0.0], [1.0], [8.0], [9.0]]), np.array([0, 0, 1, 1])).predict([[7.0]]).tolist()
    [1]
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC(C=C)).fit(x, labels)


@checked
def svm_accuracy(train: Clips, test: Clips, *, C: Positive = 10.0) -> float:
    """Accuracy of the classical way: MFCC, pooled over the word, and a support-vector machine.

    Parameters
    ----------
    train, test : Corpus
        Clips to learn from, and to be judged on.
    C : float
        The price of training clips on the wrong side.
    """
    machine = fitted_svm(_pooled_mfcc(train), train.labels, C=C)
    return float(machine.score(_pooled_mfcc(test), test.labels))


def _pooled_mfcc(corpus: Corpus, n_mfcc: int = 20) -> np.ndarray:
    """Mean, spread, and the word's thirds of the MFCC and of their change [shape=(n_clips, n_features)]."""
    rows = []
    for clip in corpus.audio:
        c = mfcc(
            np.pad(clip, (0, max(0, 1024 - len(clip)))),
            corpus.sample_rate,
            n_mfcc=n_mfcc,
            n_fft=256,
            hop_length=80,
            n_mels=40,
        )
        d = np.gradient(c, axis=1)
        thirds = [part.mean(axis=1) for part in np.array_split(c, 3, axis=1)]
        rows.append(np.concatenate([c.mean(1), c.std(1), d.std(1), *thirds]))
    return np.array(rows)
