"""WaveNet as a family: what `audio_edu.training` and the command line ask of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...datasets import Corpus
from ...reproducible import set_seed
from ...training import Family
from .bench import bench
from .data import Batches, mean_word_lengths
from .evaluate import evaluate
from .generate import Options, generate_digits
from .model import WaveNet
from .recipe import RECIPES, TINY, WaveNetRecipe


class WaveNetFamily(Family):
    """Spoken digits, sample after sample."""

    package = "generation.wavenet"
    recipes = RECIPES
    tiny = TINY
    judge = "cnn"
    evaluate = staticmethod(evaluate)
    Options, generate = Options, staticmethod(generate_digits)
    bench = staticmethod(bench)

    def facts(self, recipe: WaveNetRecipe, train: Corpus) -> dict[str, Any]:
        """Say what it can be asked to say, at which sample rate (Hz), and by which voices."""
        return super().facts(recipe, train) | {"voice_names": np.unique(train.voices).tolist()}

    def build(self, recipe: WaveNetRecipe, facts: Mapping[str, Any]) -> WaveNet:
        """Build a network with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return WaveNet(recipe, facts)

    def batches(self, model: WaveNet, recipe: WaveNetRecipe, train: Corpus) -> Batches:
        """Measure the words' lengths; return the batches."""
        model.arrays["word_lengths"] = mean_word_lengths(train)
        return Batches(recipe, train)


FAMILY = WaveNetFamily()
load_wavenet = FAMILY.load
