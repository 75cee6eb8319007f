"""The family of vocoders: ``audio-edu train|evaluate|generate|bench vocoder``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...datasets import Corpus, load_speech
from ...reproducible import set_seed
from ...training import Family
from .bench import bench
from .data import Batches
from .evaluate import evaluate
from .generate import Options, generate
from .model import Vocoder
from .recipe import RECIPES, TINY, VocoderRecipe


class VocoderFamily(Family):
    """Makes sound of mel spectrograms."""

    package, recipes, tiny = "generation.vocoder", RECIPES, TINY
    stored_as = "float16"
    evaluate, generate, Options = staticmethod(evaluate), staticmethod(generate), Options
    bench = staticmethod(bench)

    def corpus(self, recipe: VocoderRecipe, data: Path | None = None) -> Corpus:
        """Load all speech at 8 kHz that ships."""
        if data is not None:
            raise ValueError(
                f"data is {data}; a vocoder learns from the speech that ships alone, so leave it out."
            )
        return load_speech()

    def facts(self, recipe: VocoderRecipe, train: Corpus) -> dict[str, Any]:
        """The sample rate."""
        return {"sample_rate": train.sample_rate}

    def build(self, recipe: VocoderRecipe, facts: Mapping[str, Any]) -> Vocoder:
        """Build a vocoder with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return Vocoder(recipe, facts)

    def start(self, recipe: VocoderRecipe) -> Vocoder | None:
        """Build the model that a training begins with: another one's network, and a new critic."""
        if not recipe.start:
            return None
        other = self.load(recipe.start)
        model = self.build(recipe, other.facts)
        for mine, weight in zip(model.network.weights, other.network.weights, strict=True):
            mine.assign(weight.value)
        return model

    def batches(self, model: Vocoder, recipe: VocoderRecipe, train: Corpus) -> Batches:
        """Return the function that makes the batch of any step."""
        return Batches(recipe, train)


FAMILY = VocoderFamily()
load_vocoder = FAMILY.load
