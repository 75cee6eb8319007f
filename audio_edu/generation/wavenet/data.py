"""What a WaveNet is shown: rows of µ-law codes with their conditions, and the batch of any step.

A step shows a few whole clips of about the same length, each followed by a moment of silence, and asks for
the probability of every sample given the samples before it (*teacher forcing*).

Ten people are behind the voices of `digits`. So clips can be *augmented*: a little faster or slower, brighter
or darker, some with the opposite sign, which makes voices that nobody has.

In training every sample before the present one is right; in generating each is the network's own, and a
little off. So clips can be *noisy*: what the network sees of them is off by a code or two, what it has to
predict is not, and it learns to come back.

Chance is derived, never remembered: the order of the clips comes from ``(seed, epoch)``, what is hidden,
augmented and noisy from ``(seed, step)``. So a batch is a pure function of its step.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample

from ..._validate import LEAST, Size, check_codes, checked
from ...datasets import Corpus
from ...signal import mu_law_encode
from .linear_prediction import AdaptiveAR
from .recipe import WaveNetConfig, WaveNetRecipe

#: The code of the value closest to zero: what a clip is padded with.
SILENCE = 128


@checked
def network_inputs(
    config: WaveNetConfig,
    codes: NDArray[np.int64],
    labels: NDArray[np.int64],
    voices: NDArray[np.int64],
    positions: NDArray[np.int64],
) -> tuple[np.ndarray, ...]:
    """Put together what the network is called with.

    Parameters
    ----------
    config : WaveNetConfig
        Of the network.
    codes : np.ndarray of int [shape=(B, T)]
        µ-law codes; T is a multiple of ``config.frame_length``.
    labels, voices : np.ndarray of int [shape=(B,)]
        Numbers of the labels and of the voices, 0 for an unknown voice.
    positions : np.ndarray of int [shape=(B, n_frames)]
        From `word_positions`.

    Returns
    -------
    tuple of np.ndarray
        The four, int32; and, if ``config.ar_order`` is above 0, the linear prediction of each sample, mean
        and scale [shape=(B, T, 2)], float32.
    """
    check_codes(codes, "codes", config.n_levels)
    inputs = tuple(x.astype(np.int32) for x in (codes, labels, voices, positions))
    if not config.ar_order:
        return inputs
    predictor = AdaptiveAR(config.ar_order)
    predictions = [predictor.predict(row, config.n_levels) for row in codes]
    return *inputs, np.stack(predictions).astype(np.float32)


@checked
def word_positions(n_samples: Size, n_word: Size | None, config: WaveNetConfig) -> np.ndarray:
    """Say where in the word each frame lies.

    Parameters
    ----------
    n_samples : int
        Length of the clip.
    n_word : int or None
        Length of the word that it begins with; what follows is silence. None: unknown.
    config : WaveNetConfig
        Has the length of a frame and the number of positions.

    Returns
    -------
    np.ndarray of int32 [shape=(n_frames,)]
        0 unknown; 1 to `n_positions` in the word; `n_positions` + 1 after it.

    Examples
    --------
    >>> word_positions(80, 40, WaveNetConfig(frame_length=10, n_positions=2)).tolist()
    [1, 1, 2, 2, 3, 3, 3, 3]
    """
    n_frames = -(-n_samples // config.frame_length)
    if n_word is None:
        return np.zeros(n_frames, np.int32)
    middle = (np.arange(n_frames) + 0.5) * config.frame_length
    position = 1 + np.floor(config.n_positions * middle / n_word)
    return np.minimum(position, config.n_positions + 1).astype(np.int32)


@checked
def mean_word_lengths(corpus: Corpus, default: Size = 4000) -> np.ndarray:
    """Return how long each voice takes for each word.

    Parameters
    ----------
    corpus : Corpus
        With labels.
    default : int
        For a voice that never says a word (samples).

    Returns
    -------
    np.ndarray of int32 [shape=(n_labels, n_voices + 1)]
        Means in samples. Column 0 is over all voices; the others are in the order of the voices' names.
    """
    lengths = np.full((len(corpus.label_names), len(set(corpus.voices.tolist())) + 1), default, np.int32)
    for label in range(len(corpus.label_names)):
        for number, voice in enumerate([None, *np.unique(corpus.voices)]):
            chosen = (corpus.labels == label) & ((corpus.voices == voice) | (voice is None))
            if chosen.any():
                lengths[label, number] = round(corpus.lengths[chosen].mean())
    return lengths


class Batches:
    """The clips of a corpus as rows of codes: ``Batches(recipe, corpus)(step)`` is the batch of a step.

    Parameters
    ----------
    recipe : WaveNetRecipe
        Lengths, shares, seed.
    corpus : Corpus
        The clips, with labels.

    Raises
    ------
    ValueError
        If a clip fits into no row, or there are too few clips for a batch.
    """

    def __init__(self, recipe: WaveNetRecipe, corpus: Corpus):
        self.recipe, self.audio, self.labels = recipe, corpus.audio, corpus.labels
        self.voices = np.unique(corpus.voices, return_inverse=True)[1] + 1
        self.codes = [mu_law_encode(clip, recipe.config.n_levels) for clip in corpus.audio]
        lengths = corpus.lengths + recipe.n_silence
        if lengths.max() > max(recipe.row_lengths):
            raise ValueError(
                f"row_lengths goes up to {max(recipe.row_lengths)}; the longest clip with its silence has "
                f"{lengths.max()} samples."
            )
        rows = np.array(sorted(recipe.row_lengths))
        self.row_length = rows[np.searchsorted(rows, lengths)]
        self.n_batches = len(self._shuffled(0))
        if not self.n_batches:
            raise ValueError("corpus has too few clips for a single batch; lower samples_per_batch.")
        self._order = lru_cache(1)(self._shuffled)

    def __call__(self, step: int) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
        """Return the inputs of a step, its targets and the weights of its samples.

        Returns
        -------
        inputs : tuple of np.ndarray
            From `network_inputs`.
        codes : np.ndarray of int32 [shape=(B, T)]
            What is to be predicted.
        weight : np.ndarray of float32 [shape=(B, T)]
            1 for a clip and its silence, 0 after them.
        """
        epoch, number = divmod(step, self.n_batches)
        clips = self._order(epoch)[number]
        recipe, config, row_length = self.recipe, self.recipe.config, self.row_length[clips[0]]
        rng = np.random.default_rng((recipe.seed, 1, step))
        chance = rng.random((3, len(clips)))
        is_augmented = chance[2] < recipe.p_augment
        is_unknown = is_augmented | (chance[0] < recipe.p_unknown_voice)
        codes = np.full((len(clips), row_length), SILENCE, np.int32)
        weight = np.zeros(codes.shape, np.float32)
        positions = []
        for row, clip in enumerate(clips):
            word = self.codes[clip]
            if is_augmented[row]:
                x = augment(self.audio[clip], rng, max_samples=row_length - recipe.n_silence)
                word = mu_law_encode(x, config.n_levels)
            codes[row, : len(word)] = word
            weight[row, : len(word) + recipe.n_silence] = 1.0
            n_word = None if chance[1, row] < recipe.p_unknown_length else len(word)
            positions.append(word_positions(row_length, n_word, config))
        # each noisy clip with noise of its own strength
        strength = recipe.max_noise * rng.random(len(clips)) * (rng.random(len(clips)) < recipe.p_noise)
        noise = np.rint(strength[:, None] * rng.standard_normal(codes.shape)).astype(np.int32)
        noisy = np.clip(codes + noise, 0, config.n_levels - 1)
        voices = np.where(is_unknown, 0, self.voices[clips])
        return network_inputs(config, noisy, self.labels[clips], voices, np.stack(positions)), codes, weight

    def _shuffled(self, epoch: int) -> list[np.ndarray]:
        """Return the batches of an epoch: clips of one row length each, in random order."""
        rng = np.random.default_rng((self.recipe.seed, 0, epoch))
        batches = []
        for length in np.unique(self.row_length):
            clips = rng.permutation(np.flatnonzero(self.row_length == length))
            size = max(1, round(self.recipe.samples_per_batch / length))
            batches += [clips[i : i + size] for i in range(0, len(clips) - size + 1, size)]
        return [batches[i] for i in rng.permutation(len(batches))]


@checked
def augment(x: np.ndarray, rng: np.random.Generator, *, max_samples: Size) -> np.ndarray:
    """Turn a clip into one of a voice that nobody has.

    Resampling by up to a seventh moves its pitch and its formants together, as if the speaker were smaller or
    larger. A filter of two taps makes it brighter or darker. Half of the clips change their sign: no ear
    would notice, but a network that predicts samples does. The peak stays.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A clip.
    rng : np.random.Generator
        Source of the random numbers.
    max_samples : int
        The result is cut short to so many samples.

    Returns
    -------
    np.ndarray of float32 [shape=(n,)]
    """
    factor, tilt, sign = rng.uniform(-0.14, 0.1), rng.uniform(-0.4, 0.4), rng.choice([-1.0, 1.0])
    y = resample(x, min(max_samples, round(len(x) * float(np.exp(factor)))))
    # y[n] + a y[n − 1]
    y = lfilter([1.0, tilt], [1.0], y)
    return (sign * y * np.max(np.abs(x)) / max(np.max(np.abs(y)), LEAST)).astype(np.float32)
