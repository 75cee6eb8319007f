"""What a flow is shown: pieces of clips, with noise that fills the gaps between the codes, and their mel.

A density of continuous numbers has no bounds: on samples that take 256 values it could grow without end at
each of them, and −log₂ of it would say nothing. So every code is spread evenly over the interval of numbers
that are rounded to it (*uniform dequantisation*). What the flow then pays, on average over the noise, is
never less than the bits that the codes themselves would cost (Theis and others, 2016), so it can be put
beside coders of the same codes.

A code of the µ-law is wide where the sound is loud: `code_widths`.

References
----------
Theis, van den Oord and Bethge (2016), A note on the evaluation of generative models.
Ho and others (2019), Flow++: improving flow-based generative models with variational dequantization.
"""

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..._validate import check_codes, checked
from ...datasets import Corpus
from ...signal import mu_law_encode
from ..mel import scaled_mel
from ..wavenet.data import augment
from .recipe import FlowConfig, FlowRecipe

Levels, Uniform = Annotated[int, (2, 65_536)], Annotated[np.ndarray, (0.0, 1.0)]


@checked
def dequantize(codes: NDArray[np.int64], uniform: Uniform, n_levels: Levels = 256) -> np.ndarray:
    """Spread each µ-law code over the interval of samples that `mu_law_encode` turns into it.

    Parameters
    ----------
    codes : np.ndarray of int [shape=(..., n_samples)]
        µ-law codes.
    uniform : np.ndarray [shape=(..., n_samples)]
        Where in the interval, 0 to 1, on the µ-law's own scale; one half is what a code is decoded to.
    n_levels : int
        The number of codes.

    Returns
    -------
    np.ndarray of float32 [shape=(..., n_samples)]
        Samples.

    Examples
    --------
    >>> dequantize([128, 128, 255], np.array([0.0, 0.5, 0.5])).astype(float).round(6).tolist()
    [0.0, 8.6e-05, 1.0]
    """
    codes, mu = check_codes(codes, "codes", n_levels), n_levels - 1
    if uniform.shape != codes.shape:
        raise ValueError(f"uniform has shape {uniform.shape}; expected that of codes, {codes.shape}.")
    y = 2 * (codes + uniform - 0.5) / mu - 1
    # F⁻¹(y) = sgn(y) ((1 + μ)^|y| − 1) / μ
    return (np.sign(y) * np.expm1(np.abs(y) * np.log1p(mu)) / mu).astype(np.float32)


@checked
def code_widths(x: np.ndarray, n_levels: Levels = 256) -> np.ndarray:
    """Return how wide the intervals of the µ-law's codes are at the samples x [shape of x].

    On the µ-law's own scale, y = F(x), all are 2/μ wide; a change of variables makes them 2/μ · dx/dy.

    Examples
    --------
    >>> code_widths(np.array([0.0, 1.0])).round(5).tolist()
    [0.00017, 0.04366]
    """
    mu = n_levels - 1
    # dF/dx = μ / ((1 + μ|x|) ln(1 + μ))
    return 2 / mu * (1 + mu * np.abs(x)) * np.log1p(mu) / mu


@checked
def mel_condition(x: ArrayLike, config: FlowConfig, sample_rate: int = 8000) -> np.ndarray:
    """Return the mel spectrogram that a flow is told: `audio_edu.generation.mel.scaled_mel`.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound.
    config : FlowConfig
        Bands, frame and step.
    sample_rate : int
        In Hz.

    Returns
    -------
    np.ndarray of float32 [shape=(1 + n_samples // hop_length, n_mels)]

    Examples
    --------
    >>> mel_condition(np.zeros(800), FlowConfig()).shape
    (11, 40)
    """
    sizes = {name: getattr(config, name) for name in ("n_mels", "n_fft", "hop_length")}
    return scaled_mel(x, sample_rate, **sizes)


class Batches:
    """Pieces of a corpus's clips: ``Batches(recipe, corpus)(step)`` is the batch of a step.

    Parameters
    ----------
    recipe : FlowRecipe
        Length and number of the pieces, share of augmented clips, seed.
    corpus : Corpus
        The clips.
    """

    def __init__(self, recipe: FlowRecipe, corpus: Corpus):
        self.recipe, self.audio, self.sample_rate = recipe, corpus.audio, corpus.sample_rate

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return the pieces of a step, and their mel spectrograms if the network takes any.

        Returns
        -------
        x : np.ndarray of float32 [shape=(B, n_samples)]
            Samples, with noise of the step's own.
        mel : np.ndarray of float32 [shape=(B, n_frames, n_mels)]
            From `mel_condition` of the whole clip, the frames of the piece.
        """
        recipe, config = self.recipe, self.recipe.config
        rng = np.random.default_rng((recipe.seed, step))
        n, hop = recipe.n_samples, config.hop_length
        rows = rng.integers(len(self.audio), size=recipe.batch_size)
        is_augmented = rng.random(recipe.batch_size) < recipe.p_augment
        pieces, mels = np.zeros((recipe.batch_size, n), np.float32), []
        for piece, row, is_new in zip(pieces, rows, is_augmented, strict=True):
            x = self.audio[row]
            if is_new:
                x = augment(x, rng, max_samples=2 * len(x))
            start = hop * int(rng.integers(max(0, len(x) - n) // hop + 1))
            x = np.pad(x, (0, max(0, start + n - len(x))))
            piece[:] = x[start : start + n]
            if config.n_condition:
                # a few frames more on either side, so that the piece's own are those of the whole clip
                first = max(0, start - 4 * hop)
                mel = mel_condition(x[first : start + n + 4 * hop], config, self.sample_rate)
                mels.append(mel[(start - first) // hop :][: n // hop + 1])
        codes = mu_law_encode(pieces, config.n_levels)
        noisy = dequantize(codes, rng.random(codes.shape), config.n_levels)
        return (noisy, np.stack(mels)) if mels else (noisy,)
