"""What a trained recogniser is for: samples in, probabilities out; also the judge of generated sound."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from .._validate import Clip, Size, checked
from ..training import Trained, as_array
from .features import one_word_each, speech_features
from .frontend import SpeechFeatures
from .recipe import RecognizerRecipe


class Recognizer(Trained):
    """A network with its features.

    Parameters
    ----------
    recipe : RecognizerRecipe
        How it was made.
    facts : mapping
        ``label_names`` and ``sample_rate``.
    network : keras.Model
        From features to logits; its layer ``pool`` sums a clip up.

    Attributes
    ----------
    network : keras.Model
        The same.
    settings : FeatureSettings
        How samples become frames.
    model : keras.Model
        From samples [shape=(n_clips, n_samples)] to probabilities [shape=(n_clips, n_classes)].
    """

    def __init__(self, recipe: RecognizerRecipe, facts: Mapping[str, Any], network: keras.Model):
        super().__init__(recipe, facts, {"network": network})
        self.network, self.settings = network, recipe.settings
        samples = keras.Input((recipe.settings.n_samples,), name="samples")
        logits = network(SpeechFeatures(recipe.settings, name="features")(samples))
        self.model = keras.Model(samples, ops.softmax(logits), name=f"{network.name}_from_samples")

    @checked
    def features(self, clips: Sequence[Clip]) -> np.ndarray:
        """Return what the network sees [shape=(n_clips, n_frames, n_mels + 1)]."""
        return speech_features(clips, self.settings)

    @checked
    def probabilities(self, clips: Sequence[Clip], *, batch_size: Size = 256) -> np.ndarray:
        """Recognize clips.

        Parameters
        ----------
        clips : sequence of np.ndarray [shape=(n_samples_i,)]
            Samples at the recogniser's sample rate, any level, any length.
        batch_size : int
            How many at once.

        Returns
        -------
        np.ndarray [shape=(n_clips, n_classes)], float32
        """
        return _in_batches(self.model, one_word_each(clips, self.settings), batch_size)

    @checked
    def embeddings(self, clips: Sequence[Clip], *, batch_size: Size = 256) -> np.ndarray:
        """Return what stands before the last layer, the clip in a few numbers [shape=(n_clips, n)]."""
        body = keras.Model(self.network.input, self.network.get_layer("pool").output)
        return _in_batches(body, self.features(clips), batch_size)


def _in_batches(network: Callable[..., Any], x: np.ndarray, batch_size: int) -> np.ndarray:
    if not len(x):
        return np.zeros((0, network.output_shape[-1]), np.float32)
    parts = [network(x[i : i + batch_size], training=False) for i in range(0, len(x), batch_size)]
    out = np.concatenate([as_array(part) for part in parts])
    if not np.isfinite(out).all():  # for example weights that are NaN
        raise ValueError("the network answers NaN, which is no answer: load it again, or train it again.")
    return out
