"""What a vocoder learns from: two thirds of a second of speech, and its mel spectrogram."""

import numpy as np

from ...datasets import Corpus
from ...datasets.speech import Segments
from ..mel import HOP_LENGTH, scaled_mel
from .recipe import VocoderRecipe

#: Frames on each side of a segment, so that its own frames are those of the longer sound.
MARGIN = 4


class Batches:
    """The batch of any step, a pure function of the recipe's seed and the step.

    Parameters
    ----------
    recipe : VocoderRecipe
        How.
    corpus : Corpus
        Clips of speech.
    """

    def __init__(self, recipe: VocoderRecipe, corpus: Corpus):
        self.recipe, self.sample_rate = recipe, corpus.sample_rate
        self.segments = Segments(corpus, recipe.n_samples + 2 * MARGIN * HOP_LENGTH)

    def __call__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what `vocoder_step` is called with.

        Returns
        -------
        x : np.ndarray of float32 [shape=(batch_size, n_samples)]
            Speech.
        mel : np.ndarray of float32 [shape=(batch_size, 1 + n_samples / 80, n_mels)]
            Its mel spectrogram.
        """
        rng = np.random.default_rng((self.recipe.seed, step))
        clips = [self.segments.draw(rng) for _ in range(self.recipe.batch_size)]
        mels = [scaled_mel(x, self.sample_rate, n_mels=self.recipe.n_mels)[MARGIN:-MARGIN] for x in clips]
        margin = MARGIN * HOP_LENGTH
        return np.stack(clips)[:, margin:-margin], np.stack(mels)
