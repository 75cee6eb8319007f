"""What a step learns from: scenes that were never heard before, and the tags that are in them."""

from collections.abc import Callable

import numpy as np

from ...datasets import Corpus
from ...datasets.scenes import TAG_NAMES, Mixer
from ..changes import mask_spectrograms
from ..features import log_mel_frames
from .features import normalize
from .recipe import TaggingRecipe


def batches(recipe: TaggingRecipe, sources: Corpus) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Return the function that makes the batch of any step: frames, and which tags are present.

    Parameters
    ----------
    recipe : TaggingRecipe
        How.
    sources : Corpus
        Single sounds; see `audio_edu.datasets.load_scene_sources`.
    """
    mixer = Mixer(sources, varied=recipe.varied)

    def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((recipe.seed, step))
        scenes = [mixer.draw(rng) for _ in range(recipe.batch_size)]
        present = np.zeros((len(scenes), len(TAG_NAMES)), np.float32)
        for row, scene in zip(present, scenes, strict=True):
            row[scene.events[:, 0].astype(int)] = 1
        mel_db = log_mel_frames(np.stack([scene.x for scene in scenes]), recipe.settings)
        mel_db = mel_db + _colours(len(scenes), recipe.settings.n_mels, recipe.colour_db, rng)
        frames = normalize(mel_db, recipe.settings)
        return mask_spectrograms(frames, recipe.masks, rng) if recipe.masks else frames, present

    return batch


def _colours(n: int, n_mels: int, most_db: float, rng: np.random.Generator) -> np.ndarray:
    """Draw smooth curves over the bands, as microphones and rooms have them [shape=(n, 1, n_mels)]."""
    knots = rng.uniform(-most_db, most_db, (n, 5)) * rng.random((n, 1))
    at = np.linspace(0, 4, n_mels)
    return np.stack([np.interp(at, np.arange(5), each) for each in knots])[:, None].astype(np.float32)
