"""The family of codecs: ``audio-edu train|evaluate codec``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import Corpus, load_speech
from ...reproducible import set_seed
from ...training import Family
from .coding import Codec
from .data import Batches
from .evaluate import evaluate
from .recipe import RECIPES, TINY, CodecRecipe


class CodecFamily(Family):
    """Makes few bits of speech, and speech of few bits."""

    package, recipes, tiny = "applications.codec", RECIPES, TINY
    stored_as = "float16"
    evaluate = staticmethod(evaluate)

    def corpus(self, recipe: CodecRecipe, data: Path | None = None) -> Corpus:
        """Load all speech at 8 kHz that ships."""
        if data is not None:
            raise ValueError(
                f"data is {data}; a codec learns from the speech that ships alone, so leave it out."
            )
        return load_speech()

    def facts(self, recipe: CodecRecipe, train: Corpus) -> dict[str, Any]:
        """The sample rate."""
        return {"sample_rate": train.sample_rate}

    def build(self, recipe: CodecRecipe, facts: Mapping[str, Any]) -> Codec:
        """Build a codec with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return Codec(recipe, facts)

    def batches(self, model: Codec, recipe: CodecRecipe, train: Corpus) -> Batches:
        """Return the function that makes the batch of any step."""
        return Batches(recipe, train)

    def finish(self, model: Codec, batches: Batches) -> None:
        """Count the codes of at most 40 minutes of the clips it has learned from."""
        corpus = batches.corpus
        order = np.random.default_rng(model.recipe.seed).permutation(len(corpus))
        seconds = np.cumsum(corpus.lengths[order]) / corpus.sample_rate
        model.count([corpus.audio[i] for i in order[seconds <= max(2400.0, seconds[0])]])


FAMILY = CodecFamily()
load_codec = FAMILY.load
