"""Judging a recognizer, and shipping one: ``audio-edu evaluate NAME [--data PATH] [--json]``.

A checkpoint is two files: ``NAME.npz`` with the weights, ``NAME.json`` with the recipe, the command that
trained it, the seed, the time it took, and how well it does. `load_recognizer` makes a `Recognizer` of
them: samples in, probabilities out, features included.

One number is not a judgement. So each digit and each voice gets its own, beside who was taken for whom; and
``protocol`` says whether the voices were ever heard in training.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from .._validate import check_audio
from ..checkpoints import load_checkpoint, save_checkpoint, set_weights
from ..datasets import Corpus
from .features import SpeechFeatures, fit_length, speech_features
from .training import RECIPES, Recipe, build_network

__all__ = [
    "Recognizer",
    "load_recognizer",
    "majority_accuracy",
    "save_recognizer",
    "score",
    "svm_accuracy",
]


class Recognizer:
    """A trained network with its features.

    Parameters
    ----------
    recipe : Recipe
        How it was made.
    network : keras.Model
        From features to logits.
    card : dict, optional
        What else is known of it: command, seed, wall time, metrics.

    Attributes
    ----------
    model : keras.Model
        From samples [shape=(n_clips, n_samples)] to probabilities [shape=(n_clips, n_classes)].
    """

    def __init__(self, recipe: Recipe, network: keras.Model, card: dict[str, Any] | None = None):
        self.recipe, self.network, self.card = recipe, network, dict(card or {})
        samples = keras.Input((recipe.settings.n_samples,), name="samples")
        logits = network(SpeechFeatures(recipe.settings, name="features")(samples))
        self.model = keras.Model(samples, ops.softmax(logits), name=f"{network.name}_from_samples")
        self._compiled: Any = None

    @property
    def settings(self) -> Any:
        """How samples become frames."""
        return self.recipe.settings

    @property
    def n_parameters(self) -> int:
        """How many numbers were learned."""
        return int(sum(np.prod(w.shape) for w in self.network.trainable_weights))

    def features(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Return what the network sees [shape=(n_clips, n_frames, n_mels + 1)]."""
        return speech_features(clips, self.settings)

    def probabilities(self, clips: Sequence[np.ndarray], *, batch_size: int = 256) -> np.ndarray:
        """Recognize clips.

        Parameters
        ----------
        clips : sequence of np.ndarray [shape=(n_samples_i,)]
            Samples at the recognizer's sample rate, any level, any length.
        batch_size : int
            How many at once.

        Returns
        -------
        np.ndarray [shape=(n_clips, n_classes)], float32
        """
        clips = [check_audio(clip, f"clips[{i}]") for i, clip in enumerate(clips)]
        rows = fit_length(clips, self.settings.n_samples)
        parts = [
            np.array(self.model(rows[i : i + batch_size], training=False))
            for i in range(0, len(rows), batch_size)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.model.output_shape[-1]), np.float32)

    def compiled(self) -> Any:
        """Return ``f(samples) -> probabilities`` as one graph, for one clip [shape=(1, n_samples)]."""
        if self._compiled is None:
            import tensorflow as tf

            signature = [tf.TensorSpec((1, self.settings.n_samples), tf.float32)]
            self._compiled = tf.function(lambda x: self.model(x, training=False), input_signature=signature)
        return self._compiled

    def latency_ms(self, *, n_rounds: int = 200) -> float:
        """Median time for one clip of one second, features included, through `compiled`.

        For one thread, start Python with ``TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1``.
        """
        import tensorflow as tf

        f = self.compiled()
        x = tf.constant(np.random.default_rng(0).standard_normal((1, self.settings.n_samples)), tf.float32)
        times = []
        for _ in range(n_rounds + 10):
            start = time.perf_counter()
            f(x).numpy()
            times.append(time.perf_counter() - start)
        return 1e3 * float(np.median(times[10:]))


def score(probabilities: np.ndarray, corpus: Corpus) -> dict[str, Any]:
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
    >>> audio = (np.ones(1, np.float32),) * 2
    >>> corpus = Corpus("two", audio, [0, 1], ("no", "yes"), ["a", "b"], ["test", "test"], 8000)
    >>> report = score(np.array([[0.9, 0.1], [0.6, 0.4]]), corpus)
    >>> report["accuracy"], report["per_voice"], report["confusion"]
    (0.5, {'a': 1.0, 'b': 0.0}, [[1, 0], [1, 0]])
    """
    n_classes = len(corpus.label_names)
    if not len(corpus) or np.shape(probabilities) != (len(corpus), n_classes):
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


def majority_accuracy(train: Corpus, test: Corpus) -> float:
    """Accuracy of always answering the most frequent class of the training clips."""
    return float(np.mean(test.labels == np.bincount(train.labels).argmax()))


def svm_accuracy(train: Corpus, test: Corpus, *, C: float = 10.0) -> float:
    """Accuracy of the classical way: MFCC, pooled over the word, and a support-vector machine.

    Parameters
    ----------
    train, test : Corpus
        Clips to learn from, and to be judged on.
    C : float
        The price of training clips on the wrong side.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(C=C))
    machine.fit(_pooled_mfcc(train), train.labels)
    return float(machine.score(_pooled_mfcc(test), test.labels))


def _pooled_mfcc(corpus: Corpus, n_mfcc: int = 20) -> np.ndarray:
    """Mean, spread, and the word's thirds of the MFCC and of their change [shape=(n_clips, n_features)]."""
    from ..signal.mel import mfcc

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


def save_recognizer(
    path: str | Path, recipe: Recipe, network: keras.Model, card: dict[str, Any], label_names: Sequence[str]
) -> None:
    """Write ``path`` (``.npz``) and the card beside it (``.json``).

    Parameters
    ----------
    path : str or Path
        The weights' file.
    recipe : Recipe
        How it was made.
    network : keras.Model
        Trained.
    card : dict
        What to tell about it: command, wall time, metrics.
    label_names : sequence of str
        The classes.
    """
    card = {"name": recipe.network, **card, "label_names": list(label_names), "recipe": asdict(recipe)}
    save_checkpoint(path, [np.array(w, np.float32) for w in network.get_weights()], card)


def load_recognizer(name: str | Path = "cnn") -> Recognizer:
    """Load a recognizer.

    Parameters
    ----------
    name : str or Path
        One of the shipped ones (``"cnn"``, ``"rnn"``, ``"attention"``), or the path of an ``.npz`` written by
        ``audio-edu train``.

    Returns
    -------
    Recognizer

    Raises
    ------
    FileNotFoundError
        If there is none of that name.
    ValueError
        If the file is damaged, or does not hold a recognizer, or not the weights that its card speaks of.

    Examples
    --------
    >>> recognizer = load_recognizer("cnn")  # doctest: +SKIP
    >>> recognizer.probabilities(corpus.audio).argmax(axis=1)  # doctest: +SKIP
    """
    weights, card = load_checkpoint(name, kinds=list(RECIPES))
    recipe = Recipe.from_dict(card["recipe"])
    network = build_network(recipe, len(card["label_names"]))
    set_weights(network, weights, name)
    return Recognizer(recipe, network, card)
